"""What the interface says of the second pass."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from meetings.api.schemas import Schema

State = Literal["none", "waiting", "working", "done", "failed"]


class SessionPassOut(Schema):
    session_id: UUID
    participant_id: UUID
    display_name: str
    state: State
    n_lines: int = Field(description="lines, and losses that may be made good")
    n_done: int
    n_replaced: int = Field(description="lines whose text became another")
    n_repaired: int = Field(description="losses that were made good")
    problem: str = Field(description="why it failed, or is to be tried again; empty: none", examples=["model_missing"])


class SecondPassOut(Schema):
    """The whole meeting, and each recorded session of it."""

    state: State = Field(description="`none`: nothing is asked for; `waiting`: asked for, and nobody is at it now")
    n_lines: int
    n_done: int
    n_replaced: int
    n_repaired: int
    sessions: list[SessionPassOut]

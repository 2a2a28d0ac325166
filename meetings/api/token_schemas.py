"""What the interface says of one's own API tokens."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from meetings.api.schemas import Schema
from meetings.services.tokens import NAME_MAX_CHARS

Scope = Annotated[Literal["read", "write", "admin"], Field(description="each includes those before it")]


class TokenIn(Schema):
    name: str = Field(min_length=1, max_length=NAME_MAX_CHARS, description="what it is for", examples=["minutes bot"])
    scope: Scope = "read"
    expires_in_s: int | None = Field(None, ge=60, le=315_360_000, description="empty: until it is revoked")


class TokenOut(Schema):
    id: int
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenMadeOut(TokenOut):
    token: str = Field(description="shown once, here")


class TokensOut(Schema):
    data: list[TokenOut]

"""How far the second pass over a meeting has come, for everybody who may read its transcript."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from meetings.models import SecondPass

State = Literal["none", "waiting", "working", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionProgress:
    """One voice. `working`: a worker has its lease; `problem` says why it failed, or is to be tried again."""

    session_id: UUID
    participant_id: UUID
    display_name: str
    state: State
    n_lines: int
    n_done: int
    n_replaced: int
    n_repaired: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The whole meeting. Lines and losses are counted, over all sessions that are recorded."""

    sessions: tuple[SessionProgress, ...]

    @property
    def state(self) -> State:
        states = {each.state for each in self.sessions}
        order: Sequence[State] = ("working", "waiting", "failed", "done")
        return next((state for state in order if state in states), "none")

    @property
    def n_lines(self) -> int:
        return sum(each.n_lines for each in self.sessions)

    @property
    def n_done(self) -> int:
        return sum(each.n_done for each in self.sessions)

    @property
    def n_replaced(self) -> int:
        return sum(each.n_replaced for each in self.sessions)

    @property
    def n_repaired(self) -> int:
        return sum(each.n_repaired for each in self.sessions)

    @property
    def is_under_way(self) -> bool:
        return self.state in ("waiting", "working")

    @property
    def words(self) -> str:
        """One sentence for people; empty where there is nothing to tell."""
        match self.state:
            case "none":
                return ""
            case "failed":
                return "Some of it could not be heard again."
            case "done":
                return f"Heard again from the recording: {_counted(self.n_replaced, 'line')} improved."
            case _:
                return f"Being improved: {self.n_done} of {_counted(self.n_lines, 'line')}"


def second_pass_progress(*, meeting_id: UUID, now: datetime) -> Progress:
    found = SecondPass.objects.filter(meeting=meeting_id).select_related("audio_session__participant")
    return Progress(sessions=tuple(_session(each, now=now) for each in found.order_by("created_at", "id")))


def _session(job: SecondPass, *, now: datetime) -> SessionProgress:
    is_held = job.state == SecondPass.State.WAITING and job.lease_until is not None and job.lease_until > now
    state: State = "working" if is_held and not job.problem else _STATES[job.state]
    session = job.audio_session
    return SessionProgress(
        session_id=session.pk,
        participant_id=session.participant_id,
        display_name=session.participant.display_name,
        state=state,
        n_lines=job.n_lines,
        n_done=job.n_done,
        n_replaced=job.n_replaced,
        n_repaired=job.n_repaired,
        problem=job.problem,
    )


_STATES: dict[str, State] = {"waiting": "waiting", "done": "done", "failed": "failed"}


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"

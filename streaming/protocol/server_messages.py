"""What the server says in control messages, built.

Durable messages (segments with a `seq`, events) are built from the database in `meetings.messages`.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from typing_extensions import TypedDict

from meetings.limits import StreamLimits, StreamLimitsWire
from streaming.errors import ProblemWire


class Welcome(TypedDict):
    type: Literal["welcome"]
    session_id: str
    participant_id: str
    resumed: bool
    settled: int
    resume_token: str
    resume_window_s: int
    after_seq: int
    heartbeat_ms: int
    limits: StreamLimitsWire
    consent: list[str]
    language: str


def welcome_message(
    *,
    session_id: UUID,
    participant_id: UUID,
    resumed: bool,
    settled: int,
    resume_token: str,
    resume_window_s: int,
    after_seq: int,
    heartbeat_ms: int,
    limits: StreamLimits,
    consent: Sequence[str],
    language: str,
) -> Welcome:
    """Fields of ours, which version 1 allows: `consent` granted so far, `language` that is spoken from here on."""
    return {
        "type": "welcome",
        "session_id": str(session_id),
        "participant_id": str(participant_id),
        "resumed": resumed,
        "settled": settled,
        "resume_token": resume_token,
        "resume_window_s": resume_window_s,
        "after_seq": after_seq,
        "heartbeat_ms": heartbeat_ms,
        "limits": limits.as_wire(),
        "consent": list(consent),
        "language": language,
    }


class Ack(TypedDict):
    type: Literal["ack"]
    received: int
    settled: int
    lag_ms: int


def ack_message(*, received: int, settled: int, lag_ms: int) -> Ack:
    return {"type": "ack", "received": received, "settled": settled, "lag_ms": lag_ms}


class Speech(TypedDict):
    type: Literal["speech"]
    participant_id: str
    state: Literal["start", "stop"]
    at_ms: int


def speech_message(*, participant_id: UUID, state: Literal["start", "stop"], at_ms: int) -> Speech:
    return {"type": "speech", "participant_id": str(participant_id), "state": state, "at_ms": at_ms}


class Flow(TypedDict):
    type: Literal["flow"]
    state: Literal["ok", "slow", "pause"]
    reason: str


def flow_message(*, state: Literal["ok", "slow", "pause"], reason: str) -> Flow:
    return {"type": "flow", "state": state, "reason": reason}


class Finalized(TypedDict):
    type: Literal["finalized"]
    cid: str | int | None
    position: int


def finalized_message(*, cid: str | int | None, position: int) -> Finalized:
    return {"type": "finalized", "cid": cid, "position": position}


class PartialsReset(TypedDict):
    type: Literal["partials_reset"]
    participant_id: str


def partials_reset_message(*, participant_id: UUID) -> PartialsReset:
    return {"type": "partials_reset", "participant_id": str(participant_id)}


class Draining(TypedDict):
    type: Literal["draining"]
    reason: Literal["client", "meeting_ended"]


def draining_message(*, reason: Literal["client", "meeting_ended"]) -> Draining:
    return {"type": "draining", "reason": reason}


class Ended(TypedDict):
    type: Literal["ended"]
    received: int
    speech: int
    nonspeech: int
    muted: int
    gap: int
    segments: int
    last_seq: int


def ended_message(
    *, received: int, speech: int, nonspeech: int, muted: int, gap: int, segments: int, last_seq: int
) -> Ended:
    return {
        "type": "ended",
        "received": received,
        "speech": speech,
        "nonspeech": nonspeech,
        "muted": muted,
        "gap": gap,
        "segments": segments,
        "last_seq": last_seq,
    }


class Said(TypedDict):
    type: Literal["said"]
    id: str
    state: Literal["done", "interrupted", "cleared"]
    heard_ms: int
    position: int


def said_message(
    *, chunk_id: str, state: Literal["done", "interrupted", "cleared"], heard_ms: int, position: int
) -> Said:
    return {"type": "said", "id": chunk_id, "state": state, "heard_ms": heard_ms, "position": position}


class BargeIn(TypedDict):
    type: Literal["barge_in"]
    participant_id: str
    id: str | None
    heard_ms: int
    position: int
    at_ms: int


def barge_in_message(
    *, participant_id: UUID, chunk_id: str | None, heard_ms: int, position: int, at_ms: int
) -> BargeIn:
    """`participant_id` is the person's who began to speak at `at_ms`."""
    return {
        "type": "barge_in",
        "participant_id": str(participant_id),
        "id": chunk_id,
        "heard_ms": heard_ms,
        "position": position,
        "at_ms": at_ms,
    }


class Goaway(TypedDict):
    type: Literal["goaway"]
    reason: str
    deadline_ms: int


def goaway_message(*, reason: str, deadline_ms: int) -> Goaway:
    return {"type": "goaway", "reason": reason, "deadline_ms": deadline_ms}


class Warned(TypedDict):
    type: Literal["warning"]
    code: str


def warning_message(*, code: str) -> Warned:
    return {"type": "warning", "code": code}


class Pong(TypedDict):
    type: Literal["pong"]
    t: float | str | None


def pong_message(*, t: float | str | None) -> Pong:
    return {"type": "pong", "t": t}


class ErrorSaid(TypedDict):
    type: Literal["error"]
    fatal: bool
    problem: ProblemWire


def error_message(*, problem: ProblemWire, is_fatal: bool) -> ErrorSaid:
    return {"type": "error", "fatal": is_fatal, "problem": problem}

"""Take meeting time back to time since a session's first sample, by what the ledger tells of its clock."""

from collections.abc import Mapping
from typing import Any

from meetings.limits import SAMPLES_PER_MS
from meetings.session_clock import ClockCorrection, SessionClock


def clock_of(account: Mapping[str, Any]) -> SessionClock | None:
    """`account` is the session's in the ledger; None before its first frame."""
    if account["origin_ms"] is None:
        return None
    corrections = (ClockCorrection(start=each["from"], offset_ms=each["offset_ms"]) for each in account["corrections"])
    return SessionClock(origin_ms=account["origin_ms"], corrections=tuple(corrections))


def captured_ms(clock: SessionClock | None, meeting_ms: int) -> int:
    return meeting_ms if clock is None else clock.position_at(meeting_ms) // SAMPLES_PER_MS


def on_stream_time(segment: Mapping[str, Any], clock: SessionClock | None, *, silent_ms: int = 0) -> dict[str, Any]:
    """The segment as it lies in what its session captured after `silent_ms`."""
    moved = {name: captured_ms(clock, segment[name]) - silent_ms for name in ("start_ms", "end_ms")}
    return {**segment, **moved}

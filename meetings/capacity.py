"""Whether this process has room for one more voice. The live half says so; a process without it has no limit."""

from typing import Protocol
from uuid import UUID

from meetings.errors import Full


class Gate(Protocol):
    """Called on any thread."""

    @property
    def retry_after_s(self) -> int: ...

    def reserve(self, session_id: UUID) -> bool:
        """Whether this audio session may begin here. Asked again for the same one, the answer stands for a while."""
        ...

    def expect(self, session_id: UUID) -> None:
        """An audio session that has begun already comes back, and is never refused."""
        ...


_gate: Gate | None = None


def capacity_gate_set(gate: Gate | None) -> None:
    global _gate
    _gate = gate


def capacity_reserve(session_id: UUID) -> None:
    """Raises Full."""
    if _gate is not None and not _gate.reserve(session_id):
        raise Full(retry_after_s=_gate.retry_after_s)


def capacity_expect(session_id: UUID) -> None:
    if _gate is not None:
        _gate.expect(session_id)

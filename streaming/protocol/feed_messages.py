"""What a feed says beside the log: what is open now, and that everything before was history."""

from collections.abc import Mapping, Sequence
from typing import Any


def snapshot_message(
    *, segments: Sequence[Mapping[str, Any]], participants: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {"type": "snapshot", "segments": list(segments), "participants": list(participants)}


def live_message(*, seq: int) -> dict[str, Any]:
    return {"type": "live", "seq": seq}

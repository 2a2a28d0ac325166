"""What a feed says beside the log: what is open now, and that everything before was history."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from typing_extensions import TypedDict

from meetings.wire import ParticipantWire, SegmentWire


class Snapshot(TypedDict):
    type: Literal["snapshot"]
    segments: list[SegmentWire]
    participants: list[ParticipantWire]


def snapshot_message(*, segments: Sequence[Mapping[str, Any]], participants: Sequence[Mapping[str, Any]]) -> Snapshot:
    return {
        "type": "snapshot",
        "segments": cast("list[SegmentWire]", list(segments)),
        "participants": cast("list[ParticipantWire]", list(participants)),
    }


class Live(TypedDict):
    type: Literal["live"]
    seq: int


def live_message(*, seq: int) -> Live:
    return {"type": "live", "seq": seq}

"""The transcript as JSON: the same segments as on the sockets, nothing cleaned or left out, and what was lost."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from meetings.wire import GapWire, ParticipantWire, SegmentWire


def json_document(
    *,
    meeting: Mapping[str, Any],
    as_of_seq: int,
    participants: Sequence[ParticipantWire],
    segments: Sequence[SegmentWire],
    gaps: Sequence[GapWire],
) -> str:
    """`meeting` as the API shows it; times in it become ISO 8601.

    Piece by piece: `json.dumps` of it all would let no other thread run while it writes the lines of a long day.
    """
    ends = {"meeting": dict(meeting), "as_of_seq": as_of_seq, "participants": list(participants)}
    head = json.dumps(ends, cls=DjangoJSONEncoder)[:-1]
    lists = (
        f'"{name}": [{", ".join(json.dumps(each) for each in items)}]'
        for name, items in (("segments", segments), ("gaps", gaps))
    )
    return f"{head}, {', '.join(lists)}}}"

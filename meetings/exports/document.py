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
    """`meeting` as the API shows it; times in it become ISO 8601."""
    document = {
        "meeting": dict(meeting),
        "as_of_seq": as_of_seq,
        "participants": list(participants),
        "segments": list(segments),
        "gaps": list(gaps),
    }
    return json.dumps(document, cls=DjangoJSONEncoder)

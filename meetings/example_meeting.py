"""One meeting, of which all examples of the interface and of the sockets tell. Pure: plain JSON values."""

from collections.abc import Mapping

from meetings.wire import EventWire, GapWire, ParticipantWire, SegmentWire

MEETING_ID = "0197a1c2-0000-7000-8000-000000000001"
MEETING_CODE = "tamo-rivu-keso-bani"
ADA_ID = "0197a1c2-0000-7000-8000-000000000011"
CHARLES_ID = "0197a1c2-0000-7000-8000-000000000012"
ADA_SESSION_ID = "0197a1c2-0000-7000-8000-000000000021"
CHARLES_SESSION_ID = "0197a1c2-0000-7000-8000-000000000022"
GREETING_ID = "0197a1c2-0000-7000-8000-000000000031"
ANSWER_ID = "0197a1c2-0000-7000-8000-000000000032"
CLOSING_ID = "0197a1c2-0000-7000-8000-000000000033"
AGREED_ID = "0197a1c2-0000-7000-8000-000000000034"

CREATED_AT = "2026-03-02T08:55:00Z"
STARTED_AT = "2026-03-02T09:00:00Z"
ENDED_AT = "2026-03-02T09:45:00Z"
ENDED_AT_MS = 2_700_000
CORRECTED_AT = "2026-03-02T10:12:30Z"

ENGINE = "moonshine-base-en"
TICKET = "made-up-KXoVbGgkZ1rQ7w2mJt5yN8sH3dLc"
RESUME_TOKEN = "made-up-4fHn0ZbR9cWqYx6uTe1sPj7vKd2m"  # noqa: S105  an example

ADA: ParticipantWire = {"id": ADA_ID, "display_name": "Ada", "role": "host", "language": ""}
CHARLES: ParticipantWire = {"id": CHARLES_ID, "display_name": "Charles", "role": "speaker", "language": ""}

GREETING: SegmentWire = {
    "id": GREETING_ID,
    "rev": 3,
    "state": "final",
    "participant_id": ADA_ID,
    "speaker": "Ada",
    "start_ms": 1_200,
    "end_ms": 2_100,
    "text": "Good morning.",
    "stable_chars": 13,
    "language": "en",
    "confidence": 0.94,
    "words": [{"w": "Good", "s": 1_200, "e": 1_480, "c": 0.97}, {"w": "morning.", "s": 1_480, "e": 2_100, "c": 0.91}],
    "engine": ENGINE,
}
# Charles's line as it was understood, as Ada has corrected it, and with the name redacted.
ANSWER_AS_HEARD: SegmentWire = {
    "id": ANSWER_ID,
    "rev": 1,
    "state": "final",
    "participant_id": CHARLES_ID,
    "speaker": "Charles",
    "start_ms": 3_000,
    "end_ms": 4_900,
    "text": "Good morning, Ada Love lace.",
    "stable_chars": 28,
    "language": "en",
    "confidence": 0.88,
    "words": [],
    "engine": ENGINE,
}
ANSWER: SegmentWire = {
    **ANSWER_AS_HEARD,
    "rev": 2,
    "state": "corrected",
    "text": "Good morning, Ada Lovelace.",
    "stable_chars": 27,
}
ANSWER_REDACTED: SegmentWire = {
    **ANSWER,
    "rev": 3,
    "state": "redacted",
    "text": "Good morning, [redacted].",
    "stable_chars": 25,
}
# A line that two people said: before it is split, and both lines after.
CLOSING_UNSPLIT: SegmentWire = {
    "id": CLOSING_ID,
    "rev": 1,
    "state": "final",
    "participant_id": ADA_ID,
    "speaker": "Ada",
    "start_ms": 20_400,
    "end_ms": 23_000,
    "text": "We meet again on Monday. Agreed.",
    "stable_chars": 32,
    "language": "en",
    "confidence": 0.91,
    "words": [],
    "engine": ENGINE,
}
CLOSING: SegmentWire = {
    **CLOSING_UNSPLIT,
    "rev": 2,
    "state": "corrected",
    "end_ms": 22_350,
    "text": "We meet again on Monday.",
    "stable_chars": 24,
}
AGREED: SegmentWire = {
    **CLOSING_UNSPLIT,
    "id": AGREED_ID,
    "rev": 1,
    "state": "corrected",
    "participant_id": CHARLES_ID,
    "speaker": "Charles",
    "start_ms": 22_350,
    "text": "Agreed.",
    "stable_chars": 7,
}
PARTIAL: SegmentWire = {
    **GREETING,
    "rev": 2,
    "state": "partial",
    "end_ms": 1_700,
    "text": "Good mor",
    "stable_chars": 4,
    "confidence": 0.0,
    "words": [],
}
SEGMENTS: tuple[SegmentWire, ...] = (GREETING, ANSWER, CLOSING, AGREED)

# Charles's device was away for three seconds.
GAP: GapWire = {
    "session_id": CHARLES_SESSION_ID,
    "participant_id": CHARLES_ID,
    "speaker": "Charles",
    "start_ms": 10_000,
    "end_ms": 13_000,
    "from": 144_000,
    "to": 192_000,
    "reason": "device_lost",
}

LAST_SEQ = 13
# One of each durable event that is not a segment, by its `seq`.
EVENTS: Mapping[int, EventWire] = {
    1: {"type": "meeting.started", "at": "2026-03-02T09:00:00.000+00:00", "at_ms": 0},
    2: {"type": "participant.joined", "participant": ADA, "at_ms": 0},
    3: {"type": "meeting.recording", "on": True, "at_ms": 0},
    4: {
        "type": "participant.consented",
        "participant": ADA,
        "granted": ["captions", "transcript", "recording"],
        "at_ms": 350,
    },
    5: {"type": "participant.changed", "participant": ADA, "at_ms": 900},
    7: {"type": "participant.language", "participant_id": CHARLES_ID, "language": "", "at_ms": 2_400},
    9: {
        "type": "audio.gap",
        "participant_id": CHARLES_ID,
        "session_id": CHARLES_SESSION_ID,
        "from": 144_000,
        "to": 192_000,
        "reason": "device_lost",
        "start_ms": 10_000,
        "end_ms": 13_000,
    },
    10: {
        "type": "meeting.changed",
        "changed": ["title"],
        "title": "Board, second half",
        "language": "en",
        "at_ms": 1_350_000,
    },
    12: {"type": "participant.left", "participant": CHARLES, "at_ms": 2_699_000},
    13: {"type": "meeting.ended", "at": "2026-03-02T09:45:00.000+00:00", "at_ms": ENDED_AT_MS},
    15: {
        "type": "audio.repaired",
        "participant_id": CHARLES_ID,
        "session_id": CHARLES_SESSION_ID,
        "from": 144_000,
        "to": 192_000,
        "start_ms": 10_000,
        "end_ms": 13_000,
        "segment_id": None,
    },
    16: {"type": "content.purged", "what": "audio", "reason": "retention", "at_ms": 2_594_700_000},
}

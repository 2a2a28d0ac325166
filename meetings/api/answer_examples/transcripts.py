"""Examples of what is answered about the transcript: lines, the log, the ledger, search, sound, exports."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from meetings import example_meeting as board
from meetings.api.answer_examples.meetings import JOIN_URL, MEETING, SERVER, page
from meetings.limits import SAMPLES_PER_MS
from meetings.recordings.links import LINK_TTL_S

_N_SAMPLES = board.ENDED_AT_MS * SAMPLES_PER_MS
_SHA256 = sha256(b"an example").hexdigest()
TRANSCRIPT: Mapping[str, Any] = {
    "meeting": MEETING,
    "as_of_seq": board.LAST_SEQ,
    "participants": [board.ADA, board.CHARLES],
    "segments": list(board.SEGMENTS),
    "gaps": [board.GAP],
}
_LEDGER_GAP = {"from": board.GAP["from"], "to": board.GAP["to"], "reason": board.GAP["reason"], "repaired": False}
LEDGER: Mapping[str, Any] = {
    "sessions": [
        {
            "session_id": board.CHARLES_SESSION_ID,
            "participant_id": board.CHARLES_ID,
            "display_name": "Charles",
            "state": "ended",
            "origin_ms": 1_000,
            "corrections": [{"from": 960_000, "offset_ms": 12}],
            "received": 480_000,
            "settled": 480_000,
            "speech": 112_000,
            "nonspeech": 320_000,
            "muted": 0,
            "gap": 48_000,
            "in_flight": 0,
            "gaps": [_LEDGER_GAP],
        }
    ]
}
_HIT = {
    "meeting": {
        "id": board.MEETING_ID,
        "code": board.MEETING_CODE,
        "title": "Board",
        "started_at": board.STARTED_AT,
    },
    "segment_id": board.ANSWER_ID,
    "rev": board.ANSWER["rev"],
    "participant_id": board.CHARLES_ID,
    "speaker": "Charles",
    "start_ms": board.ANSWER["start_ms"],
    "end_ms": board.ANSWER["end_ms"],
    "language": "en",
    "text": board.ANSWER["text"],
    "ranges": [[18, 26]],
    "url": f"{JOIN_URL}transcript/#segment-{board.ANSWER_ID}",
}
_N_LINE_SAMPLES = (board.ANSWER["end_ms"] - board.ANSWER["start_ms"]) * SAMPLES_PER_MS
_AUDIO_LINK = {
    "url": f"https://{SERVER}/api/v1/audio/segments/made-up",
    "expires_in": LINK_TTL_S,
    "n_samples": _N_LINE_SAMPLES,
    "duration_ms": _N_LINE_SAMPLES // SAMPLES_PER_MS,
}
RECORDING: Mapping[str, Any] = {
    "id": "0197a1c2-0000-7000-8000-000000000061",
    "kind": "session",
    "state": "done",
    "problem": "",
    "session_id": board.CHARLES_SESSION_ID,
    "participant_id": board.CHARLES_ID,
    "display_name": "Charles",
    "n_samples": 480_000,
    "n_bytes": 412_160,
    "sha256": _SHA256,
    "spans": [{"from": 0, "to": 144_000}, {"from": 192_000, "to": 480_000}],
    "missing": [],
    "download": {"url": f"https://{SERVER}/api/v1/audio/recordings/made-up", "expires_in": LINK_TTL_S},
}
_MIX = {
    **RECORDING,
    "id": "0197a1c2-0000-7000-8000-000000000062",
    "kind": "mix",
    "state": "waiting",
    "session_id": None,
    "participant_id": None,
    "display_name": "",
    "n_samples": 0,
    "n_bytes": 0,
    "sha256": "",
    "spans": [],
    "download": None,
}
_EXPORT_ID = "0197a1c2-0000-7000-8000-000000000063"
EXPORT: Mapping[str, Any] = {
    "id": _EXPORT_ID,
    "meeting_id": board.MEETING_ID,
    "format": "docx",
    "options": {
        "speakers": ["Ada"],
        "language": "",
        "as_of_seq": None,
        "names": True,
        "timestamps": True,
        "paragraphs": True,
        "audio": False,
    },
    "state": "done",
    "progress": 100,
    "problem": "",
    "n_bytes": 36_864,
    "sha256": _SHA256,
    "created_at": board.CORRECTED_AT,
    "expires_at": "2026-03-03T10:12:30Z",
    "url": f"/api/v1/exports/{_EXPORT_ID}/file",
}
_EXPORT_OF_MEETING = {**EXPORT, "url": f"/api/v1/meetings/{board.MEETING_CODE}/exports/{_EXPORT_ID}/file"}
_SECOND_PASS_COUNTS = {"n_lines": 3, "n_done": 3, "n_replaced": 1, "n_repaired": 0}
_SECOND_PASS: Mapping[str, Any] = {
    "state": "done",
    **_SECOND_PASS_COUNTS,
    "sessions": [
        {
            "session_id": board.CHARLES_SESSION_ID,
            "participant_id": board.CHARLES_ID,
            "display_name": "Charles",
            "state": "done",
            **_SECOND_PASS_COUNTS,
            "problem": "",
        }
    ],
}
_SECOND_PASS_WAITING = {
    **_SECOND_PASS,
    "state": "waiting",
    "n_done": 0,
    "n_replaced": 0,
    "sessions": [{**_SECOND_PASS["sessions"][0], "state": "waiting", "n_done": 0, "n_replaced": 0}],
}

BY_SCHEMA: Mapping[str, Any] = {
    "TranscriptOut": TRANSCRIPT,
    "SegmentsPage": page(*board.SEGMENTS),
    "EventsOut": {
        "data": [
            {"type": "event", "seq": 1, "event": board.EVENTS[1]},
            {"type": "event", "seq": 2, "event": board.EVENTS[2]},
            {"type": "segment", "seq": 6, "segment": board.GREETING},
        ],
        "next_after_seq": 6,
        "has_more": True,
    },
    "LedgerOut": LEDGER,
    "SearchPageOut": {**page(_HIT), "n_matching": 1, "is_cut": False},
    "AudioLinkOut": _AUDIO_LINK,
    "RecordingsOut": {"data": [RECORDING, _MIX]},
    "ExportOut": EXPORT,
    "ExportsOut": {"data": [_EXPORT_OF_MEETING]},
    "SecondPassOut": _SECOND_PASS,
}
BY_CALL: Mapping[str, Any] = {
    "export_request": {**EXPORT, "state": "queued", "progress": 0, "n_bytes": 0, "sha256": "", "url": None},
    "meeting_export_read": _EXPORT_OF_MEETING,
    "second_pass_start": _SECOND_PASS_WAITING,
}

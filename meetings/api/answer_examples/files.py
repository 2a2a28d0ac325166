"""Examples of transcripts as text files: what the formats themselves write of the example's lines."""

import json
from collections.abc import Mapping
from datetime import datetime

from meetings import example_meeting as board
from meetings.api.answer_examples.meetings import MEETING
from meetings.exports.formats import FORMATS
from meetings.exports.options import AS_IT_IS
from meetings.models import Meeting
from meetings.selectors import Transcript

_TEXTS = ("vtt", "srt", "txt", "md", "csv", "ttml")


def _files() -> Mapping[str, str]:
    transcript = Transcript(
        meeting=Meeting(title=MEETING["title"]),  # which is not stored
        as_of_seq=board.LAST_SEQ,
        participants=(board.ADA, board.CHARLES),
        segments=board.SEGMENTS,
        gaps=(board.GAP,),
    )
    fields = {**MEETING, "started_at": datetime.fromisoformat(board.STARTED_AT)}
    return {f"transcript_{name}": FORMATS[name].write(transcript, fields, AS_IT_IS).decode() for name in _TEXTS}


def _events() -> str:
    """The end of a stream that somebody came back to."""
    message = json.dumps({"type": "segment", "seq": board.LAST_SEQ, "segment": board.SEGMENTS[-1]})
    return f"retry: 1000\n\nid: {board.LAST_SEQ}\ndata: {message}\n\n"


_FILES = _files()
BY_CALL: Mapping[str, str] = {**_FILES, "caption_vtt": _FILES["transcript_vtt"], "caption_stream": _events()}

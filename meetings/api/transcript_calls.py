"""Transcripts as files, their segments as pages, and the ledger that accounts for every sample."""

from bisect import bisect_right
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router

from meetings.access import meeting_to_read
from meetings.api.credentials import actor_of
from meetings.api.cursors import Cursor
from meetings.api.export_schemas import CaptionQuery, ReadingQuery, wish_of_query
from meetings.api.parameters import Ref, SegmentsQuery, TranscriptQuery
from meetings.api.schemas import LedgerOut, SegmentsPage, TranscriptOut
from meetings.api.shapes import Shape
from meetings.api.transcript_files import file_response, transcript_file
from meetings.exports.formats import FORMATS
from meetings.models import Meeting
from meetings.selectors import ledger, transcript
from meetings.services.audit_views import transcript_viewed
from meetings.shown import ledger_shape
from meetings.wire import SegmentWire

router = Router(tags=["transcripts"])
LISTING = "segments"


@router.get("/transcript.json", response=TranscriptOut, by_alias=True, operation_id="transcript_json")
def transcript_json(request: HttpRequest, ref: Ref, query: Query[TranscriptQuery]) -> HttpResponseBase:
    """The whole transcript, by start. `ETag` and `If-None-Match` spare reading it twice."""
    return transcript_file(request, ref, wish_of_query(query, format="json"), is_download=query.download)


@router.get(
    "/transcript.vtt", operation_id="transcript_vtt", openapi_extra=file_response(FORMATS["vtt"].media_type, "WebVTT")
)
def transcript_vtt(request: HttpRequest, ref: Ref, query: Query[CaptionQuery]) -> HttpResponseBase:
    """Captions with a voice span for each speaker; a cue's id is its segment's."""
    return transcript_file(request, ref, wish_of_query(query, format="vtt"), is_download=query.download)


@router.get(
    "/transcript.srt", operation_id="transcript_srt", openapi_extra=file_response(FORMATS["srt"].media_type, "SubRip")
)
def transcript_srt(request: HttpRequest, ref: Ref, query: Query[CaptionQuery]) -> HttpResponseBase:
    """Captions for players that know nothing newer."""
    return transcript_file(request, ref, wish_of_query(query, format="srt"), is_download=query.download)


@router.get(
    "/transcript.txt",
    operation_id="transcript_txt",
    openapi_extra=file_response(FORMATS["txt"].media_type, "Plain text"),
)
def transcript_txt(request: HttpRequest, ref: Ref, query: Query[ReadingQuery]) -> HttpResponseBase:
    """For reading and minutes."""
    return transcript_file(request, ref, wish_of_query(query, format="txt"), is_download=query.download)


@router.get("/segments", response=SegmentsPage, operation_id="segment_list")
def segments(request: HttpRequest, ref: Ref, query: Query[SegmentsQuery]) -> Shape:
    """The segments as they stand now, by start."""
    meeting = _meeting(request, ref)
    found = sorted(transcript(meeting=meeting, speakers=query.speakers or None).segments, key=_place)
    first = 0
    if query.cursor is not None:
        last = Cursor.unpack(query.cursor, listing=LISTING)
        first = bisect_right(found, (last.key, str(last.id)), key=_place)
    shown = found[first : first + query.limit]
    has_more = first + query.limit < len(found)
    return {"data": shown, "next_cursor": _cursor(shown[-1]) if has_more else None, "has_more": has_more}


@router.get("/ledger", response=LedgerOut, by_alias=True, operation_id="ledger_read")
def ledger_read(request: HttpRequest, ref: Ref) -> Shape:
    """What became of every sample that each audio session received."""
    meeting = meeting_to_read(actor_of(request), ref)
    return {"sessions": [ledger_shape(session) for session in ledger(meeting_id=meeting.pk)]}


def _meeting(request: HttpRequest, ref: str) -> Meeting:
    actor = actor_of(request)
    meeting = meeting_to_read(actor, ref)
    transcript_viewed(actor=actor, meeting=meeting)
    return meeting


def _place(segment: SegmentWire) -> tuple[int, str]:
    return segment["start_ms"], segment["id"]


def _cursor(segment: SegmentWire) -> str:
    return Cursor(listing=LISTING, key=segment["start_ms"], id=UUID(segment["id"])).pack()

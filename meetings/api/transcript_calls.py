"""Transcripts as files, their segments as pages, and the ledger that accounts for every sample."""

from bisect import bisect_right
from hashlib import sha256
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import content_disposition_header, quote_etag
from django.utils.text import slugify
from ninja import Query, Router

from meetings.access import meeting_to_read
from meetings.api.credentials import actor_of
from meetings.api.cursors import Cursor
from meetings.api.parameters import Ref, SegmentsQuery, TranscriptQuery
from meetings.api.schemas import LedgerOut, SegmentsPage, TranscriptOut
from meetings.api.shapes import Shape, ledger_shape, meeting_shape
from meetings.exports.formats import FORMATS
from meetings.models import Meeting
from meetings.selectors import ledger, transcript
from meetings.services.audit_views import transcript_viewed
from meetings.wire import SegmentWire

router = Router(tags=["transcripts"])
LISTING = "segments"


def _text_response(extension: str, description: str) -> Shape:
    media_type = FORMATS[extension].media_type.partition(";")[0]
    content = {media_type: {"schema": {"type": "string"}}}
    return {"responses": {200: {"description": description, "content": content}}}


@router.get("/transcript.json", response=TranscriptOut, by_alias=True, operation_id="transcript_json")
def transcript_json(request: HttpRequest, ref: Ref, query: Query[TranscriptQuery]) -> HttpResponseBase:
    """The whole transcript, by start. `ETag` and `If-None-Match` spare reading it twice."""
    return _file(request, ref, query, extension="json")


@router.get("/transcript.vtt", operation_id="transcript_vtt", openapi_extra=_text_response("vtt", "WebVTT"))
def transcript_vtt(request: HttpRequest, ref: Ref, query: Query[TranscriptQuery]) -> HttpResponseBase:
    """Captions with a voice span for each speaker; a cue's id is its segment's."""
    return _file(request, ref, query, extension="vtt")


@router.get("/transcript.srt", operation_id="transcript_srt", openapi_extra=_text_response("srt", "SubRip"))
def transcript_srt(request: HttpRequest, ref: Ref, query: Query[TranscriptQuery]) -> HttpResponseBase:
    """Captions for players that know nothing newer."""
    return _file(request, ref, query, extension="srt")


@router.get("/transcript.txt", operation_id="transcript_txt", openapi_extra=_text_response("txt", "Plain text"))
def transcript_txt(request: HttpRequest, ref: Ref, query: Query[TranscriptQuery]) -> HttpResponseBase:
    """For reading and minutes."""
    return _file(request, ref, query, extension="txt")


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


def _file(request: HttpRequest, ref: str, query: TranscriptQuery, *, extension: str) -> HttpResponseBase:
    meeting = _meeting(request, ref)
    found = transcript(
        meeting=meeting, as_of_seq=query.as_of_seq, speakers=query.speakers or None, language=query.language
    )
    form = FORMATS[extension]
    content = form.write(found, meeting_shape(request, meeting)).encode("utf-8", "replace")
    etag = quote_etag(sha256(content).hexdigest()[:32])
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    response = HttpResponse(content, content_type=form.media_type, headers=headers)
    patch_vary_headers(response, ("Authorization", "Cookie"))
    if query.download:
        filename = f"{_filename(meeting)}.{extension}"
        response.headers["Content-Disposition"] = content_disposition_header(True, filename)
    return get_conditional_response(request, etag=etag, response=response) or response


def _filename(meeting: Meeting) -> str:
    """The title as far as every file system takes it; the code keeps meetings of one title apart."""
    return "-".join(filter(None, [slugify(meeting.title, allow_unicode=True)[:60].strip("-"), meeting.code]))


def _place(segment: SegmentWire) -> tuple[int, str]:
    return segment["start_ms"], segment["id"]


def _cursor(segment: SegmentWire) -> str:
    return Cursor(listing=LISTING, key=segment["start_ms"], id=UUID(segment["id"])).pack()

"""Captions for those who cannot open a socket: server-sent events, and a WebVTT file that grows."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from ninja import Header, Query, Router
from pydantic import Field

from meetings.access import Actor, meeting_to_read
from meetings.api.credentials import actor_of, credentials_read, read
from meetings.api.export_schemas import CaptionQuery, wish_of_query
from meetings.api.live_feeds import live_feeds
from meetings.api.parameters import SEQ_MAX, Ref, Seq
from meetings.api.schemas import Schema
from meetings.api.transcript_files import file_name, file_response, transcript_file
from meetings.errors import Invalid
from meetings.exports.formats import FORMATS
from meetings.exports.live_webvtt import NOTHING_NEW, WebvttTail
from meetings.exports.making import transcript_of
from meetings.exports.wish import Wish
from meetings.long_answers import writable
from meetings.selectors import meeting_is_over
from meetings.services.exports import transcript_exported
from meetings.services.feeds import feed_open
from meetings.values import FeedReader

router = Router(tags=["captions"])
Messages = AsyncGenerator[str | None]

SSE = "text/event-stream"
COME_BACK_MS = 1_000
# Proxies that collect answers before they pass them on are told not to (nginx).
AT_ONCE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

LastEventId = Annotated[
    int | None,
    Header(None, alias="Last-Event-ID", ge=0, le=SEQ_MAX, description="what browsers send when they come back"),
]


class StreamQuery(Schema):
    after_seq: Seq = Field(0, description="the last `seq` that the caller knows; `Last-Event-ID` goes before it")
    partials: bool = Field(True, description="unfinished sentences too")


class LiveCaptionQuery(CaptionQuery):
    follow: bool = Field(False, description="go on while people speak; the answer ends some seconds after the meeting")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A file up to what stands, and how it goes on."""

    reader: FeedReader
    tail: WebvttTail
    after_seq: int
    file_name: str


@router.get(
    "/captions/stream",
    auth=credentials_read,
    operation_id="caption_stream",
    openapi_extra=file_response(SSE, "Server-sent events"),
)
async def stream(
    request: HttpRequest, ref: Ref, query: Query[StreamQuery], last_event_id: LastEventId = None
) -> HttpResponseBase:
    """Everything that the caption socket sends, as server-sent events: `data` is a message, `id` its `seq`.

    The events after `after_seq` come first. Messages without a `seq` have no `id`, so whoever comes back misses none.
    """
    reader = await read(_reader, actor_of(request), ref)
    after_seq = query.after_seq if last_event_id is None else last_event_id
    messages = live_feeds().follow(reader, after_seq=after_seq, has_partials=query.partials)
    return StreamingHttpResponse(_events(request, messages), content_type=SSE, headers=AT_ONCE)


@router.get(
    "/captions.vtt",
    auth=credentials_read,
    operation_id="caption_vtt",
    openapi_extra=file_response(FORMATS["vtt"].media_type, "WebVTT"),
)
async def vtt(request: HttpRequest, ref: Ref, query: Query[LiveCaptionQuery]) -> HttpResponseBase:
    """The captions as WebVTT: `transcript.vtt`, and with `follow` each line that is committed from then on.

    A line stays as it was first written, and lines come as they are committed, not by their start.
    """
    wish = wish_of_query(query, format="vtt")
    if not query.follow:
        return await read(transcript_file, request, ref, wish, is_download=query.download)
    if wish.as_of_seq is not None:
        raise Invalid("`as_of_seq` names a past state; nothing follows it.")
    feeds = live_feeds()
    begun = await read(_begun, actor_of(request), ref, wish)
    messages = feeds.follow(begun.reader, after_seq=begun.after_seq, has_partials=False)
    blocks = _blocks(request, messages, begun)
    answer = StreamingHttpResponse(blocks, content_type=FORMATS["vtt"].media_type, headers=AT_ONCE)
    if query.download:
        answer.headers["Content-Disposition"] = content_disposition_header(True, begun.file_name)
    return answer


def _reader(actor: Actor, ref: str) -> FeedReader:
    return feed_open(actor=actor, reference=ref)


def _begun(actor: Actor, ref: str, wish: Wish) -> _Begun:
    reader = _reader(actor, ref)
    meeting = meeting_to_read(actor, ref)
    stands = transcript_of(meeting, wish)
    transcript_exported(meeting_id=meeting.pk, actor=actor.label, wish=wish)
    return _Begun(
        reader=reader,
        tail=WebvttTail(stands, wish),
        after_seq=stands.as_of_seq,
        file_name=file_name(meeting, "vtt"),
    )


async def _events(request: HttpRequest, messages: Messages) -> AsyncIterator[str]:
    yield f"retry: {COME_BACK_MS}\n\n"
    async for text in _as_read(request, messages):
        yield event_text(text) if text else ":\n\n"


def event_text(message: str) -> str:
    """One server-sent event; JSON has no line breaks."""
    seq = json.loads(message).get("seq")
    return f"data: {message}\n\n" if seq is None else f"id: {seq}\ndata: {message}\n\n"


async def _blocks(request: HttpRequest, messages: Messages, begun: _Begun) -> AsyncIterator[str]:
    yield begun.tail.head
    async for text in _as_read(request, messages):
        if text:
            if block := begun.tail.block(json.loads(text)):
                yield block
        elif await _is_over(begun.reader.meeting_id):
            return
        else:
            yield NOTHING_NEW


async def _is_over(meeting_id: UUID) -> bool:
    try:
        return await read(meeting_is_over, meeting_id=meeting_id)
    except (OperationalError, InterfaceError):
        return False  # the database is away; it is asked again


async def _as_read(request: HttpRequest, messages: Messages) -> AsyncIterator[str | None]:
    """As fast as they are read; whoever reads nothing for long is left, and comes back if they wish."""
    async with aclosing(messages):
        async for text in messages:
            try:
                await writable(request)
            except TimeoutError:
                return
            yield text

"""Transcripts as files that take a while: ask for one, watch it being made, fetch it."""

from collections.abc import Mapping
from typing import IO, Annotated
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from ninja import Path, Query, Router
from ninja.responses import Status

from meetings.access import Actor, export_to_read, exports_to_read, meeting_to_manage, meeting_to_read
from meetings.api.credentials import actor_of, credentials_read, read
from meetings.api.export_schemas import (
    ArchiveQuery,
    CaptionQuery,
    ExportIn,
    ExportOut,
    ExportsOut,
    ReadingQuery,
    wish_of_body,
    wish_of_query,
)
from meetings.api.parameters import Ref
from meetings.api.shapes import Shape, meeting_join_url
from meetings.api.transcript_files import archive_file, file_name, file_response, transcript_file
from meetings.errors import Invalid, NotFound
from meetings.exports import archive
from meetings.exports.formats import FORMATS
from meetings.exports.hint import exports_hint
from meetings.exports.storage import export_storage
from meetings.exports.wish import ARCHIVE, Wish, wish_of
from meetings.long_answers import FileParts
from meetings.models import Export
from meetings.services.exports import ExportFile, export_download, export_request

router = Router(tags=["transcripts"])

ExportId = Annotated[UUID, Path(description="`id` of the export")]
PRIVATE = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}
MEDIA_TYPES: Mapping[str, str] = {ARCHIVE: archive.MEDIA_TYPE, **{name: f.media_type for name, f in FORMATS.items()}}


def _described(extension: str, description: str) -> Shape:
    return file_response(MEDIA_TYPES[extension], description)


_ANY_FILE: Shape = {
    "responses": {
        200: {
            "description": "The file.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@router.get("/meetings/{ref}/transcript.md", operation_id="transcript_md", openapi_extra=_described("md", "Markdown"))
def transcript_md(request: HttpRequest, ref: Ref, query: Query[ReadingQuery]) -> HttpResponseBase:
    """For reading, as CommonMark. What was said is text in it, never markup."""
    return transcript_file(request, ref, wish_of_query(query, format="md"), is_download=query.download)


@router.get("/meetings/{ref}/transcript.csv", operation_id="transcript_csv", openapi_extra=_described("csv", "CSV"))
def transcript_csv(request: HttpRequest, ref: Ref, query: Query[ReadingQuery]) -> HttpResponseBase:
    """A table: start, end, speaker, text, kind (said, redacted, lost), language, id. No cell begins a formula."""
    return transcript_file(request, ref, wish_of_query(query, format="csv"), is_download=query.download)


@router.get("/meetings/{ref}/transcript.docx", operation_id="transcript_docx", openapi_extra=_described("docx", "Word"))
def transcript_docx(request: HttpRequest, ref: Ref, query: Query[ReadingQuery]) -> HttpResponseBase:
    """For reading and editing. A long transcript is refused with 409 (`export_takes_longer`): ask for an export."""
    return transcript_file(request, ref, wish_of_query(query, format="docx"), is_download=query.download)


@router.get("/meetings/{ref}/transcript.pdf", operation_id="transcript_pdf", openapi_extra=_described("pdf", "PDF"))
def transcript_pdf(request: HttpRequest, ref: Ref, query: Query[ReadingQuery]) -> HttpResponseBase:
    """For printing. A long transcript is refused with 409 (`export_takes_longer`): ask for an export."""
    return transcript_file(request, ref, wish_of_query(query, format="pdf"), is_download=query.download)


@router.get("/meetings/{ref}/transcript.ttml", operation_id="transcript_ttml", openapi_extra=_described("ttml", "TTML"))
def transcript_ttml(request: HttpRequest, ref: Ref, query: Query[CaptionQuery]) -> HttpResponseBase:
    """Captions in the text profile of IMSC 1; speakers are its agents."""
    return transcript_file(request, ref, wish_of_query(query, format="ttml"), is_download=query.download)


@router.get("/meetings/{ref}/transcript.zip", operation_id="transcript_zip", openapi_extra=_described("zip", "Zip"))
def transcript_zip(request: HttpRequest, ref: Ref, query: Query[ArchiveQuery]) -> HttpResponseBase:
    """For the host: all formats, the log, earlier texts, the ledger, the audit trail. Long ones: 409."""
    return archive_file(request, ref, is_download=query.download)


@router.post("/meetings/{ref}/exports", response={202: ExportOut}, operation_id="export_request")
def request_(request: HttpRequest, ref: Ref, body: ExportIn) -> Status[Shape]:
    """Ask for a file of any length. Who asks again while it is being made gets the same one. Archives: for the host."""
    actor, wish = actor_of(request), wish_of_body(body)
    meeting = meeting_to_manage(actor, ref) if wish.format == ARCHIVE else meeting_to_read(actor, ref)
    _refuse_useless(wish)
    export = export_request(
        meeting=meeting,
        actor=actor.label,
        wish=wish,
        join_url=meeting_join_url(request, meeting),
        now=timezone.now(),
    )
    exports_hint()
    return Status(202, _shape(export, ref=ref))


@router.get("/meetings/{ref}/exports", response=ExportsOut, operation_id="export_list")
def list_(request: HttpRequest, ref: Ref) -> Shape:
    """One's own that have not expired, the newest first; for the host everybody's."""
    actor = actor_of(request)
    meeting = meeting_to_read(actor, ref)
    found = exports_to_read(actor, meeting).filter(expires_at__gt=timezone.now())
    return {"data": [_shape(export, ref=ref) for export in found]}


@router.get("/exports/{uuid:export_id}", response=ExportOut, operation_id="export_read")
def export_read(request: HttpRequest, export_id: ExportId) -> Shape:
    """How far it is."""
    return _shape(export_to_read(actor_of(request), export_id), ref=None)


@router.get("/meetings/{ref}/exports/{uuid:export_id}", response=ExportOut, operation_id="meeting_export_read")
def meeting_export_read(request: HttpRequest, ref: Ref, export_id: ExportId) -> Shape:
    """The same for those who know the meeting by its code."""
    return _shape(export_to_read(actor_of(request), export_id, meeting=ref), ref=ref)


@router.get(
    "/exports/{uuid:export_id}/file", auth=credentials_read, operation_id="export_file", openapi_extra=_ANY_FILE
)
async def export_file(request: HttpRequest, export_id: ExportId) -> HttpResponseBase:
    """The file, once it is done. 410 (`export_outdated`) when something in it was redacted since."""
    return await _file(request, export_id, ref=None)


@router.get(
    "/meetings/{ref}/exports/{uuid:export_id}/file",
    auth=credentials_read,
    operation_id="meeting_export_file",
    openapi_extra=_ANY_FILE,
)
async def meeting_export_file(request: HttpRequest, ref: Ref, export_id: ExportId) -> HttpResponseBase:
    """The same for those who know the meeting by its code."""
    return await _file(request, export_id, ref=ref)


async def _file(request: HttpRequest, export_id: UUID, *, ref: str | None) -> HttpResponseBase:
    found, file = await read(_open, actor_of(request), export_id, ref)
    return StreamingHttpResponse(
        FileParts(request, file),
        content_type=MEDIA_TYPES[found.extension],
        headers={
            **PRIVATE,
            "Content-Length": str(found.n_bytes),
            "Content-Disposition": content_disposition_header(True, file_name(found.meeting, found.extension))
            or "attachment",
        },
    )


def _open(actor: Actor, export_id: UUID, ref: str | None) -> tuple[ExportFile, IO[bytes]]:
    export = export_to_read(actor, export_id, meeting=ref)
    wish = wish_of(export.format, export.options)
    found = export_download(export_id=export.pk, actor=actor.label, wish=wish, now=timezone.now())
    try:
        return found, export_storage().open(found.file)
    except FileNotFoundError as error:
        raise NotFound("The file was deleted; ask for another export.") from error


def _refuse_useless(wish: Wish) -> None:
    """Raises Invalid: what would silently have no effect is not accepted."""
    if wish.format == ARCHIVE:
        if wish != Wish(format=ARCHIVE, has_audio=wish.has_audio):
            raise Invalid("The archive holds everything: it takes no option but `audio`.", code="option_useless")
        return
    wished = {
        "names": not wish.options.has_names,
        "timestamps": not wish.options.has_timestamps,
        "paragraphs": wish.options.has_paragraphs,
        "audio": wish.has_audio,
    }
    for option in wished:
        if wished[option] and option not in FORMATS[wish.format].options:
            raise Invalid(f"The format {wish.format} does not take the option `{option}`.", code="option_useless")


def _shape(export: Export, *, ref: str | None) -> Shape:
    at = [export.pk] if ref is None else [ref, export.pk]
    name = "api:export_file" if ref is None else "api:meeting_export_file"
    return {
        "id": export.pk,
        "meeting_id": export.meeting_id,
        "format": export.format,
        "options": export.options,
        "state": export.state,
        "progress": export.progress,
        "problem": export.problem,
        "n_bytes": export.n_bytes,
        "sha256": export.sha256,
        "created_at": export.created_at,
        "expires_at": export.expires_at,
        "url": reverse(name, args=at) if export.state == Export.State.DONE else None,
    }

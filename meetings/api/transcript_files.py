"""Give a transcript as a file at once, with its `ETag`, and tell the audit trail."""

from hashlib import sha256
from tempfile import SpooledTemporaryFile

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import content_disposition_header, quote_etag
from django.utils.text import slugify

from meetings.access import meeting_to_manage, meeting_to_read
from meetings.api.credentials import actor_of
from meetings.api.problems import Problem, ProblemError
from meetings.api.shapes import Shape, meeting_shape
from meetings.errors import Conflict
from meetings.exports import archive
from meetings.exports.formats import FORMATS
from meetings.exports.making import transcript_content, transcript_of
from meetings.exports.wish import ARCHIVE, Wish
from meetings.models import Meeting
from meetings.services.exports import transcript_exported

# Of what takes long to make, what takes a second or so: see docs/exports.md. More is a job.
MOST_LINES_AT_ONCE = 2_000


ANOTHER_FILE = Problem(
    code="precondition_failed",
    status=412,
    detail="The file is not (any more) the one that `If-Match` names.",
)


class TakesLonger(Conflict):
    """The file is too large to be made while somebody waits for the answer."""

    code = "export_takes_longer"
    title = "This transcript is too long for that: ask for the file by `POST /meetings/{id}/exports`."


def file_response(media_type: str, description: str) -> Shape:
    """For the description of a call."""
    plain = media_type.partition(";")[0]
    is_text = plain.startswith("text/") or plain in ("application/x-subrip", "application/ttml+xml")
    schema = {"type": "string"} if is_text else {"type": "string", "format": "binary"}
    return {"responses": {200: {"description": description, "content": {plain: {"schema": schema}}}}}


def transcript_file(request: HttpRequest, ref: str, wish: Wish, *, is_download: bool) -> HttpResponseBase:
    """Raises TakesLonger."""
    actor = actor_of(request)
    meeting = meeting_to_read(actor, ref)
    if FORMATS[wish.format].is_slow:
        _refuse_long(meeting)
    content = transcript_content(meeting, wish, fields=meeting_shape(request, meeting))
    media_type = FORMATS[wish.format].media_type
    return _answer(request, meeting, wish, content, media_type=media_type, is_download=is_download)


def archive_file(request: HttpRequest, ref: str, *, is_download: bool) -> HttpResponseBase:
    """Everything but the sound, for managers. Raises TakesLonger."""
    meeting = meeting_to_manage(actor_of(request), ref)
    _refuse_long(meeting)
    wish = Wish(format=ARCHIVE)
    with SpooledTemporaryFile() as target:
        archive.archive_write(
            target,
            read=transcript_of(meeting, wish),
            meeting_fields=meeting_shape(request, meeting),
            has_audio=False,
            progress=lambda percent: None,
        )
        target.seek(0)
        content = target.read()
    return _answer(request, meeting, wish, content, media_type=archive.MEDIA_TYPE, is_download=is_download)


def file_name(meeting: Meeting, extension: str) -> str:
    """The title as far as every file system takes it; the code keeps meetings of one title apart."""
    name = "-".join(filter(None, [slugify(meeting.title, allow_unicode=True)[:60].strip("-"), meeting.code]))
    return f"{name}.{extension}"


def _refuse_long(meeting: Meeting) -> None:
    if meeting.segments.count() > MOST_LINES_AT_ONCE:
        raise TakesLonger


def _answer(
    request: HttpRequest, meeting: Meeting, wish: Wish, content: bytes, *, media_type: str, is_download: bool
) -> HttpResponseBase:
    etag = quote_etag(sha256(content).hexdigest()[:32])
    response = HttpResponse(
        content, content_type=media_type, headers={"ETag": etag, "Cache-Control": "private, no-cache"}
    )
    patch_vary_headers(response, ("Authorization", "Cookie"))
    if is_download:
        disposition = content_disposition_header(True, file_name(meeting, wish.format))
        response.headers["Content-Disposition"] = disposition
    answer = get_conditional_response(request, etag=etag, response=response) or response
    if answer.status_code == ANOTHER_FILE.status:
        raise ProblemError(ANOTHER_FILE)
    if answer is response:  # who has it already is given nothing
        transcript_exported(meeting_id=meeting.pk, actor=actor_of(request).label, wish=wish)
    return answer

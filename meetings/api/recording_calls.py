"""Recorded sound: what there is, addresses to hear it by for some minutes, and what these addresses give."""

from typing import IO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from ninja import Router
from ninja.responses import Status

from meetings.access import Actor, meeting_to_manage, segment_to_read
from meetings.api.credentials import actor_of, credentials_admin, read
from meetings.api.parameters import RecordingId, Ref, SegmentId
from meetings.api.recording_schemas import AudioLinkOut, RecordingsOut
from meetings.api.shapes import Shape
from meetings.errors import NotFound
from meetings.limits import SAMPLES_PER_MS
from meetings.long_answers import FileParts
from meetings.models import Recording, Segment
from meetings.recordings.flac import wav_encode
from meetings.recordings.links import LINK_TTL_S, Link, link_path, link_read
from meetings.recordings.reading import segment_has_audio
from meetings.recordings.storage import recording_storage
from meetings.services.recording_access import RecordingFile, recording_download, segment_play
from meetings.services.recording_jobs import recording_retry
from meetings.services.recording_purge import recordings_purge

router = Router(tags=["recordings"])

# A proxy that buffered would write hours of private sound to its own disk, faster than anybody reads it.
PRIVATE = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Accel-Buffering": "no"}


def _binary(media_type: str, description: str) -> Shape:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"responses": {200: {"description": description, "content": content}}}


@router.get("/meetings/{ref}/recordings", response=RecordingsOut, by_alias=True, operation_id="recording_list")
def recordings(request: HttpRequest, ref: Ref) -> Shape:
    """For the host: each recorded session on its own timeline, and everybody's mix, once the meeting has ended."""
    actor = actor_of(request)
    meeting = meeting_to_manage(actor, ref)
    found = meeting.recordings.select_related("audio_session__participant")
    return {"data": [_recording_shape(request, actor, each) for each in found]}


@router.delete(
    "/meetings/{ref}/recordings", response={204: None}, auth=credentials_admin, operation_id="recording_purge"
)
def purge(request: HttpRequest, ref: Ref) -> Status[None]:
    """For the host: delete all recorded sound of the meeting, for good. The transcript stays."""
    actor = actor_of(request)
    recordings_purge(meeting=meeting_to_manage(actor, ref), actor=actor.label)
    return Status(204, None)


@router.post(
    "/meetings/{ref}/recordings/{uuid:recording_id}/retry", response={202: None}, operation_id="recording_retry"
)
def retry(request: HttpRequest, ref: Ref, recording_id: RecordingId) -> Status[None]:
    """For the host: try again to make a recording that failed. Others stay as they are."""
    actor = actor_of(request)
    meeting = meeting_to_manage(actor, ref)
    recording = meeting.recordings.filter(pk=recording_id).first()
    if recording is None:
        raise NotFound("There is no such recording.")
    recording_retry(recording=recording, actor=actor.label)
    return Status(202, None)


@router.get("/segments/{uuid:segment_id}/audio", response=AudioLinkOut, operation_id="segment_audio")
def segment_audio(request: HttpRequest, segment_id: SegmentId) -> Shape:
    """An address for the recorded sound of a segment, for those who may read its meeting's transcript."""
    actor = actor_of(request)
    return _segment_link(request, actor, segment_to_read(actor, segment_id))


@router.get(
    "/meetings/{ref}/segments/{uuid:segment_id}/audio", response=AudioLinkOut, operation_id="meeting_segment_audio"
)
def meeting_segment_audio(request: HttpRequest, ref: Ref, segment_id: SegmentId) -> Shape:
    """The same for those who know the meeting by its code."""
    actor = actor_of(request)
    return _segment_link(request, actor, segment_to_read(actor, segment_id, meeting=ref))


@router.get(
    "/audio/segments/{link}",
    auth=None,
    operation_id="segment_audio_play",
    url_name="segment_audio_play",
    openapi_extra=_binary("audio/wav", "Exactly the samples of the segment, silence where they were not recorded."),
)
def segment_audio_play(request: HttpRequest, link: str) -> HttpResponse:
    """What the address of a segment's sound gives. The address itself is the permission."""
    samples = segment_play(link=link_read(link, target="segment"))
    return HttpResponse(wav_encode(samples), content_type="audio/wav", headers=PRIVATE)


@router.get(
    "/audio/recordings/{link}",
    auth=None,
    operation_id="recording_download",
    url_name="recording_download",
    openapi_extra=_binary("audio/flac", "The recording, 16 kHz mono."),
)
async def download(request: HttpRequest, link: str) -> HttpResponseBase:
    """What the address of a recording gives. The address itself is the permission."""
    found, file = await read(_download_open, link)
    return StreamingHttpResponse(
        FileParts(request, file),
        content_type="audio/flac",
        headers={
            **PRIVATE,
            "Content-Length": str(found.n_bytes),
            "Content-Disposition": content_disposition_header(True, found.name) or "attachment",
        },
    )


def _download_open(link: str) -> tuple[RecordingFile, IO[bytes]]:
    found = recording_download(link=link_read(link, target="recording"))
    try:
        return found, recording_storage().open(found.file)
    except FileNotFoundError as error:
        raise NotFound("The recording was replaced or deleted; ask for another address.") from error


def _segment_link(request: HttpRequest, actor: Actor, segment: Segment) -> Shape:
    if not segment_has_audio(segment):
        raise NotFound("There is no recorded sound of this segment.", code="not_recorded")
    return {
        **_link(request, Link(target="segment", target_id=segment.pk, actor=actor.label)),
        "n_samples": segment.end - segment.start,
        "duration_ms": (segment.end - segment.start) // SAMPLES_PER_MS,
    }


def _recording_shape(request: HttpRequest, actor: Actor, recording: Recording) -> Shape:
    session = recording.audio_session
    is_done = recording.state == Recording.State.DONE
    link = Link(target="recording", target_id=recording.pk, actor=actor.label)
    return {
        "id": recording.pk,
        "kind": recording.kind,
        "state": recording.state,
        "problem": recording.problem,
        "session_id": session.pk if session else None,
        "participant_id": session.participant_id if session else None,
        "display_name": session.participant.display_name if session else "",
        "n_samples": recording.n_samples,
        "n_bytes": recording.n_bytes,
        "sha256": recording.sha256,
        "spans": [{"from": start, "to": end} for start, end in recording.spans],
        "missing": recording.missing,
        "download": _link(request, link) if is_done else None,
    }


def _link(request: HttpRequest, link: Link) -> Shape:
    return {"url": request.build_absolute_uri(link_path(link)), "expires_in": LINK_TTL_S}

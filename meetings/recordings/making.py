"""Make a recording: a session's whole timeline, or everybody's mix, as one FLAC."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, Protocol

import soundfile
from django.conf import settings
from django.core.files.base import File

from meetings.errors import Conflict, MeetingsError
from meetings.limits import SAMPLE_RATE_HZ, SAMPLES_PER_MS
from meetings.models import Recording, RecordingChunk
from meetings.recordings.assembly import timeline
from meetings.recordings.flac import Int16, flac_blocks
from meetings.recordings.mixing import Voice, mix
from meetings.recordings.names import mix_recording_path, session_recording_path
from meetings.recordings.reading import chunk_pieces, ranges_redacted
from meetings.recordings.silencing import silenced
from meetings.recordings.storage import recording_storage
from meetings.recordings.switches import Range, ranges_joined
from meetings.session_clock import SessionClock

COPY_BYTES = 1_048_576


class LeaseLost(Conflict):
    """Somebody else makes it, or it is to be made from something else by now: what was made is thrown away."""

    code = "lease_lost"


class Lease(Protocol):
    """What allows to make a recording. Raises LeaseLost."""

    def keep(self) -> None:
        """Called again and again while the work goes on."""

    def renew(self) -> None:
        """Called before anything is written where others read."""


class NothingToMix(MeetingsError):
    """No session of the meeting has a recording that could be made."""

    code, status = "nothing_to_mix", 404
    title = "There is nothing to mix."


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """A durable file of the storage."""

    file: str
    sha256: str
    n_samples: int
    n_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file, and what is in it: recorded `spans` of a session, and what is `missing` from it."""

    saved: SavedFile
    made_from: str
    spans: list[list[int]] = field(default_factory=list)
    missing: list[dict[str, int | str]] = field(default_factory=list)
    problem: str = ""


def recording_make(recording: Recording, *, lease: Lease) -> Made:
    """Raises LeaseLost, UnreadableAudio, NothingToMix, OSError."""
    if recording.kind == Recording.Kind.MIX:
        return _mix_make(recording, lease=lease)
    return _session_make(recording, lease=lease)


def _session_make(recording: Recording, *, lease: Lease) -> Made:
    session_id, end = recording.audio_session_id, int(recording.made_from)
    assert session_id is not None
    chunks = list(RecordingChunk.objects.filter(audio_session=session_id).order_by("start"))
    redacted = ranges_redacted(session_id=session_id)
    if not chunks:
        return _session_remake(recording, redacted, lease=lease)
    path = session_recording_path(meeting_id=recording.meeting_id, session_id=session_id, made_from=recording.made_from)
    return Made(
        saved=_flac_save(path, silenced(timeline(chunk_pieces(chunks), end=end), redacted), lease=lease),
        made_from=recording.made_from,
        spans=[[start, last] for start, last in ranges_joined((c.start, c.end) for c in chunks if c.file)],
        missing=[{"from": c.start, "to": c.end, "reason": c.missing} for c in chunks if c.missing],
    )


def _session_remake(recording: Recording, redacted: list[Range], *, lease: Lease) -> Made:
    """Its pieces were let go for the file that is there: that is written anew, without what was redacted since."""
    if not recording.file:  # asked for because there were pieces: whoever purged them has let them go
        raise LeaseLost("The pieces of the recording are gone.")
    assert recording.audio_session_id is not None
    path = session_recording_path(
        meeting_id=recording.meeting_id, session_id=recording.audio_session_id, made_from=recording.made_from
    )
    with recording_storage().open(recording.file) as file:
        saved = _flac_save(path, silenced(flac_blocks(file), redacted), lease=lease)
    return Made(saved=saved, made_from=recording.made_from, spans=recording.spans, missing=recording.missing)


def _mix_make(recording: Recording, *, lease: Lease) -> Made:
    """Of what is there now: whoever makes a session's recording anew asks for another mix. It says who is not in it."""
    sessions = Recording.objects.filter(meeting=recording.meeting_id, kind=Recording.Kind.SESSION)
    over = sessions.exclude(state=Recording.State.WAITING).select_related("audio_session").order_by("audio_session_id")
    missing = [gap for each in over if (gap := _unmixed(each)) is not None]
    clocks = [(each, _clock(each)) for each in over if each.state == Recording.State.DONE]
    if not clocks:
        raise NothingToMix
    content = "\n".join(f"{each.sha256} {clock.origin_ms} {clock.corrections}" for each, clock in clocks)
    made_from = hashlib.sha256(content.encode()).hexdigest()
    with ExitStack() as files:
        voices = [
            Voice(
                blocks=silenced(flac_blocks(files.enter_context(recording_storage().open(each.file))), _redacted(each)),
                meeting_ms=clock.meeting_ms,
            )
            for each, clock in clocks
        ]
        path = mix_recording_path(meeting_id=recording.meeting_id, made_from=made_from)
        saved = _flac_save(path, mix(voices), lease=lease)
    return Made(saved=saved, made_from=made_from, missing=missing, problem="voices_missing" if missing else "")


def _redacted(recording: Recording) -> list[Range]:
    session_id = recording.audio_session_id
    return [] if session_id is None else ranges_redacted(session_id=session_id)


def _clock(recording: Recording) -> SessionClock:
    session = recording.audio_session
    return (session.clock if session else None) or SessionClock(origin_ms=0)


def _unmixed(recording: Recording) -> dict[str, int | str] | None:
    """What could not be made of a session, in samples on the meeting's clock."""
    session, clock = recording.audio_session, _clock(recording)
    if session is None or not recording.problem:
        return None
    start, end = (clock.meeting_ms(position) * SAMPLES_PER_MS for position in (recording.n_samples, session.settled))
    return {"from": start, "to": end, "reason": recording.problem}


def _flac_save(path: str, blocks: Iterable[Int16], *, lease: Lease) -> SavedFile:
    """Written beside the storage first: it takes whole files only."""
    n_samples = 0
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as draft:
        with soundfile.SoundFile(
            draft, "w", samplerate=SAMPLE_RATE_HZ, channels=1, format="FLAC", subtype="PCM_16"
        ) as writer:
            for block in blocks:
                writer.write(block)
                n_samples += block.size
                lease.keep()
        sha256, n_bytes = _digest(draft)
        draft.seek(0)
        lease.renew()
        file = recording_storage().save(path, File(draft, name=path))
    return SavedFile(file=file, sha256=sha256, n_samples=n_samples, n_bytes=n_bytes)


def _digest(file: IO[bytes]) -> tuple[str, int]:
    digest, n_bytes = hashlib.sha256(), 0
    file.seek(0)
    for part in _parts(file):
        digest.update(part)
        n_bytes += len(part)
    return digest.hexdigest(), n_bytes


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(COPY_BYTES):
        yield part

"""Recorded meetings to begin from: pieces in the real storage, named by real commits."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from meetings.access import GUEST, Actor
from meetings.models import Meeting, Recording
from meetings.recordings.flac import Int16, flac_decode, flac_encode
from meetings.recordings.names import ChunkName
from meetings.recordings.storage import recording_storage
from meetings.recordings.work import recordings_work
from meetings.services.consents import consent_record
from meetings.services.meetings import meeting_create
from meetings.services.sessions import session_open, session_origin_set
from meetings.values import OpenedSession, RecordedChunk, SessionOwner, Span
from tests.integration.made import admitted, commit, gap, silence, speech

AGREED = ("captions", "transcript", "recording")


def meeting_recorded(*, actor: Actor = GUEST) -> Meeting:
    return meeting_create(actor=actor, title="Board", policies={"recording": True})


def sound(n_samples: int, seed: int = 1) -> Int16:
    return np.random.default_rng(seed).integers(-9_000, 9_000, n_samples).astype(np.int16)


@dataclass(slots=True)
class Speaking:
    """A participant who is recorded: commits sound as a node does, files first."""

    opened: OpenedSession
    settled: int = 0

    @property
    def owner(self) -> SessionOwner:
        return self.opened.owner

    def write(self, samples: Int16, *, start: int) -> RecordedChunk:
        """A durable file that no commit speaks of yet."""
        name = ChunkName(meeting_id=self.opened.meeting_id, owner=self.owner, start=start, end=start + samples.size)
        data = flac_encode(samples)
        file = recording_storage().save(name.path, ContentFile(data))
        digest = hashlib.sha256(data).hexdigest()
        return RecordedChunk(start=start, end=start + samples.size, file=file, sha256=digest)

    def commit(self, *spans: Span, recorded: Sequence[RecordedChunk] = ()) -> None:
        last = replace(spans[-1], recorded=tuple(recorded))
        commit(self.owner, *spans[:-1], last, settled_from=self.settled)
        self.settled = last.end


def speaking(meeting: Meeting, *, name: str = "Ada", origin_ms: int = 0) -> Speaking:
    """Present, agreed to everything, at position 0."""
    admission = admitted(meeting, display_name=name)
    consent_record(participant_id=admission.participant.pk, granted=AGREED)
    opened = session_open(session_id=admission.session_id, node="node-1", resume_token=None)
    session_origin_set(owner=opened.owner, origin_ms_from_meeting_start=origin_ms)
    return Speaking(opened=opened)


class Unwatched:
    """The lease of a worker that does not notice that it is over."""

    def keep(self) -> None:
        pass

    def renew(self) -> None:
        pass


def files(storage: FileSystemStorage) -> set[str]:
    root = Path(storage.location)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def work() -> int:
    return recordings_work(clock=timezone.now)


def content(recording: Recording) -> Int16:
    with recording_storage().open(recording.file) as file:
        return flac_decode(file.read())


def of_session(who: Speaking) -> Recording:
    return Recording.objects.get(audio_session=who.owner.session_id)


def said(who: Speaking, *, seed: int = 1) -> Int16:
    """A second of sound as speech, one muted, half a one lost, half a one of sound as silence; as it should be kept."""
    first, second = sound(16_000, seed), sound(8_000, seed + 1)
    at = who.settled
    who.commit(speech(at, at + 16_000), recorded=[who.write(first, start=at)])
    who.commit(
        Span(kind="muted", end=at + 32_000),
        gap(at + 40_000),
        silence(at + 48_000),
        recorded=[who.write(second, start=at + 40_000)],
    )
    return np.concatenate([first, np.zeros(24_000, np.int16), second])

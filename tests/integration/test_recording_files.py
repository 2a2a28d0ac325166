"""Which recorded files there are: those that rows speak of, and those that may still count; and how they go."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.utils import timezone

from meetings.access import Actor
from meetings.errors import Superseded
from meetings.models import AuditEvent, Recording, RecordingChunk
from meetings.recordings.reading import segments_with_audio
from meetings.services.audit import audit_verify
from meetings.services.meetings import meeting_end
from meetings.services.recording_files import recording_files_sweep
from meetings.services.recording_purge import recordings_purge
from meetings.services.sessions import session_detach, session_end, session_open
from tests.integration.made import speech
from tests.integration.recorded import (
    Speaking,
    content,
    files,
    meeting_recorded,
    of_session,
    said,
    sound,
    speaking,
    work,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]


def test_two_connections_that_hold_the_same_samples_never_mix(host: Actor, storage: FileSystemStorage) -> None:
    """A zombie has written its piece when another connection takes over: only what is committed counts."""
    meeting = meeting_recorded(actor=host)
    zombie = speaking(meeting)
    orphan = zombie.write(sound(16_000, seed=3), start=0)
    ada = Speaking(opened=session_open(session_id=zombie.owner.session_id, node="node-2", resume_token=None))
    wanted = said(ada)
    with pytest.raises(Superseded):
        zombie.commit(speech(0, 16_000), recorded=[orphan])
    assert orphan.file in files(storage)
    assert recording_files_sweep(now=timezone.now()) == 0, "too young to be judged"
    assert recording_files_sweep(now=timezone.now() + timedelta(days=2)) == 1
    assert orphan.file not in files(storage)
    session_end(owner=ada.owner)
    meeting_end(meeting=meeting, actor=host)
    work()
    assert np.array_equal(content(of_session(ada)), wanted)


def test_a_file_whose_commit_may_still_come_is_not_swept(storage: FileSystemStorage) -> None:
    ada = speaking(meeting_recorded())
    waiting = ada.write(sound(16_000), start=0)
    assert recording_files_sweep(now=timezone.now() + timedelta(days=30)) == 0
    ada.commit(speech(0, 16_000), recorded=[waiting])
    assert recording_files_sweep(now=timezone.now() + timedelta(days=30)) == 0
    assert waiting.file in files(storage)


def test_a_commit_that_was_never_made_leaves_a_file_that_is_swept_once_the_session_is_beyond_it(
    storage: FileSystemStorage,
) -> None:
    """Killed between file and commit: the next connection writes its own file, and the old one goes."""
    ada = speaking(meeting_recorded())
    left = ada.write(sound(16_000), start=0)
    ada.opened = session_open(session_id=ada.owner.session_id, node="node-2", resume_token=None)
    ada.commit(speech(0, 16_000), recorded=[kept := ada.write(sound(16_000), start=0)])
    assert recording_files_sweep(now=timezone.now() + timedelta(days=2)) == 1
    assert files(storage) == {kept.file}
    assert left.file != kept.file


def test_sound_that_this_database_knows_nothing_of_is_never_swept(
    storage: FileSystemStorage, caplog: pytest.LogCaptureFixture
) -> None:
    """Another installation shares the directory, or DATABASE_URL names another database than yesterday."""
    known = speaking(meeting_recorded())
    said(known)
    for _ in range(2):
        storage.save(f"{uuid4()}/{uuid4()}/{0:012}-{16_000:012}-1.flac", ContentFile(b"a piece"))
        storage.save(f"{uuid4()}/mix-a.flac", ContentFile(b"a mix"))
    storage.save(f"{known.opened.meeting_id}/{uuid4()}/{0:012}-{16_000:012}-1.flac", ContentFile(b"of nobody we know"))
    before = files(storage)
    assert recording_files_sweep(now=timezone.now() + timedelta(days=30)) == 0
    assert files(storage) == before
    (said_once,) = caplog.records
    assert said_once.__dict__["n_meetings"] == 4


def test_purging_deletes_every_file_and_row_and_proves_it(host: Actor, storage: FileSystemStorage) -> None:
    meeting, other = meeting_recorded(actor=host), meeting_recorded(actor=host)
    kept = speaking(other)
    said(kept)
    ada, ben = speaking(meeting), speaking(meeting, name="Ben")
    for who in (ada, ben):
        said(who)
    session_end(owner=ada.owner)
    session_detach(owner=ben.owner)
    meeting_end(meeting=meeting, actor=host)
    assert work() == 3
    assert segments_with_audio(meeting_id=meeting.pk)
    n_files = recordings_purge(meeting=meeting, actor=host.label)
    assert n_files == 5, "two sessions, the mix, and the pieces of the one that may come back"
    assert {file.partition("/")[0] for file in files(storage)} == {str(other.pk)}
    assert not Recording.objects.filter(meeting=meeting).exists()
    assert segments_with_audio(meeting_id=meeting.pk) == set()
    entry = AuditEvent.objects.get(action="recording.purged")
    assert (entry.actor, entry.data["counts"]["files"], len(entry.data["digest"])) == (host.label, 5, 64)
    assert audit_verify(meeting_id=meeting.pk) is None
    assert work() == 0


def test_files_are_deleted_only_once_the_rows_are_gone_for_good(host: Actor, storage: FileSystemStorage) -> None:
    """The transaction that purges is rolled back: everything is as it was."""
    meeting = meeting_recorded(actor=host)
    said(speaking(meeting))
    before = files(storage)
    with transaction.atomic():
        recordings_purge(meeting=meeting, actor=host.label)
        transaction.set_rollback(True)
    assert files(storage) == before
    assert RecordingChunk.objects.count() == 2


def test_half_a_file_is_never_seen_and_what_a_crash_left_is_swept(storage: FileSystemStorage) -> None:
    class Breaking(ContentFile[bytes]):
        def chunks(self, chunk_size: int | None = None):  # type: ignore[no-untyped-def]  # Django's own
            yield b"half"
            raise OSError("no space left on device")

    meeting = meeting_recorded()
    with pytest.raises(OSError, match="no space"):
        storage.save(f"{meeting.pk}/{meeting.pk}/a.flac", Breaking(b""))
    assert files(storage) == set()
    draft = Path(storage.location) / str(meeting.pk) / ".draft"
    draft.write_bytes(b"half")
    assert recording_files_sweep(now=timezone.now()) == 0
    assert recording_files_sweep(now=timezone.now() + timedelta(days=2)) == 1
    assert files(storage) == set()


def test_files_are_the_servers_own(storage: FileSystemStorage) -> None:
    ada = speaking(meeting_recorded())
    piece = ada.write(sound(10), start=0)
    path = Path(storage.location) / piece.file
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0

"""From pieces to recordings: exact, once, also when workers die or the session goes on after the end."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from meetings.access import Actor
from meetings.errors import Invalid, Superseded
from meetings.models import AuditEvent, Recording, RecordingChunk
from meetings.recordings.flac import Int16, flac_decode
from meetings.recordings.making import recording_make
from meetings.recordings.reading import samples_read, segments_with_audio
from meetings.recordings.storage import recording_storage
from meetings.recordings.work import recordings_work
from meetings.services.audit import audit_verify
from meetings.services.meetings import meeting_end
from meetings.services.recording_files import recording_files_sweep
from meetings.services.recording_jobs import (
    LEASE,
    MOST_ATTEMPTS,
    LeaseLost,
    recording_claim,
    recording_done,
    recordings_plan,
)
from meetings.services.recording_purge import recordings_purge
from meetings.services.sessions import session_detach, session_end, session_open
from meetings.services.undelivered import sessions_undelivered_end
from meetings.values import RecordedChunk, Span
from tests.integration.made import all_at_once, gap, host_made, silence, speech
from tests.integration.recorded import Speaking, meeting_recorded, sound, speaking

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, settings: Settings) -> FileSystemStorage:
    """An empty directory of this test."""
    options = {"location": str(tmp_path / "recordings")}
    settings.STORAGES = {
        **settings.STORAGES,
        "recordings": {"BACKEND": "meetings.recordings.storage.DurableFileSystemStorage", "OPTIONS": options},
    }
    found = recording_storage()
    assert isinstance(found, FileSystemStorage)
    return found


@pytest.fixture
def host() -> Actor:
    return host_made()


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


def test_a_session_is_exactly_its_timeline_and_its_pieces_are_let_go(host: Actor, storage: FileSystemStorage) -> None:
    meeting = meeting_recorded(actor=host)
    ada = speaking(meeting)
    wanted = said(ada)
    assert work() == 0, "the meeting goes on"
    session_end(owner=ada.owner)
    meeting_end(meeting=meeting, actor=host)
    assert work() == 2
    recording = of_session(ada)
    assert np.array_equal(content(recording), wanted)
    assert (recording.n_samples, recording.spans) == (48_000, [[0, 16_000], [40_000, 48_000]])
    mix = Recording.objects.get(kind="mix")
    assert np.array_equal(content(mix), wanted)
    assert not RecordingChunk.objects.exists()
    assert files(storage) == {recording.file, mix.file}
    assert work() == 0
    assert np.array_equal(samples_read(session_id=ada.owner.session_id, start=8_000, end=44_000), wanted[8_000:44_000])
    assert AuditEvent.objects.filter(action="recording.made").count() == 2
    assert audit_verify(meeting_id=meeting.pk) is None


def test_everybody_is_in_the_mix_where_the_meetings_clock_puts_them(host: Actor) -> None:
    meeting = meeting_recorded(actor=host)
    ada, ben = speaking(meeting), speaking(meeting, name="Ben", origin_ms=1_250)
    wanted = np.zeros(20_000 + 48_000, np.int16)
    wanted[:48_000] += said(ada, seed=1)
    wanted[20_000:] += said(ben, seed=7)
    for who in (ada, ben):
        session_end(owner=who.owner)
    meeting_end(meeting=meeting, actor=host)
    assert work() == 3
    assert np.array_equal(content(Recording.objects.get(kind="mix")), wanted)


def test_what_is_delivered_after_the_end_makes_it_anew(host: Actor, storage: FileSystemStorage) -> None:
    meeting = meeting_recorded(actor=host)
    ada = speaking(meeting)
    first = said(ada)
    meeting_end(meeting=meeting, actor=host)
    assert work() == 0, "she still delivers"
    session_detach(owner=ada.owner)
    assert work() == 2
    assert np.array_equal(content(of_session(ada)), first)
    assert RecordingChunk.objects.exists(), "she may come back"
    ada.opened = session_open(session_id=ada.owner.session_id, node="node-2", resume_token=None)
    second = said(ada, seed=5)
    session_end(owner=ada.owner)
    assert work() == 2
    recording, mix = of_session(ada), Recording.objects.get(kind="mix")
    assert np.array_equal(content(recording), np.concatenate([first, second]))
    assert np.array_equal(content(mix), np.concatenate([first, second]))
    assert files(storage) == {recording.file, mix.file}


def test_pieces_are_let_go_once_a_session_that_came_no_more_is_closed(host: Actor, storage: FileSystemStorage) -> None:
    """Made while she might still have come back; a day later nobody can."""
    meeting = meeting_recorded(actor=host)
    ada = speaking(meeting)
    wanted = said(ada)
    session_detach(owner=ada.owner)
    meeting_end(meeting=meeting, actor=host)
    assert work() == 2
    assert RecordingChunk.objects.count() == 2
    sessions_undelivered_end(now=timezone.now() + timedelta(days=2))
    assert work() == 0
    assert not RecordingChunk.objects.exists()
    assert len(files(storage)) == 2
    assert np.array_equal(content(of_session(ada)), wanted)


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
    assert recording_files_sweep(now=timezone.now()) == 1
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
    assert recording_files_sweep(now=timezone.now()) == 1
    assert files(storage) == {kept.file}
    assert left.file != kept.file


def test_a_piece_is_the_commits_own_samples_or_the_commit_is_refused() -> None:
    ada = speaking(meeting_recorded())
    piece = ada.write(sound(16_000), start=0)
    for wrong in (
        RecordedChunk(start=0, end=16_001, file=piece.file, sha256=piece.sha256),
        RecordedChunk(start=0, end=16_000, file=piece.file),
        RecordedChunk(start=0, end=16_000, file=piece.file, sha256=piece.sha256, missing="both"),
    ):
        with pytest.raises(Invalid):
            ada.commit(speech(0, 16_000), recorded=[wrong])
    assert not RecordingChunk.objects.exists()


def test_what_could_not_be_stored_is_silent_and_said_so(host: Actor) -> None:
    meeting = meeting_recorded(actor=host)
    ada = speaking(meeting)
    missing = RecordedChunk(start=0, end=16_000, missing="storage_unavailable")
    ada.commit(speech(0, 16_000), recorded=[missing])
    said(ada)
    entry = AuditEvent.objects.get(action="recording.missed")
    assert entry.data["ranges"] == [{"from": 0, "to": 16_000, "reason": "storage_unavailable"}]
    session_end(owner=ada.owner)
    meeting_end(meeting=meeting, actor=host)
    work()
    recording = of_session(ada)
    assert recording.missing == [{"from": 0, "to": 16_000, "reason": "storage_unavailable"}]
    assert not content(recording)[:16_000].any()


def test_a_damaged_piece_fails_the_recording_and_is_never_silence(host: Actor, storage: FileSystemStorage) -> None:
    meeting = meeting_recorded(actor=host)
    ada = speaking(meeting)
    said(ada)
    piece = RecordingChunk.objects.order_by("start")[0]
    storage.save(piece.file, ContentFile(b"not what was written"))
    session_end(owner=ada.owner)
    meeting_end(meeting=meeting, actor=host)
    assert work() == 0
    recording = of_session(ada)
    assert (recording.state, recording.problem) == ("failed", "recording_unreadable")
    assert RecordingChunk.objects.count() == 2, "what is left is kept for whoever mends it"
    assert Recording.objects.get(kind="mix").problem == "nothing_to_mix"


def test_a_job_whose_worker_died_is_free_again_when_its_lease_is_over(host: Actor) -> None:
    meeting = meeting_recorded(actor=host)
    ada = speaking(meeting)
    said(ada)
    session_end(owner=ada.owner)
    meeting_end(meeting=meeting, actor=host)
    assert recordings_plan() == 1
    dead = recording_claim(now=NOW)
    assert dead is not None
    assert recording_claim(now=NOW + LEASE) is None, "the mix waits for the session, which is being made"
    alive = recording_claim(now=NOW + LEASE + timedelta(seconds=1))
    assert alive is not None
    assert (alive.pk, alive.n_attempts) == (dead.pk, 2)
    made = recording_make(dead, keep_lease=lambda: None)
    with pytest.raises(LeaseLost):
        recording_done(recording=dead, made=made)
    recording_done(recording=alive, made=made)
    assert of_session(ada).state == "done"


def test_of_workers_that_come_at_once_one_gets_each_job(host: Actor) -> None:
    meeting = meeting_recorded(actor=host)
    for name in ("Ada", "Ben"):
        who = speaking(meeting, name=name)
        said(who)
        session_end(owner=who.owner)
    meeting_end(meeting=meeting, actor=host)
    all_at_once(recordings_plan, recordings_plan)
    claimed = all_at_once(*[lambda: recording_claim(now=NOW)] * 4)
    assert not [each for each in claimed if isinstance(each, Exception)]
    won = [each.pk for each in claimed if isinstance(each, Recording)]
    assert len(set(won)) == len(won) == 2


def test_storage_that_is_away_is_asked_again_and_given_up_at_last(host: Actor, storage: FileSystemStorage) -> None:
    meeting = meeting_recorded(actor=host)
    ada = speaking(meeting)
    said(ada)
    piece = RecordingChunk.objects.order_by("start")[0]
    (Path(storage.location) / piece.file).unlink()
    session_end(owner=ada.owner)
    meeting_end(meeting=meeting, actor=host)
    at = timezone.now()
    for _ in range(MOST_ATTEMPTS):
        assert of_session_state(ada) in (None, "waiting")
        recordings_work(clock=partial(datetime.fromisoformat, at.isoformat()))
        at += timedelta(days=1)
    assert of_session_state(ada) == "failed"


def of_session_state(who: Speaking) -> str | None:
    return Recording.objects.filter(audio_session=who.owner.session_id).values_list("state", flat=True).first()


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
    assert (entry.actor, entry.data["n_files"], len(entry.data["digest"])) == (host.label, 5, 64)
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
        def chunks(self, chunk_size: int | None = None):  # type: ignore[no-untyped-def]
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

"""From pieces to recordings: exact, once, also when workers die or the session goes on after the end."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from meetings.access import Actor
from meetings.errors import Invalid
from meetings.models import AuditEvent, Recording, RecordingChunk
from meetings.recordings.making import LeaseLost, recording_make
from meetings.recordings.reading import samples_read
from meetings.recordings.work import recordings_work
from meetings.services.audit import audit_verify
from meetings.services.meetings import meeting_end
from meetings.services.recording_jobs import (
    LEASE,
    MOST_ATTEMPTS,
    recording_claim,
    recording_done,
    recordings_plan,
)
from meetings.services.sessions import session_detach, session_end, session_open
from meetings.services.undelivered import sessions_undelivered_end
from meetings.values import RecordedChunk
from tests.integration.made import all_at_once, speech
from tests.integration.recorded import (
    Speaking,
    Unwatched,
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
NOW = datetime(2026, 1, 1, tzinfo=UTC)


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
    made = recording_make(dead, lease=Unwatched())
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

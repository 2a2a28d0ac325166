"""Workers that lost their lease, died, or were overtaken by a purge: what they do late does no harm."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import soundfile
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.access import Actor
from meetings.models import AuditEvent, Meeting, Recording, RecordingChunk
from meetings.recordings.making import LeaseLost, recording_make
from meetings.recordings.work import recordings_work
from meetings.services.meetings import meeting_end
from meetings.services.recording_jobs import (
    LEASE,
    MOST_ATTEMPTS,
    recording_claim,
    recording_discard,
    recording_done,
    recordings_plan,
)
from meetings.services.recording_purge import recordings_purge
from meetings.services.sessions import session_end
from tests.integration.made import speech
from tests.integration.recorded import (
    Speaking,
    Unwatched,
    content,
    files,
    of_session,
    said,
    sound,
    speaking,
    work,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + LEASE + timedelta(seconds=1)


@pytest.fixture
def ada(meeting: Meeting, host: Actor) -> Speaking:
    """Has said something; she and the meeting are over, and her recording is asked for."""
    who = speaking(meeting)
    said(who)
    session_end(owner=who.owner)
    meeting_end(meeting=meeting, actor=host)
    recordings_plan()
    return who


def claimed(at: datetime) -> Recording:
    recording = recording_claim(now=at)
    assert recording is not None
    return recording


def test_a_worker_whose_successor_let_the_pieces_go_does_not_put_silence_in_their_place(ada: Speaking) -> None:
    late, successor = claimed(NOW), claimed(LATER)
    recording_done(recording=successor, made=recording_make(successor, lease=Unwatched()))
    assert not RecordingChunk.objects.exists()
    with pytest.raises(LeaseLost):
        recording_make(late, lease=Unwatched())
    assert content(of_session(ada)).any()


@pytest.mark.usefixtures("ada")
def test_nothing_is_written_where_others_read_once_the_lease_is_over(storage: FileSystemStorage) -> None:
    class Over(Unwatched):
        def renew(self) -> None:
            raise LeaseLost

    before = files(storage)
    with pytest.raises(LeaseLost):
        recording_make(claimed(NOW), lease=Over())
    assert files(storage) == before


@pytest.mark.usefixtures("ada")
def test_what_is_being_made_while_everything_is_purged_is_gone_as_well(
    meeting: Meeting, host: Actor, storage: FileSystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The purge comes in the instant in which the file is in its place and its row is not done yet."""
    save = storage.save

    def save_and_purge(name: str, file: Any) -> str:
        name = save(name, file)
        recordings_purge(meeting=meeting, actor=host.label)
        return name

    monkeypatch.setattr(storage, "save", save_and_purge)
    assert work() == 0
    assert files(storage) == set()


def test_a_late_worker_does_not_delete_the_file_that_its_successor_makes(
    ada: Speaking, storage: FileSystemStorage
) -> None:
    """Both give it the same name. The successor has written it, and has not said so yet; then it has."""
    late, successor = claimed(NOW), claimed(LATER)
    in_vain, made = recording_make(late, lease=Unwatched()), recording_make(successor, lease=Unwatched())
    recording_discard(recording=late, saved=in_vain.saved)
    assert made.saved.file in files(storage)
    recording_done(recording=successor, made=made)
    recording_discard(recording=late, saved=in_vain.saved)
    assert content(of_session(ada)).any()


def test_what_is_committed_while_everything_is_purged_keeps_its_row_or_loses_its_file(
    meeting: Meeting, host: Actor, storage: FileSystemStorage
) -> None:
    ada = speaking(meeting)
    said(ada)
    came: list[str] = []

    def commits_between(execute: Callable[..., Any], sql: str, params: Sequence[Any], many: bool, context: Any) -> Any:
        if sql.startswith("DELETE") and "recordingchunk" in sql and not came:
            at = ada.settled
            piece = ada.write(sound(16_000), start=at)
            came.append(piece.file)
            ada.commit(speech(at, at + 16_000), recorded=[piece])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(commits_between):
        assert recordings_purge(meeting=meeting, actor=host.label) == 2
    assert files(storage) == set(came)
    assert list(RecordingChunk.objects.values_list("file", flat=True)) == came
    assert AuditEvent.objects.get(action="recording.purged").data["counts"] == {"files": 2}


@pytest.mark.usefixtures("ada")
def test_makers_and_purges_lock_the_meeting_first(meeting: Meeting, host: Actor) -> None:
    """As planners do. In two orders, they would wait for each other: PostgreSQL would end one of them."""
    recording = claimed(NOW)
    made = recording_make(recording, lease=Unwatched())
    acts: list[Callable[[], object]] = [
        lambda: recording_done(recording=recording, made=made),
        lambda: recordings_purge(meeting=meeting, actor=host.label),
    ]
    for act in acts:
        with CaptureQueriesContext(connection) as queries:
            act()
        statements = [query["sql"] for query in queries if not query["sql"].startswith("BEGIN")]
        assert 'FROM "meetings_meeting"' in statements[0]


@pytest.mark.usefixtures("ada")
def test_what_its_workers_die_of_is_given_up_at_last() -> None:
    """Killed each time, as by a lack of memory: nobody is left to say so."""
    at = NOW
    for _ in range(MOST_ATTEMPTS):
        assert claimed(at).kind == "session"
        at += LEASE + timedelta(seconds=1)
    mix = claimed(at)
    assert mix.kind == "mix"
    failed = Recording.objects.get(kind="session")
    assert (failed.state, failed.problem, failed.n_attempts) == ("failed", "interrupted", MOST_ATTEMPTS)


@pytest.mark.usefixtures("ada")
def test_errors_of_any_kind_are_counted_and_do_not_stop_the_worker(
    storage: FileSystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = iter([soundfile.SoundFileRuntimeError("no space left"), ZeroDivisionError(), OSError()])

    def fail(*_: object) -> str:
        raise next(errors)

    monkeypatch.setattr(storage, "save", fail)
    for n_attempts, problem in enumerate(["storage_unavailable", "internal", "storage_unavailable"], 1):
        at = timezone.now() + n_attempts * timedelta(days=1)
        assert recordings_work(clock=partial(datetime.fromisoformat, at.isoformat())) == 0
        recording = Recording.objects.get(kind="session")
        assert (recording.state, recording.problem, recording.n_attempts) == ("waiting", problem, n_attempts)

"""What is due is deleted, in small steps, provably, and is nowhere afterwards."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.celery import app
from meetings.errors import Conflict, Invalid
from meetings.models import (
    AudioSession,
    AuditEvent,
    ConsentRecord,
    DeletionProof,
    Meeting,
    MeetingEvent,
    Participant,
    Segment,
    SegmentRevision,
)
from meetings.purges import purges_work
from meetings.selectors import events_after, transcript
from meetings.services import purge_jobs
from meetings.services.audit import audit_verify, text_hash
from meetings.services.consents import consent_record
from meetings.services.deletion_proofs import digest_on
from meetings.services.holds import hold_lift, hold_place
from meetings.services.meetings import meeting_create, meeting_end, meeting_update
from meetings.services.purge_jobs import LINES_AT_ONCE, PurgeStopped, purge_ask, purge_claim, purge_step
from meetings.services.purge_plan import purges_plan
from meetings.services.recording_purge import recordings_purge
from meetings.services.segments import segment_retract
from meetings.services.sessions import session_end
from tests.integration.api_calls import assert_problem, get, guest, made, post
from tests.integration.made import commit, host_made, opened, speech
from tests.integration.recorded import AGREED, files, speaking, work

pytestmark = pytest.mark.django_db

WORDS = "xylophone zeppelin"
LATER = timedelta(days=31)


def now() -> datetime:
    return timezone.now()


def then() -> datetime:
    return timezone.now() + LATER


def spoken(*, n_lines: int = 2, granted: tuple[str, ...] = AGREED, **policies: Any) -> Meeting:
    """A meeting that is over, with lines in it."""
    host = host_made(f"host-{Meeting.objects.count()}")
    meeting = meeting_create(actor=host, title="Board", policies=policies)
    who = speaking(meeting)
    ConsentRecord.objects.filter(participant=who.opened.participant_id).update(granted=list(granted))
    who.commit(*(speech(at * 1_600, (at + 1) * 1_600, text=f"{WORDS} {at}") for at in range(n_lines)))
    session_end(owner=who.owner)
    return meeting_end(meeting=meeting, actor=host)


def texts(meeting: Meeting) -> list[str]:
    return [text for text in Segment.objects.filter(meeting=meeting).values_list("text", flat=True) if text]


def test_text_goes_when_its_days_are_over_and_not_before() -> None:
    meeting = spoken(retention_days={"text": 30})
    assert purges_work(clock=now) == 0
    assert len(texts(meeting)) == 2
    assert purges_work(clock=then) == 1
    assert texts(meeting) == []
    assert set(Segment.objects.values_list("state", "text_salt", "rev")) == {("redacted", "", 2)}
    assert purges_work(clock=then) == 0


def test_a_meeting_that_says_nothing_is_kept_by_default_and_as_the_server_says(settings: Settings) -> None:
    meeting = spoken()
    kept = spoken(retention_days=None)
    assert purges_work(clock=then) == 0
    settings.TEXT_RETENTION_DAYS = 30
    assert purges_work(clock=then) == 1
    assert texts(meeting) == []
    assert len(texts(kept)) == 2


def test_the_log_says_so_and_gives_no_word_of_it_to_anybody() -> None:
    meeting = spoken(retention_days=30)
    segment_retract(segment_id=Segment.objects.all()[0].pk, actor="x", reason="x")
    purges_work(clock=then)
    told: Any = events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages
    assert "xylophone" not in str(told)
    assert told[-1]["event"]["type"] == "content.purged"
    assert told[-1]["event"]["what"] == "text"
    assert [line["state"] for line in transcript(meeting=meeting).segments] == ["redacted"]
    assert not SegmentRevision.objects.exists()
    assert Segment.objects.filter(state="retracted", text="").count() == 1


def test_the_proof_is_of_what_the_audit_trail_says_was_committed_and_keeps_nothing_of_it() -> None:
    meeting = spoken(retention_days=30)
    committed = AuditEvent.objects.get(meeting_id=meeting.pk, action="session.committed").data["segments"]
    segment = Segment.objects.all()[0]
    assert text_hash(salt=segment.text_salt, text=segment.text) in {each["text_hash"] for each in committed}
    purges_work(clock=then)
    proof = DeletionProof.objects.get()
    lines = sorted(f"{each['id']} {each['rev']} {each['text_hash']}" for each in committed)
    assert proof.digest == digest_on("", lines)
    assert (proof.what, proof.reason, proof.by) == ("text", "retention", "system")
    assert proof.counts["segments"] == 2
    entry = AuditEvent.objects.get(meeting_id=meeting.pk, number=proof.audit_number)
    assert (entry.action, entry.data["digest"], entry.data["proof"]) == ("text.purged", proof.digest, str(proof.pk))
    assert audit_verify(meeting_id=meeting.pk) is None


def test_a_killed_worker_s_purge_goes_on_where_it_was() -> None:
    meeting = spoken(n_lines=LINES_AT_ONCE + 5, retention_days=30)
    purges_plan(now=then())
    killed = purge_claim(now=then())
    assert killed is not None
    assert purge_step(purge=killed, now=then()) is False
    assert len(texts(meeting)) == 5
    assert purges_work(clock=then) == 0  # it holds its lease
    assert purges_work(clock=lambda: then() + purge_jobs.LEASE * 2) == 1
    assert texts(meeting) == []
    assert DeletionProof.objects.get().counts["segments"] == LINES_AT_ONCE + 5
    with pytest.raises(PurgeStopped):
        purge_step(purge=killed, now=then())
    assert DeletionProof.objects.count() == 1


def test_what_fails_is_tried_again_and_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = spoken(retention_days=30)
    fine = spoken(retention_days=30)

    def fail(meeting_id: Any) -> int:
        if meeting_id == broken.pk:
            raise RuntimeError
        return 3

    monkeypatch.setitem(purge_jobs.ALSO_WITH_TEXT, "copies", fail)
    assert purges_work(clock=then) == 1
    assert DeletionProof.objects.get(meeting_id=fine.pk).counts["copies"] == 3
    monkeypatch.setitem(purge_jobs.ALSO_WITH_TEXT, "copies", lambda meeting_id: 0)
    assert purges_work(clock=lambda: then() + purge_jobs.LEASE * 2) == 1


# --- modes ---------------------------------------------------------------------------------------------------


def test_an_ephemeral_meeting_is_captions_while_it_goes_on_and_nothing_afterwards() -> None:
    host = host_made()
    meeting = meeting_create(actor=host, title="Board", policies={"mode": "ephemeral"})
    session = opened(meeting)
    commit(session.owner, speech(0, 1_600, text=WORDS))
    assert WORDS in str(events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages)
    assert transcript(meeting=meeting).segments == ()
    meeting_end(meeting=meeting, actor=host)
    assert purges_work(clock=now) == 0  # the last words may still come
    assert texts(meeting) == [WORDS]
    session_end(owner=session.owner)
    assert purges_work(clock=now) == 1
    assert texts(meeting) == []
    assert WORDS not in str(events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages)
    assert DeletionProof.objects.get().reason == "ephemeral"


def test_what_was_said_in_ephemeral_mode_is_not_kept_though_the_host_changes_the_mode() -> None:
    host = host_made()
    meeting = meeting_create(actor=host, title="Board", policies={"mode": "ephemeral"})
    session = opened(meeting)
    commit(session.owner, speech(0, 1_600, text=WORDS))
    meeting_update(meeting=meeting, actor=host, policies={"mode": "transcript"})
    commit(session.owner, speech(1_600, 3_200, text="for the record"), settled_from=1_600)
    session_end(owner=session.owner)
    meeting_end(meeting=meeting, actor=host)
    assert purges_work(clock=now) == 1
    assert texts(meeting) == ["for the record"]
    assert [line["text"] for line in transcript(meeting=meeting).segments] == ["for the record"]


def test_a_voice_that_agrees_to_captions_alone_is_shown_live_and_is_in_no_transcript() -> None:
    meeting = spoken(granted=("captions",))
    other = Meeting.objects.get(pk=spoken().pk)
    assert transcript(meeting=meeting).segments == ()
    assert "xylophone" in str(events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages)
    assert purges_work(clock=now) == 1
    assert texts(meeting) == []
    assert len(texts(other)) == 2
    assert DeletionProof.objects.get().reason == "captions_only"


def test_what_was_said_is_kept_as_was_agreed_then_however_late_it_is_delivered() -> None:
    meeting = meeting_create(actor=host_made(), title="Board")
    who = speaking(meeting)
    participant_id = who.opened.participant_id
    for second, granted in ((1, ["captions"]), (2, list(AGREED)), (3, [])):
        consent_record(participant_id=participant_id, granted=granted)
        at = who.opened.meeting_started_at + timedelta(seconds=second)
        ConsentRecord.objects.filter(pk=ConsentRecord.objects.latest("pk").pk).update(at=at)
    half = 8_000
    who.commit(*(speech(at * half, (at + 1) * half, text=f"until {at + 1}") for at in range(8)))
    assert [line["text"] for line in transcript(meeting=meeting).segments] == ["until 1", "until 4", "until 5"]


def test_what_comes_after_the_purge_is_purged_too() -> None:
    host = host_made()
    meeting = meeting_create(actor=host, title="Board", policies={"mode": "ephemeral"})
    session = opened(meeting)
    commit(session.owner, speech(0, 1_600, text=WORDS))
    meeting_end(meeting=meeting, actor=host)
    AudioSession.objects.update(state="abandoned")
    assert purges_work(clock=now) == 1
    commit(session.owner, speech(1_600, 3_200, text=WORDS), settled_from=1_600)
    assert purges_work(clock=now) == 1
    assert texts(meeting) == []


def test_a_meeting_that_nobody_ended_is_over_when_it_was_silent_for_a_day() -> None:
    meeting = meeting_create(actor=host_made(), title="Board", policies={"mode": "ephemeral"})
    commit(opened(meeting).owner, speech(0, 1_600, text=WORDS))
    assert purges_work(clock=then) == 0
    AudioSession.objects.update(state="abandoned")
    assert purges_work(clock=now) == 0
    assert purges_work(clock=then) == 1


@pytest.mark.parametrize(
    "policies",
    [
        {"mode": "for ever"},
        {"mode": "ephemeral", "recording": True},
        {"mode": "transcript_and_audio", "recording": False},
        {"retention_days": -1},
        {"retention_days": "30"},
        {"retention_days": True},
        {"retention_days": 1.5},
        {"retention_days": {"video": 3}},
        {"retention_days": {"text": 99_999_999}},
        {"retention_days": []},
        {"purge_names": "yes"},
        {"mode": 7},
    ],
)
def test_policies_that_make_no_sense_are_refused(policies: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        meeting_create(actor=host_made(), title="Board", policies=policies)
    assert not Meeting.objects.exists()


def test_the_mode_and_recording_say_the_same(settings: Settings) -> None:
    def policies(**said: Any) -> dict[str, Any]:
        made: dict[str, Any] = meeting_create(actor=host, title="Board", policies=said).policies
        return made

    host = host_made()
    assert policies(mode="transcript_and_audio")["recording"] is True
    assert policies(mode="transcript")["recording"] is False
    assert policies() == {}
    settings.MEETING_MODE = "ephemeral"
    assert policies() == {"mode": "ephemeral", "recording": False}
    assert policies(recording=True) == {"recording": True}


# --- names, sound, holds -------------------------------------------------------------------------------------


def test_names_go_with_the_text_where_the_policy_says_so() -> None:
    meeting = spoken(retention_days=30, purge_names=True)
    other = spoken(retention_days=30)
    meeting_update(meeting=meeting, actor=program_actor(meeting), title="Zanzibar", vocabulary=["Quixote"])
    purges_work(clock=then)
    meeting.refresh_from_db()
    assert (meeting.title, meeting.vocabulary) == ("Erased meeting", [])
    assert set(Participant.objects.filter(meeting=meeting).values_list("display_name", flat=True)) == {
        "Erased participant"
    }
    told = str(list(MeetingEvent.objects.filter(meeting=meeting).values_list("payload", flat=True)))
    assert "Ada" not in told
    assert "Zanzibar" not in told
    assert Participant.objects.get(meeting=other).display_name == "Ada"


def program_actor(meeting: Meeting) -> Any:
    from meetings.access import actor_for

    return actor_for(meeting.host)


@pytest.mark.django_db(transaction=True)
def test_sound_goes_before_the_text_or_with_it(storage: FileSystemStorage) -> None:
    def recorded(days: object) -> Meeting:
        host = host_made(f"host-{Meeting.objects.count()}")
        meeting = meeting_create(actor=host, title="Board", policies={"recording": True, "retention_days": days})
        who = speaking(meeting)
        from tests.integration.recorded import said

        said(who)
        session_end(owner=who.owner)
        return meeting_end(meeting=meeting, actor=host)

    sound_only, both = recorded({"audio": 30}), recorded({"text": 30})
    kept = recorded({"audio": 60})
    work()
    purges_work(clock=then)
    assert texts(sound_only)
    assert not texts(both)
    assert {name.partition("/")[0] for name in files(storage)} == {str(kept.pk)}
    assert {(p.what, p.meeting_id) for p in DeletionProof.objects.all()} == {
        ("audio", sound_only.pk), ("audio", both.pk), ("text", both.pk)
    }  # fmt: skip


def test_nothing_of_a_meeting_on_hold_is_deleted_until_it_is_lifted() -> None:
    meeting = spoken(retention_days=30)
    hold = hold_place(meeting=meeting, by="user:1", reason="Case 7")
    assert purges_work(clock=then) == 0
    assert len(texts(meeting)) == 2
    for delete in (
        lambda: purge_ask(meeting=meeting, what="text", reason="asked", by="x"),
        lambda: recordings_purge(meeting=meeting, actor="x"),
        lambda: hold_place(meeting=meeting, by="x", reason="again"),
    ):
        with pytest.raises(Conflict) as refused:
            delete()
        assert refused.value.code == "legal_hold"
    hold_lift(meeting=meeting, by="user:2")
    hold.refresh_from_db()
    assert (hold.placed_by, hold.lifted_by, hold.reason) == ("user:1", "user:2", "Case 7")
    assert purges_work(clock=then) == 1
    acts = AuditEvent.objects.filter(meeting_id=meeting.pk, action__startswith="hold.")
    assert [(each.action, each.actor) for each in acts] == [("hold.placed", "user:1"), ("hold.lifted", "user:2")]
    assert "Case 7" not in str(list(acts.values_list("data", flat=True)))


def test_a_hold_stops_a_purge_that_is_under_way() -> None:
    meeting = spoken(n_lines=LINES_AT_ONCE + 5, retention_days=30)
    purges_plan(now=then())
    purge = purge_claim(now=then())
    assert purge is not None
    purge_step(purge=purge, now=then())
    hold_place(meeting=meeting, by="user:1", reason="Case 7")
    with pytest.raises(PurgeStopped):
        purge_step(purge=purge, now=then())
    assert len(texts(meeting)) == 5
    assert purges_work(clock=then) == 0
    hold_lift(meeting=meeting, by="user:1")
    assert purges_work(clock=then) == 1


# --- over the REST interface, and where the words were ------------------------------------------------------


def test_hosts_see_and_decide_what_is_kept_and_nobody_else() -> None:
    host = guest()
    meeting = made(host, policies={"retention_days": {"text": 7}})
    ref = f"/meetings/{meeting['code']}"
    for client in (guest(),):
        assert_problem(get(client, f"{ref}/retention"), 403, "forbidden")
        assert_problem(post(client, f"{ref}/purge", {"what": "text"}), 403, "forbidden")
        put = client.put(f"/api/v1{ref}/hold", {"reason": "x"}, content_type="application/json")
        assert put.status_code == 403
        assert client.delete(f"/api/v1{ref}/hold").status_code == 403
    told = get(host, f"{ref}/retention").json()
    assert (told["mode"], told["text_days"], told["audio_days"], told["hold"]) == ("transcript", 7, None, None)
    put = host.put(f"/api/v1{ref}/hold", {"reason": "Case 7"}, content_type="application/json")
    assert put.json()["reason"] == "Case 7"
    assert_problem(post(host, f"{ref}/purge", {"what": "text"}), 409, "legal_hold")
    assert get(host, f"{ref}/retention").json()["hold"]["placed_by"] == "guest"
    assert host.delete(f"/api/v1{ref}/hold").status_code == 200
    assert_problem(host.delete(f"/api/v1{ref}/hold"), 409, "no_legal_hold")
    assert post(host, f"{ref}/purge", {"what": "everything"}).status_code == 422
    assert post(host, f"{ref}/purge", {"what": "text"}).status_code == 202
    purges_work(clock=now)
    told = get(host, f"{ref}/retention").json()
    assert [(each["what"], each["state"]) for each in told["purges"]] == [("text", "done")]
    assert told["proofs"][0]["reason"] == "asked"


@pytest.mark.django_db(transaction=True)
def test_the_words_are_in_no_file_afterwards(storage: FileSystemStorage) -> None:
    """The database file, its write-ahead log, the storage and the queue are searched byte by byte."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's files are not ours to read")
    meeting = spoken(n_lines=50, retention_days=30, purge_names=True)
    for segment in Segment.objects.all()[:10]:
        segment_retract(segment_id=segment.pk, actor="x", reason="x")
    places = [Path(connection.settings_dict["NAME"]).parent, Path(storage.location)]
    assert found_in(places, b"zeppelin")
    purges_work(clock=then)
    assert not found_in(places, b"zeppelin")
    assert not texts(meeting)


def found_in(places: list[Path], word: bytes) -> list[Path]:
    """In this test's database and all that is stored beside it, but for other tests' databases."""
    database = Path(connection.settings_dict["NAME"])
    ours = [path for place in places if place.exists() for path in place.rglob("*") if path.is_file()]
    return [
        path
        for path in ours
        if (not path.name.startswith("test-") or path.name.startswith(database.name))
        and "models" not in path.parts
        and word in path.read_bytes()
    ]


def test_beat_sends_a_purge_nothing_but_its_name() -> None:
    tasks = {entry["task"]: entry for entry in app.conf.beat_schedule.values()}
    for name in ("meetings.tasks.purges_make", "meetings.tasks.audio_redactions_make"):
        assert "args" not in tasks[name]

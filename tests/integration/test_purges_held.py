"""Names and sound go too, a hold stops everything, hosts decide, and afterwards the words are in no file."""

from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection

from config.celery import app
from meetings.access import actor_for
from meetings.errors import Conflict
from meetings.models import (
    AuditEvent,
    DeletionProof,
    Meeting,
    MeetingEvent,
    Participant,
    Segment,
)
from meetings.purges import purges_work
from meetings.services.holds import hold_lift, hold_place
from meetings.services.meetings import meeting_create, meeting_end, meeting_update
from meetings.services.purge_jobs import LINES_AT_ONCE, PurgeStopped, purge_ask, purge_claim, purge_step
from meetings.services.purge_plan import purges_plan
from meetings.services.recording_purge import recordings_purge
from meetings.services.segments import segment_retract
from meetings.services.sessions import session_end
from tests.integration.api_calls import assert_problem, get, guest, made, post
from tests.integration.made import host_made
from tests.integration.purged import now, spoken, texts, then
from tests.integration.recorded import files, said, speaking, work

pytestmark = pytest.mark.django_db


def test_names_go_with_the_text_where_the_policy_says_so() -> None:
    meeting = spoken(retention_days=30, purge_names=True)
    other = spoken(retention_days=30)
    meeting_update(meeting=meeting, actor=actor_for(meeting.host), title="Zanzibar", vocabulary=["Quixote"])
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


@pytest.mark.django_db(transaction=True)
def test_sound_goes_before_the_text_or_with_it(storage: FileSystemStorage) -> None:
    def recorded(days: object) -> Meeting:
        host = host_made(f"host-{Meeting.objects.count()}")
        meeting = meeting_create(actor=host, title="Board", policies={"recording": True, "retention_days": days})
        who = speaking(meeting)
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
        and word in _content(path)
    ]


def _content(path: Path) -> bytes:
    """Files of other tests, which run beside this one, may be gone by now."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def test_beat_sends_a_purge_nothing_but_its_name() -> None:
    tasks = {entry["task"]: entry for entry in app.conf.beat_schedule.values()}
    for name in ("meetings.tasks.purges_make", "meetings.tasks.audio_redactions_make"):
        assert "args" not in tasks[name]

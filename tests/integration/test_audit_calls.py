"""The audit trail over REST and on its page: for those who manage the meeting, whole, and true."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from meetings.access import GUEST, actor_for
from meetings.audit_key import signing_key
from meetings.audit_triggers import triggers_remove
from meetings.models import AuditEvent, Meeting, Segment
from meetings.services.audit import audit_append
from meetings.services.audit_proof import SOFTWARE, audit_proof
from meetings.services.meetings import meeting_update
from meetings.services.segments import segment_retract
from meetings.verify_proof import BROKEN, HOLDS, proof_verify
from tests.integration.api_calls import API, assert_problem, get, guest, program
from tests.integration.made import admitted, commit, meeting_made, opened, speech, user_made
from tests.nodes import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def host() -> User:
    return user_made("ada")


@pytest.fixture
def meeting(host: User) -> Meeting:
    made = meeting_made(actor=actor_for(host))
    session = opened(made, display_name="Ada Lovelace")
    commit(session.owner, speech(0, 8_000, text="the first line"))
    commit(session.owner, speech(8_000, 16_000, text="the second line"), settled_from=8_000)
    return made


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def history(client: Client, meeting: Meeting) -> str:
    response = client.get(f"/m/{meeting.code}/history/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_trail_comes_in_pages_that_are_the_whole_chain(meeting: Meeting, host: User) -> None:
    client, entries, cursor = browser(host), [], None
    while True:
        page = get(client, f"/meetings/{meeting.code}/audit", limit=2, **({"cursor": cursor} if cursor else {})).json()
        entries += page["data"]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            break
        assert len(page["data"]) == 2
    assert cursor is None
    assert [entry["number"] for entry in entries] == list(range(1, AuditEvent.objects.count() + 1))
    assert [entry["previous_hash"] for entry in entries] == ["", *(entry["hash"] for entry in entries[:-1])]
    proof = get(client, f"/meetings/{meeting.code}/audit/proof").json()
    assert proof["entries"][: len(entries)] == entries  # the same text of each, so the same hash


def test_only_those_who_manage_the_meeting_read_its_trail(meeting: Meeting) -> None:
    speaker = user_made("bob")
    admitted(meeting, display_name="Bob", actor=actor_for(speaker))
    for path in ("audit", "audit/proof"):
        for client in (guest(), browser(speaker)):
            assert_problem(get(client, f"/meetings/{meeting.code}/{path}"), 403, "forbidden")
        assert_problem(
            get(browser(user_made(f"mallory-{len(path)}")), f"/meetings/{meeting.pk}/{path}"), 404, "not_found"
        )
        assert get(program(f"program-{len(path)}"), f"/meetings/{meeting.pk}/{path}").status_code == 200
    for client, status in ((guest(), 403), (browser(speaker), 403)):
        assert client.get(f"/m/{meeting.code}/history/").status_code == status
    assert guest().get("/m/bada-bada-bada-bada/history/").status_code == 404
    assert not AuditEvent.objects.filter(action="audit.proved", actor="guest").exists()


def test_a_cursor_of_another_listing_is_refused(meeting: Meeting, host: User) -> None:
    other = get(browser(host), f"/meetings/{meeting.code}/segments", limit=1).json()["next_cursor"]
    assert_problem(get(browser(host), f"/meetings/{meeting.code}/audit", cursor=other), 422, "bad_cursor")


def test_the_proof_and_the_transcript_hold_together_and_no_longer_when_one_is_changed(
    meeting: Meeting, host: User
) -> None:
    client = browser(host)
    segment_retract(segment_id=Segment.objects.get(text="the first line").pk, actor="user:1", reason="mistake")
    answer = get(client, f"/meetings/{meeting.code}/audit/proof")
    assert "attachment" in answer.headers["Content-Disposition"]
    proof, transcript = answer.json(), get(client, f"/meetings/{meeting.code}/transcript.json").json()
    key = get(guest(), "/audit/key").json()
    assert key == {"algorithm": "Ed25519", "public_key": signing_key().public_hex}
    verdict = proof_verify(proof, transcript, key=key["public_key"])
    assert (verdict.problems, verdict.exit_code) == ([], HOLDS)
    assert [text["segment_id"] for text in proof["texts"]] == [transcript["segments"][0]["id"]]
    assert "line" not in json.dumps(proof["entries"]), "speech"
    transcript["segments"][0]["text"] += "!"
    assert proof_verify(proof, transcript).exit_code == BROKEN
    assert proof["entries"][-1]["action"] == "audit.proved"
    assert proof["entries"][-1]["actor"] == f"user:{host.pk}"


def test_a_trail_that_was_changed_gives_a_proof_that_does_not_hold(meeting: Meeting) -> None:
    from django.db import connection

    triggers_remove(connection)
    AuditEvent.objects.filter(meeting_id=meeting.pk, number=2).update(actor="nobody")
    assert proof_verify(audit_proof(meeting_id=meeting.pk)).exit_code == BROKEN


def test_the_software_that_a_proof_names_is_this_version() -> None:
    assert f'version = "{SOFTWARE["version"]}"' in (ROOT / "pyproject.toml").read_text()


def test_the_history_says_who_did_what_in_words_and_that_it_holds(meeting: Meeting, host: User) -> None:
    meeting_update(meeting=meeting, actor=actor_for(host), title="<b>Board</b>")
    page = history(browser(host), meeting)
    assert "the history\n        and the transcript are as they were recorded" in page
    assert "&lt;b&gt;Board" in page
    for words in ("Ada Lovelace", "said something", "2 times", "changed the meeting&#x27;s settings"):
        assert words in page
    assert page.index("changed the meeting") < page.index("said something") < page.index("made the meeting")
    assert "first line" not in page


def test_the_history_says_when_it_does_not_hold(meeting: Meeting, host: User) -> None:
    Segment.objects.filter(text="the first line").update(text="never said")
    page = history(browser(host), meeting)
    assert 'role="alert"' in page
    assert "another one than the history says" in page
    assert "as they were recorded" not in page


def test_a_long_history_is_read_in_pages(meeting: Meeting, host: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meetings.history_views.ENTRIES_AT_ONCE", 3)
    client, seen, before = browser(host), [], None
    while True:
        response = client.get(f"/m/{meeting.code}/history/", {"before": before} if before else {})
        seen += [line.n_entries for line in response.context["lines"]]
        before = response.context["older"]
        if before is None:
            break
    assert sum(seen) == AuditEvent.objects.filter(meeting_id=meeting.pk).count()
    for nonsense in ("x", "-1", "١", "9" * 30):
        assert client.get(f"/m/{meeting.code}/history/", {"before": nonsense}).status_code == 404


def test_the_transcript_leads_to_the_history_for_hosts_only(meeting: Meeting, host: User) -> None:
    for user, is_there in ((host, True), (None, False)):
        page = browser(user).get(f"/m/{meeting.code}/transcript/").content.decode()
        assert (f"/m/{meeting.code}/history/" in page) == is_there


def viewed(meeting: Meeting | None, action: str = "transcript.viewed") -> list[str]:
    found = AuditEvent.objects.filter(meeting_id=meeting.pk if meeting else None, action=action)
    return [f"{entry.actor} {entry.target.partition(':')[0]}" for entry in found.order_by("number")]


@pytest.mark.parametrize("path", ["/m/{}/transcript/", f"{API}/meetings/{{}}/segments"])
def test_staff_who_read_a_transcript_without_having_been_there_are_on_record_once_a_visit(
    meeting: Meeting, path: str
) -> None:
    staff = user_made("root", is_staff=True)
    for _ in range(3):
        assert browser(staff).get(path.format(meeting.code)).status_code == 200
    assert viewed(meeting) == [f"user:{staff.pk} meeting"]


def test_hosts_participants_guests_and_programs_leave_no_such_entry(meeting: Meeting) -> None:
    there, hosting = user_made("bob", is_staff=True), user_made("eve", is_staff=True)
    admitted(meeting, display_name="Bob", actor=actor_for(there))
    Meeting.objects.filter(pk=meeting.pk).update(host=hosting)
    for client in (browser(there), browser(hosting), guest(), program()):
        assert get(client, f"/meetings/{meeting.code}/transcript.json").status_code == 200
    assert viewed(meeting) == []


def test_what_is_opened_or_searched_in_the_admin_is_on_record(meeting: Meeting) -> None:
    admin = User.objects.create_superuser("root", password="made-up")
    client, actor = browser(admin), f"user:{admin.pk}"
    segment = Segment.objects.filter(meeting=meeting).first()
    assert segment
    assert client.get("/admin/meetings/segment/").status_code == 200
    assert viewed(None, "admin.searched") == []
    assert client.get("/admin/meetings/segment/", {"q": "second"}).status_code == 200
    assert viewed(None, "admin.searched") == [f"{actor} admin"]
    assert "second" not in json.dumps(list(AuditEvent.objects.values_list("target", "data")))
    for path in (f"segment/{segment.pk}", f"participant/{segment.participant_id}", f"meeting/{meeting.pk}"):
        assert client.get(f"/admin/meetings/{path}/change/").status_code == 200
    assert viewed(meeting, "admin.viewed") == [f"{actor} {kind}" for kind in ("segment", "participant", "meeting")]


def test_those_who_may_not_look_leave_nothing(meeting: Meeting) -> None:
    staff = user_made("root", is_staff=True)
    segment = Segment.objects.filter(meeting=meeting).first()
    assert segment
    assert browser(staff).get(f"/admin/meetings/segment/{segment.pk}/change/").status_code == 403
    assert browser(staff).get("/admin/meetings/segment/", {"q": "second"}).status_code == 403
    assert viewed(meeting, "admin.viewed") == viewed(None, "admin.searched") == []


def test_names_that_are_gone_are_told_as_such(host: User) -> None:
    meeting = meeting_made(actor=replace(GUEST, user=host, label=f"user:{host.pk}"))
    for actor in ("user:999999", "participant:00000000-0000-0000-0000-000000000001", "system", "strange"):
        with pytest.warns(match="has no line in meetings/audit_actions.py"):
            audit_append(meeting_id=meeting.pk, actor=actor, action="never.heard_of", target="user:x")
    page = history(browser(host), meeting)
    for words in ("without an account any more", "not there any more", "Colloquy", "strange", "never.heard_of"):
        assert words in page


def test_the_history_says_why_somebody_read_for_support_and_whose_sound_is_recorded(host: User) -> None:
    meeting = meeting_made(actor=actor_for(host))
    session = opened(meeting, display_name="Ada Lovelace")
    for action, target, data in (
        ("support.transcript_read", f"meeting:{meeting.pk}", {"reason": "Ticket 12: <a line> is missing"}),
        ("recording.on", f"session:{session.owner.session_id}", {}),
        ("recording.made", f"meeting:{meeting.pk}", {"reason": "kept to itself"}),
    ):
        audit_append(meeting_id=meeting.pk, actor="system", action=action, target=target, data=data)
    page = " ".join(history(browser(host), meeting).split())
    assert '<q class="history-why" dir="auto">Ticket 12: &lt;a line&gt; is missing</q>' in page
    assert re.search(r'began to record <span class="soft">\(<span dir="auto">Ada Lovelace</span>\)', page)
    assert "kept to itself" not in page

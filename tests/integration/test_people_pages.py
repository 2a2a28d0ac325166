"""The page of people's data in a meeting, for its owners: a copy and erasure of each; and whom it refuses."""

import json
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.test import Client

from meetings import stored_people
from meetings.access import actor_for
from meetings.models import AuditEvent, DeletionProof, Meeting, Participant, Segment
from meetings.services.holds import hold_place
from meetings.services.links import link_open_set, link_renew
from meetings.services.roles import role_give
from meetings.services.sessions import session_end
from tests.integration.api_calls import get
from tests.integration.made import admitted, meeting_made, user_made
from tests.integration.people_seen import (
    SURE,
    WORDS,
    ada_gone,
    ada_here,
    done,
    is_all_there,
    logged_in,
    people_page,
    person_page,
    read,
)
from tests.integration.recorded import Speaking, meeting_recorded, speaking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]


@pytest.fixture
def owner() -> User:
    return user_made("host")


@pytest.fixture
def meeting(owner: User, storage: FileSystemStorage) -> Meeting:
    return meeting_recorded(actor=actor_for(owner))


@pytest.fixture
def ada(meeting: Meeting) -> Speaking:
    return ada_gone(meeting)


def test_the_list_says_of_everybody_how_much_is_stored(meeting: Meeting, ada: Speaking, owner: User) -> None:
    speaking(meeting, name="Ben <b>")
    admitted(meeting, display_name="Cyd", role="viewer")
    listed = read(logged_in(owner), people_page(meeting))
    assert "1 line, 2 s recorded, came on" in listed  # a second and a half, in whole ones
    assert [listed.count(f"no lines, nothing recorded, {how} on") for how in ("came", "let in")] == [1, 1]
    assert "Ben &lt;b&gt;" in listed
    assert listed.count(">connected<") == 1
    assert [listed.count(f'<span class="soft">{role}</span>') for role in ("speaker", "viewer")] == [2, 1]
    assert f'href="{person_page(meeting, ada)}"' in listed
    assert f'href="{person_page(meeting, ada)}data/"' in listed


def test_nobody_has_come_and_many_have(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_people, "PEOPLE_AT_ONCE", 2)
    meeting = meeting_made(actor=actor_for(owner))
    client = logged_in(owner)
    assert "Nobody has joined" in read(client, people_page(meeting))
    for name in ("Ada", "Ben", "Cyd"):
        admitted(meeting, display_name=name)
    assert "Page 1 of 2" in read(client, people_page(meeting))
    last = read(client, people_page(meeting) + "?page=99")
    assert "Cyd" in last
    assert "Ben" not in last


def test_siblings_and_the_transcript_lead_there_and_only_for_owners(meeting: Meeting, owner: User) -> None:
    pages = (f"/m/{meeting.code}/transcript/", f"/m/{meeting.code}/keeping/")
    for page in pages:
        assert f'href="{people_page(meeting)}"' in read(logged_in(owner), page)
    assert people_page(meeting) not in read(Client(), pages[0])


def test_the_file_is_what_the_interface_gives_and_the_history_says_so(
    meeting: Meeting, ada: Speaking, owner: User
) -> None:
    client = logged_in(owner)
    answer = client.get(f"{person_page(meeting, ada)}data/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"] == f'attachment; filename="data-ada-{meeting.code}.json"'
    noted = AuditEvent.objects.get(action="participant.data_read")
    assert (noted.actor, noted.target) == (f"user:{owner.pk}", f"participant:{ada.opened.participant_id}")
    stored = json.loads(answer.content)
    assert [line["text"] for line in stored["segments"]] == [WORDS]
    interface = get(client, f"/meetings/{meeting.code}/participants/{ada.opened.participant_id}/data").json()
    assert interface["audit"].pop()["action"] == "participant.data_read"  # that of this very call
    assert stored == interface


def test_a_name_that_no_file_may_have_makes_a_file_all_the_same(meeting: Meeting, owner: User) -> None:
    for name, made in (('../"\\', 'filename="data-'), ("عائشة 林", "filename*=utf-8''data-%D8")):
        who = admitted(meeting, display_name=name).participant
        answer = logged_in(owner).get(f"{people_page(meeting)}{who.pk}/data/")
        assert made in answer["Content-Disposition"]
        assert answer.json()["participant"]["display_name"] == name


def test_a_host_erases_somebody_and_sees_the_proof(meeting: Meeting, ada: Speaking, owner: User) -> None:
    client, page = logged_in(owner), person_page(meeting, ada)
    told = read(client, page)
    for words in ("What was said: every line", "The audit trail: ids and hashes", "What others said about this person"):
        assert words in told
    shown = done(client, page, **SURE)
    proof = DeletionProof.objects.get()
    assert (proof.by, proof.target) == (f"user:{owner.pk}", f"participant:{ada.opened.participant_id}")
    assert "Erased, for good." in shown
    assert proof.digest in shown
    assert f"1 line, no earlier versions and 2 sound files deleted (entry {proof.audit_number} of" in shown
    assert "Nothing is left that could be erased." in shown
    assert 'name="sure"' not in shown
    assert not Segment.objects.filter(text=WORDS).exists()
    everything = shown + read(client, people_page(meeting))
    assert "Erased participant" in everything
    assert "Ada" not in everything
    assert client.post(page, SURE).status_code == 302, "asked twice"
    assert DeletionProof.objects.count() == 1


def test_what_comes_late_can_be_erased_again(meeting: Meeting, ada: Speaking, owner: User) -> None:
    client, page = logged_in(owner), person_page(meeting, ada)
    client.post(page, SURE)
    Segment.objects.update(text=WORDS, purged_at=None)
    assert 'name="sure"' in read(client, page)
    client.post(page, SURE)
    assert DeletionProof.objects.count() == 2
    assert not Segment.objects.filter(text=WORDS).exists()
    assert 'name="sure"' not in read(client, page)
    Participant.objects.update(display_name="Ada again")
    assert 'name="sure"' in read(client, page)


def test_nothing_is_erased_by_accident(meeting: Meeting, ada: Speaking, owner: User) -> None:
    client, page = logged_in(owner), person_page(meeting, ada)
    assert "Tick that you are sure" in done(client, page, act="erase")
    assert "Tick that you are sure" in done(client, page, act="erase", sure="")
    for act in ("", "dance"):
        assert client.post(page, {"act": act, "sure": "on"}).status_code == 404
    assert client.get(page, SURE).status_code == 200
    assert client.head(page, SURE).status_code == 200
    for method in (client.post, client.head, client.put, client.delete):
        assert method(f"{page}data/", SURE).status_code == 405
    for method in (client.put, client.delete):
        assert method(page, SURE).status_code == 405
    assert logged_in(owner, has_csrf_checks=True).post(page, SURE).status_code == 403
    assert is_all_there()
    assert not DeletionProof.objects.exists()
    assert not AuditEvent.objects.filter(action="participant.data_read").exists()


def test_what_the_interface_refuses_the_page_refuses_in_words(meeting: Meeting, owner: User) -> None:
    ada = ada_here(meeting)
    client, page = logged_in(owner), person_page(meeting, ada)
    assert 'name="sure"' not in read(client, page)
    assert "They are still connected; ask again when they have left." in done(client, page, **SURE)
    session_end(owner=ada.owner)
    assert 'name="sure"' in read(client, page)
    hold_place(meeting=meeting, by="x", reason="Case 7")
    for where in (page, people_page(meeting)):
        assert "The meeting is on legal hold:" in read(client, where)
    assert 'name="sure"' not in read(client, page)
    told = done(client, page, **SURE)
    assert told.count("The meeting is on legal hold: nothing of it may be deleted.") == 2  # asked, and the page's own
    assert is_all_there()
    assert not DeletionProof.objects.exists()


def test_nobody_else_sees_reads_or_erases(meeting: Meeting, ada: Speaking, owner: User) -> None:
    page = person_page(meeting, ada)
    callers = [user_made("stranger")]
    for name in ("viewer", "editor"):
        callers.append(user_made(name))
        role_give(meeting=meeting, actor=actor_for(owner), person=name, role=name)
    for user in (None, *callers):
        client = logged_in(user)
        for where in (people_page(meeting), page, f"{page}data/"):
            assert client.get(where).status_code == 403
        assert client.post(page, SURE).status_code == 403
    link_open_set(meeting=meeting, actor=actor_for(owner), is_open=False)
    for user in (None, callers[0]):
        client = logged_in(user)
        for where in (people_page(meeting), page, f"{page}data/"):
            assert client.get(where).status_code == 404
        assert client.post(page, SURE).status_code == 404
    assert is_all_there()
    assert not AuditEvent.objects.filter(action="participant.data_read").exists()


@pytest.mark.parametrize("may", ["owner", "staff"])
def test_other_owners_and_staff_do_what_the_host_does(meeting: Meeting, ada: Speaking, owner: User, may: str) -> None:
    other = user_made("other", is_staff=may == "staff")
    if may == "owner":
        role_give(meeting=meeting, actor=actor_for(owner), person="other", role="owner")
    client, page = logged_in(other), person_page(meeting, ada)
    assert "Ada" in read(client, people_page(meeting))
    assert client.get(f"{page}data/").status_code == 200
    assert client.post(page, SURE).status_code == 302
    assert DeletionProof.objects.get().by == f"user:{other.pk}"


def test_a_guest_who_hosts_a_meeting_does_it_as_well(storage: FileSystemStorage) -> None:
    client = Client()
    client.post("/", {"title": "By a guest", "language": "en"})
    meeting = Meeting.objects.get()
    ada = speaking(meeting)
    session_end(owner=ada.owner)
    assert "Ada" in read(client, people_page(meeting))
    assert client.post(person_page(meeting, ada), SURE).status_code == 302
    assert Participant.objects.get().display_name == "Erased participant"
    assert "Ada" not in read(client, person_page(meeting, ada))


def test_under_another_meetings_address_nobody_is_found(meeting: Meeting, ada: Speaking, owner: User) -> None:
    other = meeting_made(actor=actor_for(owner))
    client = logged_in(owner)
    for page in (person_page(other, ada), f"{people_page(meeting)}{uuid4()}/"):
        assert client.get(page).status_code == 404
        assert client.get(f"{page}data/").status_code == 404
        assert client.post(page, SURE).status_code == 404
    stranger = user_made("mallory")
    theirs = meeting_made(actor=actor_for(stranger))
    assert logged_in(stranger).post(person_page(theirs, ada), SURE).status_code == 404
    assert is_all_there()


def test_a_former_code_leads_owners_to_the_present_one(meeting: Meeting, ada: Speaking, owner: User) -> None:
    before = [people_page(meeting), person_page(meeting, ada)]
    meeting = link_renew(meeting=meeting, actor=actor_for(owner), code=meeting.code)
    after = [people_page(meeting), person_page(meeting, ada)]
    client = logged_in(owner)
    assert [client.get(page)["Location"] for page in before] == after
    assert client.post(before[1], {**SURE})["Location"] == after[1]
    assert DeletionProof.objects.exists()

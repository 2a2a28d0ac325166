"""The page of an account's own data: all of it as a file, and erasing oneself from a meeting; it is nobody else's."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django.utils import timezone

from meetings import stored_people
from meetings.access import actor_for
from meetings.models import AuditEvent, DeletionProof, Meeting, Participant
from meetings.services.holds import hold_place
from meetings.services.links import link_open_set, link_renew
from meetings.services.roles import role_give
from meetings.services.sessions import session_end
from tests.integration.api_calls import API, get
from tests.integration.made import admitted, meeting_made, user_made
from tests.integration.people_seen import (
    SURE,
    ada_gone,
    ada_here,
    done,
    is_all_there,
    logged_in,
    people_page,
    person_page,
    read,
)
from tests.integration.recorded import Speaking, meeting_recorded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]


@pytest.fixture
def owner() -> User:
    return user_made("host")


@pytest.fixture
def meeting(owner: User, storage: FileSystemStorage) -> Meeting:
    return meeting_recorded(actor=actor_for(owner))


@pytest.fixture
def grace() -> User:
    """The account with which Ada takes part."""
    return user_made("grace")


@pytest.fixture
def ada(meeting: Meeting, grace: User) -> Speaking:
    return ada_gone(meeting, user=grace)


def test_somebody_erases_themselves_and_their_account_keeps_the_proof(
    meeting: Meeting, ada: Speaking, grace: User
) -> None:
    client, page = logged_in(grace), person_page(meeting, ada)
    assert people_page(meeting) + '"' not in read(client, page)
    assert client.get(people_page(meeting)).status_code == 403
    assert client.get(f"{page}data/").json()["participant"]["account"] == "grace"
    shown = done(client, page, leads_to="/account/data/", **SURE)
    proof = DeletionProof.objects.get()
    assert proof.by == f"user:{grace.pk}"
    assert "Erased, for good." in shown
    assert proof.digest in shown
    assert "In a meeting that is none of yours any more," in shown
    assert meeting.title not in shown, "who has no part in it any more is not told what it is called now"
    assert page not in shown
    assert client.get(page).status_code == 403


def test_somebody_who_is_there_or_held_does_not_erase_themselves(meeting: Meeting, grace: User) -> None:
    ada = ada_here(meeting, user=grace)
    client, page = logged_in(grace), person_page(meeting, ada)
    assert "You are still connected to the meeting: leave it, then ask again." in done(client, page, **SURE)
    session_end(owner=ada.owner)
    hold_place(meeting=meeting, by="x", reason="Case 7")
    told = done(client, page, **SURE)
    assert "The meeting is on legal hold" in told
    assert "Case 7" not in told
    assert is_all_there()


def test_what_is_ones_own_is_read_and_erased_without_a_right_to_the_meeting(
    meeting: Meeting, owner: User, grace: User
) -> None:
    """Let in by a role, never there to speak, and the role is taken away: the name is stored all the same."""
    role = role_give(meeting=meeting, actor=actor_for(owner), person="grace", role="viewer")
    who = admitted(meeting, display_name="Grace", actor=actor_for(grace)).participant
    role.delete()
    link_open_set(meeting=meeting, actor=actor_for(owner), is_open=False)
    client, page = logged_in(grace), f"/m/{meeting.pk}/people/{who.pk}/"
    assert client.get(f"/m/{meeting.code}/transcript/").status_code == 404
    assert f'href="{page}"' in read(client, "/account/data/")
    assert client.get(f"{page}data/").status_code == 200
    assert client.get(f"{API}/meetings/{meeting.pk}/participants/{who.pk}/data").status_code == 200
    assert logged_in(user_made("mallory")).get(f"{page}data/").status_code == 404
    assert client.post(page, SURE).status_code == 302
    who.refresh_from_db()
    assert who.display_name == "Erased participant"


def test_who_may_not_read_a_meeting_any_more_is_told_no_code_that_would_let_them_in(
    meeting: Meeting, owner: User, grace: User
) -> None:
    role = role_give(meeting=meeting, actor=actor_for(owner), person="grace", role="viewer")
    who = admitted(meeting, display_name="Grace", actor=actor_for(grace)).participant
    former = meeting.code
    role.delete()
    renewed = link_renew(meeting=meeting, actor=actor_for(owner)).code
    client, page = logged_in(grace), f"/m/{meeting.pk}/people/{who.pk}/"
    by_former = client.get(f"/m/{former}/people/{who.pk}/", follow=True)
    assert by_former.redirect_chain == [(page, 302)]
    unsure = client.post(page, {"act": "erase"})
    file = client.get(f"{page}data/")
    said = [by_former.content.decode(), read(client, "/account/data/"), unsure["Location"], str(file.headers)]
    assert not [each for each in (*said, file.content.decode()) if renewed in each]


def test_the_account_lists_its_meetings_and_gives_all_of_them_as_one_file(
    meeting: Meeting, ada: Speaking, grace: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = meeting_made(title="Second <i>")
    admitted(other, display_name="G.", actor=actor_for(grace))
    admitted(meeting_made(title="Not hers"), display_name="Grace")
    Participant.objects.filter(meeting=other).update(created_at=timezone.now() - timedelta(days=1))
    client = logged_in(grace)
    assert 'href="/account/data/"' in read(client, "/account/")
    listed = read(client, "/account/data/")
    assert f'href="{person_page(meeting, ada)}"' in listed
    assert "Second &lt;i&gt;" in listed
    assert "Not hers" not in listed
    assert listed.index("Board") < listed.index("Second"), "the newest first"
    assert "(speaker), 1 line <" in listed

    answer = client.get("/account/data/file/")
    assert re.fullmatch(r'attachment; filename="data-grace-\d{4}-\d\d-\d\d\.json"', answer["Content-Disposition"])
    assert AuditEvent.objects.filter(action="participant.data_read", actor=f"user:{grace.pk}").count() == 2
    parts = answer.json()["data"]
    interface = get(client, "/me/data").json()["data"]
    for part in interface:
        part["audit"].pop()  # that of this very call
    assert parts == interface
    assert {part["participant"]["account"] for part in parts} == {"grace"}

    monkeypatch.setattr(stored_people, "PEOPLE_AT_ONCE", 1)
    assert "Second" in read(client, "/account/data/?page=2")


def test_an_account_that_took_part_in_nothing_is_told_so_and_a_guest_to_log_in() -> None:
    assert "no meeting has anything stored under your account" in read(logged_in(user_made("new")), "/account/data/")
    for page in ("/account/data/", "/account/data/file/"):
        assert Client().get(page)["Location"].startswith("/login/")
    assert logged_in(user_made("other")).post("/account/data/").status_code == 405


def test_the_proofs_are_those_that_the_account_asked_for(meeting: Meeting, ada: Speaking, owner: User) -> None:
    host = logged_in(owner)
    host.post(person_page(meeting, ada), SURE)
    digest = DeletionProof.objects.get().digest
    page = read(host, "/account/data/")
    assert digest in page
    assert meeting.title in page
    assert digest not in read(logged_in(user_made("other")), "/account/data/")

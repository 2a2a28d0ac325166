"""What an organisation says of keeping: taken by meetings that say nothing, before they begin, and kept by them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from meetings.access import Actor, actor_for
from meetings.errors import Forbidden, Invalid
from meetings.models import AuditEvent, Meeting, MeetingEvent, Membership, Organisation
from meetings.purges import purges_work
from meetings.retention import Retention, meeting_retention
from meetings.services.audit import audit_verify
from meetings.services.holds import hold_place
from meetings.services.meetings import meeting_create, meeting_end, meeting_update
from meetings.services.organisations import organisation_update
from meetings.services.roles import meeting_organisation_set
from meetings.services.sessions import session_end
from meetings.services.tokens import api_token_create_own
from tests.integration.api_calls import assert_problem, get, guest, patch, post
from tests.integration.made import host_made, opened, speech, user_made
from tests.integration.purged import now, texts, then
from tests.integration.recorded import speaking

pytestmark = pytest.mark.django_db

MONTH = {"retention_days": {"text": 30}}


@pytest.fixture
def host() -> Actor:
    return host_made("host")


@pytest.fixture
def organisation(host: Actor) -> Organisation:
    made = Organisation.objects.create(name="Board", slug="board", policies=MONTH)
    assert host.user is not None
    for user, role in ((host.user, "member"), (user_made("adm"), "admin"), (user_made("own"), "owner")):
        Membership.objects.create(organisation=made, user=user, role=role)
    return made


def made_in(organisation: Organisation | None, host: Actor, **policies: Any) -> Meeting:
    return meeting_create(actor=host, title="Board", policies=policies, organisation=organisation)


def over(meeting: Meeting, host: Actor) -> Meeting:
    """Somebody has said something in it, and it has ended."""
    who = speaking(meeting)
    who.commit(speech(0, 1_600, text="xylophone"))
    session_end(owner=who.owner)
    return meeting_end(meeting=meeting, actor=host)


def again(meeting: Meeting) -> Meeting:
    return Meeting.objects.get(pk=meeting.pk)


def days(meeting: Meeting) -> tuple[int | None, int | None]:
    kept = meeting_retention(again(meeting))
    return kept.text_days, kept.audio_days


def browser(name: str) -> Client:
    client = guest()
    client.force_login(User.objects.get(username=name))
    return client


def test_a_new_meeting_takes_it_and_is_deleted_by_it(organisation: Organisation, host: Actor) -> None:
    ours, elsewhere = over(made_in(organisation, host), host), over(made_in(None, host), host)
    assert purges_work(clock=now) == 0
    assert purges_work(clock=then) == 1
    assert texts(ours) == []
    assert len(texts(elsewhere)) == 1


def test_what_the_meeting_says_itself_wins_part_by_part(
    organisation: Organisation, host: Actor, settings: Settings
) -> None:
    settings.AUDIO_RETENTION_DAYS = 3
    settings.PURGE_NAMES = True
    assert days(made_in(organisation, host)) == (30, 3)
    assert days(made_in(organisation, host, retention_days={"audio": 1})) == (30, 1)
    assert days(made_in(organisation, host, retention_days={"text": 400})) == (400, 3)
    assert days(made_in(organisation, host, retention_days=None)) == (None, None)
    organisation.policies = {"retention_days": None, "purge_names": False}
    assert days(made_in(organisation, host)) == (None, None), "for ever is something that an organisation may say"
    assert not meeting_retention(made_in(organisation, host)).has_names_purged
    organisation.policies = {"retention_days": 9}
    assert meeting_retention(made_in(organisation, host)) == Retention(text_days=9, audio_days=9, has_names_purged=True)


def test_the_servers_own_is_what_holds_where_the_organisation_says_nothing(
    organisation: Organisation, host: Actor, settings: Settings
) -> None:
    organisation.policies = {}
    meeting = made_in(organisation, host)
    assert days(meeting) == (None, None)
    settings.TEXT_RETENTION_DAYS = 60
    assert days(meeting) == (60, None)


def test_a_change_of_it_touches_no_meeting_that_has_taken_another(organisation: Organisation, host: Actor) -> None:
    """Neither sooner than people were told, nor later: what they agreed to is what was shown to them."""
    before, chose = made_in(organisation, host), made_in(organisation, host, retention_days={"text": 500})
    ended = over(made_in(organisation, host), host)
    organisation.policies = {}
    silent = over(made_in(organisation, host), host)
    admin = actor_for(User.objects.get(username="adm"))
    organisation = organisation_update(organisation=organisation, actor=admin, policies={"retention_days": 0})
    assert [days(each)[0] for each in (before, ended, chose, silent)] == [30, 30, 500, None]
    assert purges_work(clock=now) == 0
    assert days(made_in(organisation, host)) == (0, 0), "those that come later take it"
    organisation_update(organisation=organisation, actor=admin, policies={"retention_days": 3_000})
    assert purges_work(clock=then) == 1
    assert texts(ended) == []
    assert len(texts(silent)) == 1


def test_a_meeting_takes_it_on_coming_to_the_organisation_and_leaves_it_on_going(
    organisation: Organisation, host: Actor
) -> None:
    meeting = made_in(None, host)
    meeting_organisation_set(meeting=meeting, actor=host, organisation=organisation)
    assert days(meeting) == (30, None)
    other = Organisation.objects.create(name="Other", slug="other", policies={"retention_days": {"audio": 2}})
    meeting_organisation_set(meeting=meeting, actor=host, organisation=other)
    assert days(meeting) == (None, 2)
    meeting_organisation_set(meeting=meeting, actor=host, organisation=None)
    assert days(meeting) == (None, None)


@pytest.mark.parametrize("moment", ["live", "ended"])
def test_once_it_has_begun_a_meeting_keeps_what_people_were_told(
    organisation: Organisation, host: Actor, moment: str
) -> None:
    organisation.policies = {"retention_days": 0, "mode": "ephemeral", "purge_names": True}
    organisation.save()
    meeting, leaving = made_in(None, host), made_in(organisation, host)
    for each in (meeting, leaving):
        opened(each) if moment == "live" else over(each, host)
    told = again(leaving).policies
    meeting_organisation_set(meeting=meeting, actor=host, organisation=organisation)
    meeting_organisation_set(meeting=leaving, actor=host, organisation=None)
    assert (again(meeting).policies, days(meeting)) == ({}, (None, None))
    assert (again(leaving).policies, days(leaving)) == (told, (0, 0))


def test_a_legal_hold_wins(organisation: Organisation, host: Actor) -> None:
    meeting = over(made_in(organisation, host), host)
    hold_place(meeting=meeting, by=host.label, reason="Case 7")
    assert purges_work(clock=then) == 0
    assert len(texts(meeting)) == 1


def test_the_mode_is_taken_like_the_days_and_stands_in_the_meeting(organisation: Organisation, host: Actor) -> None:
    organisation.policies = {"mode": "ephemeral"}
    taking, chose = made_in(organisation, host, colour="blue"), made_in(organisation, host, recording=True)
    assert taking.policies == {"colour": "blue", "mode": "ephemeral", "recording": False}
    assert chose.policies == {"recording": True}
    meeting_update(meeting=taking, actor=host, policies={"colour": "red"})
    assert again(taking).policies["mode"] == "ephemeral", "who says nothing of the mode leaves it as it was taken"
    meeting_update(meeting=taking, actor=host, policies={"mode": "transcript"})
    meeting_update(meeting=taking, actor=host, policies={"colour": "red"})
    assert again(taking).policies == {"colour": "red"}, "and who has chosen one has left the default behind"


def test_a_mode_of_the_server_gives_way_to_the_organisations_and_a_chosen_one_does_not(
    organisation: Organisation, host: Actor, settings: Settings
) -> None:
    settings.MEETING_MODE = "ephemeral"
    unsaid, chose = made_in(None, host), made_in(None, host, mode="ephemeral")
    organisation.policies = {"mode": "transcript"}
    for meeting in (unsaid, chose):
        meeting_organisation_set(meeting=meeting, actor=host, organisation=organisation)
    assert again(unsaid).policies == {}
    assert again(chose).policies["mode"] == "ephemeral"
    told = MeetingEvent.objects.get(meeting=unsaid)
    assert (told.type, told.payload["changed"]) == ("meeting.changed", ["policies"])
    assert not MeetingEvent.objects.filter(meeting=chose).exists()


def test_owners_and_admins_set_it_and_nobody_else(organisation: Organisation, host: Actor) -> None:
    said = {"policies": {"mode": "transcript", "retention_days": {"text": 365, "audio": None}, "purge_names": True}}
    user_made("stranger")
    assert_problem(patch(guest(), "/organisations/board", said), 401, "unauthenticated")
    assert_problem(patch(browser("stranger"), "/organisations/board", said), 404, "not_found")
    assert_problem(patch(browser("host"), "/organisations/board", said), 403, "forbidden")
    with pytest.raises(Forbidden):
        organisation_update(organisation=organisation, actor=host, policies={})
    assert Organisation.objects.get().policies == MONTH
    for name in ("adm", "own"):
        answer = patch(browser(name), "/organisations/board", said)
        assert (answer.status_code, answer.json()["policies"]) == (200, said["policies"])
    assert get(browser("host"), "/organisations/board").json()["policies"] == said["policies"]
    entry = AuditEvent.objects.get(action="organisation.policies_set")
    assert entry.data == {"was": MONTH, "policies": said["policies"]}
    assert audit_verify(meeting_id=None) is None
    assert patch(browser("own"), "/organisations/board", {"name": "B"}).json()["policies"] == said["policies"]
    assert patch(browser("own"), "/organisations/board", {"policies": {}}).json()["policies"] == {}


def test_a_token_needs_the_scope_admin_for_it(organisation: Organisation) -> None:
    owner = actor_for(User.objects.get(username="own"))
    secret = api_token_create_own(actor=owner, name="mine", scope="write").secret
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert_problem(patch(client, "/organisations/board", {"policies": {}}), 403, "scope_missing")
    made = post(client, "/meetings", {"title": "Board", "organisation": "board"})
    assert_problem(made, 403, "scope_missing")
    assert not Meeting.objects.exists()


@pytest.mark.parametrize(
    "policies",
    [
        {"retention_days": -1},
        {"retention_days": True},
        {"retention_days": 1.5},
        {"retention_days": "30"},
        {"retention_days": 36_501},
        {"retention_days": {"video": 3}},
        {"mode": "for ever"},
        {"purge_names": "yes"},
        {"recording": True},
        {"second_pass": False},
        [],
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_changes(organisation: Organisation, policies: Any) -> None:
    assert_problem(patch(browser("own"), "/organisations/board", {"policies": policies}), 422, "validation_failed")
    if isinstance(policies, dict):
        with pytest.raises(Invalid):
            organisation_update(
                organisation=organisation, actor=actor_for(User.objects.get(username="own")), policies=policies
            )
    assert Organisation.objects.get().policies == MONTH


def test_the_interface_makes_a_meeting_in_an_organisation_that_one_belongs_to(organisation: Organisation) -> None:
    user_made("stranger")
    body = {"title": "Board", "organisation": "BOARD"}
    assert_problem(post(guest(), "/meetings", body), 401, "unauthenticated")
    assert_problem(post(browser("stranger"), "/meetings", body), 404, "not_found")
    client = browser("host")
    made = post(client, "/meetings", body).json()
    assert get(client, f"/meetings/{made['id']}/organisation").json() == {"organisation": "board"}
    status = get(client, f"/meetings/{made['id']}/retention").json()
    assert (status["text_days"], status["audio_days"]) == (30, None)
    assert "after the meeting" in guest().get(f"/m/{made['code']}/").content.decode(), "people are told in the lobby"
    entry = AuditEvent.objects.get(action="meeting.created")
    assert entry.data == {"organisation": str(organisation.pk)}


def test_the_admin_shows_and_sets_it(organisation: Organisation) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root", password="made-up"))
    page = f"/admin/meetings/organisation/{organisation.pk}/change/"
    assert 'value="30"' in root.get(page).content.decode()
    said = {"name": "Board", "mode": "transcript_and_audio", "text_days": "For ever", "audio_days": "7", "names": "no"}
    assert root.post(page, said).status_code == 302
    assert Organisation.objects.get().policies == {
        "mode": "transcript_and_audio", "retention_days": {"text": None, "audio": 7}, "purge_names": False,
    }  # fmt: skip
    assert 'value="for ever"' in root.get(page).content.decode()
    refused = root.post(page, {**said, "audio_days": "a week"})
    assert "A whole number of days" in refused.content.decode()
    assert root.post(page, {"name": "Board"}).status_code == 302
    assert Organisation.objects.get().policies == {}
    ours = AuditEvent.objects.filter(action__startswith="organisation.")
    assert list(ours.values_list("action", flat=True)) == ["organisation.policies_set"] * 2

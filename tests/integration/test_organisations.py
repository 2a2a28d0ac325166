"""Organisations: their members read what is theirs, their owners and admins manage it, and one owner stays."""

import pytest
from django.test import Client

from meetings.access import (
    Actor,
    actor_for,
    meeting_to_edit,
    meeting_to_manage,
    meeting_to_read,
    meetings_to_read,
)
from meetings.errors import Conflict, Forbidden, NotFound
from meetings.models import AuditEvent, Membership, Organisation
from meetings.services.audit import audit_verify
from meetings.services.organisations import (
    membership_change,
    membership_give,
    membership_take,
    organisation_create,
)
from meetings.services.roles import meeting_organisation_set
from meetings.services.tokens import api_token_create
from tests.integration.api_calls import API, assert_problem, get, guest, patch, post, program
from tests.integration.made import account_of_token, all_at_once, host_made, meeting_made, user_made

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Actor:
    return actor_for(user_made("owner"))


@pytest.fixture
def organisation(owner: Actor) -> Organisation:
    made = organisation_create(actor=actor_for(user_made("root", is_staff=True)), name="Board", slug="Board")
    Membership.objects.all().delete()
    assert owner.user is not None
    Membership.objects.create(organisation=made, user=owner.user, role="owner")
    return made


def joined(organisation: Organisation, owner: Actor, role: str, name: str) -> Actor:
    user = user_made(name)
    membership_give(organisation=organisation, actor=owner, user=user, role=role)
    return actor_for(user)


def browser(actor: Actor) -> Client:
    client = guest()
    assert actor.user is not None
    client.force_login(actor.user)
    return client


def test_members_read_admins_and_owners_manage_and_strangers_learn_nothing(
    organisation: Organisation, owner: Actor
) -> None:
    host = joined(organisation, owner, "member", "host")
    meeting = meeting_organisation_set(meeting=meeting_made(actor=host), actor=host, organisation=organisation)
    member, admin = joined(organisation, owner, "member", "mem"), joined(organisation, owner, "admin", "adm")
    assert meeting_to_read(member, meeting.pk) == meeting
    assert list(meetings_to_read(member)) == [meeting]
    for door in (meeting_to_edit, meeting_to_manage):
        with pytest.raises(Forbidden):
            door(member, meeting.pk)
        for actor in (admin, owner):
            assert door(actor, meeting.pk) == meeting
    stranger = actor_for(user_made("stranger"))
    with pytest.raises(NotFound):
        meeting_to_read(stranger, meeting.pk)
    meeting_organisation_set(meeting=meeting, actor=host, organisation=None)
    with pytest.raises(NotFound):
        meeting_to_read(admin, meeting.pk)


def test_a_meeting_goes_only_into_an_organisation_that_one_belongs_to(organisation: Organisation, owner: Actor) -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    client = browser(host)
    path = f"{API}/meetings/{meeting.pk}/organisation"
    refused = client.put(path, {"organisation": "board"}, content_type="application/json")
    assert_problem(refused, 404, "not_found")
    assert host.user is not None
    membership_give(organisation=organisation, actor=owner, user=host.user, role="member")
    answer = client.put(path, {"organisation": "BOARD"}, content_type="application/json")
    assert answer.json() == {"organisation": "board"}
    entry = AuditEvent.objects.get(action="meeting.organisation_set")
    assert entry.data == {"was": None, "organisation": str(organisation.pk)}


def test_admins_name_members_and_only_owners_name_owners_and_admins(organisation: Organisation, owner: Actor) -> None:
    admin = joined(organisation, owner, "admin", "adm")
    member = joined(organisation, admin, "member", "mem")
    place = Membership.objects.get(user=member.user)
    for to in ("admin", "owner"):
        with pytest.raises(Forbidden):
            membership_change(membership=place, actor=admin, to=to)
        with pytest.raises(Forbidden):
            joined(organisation, admin, to, f"new-{to}")
        with pytest.raises(Forbidden):
            joined(organisation, member, "member", f"by-member-{to}")
    with pytest.raises(Forbidden):
        membership_take(membership=Membership.objects.get(user=owner.user), actor=admin)
    membership_change(membership=place, actor=owner, to="admin")
    assert Membership.objects.get(pk=place.pk).role == "admin"
    assert audit_verify(meeting_id=None) is None
    changed = AuditEvent.objects.get(action="membership.changed")
    assert changed.data == {"user": f"user:{place.user_id}", "was": "member", "role": "admin"}


def test_the_last_owner_stays_one(organisation: Organisation, owner: Actor) -> None:
    place = Membership.objects.get(user=owner.user)
    for act in (
        lambda: membership_take(membership=place, actor=owner),
        lambda: membership_change(membership=place, actor=owner, to="member"),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "last_owner"
    second = joined(organisation, owner, "owner", "second")
    membership_take(membership=place, actor=owner)
    assert [each.user for each in organisation.memberships.all()] == [second.user]


@pytest.mark.django_db(transaction=True)
def test_of_two_last_owners_who_leave_at_once_one_stays(organisation: Organisation, owner: Actor) -> None:
    second = joined(organisation, owner, "owner", "second")
    places = [(Membership.objects.get(user=actor.user), actor) for actor in (owner, second)]
    outcomes = all_at_once(*[lambda p=p, a=a: membership_take(membership=p, actor=a) for p, a in places])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "NoneType"]
    assert organisation.memberships.filter(role="owner").count() == 1


def test_members_leave_by_themselves_and_do_not_see_who_else_is_there(organisation: Organisation, owner: Actor) -> None:
    member = joined(organisation, owner, "member", "mem")
    other = joined(organisation, owner, "member", "other")
    client = browser(member)
    assert get(client, "/organisations/board").json()["role"] == "member"
    assert_problem(get(client, "/organisations/board/members"), 403, "forbidden")
    mine, theirs = (Membership.objects.get(user=each.user).pk for each in (member, other))
    assert client.delete(f"{API}/organisations/board/members/{theirs}").status_code == 403
    assert client.delete(f"{API}/organisations/board/members/{mine}").status_code == 204
    assert_problem(get(client, "/organisations/board"), 404, "not_found")


def test_the_interface_makes_organisations_for_staff_and_programs_only() -> None:
    assert_problem(post(guest(), "/organisations", {"name": "X", "slug": "x"}), 401, "unauthenticated")
    host = browser(host_made())
    assert_problem(post(host, "/organisations", {"name": "X", "slug": "x"}), 403, "forbidden")
    client = program()
    assert post(client, "/organisations", {"name": "X", "slug": "X"}).json()["slug"] == "x"
    assert_problem(post(client, "/organisations", {"name": "Y", "slug": "x"}), 409, "slug_taken")
    assert_problem(post(client, "/organisations", {"name": "Y", "slug": "a b"}), 422, "validation_failed")
    assert post(client, "/organisations/x/members", {"user": "ada", "role": "owner"}).status_code == 201
    assert patch(host, "/organisations/x", {"name": "Renamed"}).json()["name"] == "Renamed"
    assert [each["slug"] for each in get(host, "/organisations").json()["data"]] == ["x"]
    assert Membership.objects.count() == 1, "a program that makes one does not belong to it"


def test_a_service_account_is_no_person() -> None:
    user = account_of_token(api_token_create(name="ci"))
    made = organisation_create(actor=actor_for(user), name="X", slug="x")
    assert not made.memberships.exists()

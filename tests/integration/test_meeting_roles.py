"""Roles in a meeting: what each lets do, who gives them, and that the trail says so."""

from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from meetings.access import (
    GUEST,
    Actor,
    actor_for,
    is_manager,
    meeting_to_edit,
    meeting_to_manage,
    meeting_to_read,
    meetings_to_read,
    segment_to_edit,
    segment_to_read,
)
from meetings.errors import Conflict, Forbidden, Invalid, MeetingsError, NotFound
from meetings.models import AuditEvent, Meeting, MeetingRole
from meetings.services.audit import audit_verify
from meetings.services.roles import role_change, role_give, role_take
from tests.integration.api_calls import API, assert_problem, get, guest, patch, post
from tests.integration.made import admitted, all_at_once, commit, host_made, meeting_made, opened, speech, user_made

pytestmark = pytest.mark.django_db


def given(meeting: Meeting, host: Actor, role: str, name: str = "bob") -> Actor:
    user = user_made(name)
    role_give(meeting=meeting, actor=host, person=name, role=role)
    return actor_for(user)


def may(actor: Actor, meeting: Meeting) -> list[str]:
    """Which doors open, by the meeting's id and by a segment of it."""
    doors = {"read": meeting_to_read, "edit": meeting_to_edit, "manage": meeting_to_manage}
    found = []
    for name, door in doors.items():
        try:
            door(actor, meeting.pk)
        except (Forbidden, NotFound):
            continue
        found.append(name)
    return found


@pytest.mark.parametrize(
    ("role", "doors"),
    [("viewer", ["read"]), ("editor", ["read", "edit"]), ("owner", ["read", "edit", "manage"])],
)
def test_each_role_opens_its_doors_and_no_others(role: str, doors: list[str]) -> None:
    host = host_made()
    meeting, another = meeting_made(actor=host), meeting_made(actor=host)
    bob = given(meeting, host, role)
    assert may(bob, meeting) == doors
    assert may(bob, another) == []
    assert list(meetings_to_read(bob)) == [meeting]
    assert is_manager(bob, meeting) is (role == "owner")


def test_segments_follow_their_meeting() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    line = speech(0, 16_000)
    commit(opened(meeting).owner, line, received=16_000)
    assert line.segment is not None
    viewer, editor = given(meeting, host, "viewer", "vera"), given(meeting, host, "editor", "ed")
    assert segment_to_read(viewer, line.segment.segment_id).meeting == meeting
    assert segment_to_edit(editor, line.segment.segment_id).meeting == meeting
    with pytest.raises(Forbidden):
        segment_to_edit(viewer, line.segment.segment_id)
    for door in (segment_to_read, segment_to_edit):
        with pytest.raises(NotFound):
            door(GUEST, line.segment.segment_id)


def test_knowing_the_code_never_lets_anybody_edit() -> None:
    meeting = meeting_made(actor=host_made())
    speaker = actor_for(user_made("speaker"))
    admitted(meeting, actor=speaker)
    for actor in (GUEST, actor_for(user_made("mallory")), speaker):
        assert meeting_to_read(actor, meeting.code) == meeting
        for door in (meeting_to_edit, meeting_to_manage):
            with pytest.raises(Forbidden):
                door(actor, meeting.code)


def test_a_locked_account_has_no_rights_left() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    bob = given(meeting, host, "owner")
    assert bob.user is not None
    bob.user.is_active = False
    assert may(bob, meeting) == []
    assert not meetings_to_read(bob).exists()


def test_giving_changing_and_taking_a_role_is_in_the_trail() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    user = user_made("bob")
    role = role_give(meeting=meeting, actor=host, person="bob", role="viewer")
    role = role_change(role=role, actor=host, to="editor")
    assert role_take(role=role, actor=host) is True
    assert role_take(role=role, actor=host) is False
    entries = AuditEvent.objects.filter(meeting_id=meeting.pk, action__startswith="role.").order_by("number")
    assert [(entry.action, entry.target, entry.actor) for entry in entries] == [
        (action, f"user:{user.pk}", host.label) for action in ("role.given", "role.changed", "role.taken")
    ]
    assert [entry.data for entry in entries] == [
        {"role": "viewer"}, {"was": "viewer", "role": "editor"}, {"was": "editor"},
    ]  # fmt: skip
    assert audit_verify(meeting_id=meeting.pk) is None
    assert may(actor_for(user), meeting) == []


@pytest.mark.parametrize(
    ("person", "role", "error", "code"),
    [
        ("ada", "viewer", Conflict, "is_host"),
        ("bob", "viewer", Conflict, "has_role"),
        ("carol", "boss", Invalid, "invalid"),
        ("nobody", "viewer", Invalid, "unknown_user"),
        ("gone", "viewer", Invalid, "unknown_user"),
        ("x\0y", "viewer", Invalid, "unknown_user"),
        ("TWICE@example.org", "viewer", Conflict, "ambiguous_user"),
    ],
)
def test_a_role_that_cannot_be_given_says_why_and_changes_nothing(
    person: str, role: str, error: type[MeetingsError], code: str
) -> None:
    host = host_made("ada")
    meeting = meeting_made(actor=host)
    given(meeting, host, "editor", "bob")
    user_made("carol")
    User.objects.create_user("gone", is_active=False)
    for name in ("one", "two"):
        User.objects.create_user(name, email="twice@example.org")
    with pytest.raises(error) as refused:
        role_give(meeting=meeting, actor=host, person=person, role=role)
    assert refused.value.code == code
    assert meeting.roles.count() == 1


def test_an_e_mail_address_names_its_account_in_any_case() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    carol = User.objects.create_user("carol", email="Carol@Example.org")
    assert role_give(meeting=meeting, actor=host, person=" carol@example.ORG ", role="viewer").user == carol


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_does_not_own_the_meeting_gives_changes_and_takes_nothing(role: str) -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    bob = given(meeting, host, role)
    user_made("carol")
    own = meeting.roles.get()
    with pytest.raises(Forbidden):
        role_give(meeting=meeting, actor=bob, person="carol", role="viewer")
    with pytest.raises(Forbidden):
        role_change(role=own, actor=bob, to="owner")
    assert [each.role for each in meeting.roles.all()] == [role]
    assert role_take(role=own, actor=bob) is True, "one's own may be given up"


def test_a_guest_who_hosts_gives_no_roles_and_learns_no_names() -> None:
    """They have no account that answers for it, and could otherwise ask who has one here."""
    client = guest()
    meeting = post(client, "/meetings", {"title": "Board"}).json()
    user_made("bob")
    for name in ("bob", "nobody-here"):
        answer = post(client, f"/meetings/{meeting['id']}/roles", {"user": name, "role": "viewer"})
        assert_problem(answer, 403, "log_in_first")


def test_the_interface_gives_lists_changes_and_takes_roles() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    assert host.user is not None
    user_made("bob")
    client = guest()
    client.force_login(host.user)
    path = f"/meetings/{meeting.pk}/roles"
    made = post(client, path, {"user": "bob", "role": "viewer"})
    assert made.status_code == 201
    role = made.json()
    assert role["user"] == {"username": "bob", "display_name": "bob"}
    assert patch(client, f"{path}/{role['id']}", {"role": "editor"}).json()["role"] == "editor"
    assert [each["role"] for each in get(client, path).json()["data"]] == ["editor"]
    assert_problem(post(client, path, {"user": "bob", "role": "owner"}), 409, "has_role")
    assert_problem(patch(client, f"{path}/{role['id']}", {"role": "king"}), 422, "validation_failed")
    assert client.delete(f"{API}{path}/{role['id']}").status_code == 204
    assert client.delete(f"{API}{path}/{role['id']}").status_code == 404
    assert get(client, path).json()["data"] == []


def test_a_role_of_another_meeting_is_not_reached_through_ones_own() -> None:
    host, other = host_made("ada"), host_made("mallory")
    role = role_give(meeting=meeting_made(actor=host), actor=host, person="mallory", role="viewer")
    mine = meeting_made(actor=other)
    client = guest()
    assert other.user is not None
    client.force_login(other.user)
    assert_problem(patch(client, f"/meetings/{mine.pk}/roles/{role.pk}", {"role": "owner"}), 404, "not_found")
    assert MeetingRole.objects.get().role == "viewer"


def test_the_database_itself_keeps_one_known_role_for_each_person() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    ada = user_made("another")
    MeetingRole.objects.create(meeting=meeting, user=ada, role="owner")
    for user, role in ((ada, "viewer"), (user_made("bob"), "king")):
        with pytest.raises(IntegrityError), transaction.atomic():
            MeetingRole.objects.create(meeting=meeting, user=user, role=role)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_name_the_same_person_at_once_make_one_role() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    user_made("bob")

    def give() -> UUID:
        made: UUID = role_give(meeting=meeting, actor=host, person="bob", role="viewer").pk
        return made

    outcomes = all_at_once(give, give)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "UUID"]

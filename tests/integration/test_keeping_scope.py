"""Changing for how long a meeting is kept deletes it sooner or keeps it longer: that needs what deleting needs."""

from typing import Any

import pytest
from django.test import Client

from meetings.access import actor_for
from meetings.models import AuditEvent, Meeting, MeetingEvent
from meetings.services.roles import role_give
from meetings.services.tokens import api_token_create_own
from tests.integration.api_calls import assert_problem, guest, patch, post
from tests.integration.made import host_made, meeting_made, user_made

pytestmark = pytest.mark.django_db

SAID = {"retention_days": {"text": 365}, "colour": "blue"}


def kept_for_a_year() -> Meeting:
    host = host_made("host")
    meeting = meeting_made(actor=host)
    Meeting.objects.filter(pk=meeting.pk).update(policies=SAID)
    return Meeting.objects.get(pk=meeting.pk)


def bearer(scope: str, *, name: str = "host", meeting: Meeting) -> Client:
    """A program of the host, or of somebody who owns the meeting by a role."""
    if name == "host":
        user = meeting.host
    else:
        user = user_made(name)
        role_give(meeting=meeting, actor=actor_for(meeting.host), person=name, role="owner")
    secret = api_token_create_own(actor=actor_for(user), name="mine", scope=scope).secret
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})


@pytest.mark.parametrize("name", ["host", "another-owner"])
@pytest.mark.parametrize(
    "policies",
    [
        {**SAID, "retention_days": {"text": 1}},
        {**SAID, "retention_days": 0},
        {**SAID, "retention_days": None},
        {**SAID, "retention_days": {"text": 365, "audio": 3}},
        {**SAID, "retention_days": {"text": 366}},
        {**SAID, "purge_names": True},
        {**SAID, "mode": "ephemeral"},
        {"colour": "blue"},
        {},
    ],
)
def test_a_token_that_may_write_and_not_delete_leaves_it_as_it_is(policies: dict[str, Any], name: str) -> None:
    meeting = kept_for_a_year()
    client, path = bearer("write", name=name, meeting=meeting), f"/meetings/{meeting.pk}"
    assert_problem(patch(client, path, {"title": "New", "policies": policies}), 403, "scope_missing")
    stored = Meeting.objects.get(pk=meeting.pk)
    assert (stored.policies, stored.title, stored.last_seq) == (SAID, "Board", 0)
    assert not MeetingEvent.objects.exists()
    assert not AuditEvent.objects.filter(action="meeting.updated").exists()
    assert_problem(post(client, f"{path}/purge", {"what": "text"}), 403, "scope_missing")


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "New"},
        {"policies": SAID},
        {"policies": {**SAID, "retention_days": {"text": 365, "audio": None}}},
        {"policies": {**SAID, "recording": True}},
        {"policies": {**SAID, "mode": "transcript_and_audio"}},
        {"policies": {"retention_days": {"text": 365}, "purge_names": False, "second_pass": False}},
    ],
)
def test_what_keeps_it_for_as_long_needs_no_more_than_to_write(changes: dict[str, Any]) -> None:
    meeting = kept_for_a_year()
    answer = patch(bearer("write", meeting=meeting), f"/meetings/{meeting.pk}", changes)
    assert answer.status_code == 200, answer.content


def test_a_token_that_may_delete_changes_it_and_the_trail_says_what_held_before() -> None:
    meeting = kept_for_a_year()
    client = bearer("admin", name="another-owner", meeting=meeting)
    assert patch(client, f"/meetings/{meeting.pk}", {"policies": {"retention_days": 7}}).status_code == 200
    entry = AuditEvent.objects.get(action="meeting.updated")
    was = {"is_ephemeral": False, "text_days": 365, "audio_days": None, "purge_names": False}
    assert entry.data == {
        "fields": ["policies"], "was_kept": was, "kept": {**was, "text_days": 7, "audio_days": 7},
    }  # fmt: skip


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_the_scope_gives_no_role(role: str) -> None:
    meeting = kept_for_a_year()
    user = user_made("bob")
    role_give(meeting=meeting, actor=actor_for(meeting.host), person="bob", role=role)
    secret = api_token_create_own(actor=actor_for(user), name="mine", scope="admin").secret
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert_problem(patch(client, f"/meetings/{meeting.pk}", {"policies": {"retention_days": 0}}), 403, "forbidden")
    assert Meeting.objects.get(pk=meeting.pk).policies == SAID


def test_a_browser_that_hosts_decides_for_itself() -> None:
    browser = guest()
    meeting = post(browser, "/meetings", {"title": "Board", "policies": SAID}).json()
    assert patch(browser, f"/meetings/{meeting['id']}", {"policies": {"retention_days": 1}}).status_code == 200
    assert_problem(patch(guest(), f"/meetings/{meeting['code']}", {"policies": {}}), 403, "forbidden")

"""Whoever lost a role, a membership, a token or an account gets nothing more of log, transcript and exports."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.db import transaction
from django.test import AsyncClient, Client

from meetings.access import actor_for
from meetings.models import ApiToken, Meeting, Membership, Organisation
from meetings.selectors import meetings_last_seq
from meetings.services.events import event_append
from meetings.services.organisations import membership_take
from meetings.services.roles import meeting_organisation_set, role_give, role_take
from meetings.services.tokens import api_token_create_own, api_token_revoke
from tests.integration.api_calls import API, get, post
from tests.integration.exported import fetched, work
from tests.integration.made import admitted, commit, meeting_made, opened, speech, user_made
from tests.integration.test_api_events import until_waiting
from tests.sockets import WAIT_S

pytestmark = pytest.mark.django_db(transaction=True)

READINGS = (
    "events", "segments", "ledger", "participants", "exports", "second-pass",
    "transcript.json", "transcript.vtt", "transcript.srt", "transcript.txt", "transcript.md", "transcript.csv",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Bob reads a meeting of the host's, by something that can be taken from him."""

    meeting: Meeting
    bob: User
    client: Client
    secret: str = ""

    def take(self, what: str) -> None:
        host = actor_for(self.meeting.host)
        match what:
            case "role":
                role_take(role=self.meeting.roles.get(user=self.bob), actor=host)
            case "membership":
                membership_take(membership=Membership.objects.get(user=self.bob), actor=actor_for(self.bob))
            case "organisation":
                meeting_organisation_set(meeting=self.meeting, actor=host, organisation=None)
            case "token":
                api_token_revoke(token=ApiToken.objects.get(user=self.bob), actor=actor_for(self.bob))
            case "account":
                User.objects.filter(pk=self.bob.pk).update(is_active=False)


def world(what: str) -> World:
    host, bob = user_made("host"), user_made("bob")
    meeting = meeting_made(actor=actor_for(host))
    commit(opened(meeting).owner, speech(0, 16_000, text="xylophone"), received=16_000)
    if what in ("membership", "organisation"):
        organisation = Organisation.objects.create(name="Board", slug="board")
        Membership.objects.create(organisation=organisation, user=bob)
        meeting_organisation_set(meeting=meeting, actor=actor_for(host), organisation=organisation)
    else:
        role_give(meeting=meeting, actor=actor_for(host), person="bob", role="editor")
    if what == "token":
        secret = api_token_create_own(actor=actor_for(bob), name="mine", scope="write").secret
        return World(
            meeting=meeting, bob=bob, client=Client(headers={"Authorization": f"Bearer {secret}"}), secret=secret
        )
    client = Client()
    client.force_login(bob)
    return World(meeting=meeting, bob=bob, client=client)


@pytest.mark.parametrize("what", ["role", "membership", "organisation", "token", "account"])
def test_nothing_more_is_read_once_it_was_taken(what: str, exports_storage: object) -> None:
    """Also not what was asked for before, and not by having watched: the viewer's place went with the right."""
    made = world(what)
    admitted(made.meeting, role="viewer", actor=actor_for(made.bob))
    ref = f"/meetings/{made.meeting.pk}"
    line = get(made.client, f"{ref}/segments").json()["data"][0]["id"]
    for reading in READINGS:
        assert get(made.client, f"{ref}/{reading}").status_code == 200, reading
    export = post(made.client, f"{ref}/exports", {"format": "md"}).json()
    assert work() == 1
    assert b"xylophone" in fetched(made.client, f"/exports/{export['id']}/file")
    assert get(made.client, "/search", q="xylophone").json()["n_matching"] == 1

    made.take(what)
    refused = 401 if what == "token" else 404
    paths = [f"{ref}/{reading}" for reading in READINGS]
    paths += [f"/exports/{export['id']}", f"/exports/{export['id']}/file", f"{ref}/exports/{export['id']}/file"]
    paths += [ref, f"/segments/{line}", f"/segments/{line}/revisions"]
    assert {path: get(made.client, path).status_code for path in paths} == dict.fromkeys(paths, refused)
    assert post(made.client, f"{ref}/exports", {"format": "md"}).status_code == refused
    found = get(made.client, "/search", q="xylophone")
    assert found.status_code == 401 or found.json()["data"] == []


def appended(meeting_id: UUID) -> None:
    with transaction.atomic():
        event_append(meeting_id=meeting_id, type="meeting.changed", payload={"title": "xylophone", "at_ms": 0})


@pytest.mark.parametrize("what", ["role", "membership", "organisation", "token", "account"])
async def test_a_poll_that_waits_while_it_is_taken_gets_no_event(what: str) -> None:
    made = await database_sync_to_async(world)(what)
    client, headers = AsyncClient(), {"Authorization": f"Bearer {made.secret}"} if made.secret else {}
    if not made.secret:
        client.cookies = made.client.cookies
    path = f"{API}/meetings/{made.meeting.pk}/events?after_seq={await head_of(made.meeting)}&wait_s=25"
    async with asyncio.timeout(WAIT_S):
        poll = asyncio.ensure_future(client.get(path, headers=headers))
        await until_waiting()
        await database_sync_to_async(made.take)(what)
        await database_sync_to_async(appended)(made.meeting.pk)
        answer = await poll
    assert answer.status_code == (401 if what == "token" else 404)
    assert b"xylophone" not in answer.content


async def test_a_poll_of_somebody_who_may_read_on_gets_its_event() -> None:
    made = await database_sync_to_async(world)("role")
    client = AsyncClient()
    client.cookies = made.client.cookies
    path = f"{API}/meetings/{made.meeting.pk}/events?after_seq={await head_of(made.meeting)}&wait_s=25"
    async with asyncio.timeout(WAIT_S):
        poll = asyncio.ensure_future(client.get(path))
        await until_waiting()
        await database_sync_to_async(appended)(made.meeting.pk)
        answer = await poll
    assert answer.status_code == 200
    assert b"xylophone" in answer.content


async def head_of(meeting: Meeting) -> int:
    heads: dict[UUID, int] = await database_sync_to_async(meetings_last_seq)(meeting_ids=[meeting.pk])
    return heads[meeting.pk]

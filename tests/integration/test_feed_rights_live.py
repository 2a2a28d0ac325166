"""Open caption feeds of a real node: closed within seconds once what they are read by was taken away."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.nodes import NodeProcess
from tests.sockets import NO_TLS, WAIT_S, Api, Message, peer

TAKEN = ("role", "membership", "organisation", "token", "account")
WAYS = ("bearer", "page")
ACCOUNTS = """
import json
from django.contrib.auth.models import User
from meetings.access import actor_for
from meetings.services.tokens import api_token_create_own
made = {}
for name in %r:
    user = User.objects.create_user(name)
    token = api_token_create_own(actor=actor_for(user), name="mine", scope="admin")
    made[name] = [token.secret, token.row.pk]
print("made:" + json.dumps(made))
"""
LOCKED = """
from django.contrib.auth.models import User
assert User.objects.filter(username=%r).update(is_active=False) == 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Asks with an API token."""

    url: str
    secret: str

    def ask(self, method: str, path: str, **body: object) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}"}
        answer = httpx.request(
            method, f"{self.url}/api/v1/{path}", json=body or None, headers=headers, timeout=WAIT_S, verify=NO_TLS
        ).raise_for_status()
        return answer.json() if answer.content else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`rest` asks as this person's program."""

    name: str
    secret: str
    token_id: int
    rest: Program


def rest_of(node: NodeProcess, secret: str) -> Program:
    return Program(url=node.url, secret=secret)


def people_made(node: NodeProcess, names: Sequence[str]) -> dict[str, Person]:
    """Accounts on the node's database, each with a token of its own."""
    said = node.manage("shell", "--verbosity", "0", "-c", ACCOUNTS % list(names))
    made: dict[str, Any] = json.loads(said.rpartition("made:")[2])
    return {
        name: Person(name=name, secret=secret, token_id=token_id, rest=rest_of(node, secret))
        for name, (secret, token_id) in made.items()
    }


@pytest.fixture(scope="module")
def people(running_node: NodeProcess) -> dict[str, Person]:
    """Somebody for each way of reading and each thing that can be taken."""
    return people_made(running_node, [f"reader-{way}-{what}" for way in WAYS for what in TAKEN])


def given(node: NodeProcess, host: Program, meeting: Message, person: Person, what: str) -> Callable[[], object]:
    """Let the person read by what is to be taken; returns what takes it."""
    ref = f"meetings/{meeting['id']}"
    if what in ("membership", "organisation"):
        slug = person.name
        host.ask("POST", "organisations", name="Board", slug=slug)
        member = host.ask("POST", f"organisations/{slug}/members", user=person.name)
        host.ask("PUT", f"{ref}/organisation", organisation=slug)
        if what == "organisation":
            return lambda: host.ask("PUT", f"{ref}/organisation", organisation=None)
        return lambda: host.ask("DELETE", f"organisations/{slug}/members/{member['id']}")
    role = host.ask("POST", f"{ref}/roles", user=person.name, role="viewer")
    if what == "role":
        return lambda: host.ask("DELETE", f"{ref}/roles/{role['id']}")
    if what == "token":
        return lambda: person.rest.ask("DELETE", f"tokens/{person.token_id}")
    # By another process, which tells no node.
    return lambda: node.manage("shell", "--verbosity", "0", "-c", LOCKED % person.name)


@pytest.mark.parametrize("what", TAKEN)
async def test_a_feed_by_token_is_closed_as_forbidden_and_a_guests_goes_on(
    running_node: NodeProcess, api: Api, token: str, people: dict[str, Person], what: str
) -> None:
    person, host = people[f"reader-bearer-{what}"], rest_of(running_node, token)
    meeting = host.ask("POST", "meetings", title="Taken")
    take = given(running_node, host, meeting, person, what)
    url = f"{running_node.websocket_url}/ws/v1/meetings/{meeting['id']}/captions"
    headers = {"Authorization": f"Bearer {person.secret}"}
    guest = api.admit(meeting, "Guest", "viewer")
    async with peer(url, "", headers=headers) as feed, peer(guest["ws_url"], guest["ticket"]) as other:
        await feed.until("live")
        await other.until("live")
        await asyncio.to_thread(take)
        assert await feed.closed() == 4403
        assert feed.of("error")[-1]["problem"]["code"] == "forbidden"
        await other.say(type="ping", t=1)
        await other.until("pong")
    async with peer(url, "", headers=headers) as again:
        assert await again.closed() in (4403, 4404)


@pytest.mark.parametrize("what", TAKEN)
async def test_a_viewers_page_is_closed_and_gets_no_new_ticket_and_microphones_go_on(
    running_node: NodeProcess, api: Api, token: str, people: dict[str, Person], what: str
) -> None:
    person, host = people[f"reader-page-{what}"], rest_of(running_node, token)
    meeting = host.ask("POST", "meetings", title="Taken")
    take = given(running_node, host, meeting, person, what)
    joins = f"meetings/{meeting['id']}/participants"
    viewer = person.rest.ask("POST", joins, display_name="Vera", role="viewer")
    ada = api.admit(meeting, "Ada")
    async with peer(viewer["ws_url"], viewer["ticket"]) as feed, peer(ada["ws_url"], ada["ticket"]) as voice:
        await feed.until("live")
        await voice.hello(consent=False)
        await asyncio.to_thread(take)
        assert await feed.closed() == 4403
        await voice.say(type="ping", t=1)
        await voice.until("pong")
    renewed = api.post(f"sessions/{viewer['session_id']}/ticket", {"resume_token": viewer["resume_token"]})
    assert (renewed.status_code, renewed.json()["code"]) == (403, "forbidden")


async def test_a_speaker_whose_role_was_taken_keeps_their_microphone_and_reads_on(
    running_node: NodeProcess, token: str, people: dict[str, Person]
) -> None:
    """What they have said and not delivered yet must not be lost; and who has taken part may read what was said."""
    person, host = people["reader-page-role"], rest_of(running_node, token)
    meeting = host.ask("POST", "meetings", title="Spoken")
    role = host.ask("POST", f"meetings/{meeting['id']}/roles", user=person.name, role="viewer")
    joins = f"meetings/{meeting['id']}/participants"
    speaker = person.rest.ask("POST", joins, display_name="Sam")
    viewer = person.rest.ask("POST", joins, display_name="Sam", role="viewer")
    async with peer(speaker["ws_url"], speaker["ticket"]) as voice, peer(viewer["ws_url"], viewer["ticket"]) as feed:
        await voice.hello()
        await feed.until("live")
        await asyncio.to_thread(host.ask, "DELETE", f"meetings/{meeting['id']}/roles/{role['id']}")
        assert (await voice.end())["type"] == "ended"
        await feed.say(type="ping", t=1)
        await feed.until("pong")
    renewed = person.rest.ask("POST", f"sessions/{viewer['session_id']}/ticket")
    async with peer(viewer["ws_url"], renewed["ticket"]) as again:
        await again.until("live")


@pytest.mark.parametrize("what", ["renewed", "turned off"])
async def test_a_guests_page_is_closed_with_the_link_and_microphones_and_members_go_on(
    running_node: NodeProcess, api: Api, token: str, what: str
) -> None:
    host = rest_of(running_node, token)
    meeting = host.ask("POST", "meetings", title="Linked")
    guest, ada = api.admit(meeting, "Guest", "viewer"), api.admit(meeting, "Ada")
    member = host.ask("POST", f"meetings/{meeting['id']}/participants", display_name="Mia", role="viewer")
    ways = (guest, ada, member)
    async with (
        peer(guest["ws_url"], guest["ticket"]) as feed,
        peer(ada["ws_url"], ada["ticket"]) as voice,
        peer(member["ws_url"], member["ticket"]) as other,
    ):
        await feed.until("live")
        await other.until("live")
        await voice.hello(consent=False)
        link = f"meetings/{meeting['id']}/link"
        if what == "renewed":
            await asyncio.to_thread(host.ask, "POST", f"{link}/renew")
        else:
            await asyncio.to_thread(host.ask, "PATCH", link, is_open=False)
        assert await feed.closed() == 4403
        for each in (voice, other):
            await each.say(type="ping", t=1)
            await each.until("pong")
    answers = [
        api.post(f"sessions/{each['session_id']}/ticket", {"resume_token": each["resume_token"]}).status_code
        for each in ways
    ]
    assert answers == [403, 201, 201]

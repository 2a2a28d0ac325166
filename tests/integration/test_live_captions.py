"""Server-sent events and a WebVTT file that grows, of a real node: what the socket says, for those without one."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import webvtt as reader

from streaming.client.audio_files import audio_read
from tests.integration.test_feed_rights_live import TAKEN, Person, given, people_made, rest_of
from tests.nodes import NodeProcess, node_environment, node_running
from tests.sockets import NO_TLS, WAIT_S, Api, Message, peer

pytestmark = pytest.mark.speech

MOST_MEETINGS = 5

Matches = Callable[[Message], bool]
Event = tuple[int | None, Message]
Events = AsyncGenerator[Event]


def captions(node: NodeProcess, meeting: Message, what: str) -> str:
    return f"{node.url}/api/v1/meetings/{meeting['id']}/captions{what}"


@asynccontextmanager
async def opened(url: str, **headers: str) -> AsyncIterator[httpx.Response]:
    """An answer that goes on."""
    async with (
        asyncio.timeout(2 * WAIT_S),
        httpx.AsyncClient(timeout=WAIT_S, verify=NO_TLS) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        yield answer


async def messages(answer: httpx.Response) -> Events:
    """The `id` and the message of each event, as a browser reads them."""
    event_id: int | None = None
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            event_id = int(value)
        elif name == "data":
            yield event_id, json.loads(value)
            event_id = None


async def until(events: Events, matches: Matches) -> list[Event]:
    """All up to the first that matches; more may be read afterwards."""
    seen: list[Event] = []
    async for found in events:
        seen.append(found)
        if matches(found[1]):
            return seen
    raise AssertionError(f"ended after {[message['type'] for _, message in seen]}")


def is_final(message: Message) -> bool:
    return message["type"] == "segment" and message["seq"] is not None


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def spoken(api: Api, meeting: Message, speech: Any, name: str = "Ada") -> list[Message]:
    """Finals of a sentence, as its speaker saw them."""
    admission = api.admit(meeting, name)
    async with peer(admission["ws_url"], admission["ticket"]) as speaker:
        await speaker.hello()
        await speaker.stream(speech)
        await speaker.end()
        return speaker.finals()


@pytest.fixture(scope="module")
def beckett(speech_samples: dict[str, Any]) -> Any:
    return audio_read(speech_samples["beckett"])


async def followed(api: Api, meeting: Message, url: str, *, token: str, speech: Any) -> list[Event]:
    """What is told up to the first final of what is said meanwhile."""
    async with opened(url, **bearer(token)) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-store"
        async with asyncio.TaskGroup() as group:
            speaking = group.create_task(spoken(api, meeting, speech))
            seen = await until(messages(answer), is_final)
    assert seen[-1][1] == speaking.result()[0]
    return seen


async def test_events_tell_what_the_socket_tells_and_go_on_where_they_were_left(
    running_node: NodeProcess, api: Api, token: str, beckett: Any
) -> None:
    """Unfinished sentences too, which a machine that is busy leaves out: it may take several meetings to see one."""
    for _ in range(MOST_MEETINGS):
        meeting = rest_of(running_node, token).ask("POST", "meetings", title="Followed")
        url = captions(running_node, meeting, "/stream")
        seen = await followed(api, meeting, url, token=token, speech=beckett)
        assert all(event_id == message.get("seq") for event_id, message in seen)
        if is_partial_seen := any(m["type"] == "segment" and m["segment"]["state"] == "partial" for _, m in seen):
            break
    assert is_partial_seen
    first = seen[-1][1]
    async with opened(f"{url}?partials=false", **bearer(token), **{"Last-Event-ID": str(first["seq"])}) as answer:
        again = await until(messages(answer), lambda message: message["type"] == "live")
    log = api.get(f"meetings/{meeting['code']}/events?after_seq={first['seq']}").json()["data"]
    assert [message for _, message in again if message.get("seq") and message["type"] != "live"] == log
    assert [message["type"] for _, message in again][-2:] == ["snapshot", "live"]


async def test_a_followed_file_ends_with_the_meeting_and_holds_every_line_once(
    running_node: NodeProcess, api: Api, token: str, beckett: Any
) -> None:
    rest = rest_of(running_node, token)
    meeting = rest.ask("POST", "meetings", title="Followed")
    await spoken(api, meeting, beckett)
    async with opened(captions(running_node, meeting, ".vtt?follow=true"), **bearer(token)) as answer:
        assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
        parts = answer.aiter_text()
        head = await anext(parts)
        assert [caption.identifier for caption in reader.from_buffer(io.StringIO(head))], "what stands comes first"
        await spoken(api, meeting, beckett, "Ben")
        await asyncio.to_thread(rest.ask, "POST", f"meetings/{meeting['id']}/end")
        file = head + "".join([part async for part in parts])
    whole = api.get(f"meetings/{meeting['code']}/captions.vtt").text
    assert whole == api.get(f"meetings/{meeting['code']}/transcript.vtt").text
    followed, stored = (
        [(each.identifier, each.text, each.voice) for each in reader.from_buffer(io.StringIO(text))]
        for text in (file, whole)
    )
    assert sorted(followed) == sorted(stored)
    assert {voice for _, _, voice in followed} == {"Ada", "Ben"}


@pytest.mark.parametrize("what", [".vtt?follow=true", "/stream"])
async def test_whoever_goes_is_let_go(running_node: NodeProcess, api: Api, what: str) -> None:
    meeting = api.meeting()

    def n_followers() -> float:
        metrics = httpx.get(f"{running_node.url}/metrics", timeout=WAIT_S, verify=NO_TLS).text
        (found,) = (line for line in metrics.splitlines() if line.startswith("colloquy_sockets "))
        return float(found.split()[1])

    async def until_following(n: float) -> None:
        async with asyncio.timeout(WAIT_S):
            while await asyncio.to_thread(n_followers) != n:
                await asyncio.sleep(0.1)

    await until_following(0)  # whoever was there in tests before this one
    async with opened(captions(running_node, meeting, what).replace(meeting["id"], meeting["code"])) as answer:
        parts = answer.aiter_text()
        await anext(parts)
        await until_following(1)
    await until_following(0)


@pytest.mark.parametrize("what", [".vtt?follow=true", "/stream"])
async def test_whoever_asks_for_the_head_is_given_no_more_and_the_next_answer_on_the_connection(
    running_node: NodeProcess, api: Api, what: str
) -> None:
    where = httpx.URL(f"{running_node.url}/api/v1/meetings/{api.meeting()['code']}/captions{what}")
    reader, writer = await asyncio.open_connection(where.host, where.port)
    try:
        for method, target in (("HEAD", where.raw_path.decode()), ("GET", "/healthz")):
            ends = "Connection: close\r\n" if method == "GET" else ""
            writer.write(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{ends}\r\n".encode())
        async with asyncio.timeout(WAIT_S):
            answers = await reader.read()
    finally:
        writer.transport.abort()
    first, second = answers.split(b"\r\n\r\n", 1)
    assert first.startswith(b"HTTP/1.1 200 ")
    assert second.startswith(b"HTTP/1.1 200 "), "not a part of a body"


@pytest.fixture(scope="module")
def people(running_node: NodeProcess) -> dict[str, Person]:
    return people_made(running_node, [f"follower-{what}" for what in TAKEN])


@pytest.mark.parametrize("what", TAKEN)
async def test_nothing_more_is_told_once_the_right_was_taken(
    running_node: NodeProcess, token: str, people: dict[str, Person], what: str
) -> None:
    host, person = rest_of(running_node, token), people[f"follower-{what}"]
    meeting = host.ask("POST", "meetings", title="Taken")
    take = given(running_node, host, meeting, person, what)
    url = captions(running_node, meeting, "/stream")
    async with opened(url, **bearer(person.secret)) as answer:
        events = messages(answer)
        await until(events, lambda message: message["type"] == "live")
        await asyncio.to_thread(take)
        assert [each async for each in events] == [], "it ends"
    async with opened(url, **bearer(person.secret)) as again:
        assert again.status_code in (401, 404)


async def test_a_node_that_stops_ends_what_is_followed_and_waits_for_nobody(
    tmp_path_factory: pytest.TempPathFactory, speech_cache: Any
) -> None:
    environment = node_environment(
        data_dir=tmp_path_factory.mktemp("followed"), models=speech_cache, RECOGNIZER_PROCESSES="1"
    )
    with node_running(environment) as node:
        meeting = Api(node.url).meeting()
        async with opened(f"{node.url}/api/v1/meetings/{meeting['code']}/captions/stream") as answer:
            events = messages(answer)
            await until(events, lambda message: message["type"] == "live")
            node.process.terminate()
            assert [each async for each in events] == []
        assert await asyncio.to_thread(node.process.wait, WAIT_S) == 0
        assert "Traceback" not in node.log()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("captions/stream?after_seq=-1", "validation_failed"),
        ("captions/stream?after_seq=x", "validation_failed"),
        ("captions.vtt?follow=perhaps", "validation_failed"),
        ("captions.vtt?follow=true&as_of_seq=2", "invalid"),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, asked: str, code: str) -> None:
    answer = api.get(f"meetings/{api.meeting()['code']}/{asked}")
    assert (answer.status_code, answer.json()["code"]) == (422, code)

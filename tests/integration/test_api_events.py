"""The event log over REST: every event once and in order, and a long poll that is woken, bounded and cancel-safe."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import transaction
from django.test import AsyncClient, Client

from meetings.api import event_calls, waiting
from meetings.messages import log_message
from meetings.models import Meeting, MeetingEvent
from meetings.services.events import event_append
from meetings.wire import group_name
from tests.integration.api_calls import API, assert_problem, get, guest, made, post, program
from tests.integration.made import commit, opened, silence, speech
from tests.sockets import WAIT_S

pytestmark = pytest.mark.django_db(transaction=True)


def spoken(meeting: dict[str, Any]) -> None:
    session = opened(Meeting.objects.get(pk=meeting["id"]))
    commit(session.owner, speech(0, 16_000, text="Good morning."), silence(32_000), received=32_000)


def test_pages_of_the_log_are_the_socket_messages_each_once_in_order() -> None:
    client = program()
    meeting = made(client)
    spoken(meeting)
    seen: list[dict[str, Any]] = []
    after_seq, has_more = 0, True
    while has_more:
        page = get(client, f"/meetings/{meeting['id']}/events", after_seq=after_seq, limit=1).json()
        assert len(page["data"]) == 1
        seen += page["data"]
        after_seq, has_more = page["next_after_seq"], page["has_more"]
    stored = MeetingEvent.objects.filter(meeting=meeting["id"]).select_related("segment__participant").order_by("seq")
    assert seen == [log_message(event) for event in stored]
    assert [message["seq"] for message in seen] == list(range(1, len(seen) + 1))
    assert [m["event"]["type"] if m["type"] == "event" else "segment" for m in seen] == [
        "meeting.started", "participant.joined", "segment",
    ]  # fmt: skip


def test_beyond_the_end_of_the_log_there_is_an_empty_page() -> None:
    meeting = made(program())
    page = get(guest(), f"/meetings/{meeting['code']}/events", after_seq=99).json()
    assert page == {"data": [], "next_after_seq": 99, "has_more": False}


@pytest.mark.parametrize(
    "parameters",
    [
        {"after_seq": -1}, {"after_seq": "x"}, {"after_seq": 2**70}, {"limit": 0}, {"limit": "all"},
        {"wait_s": -1}, {"wait_s": "nan"}, {"wait_s": "inf"}, {"wait_s": "soon"},
    ],
)  # fmt: skip
def test_parameters_that_make_no_sense_are_refused_by_name(parameters: dict[str, object]) -> None:
    meeting = made(program())
    problem = assert_problem(
        get(guest(), f"/meetings/{meeting['code']}/events", **parameters), 422, "validation_failed"
    )
    assert [(error["location"], error["field"]) for error in problem["errors"]] == [("query", *parameters)]


def test_more_than_the_largest_page_is_cut_down() -> None:
    meeting = made(program())
    assert get(guest(), f"/meetings/{meeting['code']}/events", limit=10**6).status_code == 200


def test_strangers_read_no_events() -> None:
    meeting = made(program())
    assert_problem(get(guest(), f"/meetings/{meeting['id']}/events"), 404, "not_found")
    wrong = Client(headers={"Authorization": "Bearer wrong"})
    assert_problem(get(wrong, f"/meetings/{meeting['code']}/events"), 401, "unauthenticated")
    assert get(program("other"), f"/meetings/{meeting['id']}/events").status_code == 200


# Long poll: an asynchronous client in the test's own event loop.


async def polled(meeting: dict[str, Any], *, wait_s: float, after_seq: int = 0) -> dict[str, Any]:
    path = f"{API}/meetings/{meeting['code']}/events"
    response = await AsyncClient().get(path, {"after_seq": str(after_seq), "wait_s": str(wait_s)})
    assert response.status_code == 200, response.content
    page: dict[str, Any] = response.json()
    return page


@database_sync_to_async
def meeting_made() -> dict[str, Any]:
    return made(program())


def appended(meeting_id: str) -> None:
    with transaction.atomic():
        event_append(meeting_id=UUID(meeting_id), type="meeting.started", payload={"at_ms": 0})


async def until_waiting(n: int = 1) -> None:
    async with asyncio.timeout(WAIT_S):
        while event_calls.waiters.n_waiting < n:
            await asyncio.sleep(0)


async def test_an_event_that_is_there_needs_no_waiting() -> None:
    meeting = await meeting_made()
    await database_sync_to_async(appended)(meeting["id"])
    async with asyncio.timeout(WAIT_S):
        assert len((await polled(meeting, wait_s=25))["data"]) == 1


async def test_a_poll_is_answered_when_an_event_comes() -> None:
    meeting = await meeting_made()
    async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
        polls = [tasks.create_task(polled(meeting, wait_s=25)) for _ in range(3)]
        await until_waiting(3)
        await database_sync_to_async(appended)(meeting["id"])
    assert [poll.result()["data"][0]["seq"] for poll in polls] == [1, 1, 1]
    assert polls[0].result()["next_after_seq"] == 1


async def test_an_event_without_a_hint_is_found_by_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes commit too, and the in-memory channel layer does not reach from them."""
    meeting = await meeting_made()
    async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(polled(meeting, wait_s=25))
        await until_waiting()
        monkeypatch.setattr("meetings.services.events.announce", lambda *_: None)
        await database_sync_to_async(appended)(meeting["id"])
    assert poll.result()["data"][0]["seq"] == 1


async def test_without_a_channel_layer_polling_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        async def new_channel(self) -> str:
            raise ConnectionError

    monkeypatch.setattr(waiting, "get_channel_layer", Broken)
    meeting = await meeting_made()
    async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(polled(meeting, wait_s=25))
        await until_waiting()
        await database_sync_to_async(appended)(meeting["id"])
    assert poll.result()["data"][0]["seq"] == 1


async def test_a_poll_that_sees_nothing_answers_empty() -> None:
    meeting = await meeting_made()
    assert await polled(meeting, wait_s=0.05) == {"data": [], "next_after_seq": 0, "has_more": False}
    assert event_calls.waiters.n_waiting == 0


async def test_a_poll_that_is_broken_off_leaves_nothing_behind() -> None:
    meeting = await meeting_made()
    poll = asyncio.ensure_future(polled(meeting, wait_s=25))
    await until_waiting()
    layer, group = get_channel_layer(), group_name(UUID(meeting["id"]))
    async with asyncio.timeout(WAIT_S):
        while group not in layer.groups:
            await asyncio.sleep(0)
    poll.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poll
    assert event_calls.waiters.n_waiting == 0
    async with asyncio.timeout(WAIT_S):
        while event_calls.waiters._listening:  # the client cancels more than once; the subscription ends by itself
            await asyncio.sleep(0)
    assert group not in layer.groups


async def test_the_poll_beyond_the_bound_is_refused_and_told_when_to_return(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_calls.waiters, "_n_max", 0)
    meeting = await meeting_made()
    path = f"{API}/meetings/{meeting['code']}/events"
    response = await AsyncClient().get(path, {"wait_s": 25})
    assert_problem(response, 503, "too_many_waiters")
    assert int(response.headers["Retry-After"]) > 0
    assert (await AsyncClient().get(path)).status_code == 200


async def test_the_end_of_a_meeting_wakes_its_readers() -> None:
    client = await database_sync_to_async(program)()
    meeting = await database_sync_to_async(made)(client)
    async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(polled(meeting, wait_s=25))
        await until_waiting()
        await database_sync_to_async(post)(client, f"/meetings/{meeting['id']}/end")
    assert poll.result()["data"][0]["event"]["type"] == "meeting.ended"

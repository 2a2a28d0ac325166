"""Floods of meetings, joins, tickets and connections: refused in a documented way, and nobody else is kept out."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from ninja.conf import settings as ninja_settings
from pytest_django.fixtures import Settings
from websockets.asyncio.client import connect

from meetings.api import api
from meetings.api.openapi import openapi_document
from meetings.api.throttling import AddressThrottle, client_network
from meetings.models import Meeting, Participant
from tests.integration.api_calls import assert_problem, guest, made, post, program
from tests.nodes import ROOT
from tests.ports import free_port
from tests.sockets import WAIT_S

N_LET_IN = 5


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    cache.clear()


def requests_of(throttle: AddressThrottle, address: str, n: int) -> list[bool]:
    request = RequestFactory().post("/", REMOTE_ADDR=address)
    return [throttle.allow_request(request) for _ in range(n)]


def test_an_address_gets_its_minute_s_worth_then_as_much_as_time_refills() -> None:
    now_s = 1_000.0
    throttle = AddressThrottle(scope="test", per_minute=lambda: 6, clock=lambda: now_s)
    assert requests_of(throttle, "192.0.2.1", 8) == [True] * 6 + [False] * 2
    assert throttle.wait() == pytest.approx(10)
    assert requests_of(throttle, "192.0.2.2", 1) == [True]
    now_s += 10
    assert requests_of(throttle, "192.0.2.1", 2) == [True, False]
    now_s += 3_600
    assert requests_of(throttle, "192.0.2.1", 8) == [True] * 6 + [False] * 2


def test_threads_that_meet_get_no_more_than_the_limit() -> None:
    throttle = AddressThrottle(scope="test", per_minute=lambda: 1_000, clock=lambda: 1_000.0)
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(16) as threads:
            answers = list(threads.map(lambda _: requests_of(throttle, "192.0.2.1", 50), range(40)))
    finally:
        sys.setswitchinterval(usual_s)
    assert sum(sum(each) for each in answers) == 1_000


def test_a_flood_of_addresses_takes_no_more_memory_than_the_cache_grants() -> None:
    throttle = AddressThrottle(scope="test", per_minute=lambda: 6)
    for number in range(12_000):
        requests_of(throttle, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1)
    assert len(cache._cache) <= 10_000  # type: ignore[attr-defined]  # there is no public way to count


@pytest.mark.parametrize(
    ("addresses", "is_same"),
    [
        (("192.0.2.1", "192.0.2.1:5678"), True),
        (("192.0.2.1", "192.0.2.2"), False),
        (("2001:db8::1", "2001:db8::ffff"), True),
        (("[2001:db8::1]:443", "2001:db8:0:1::1"), False),
        (("made up", "x" * 5_000), True),
    ],
)
def test_whoever_can_choose_among_addresses_gains_nothing_by_it(addresses: tuple[str, str], is_same: bool) -> None:
    assert (client_network(addresses[0]) == client_network(addresses[1])) is is_same


@pytest.mark.django_db
@pytest.mark.usefixtures("_throttles_stand")
def test_a_flood_of_meetings_and_joins_is_refused_with_a_time_to_wait(settings: Settings) -> None:
    settings.JOINS_PER_MINUTE = N_LET_IN
    client, path = program(), f"/meetings/{made(guest())['code']}/participants"
    refused = [post(client, path, {"display_name": "Eve"}) for _ in range(N_LET_IN + 1)][-2:]
    refused += [post(each, "/meetings", {"title": "More"}) for each in (client, guest())]
    for answer in refused:
        assert_problem(answer, 429, "too_many_requests")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60 / N_LET_IN
    page = Client().post("/", {"title": "By the form", "language": "en"})
    assert (page.status_code, "Too many meetings" in page.content.decode()) == (429, True)
    assert (Meeting.objects.count(), Participant.objects.count()) == (1, N_LET_IN - 1)
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    assert post(elsewhere, path, {"display_name": "Ada"}).status_code == 201


@pytest.mark.django_db
@pytest.mark.usefixtures("_throttles_stand")
def test_tickets_have_a_limit_of_their_own_so_that_joining_never_keeps_anybody_from_coming_back(
    settings: Settings,
) -> None:
    settings.JOINS_PER_MINUTE, settings.TICKETS_PER_MINUTE = 2, N_LET_IN
    client = program()
    admission = post(client, f"/meetings/{made(client)['code']}/participants", {"display_name": "Ada"}).json()
    assert_problem(post(client, "/meetings", {"title": "More"}), 429, "too_many_requests")
    path = f"/sessions/{admission['session_id']}/ticket"
    answers = [post(guest(), path, {"resume_token": admission["resume_token"]}) for _ in range(N_LET_IN + 1)]
    assert [each.status_code for each in answers] == [201] * N_LET_IN + [429]
    assert_problem(answers[-1], 429, "too_many_requests")


@pytest.mark.django_db
@pytest.mark.parametrize(("n_proxies", "statuses"), [(0, [201, 429, 429]), (1, [201, 201, 429])])
def test_a_client_cannot_make_up_an_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, n_proxies: int, statuses: list[int]
) -> None:
    """Behind our proxy the last address counts, which it added itself; without one none of them does."""
    settings.JOINS_PER_MINUTE = 1
    monkeypatch.setattr(ninja_settings, "NUM_PROXIES", n_proxies)
    seen = ["203.0.113.1, 198.51.100.1", "203.0.113.1, 198.51.100.2", "203.0.113.9, 198.51.100.2"]
    answers = [post(guest(), "/meetings", {"title": "Board"}, HTTP_X_FORWARDED_FOR=each) for each in seen]
    assert [each.status_code for each in answers] == statuses


def test_the_interface_s_description_says_that_429_can_come_everywhere() -> None:
    for path in openapi_document(api)["paths"].values():
        for call in path.values():
            assert "Retry-After" in call["responses"]["429"]["headers"], call["operationId"]


@pytest.fixture
async def small_server() -> AsyncIterator[int]:
    """The port of a real server that takes ten connections."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.node_under_test", str(port),
        cwd=ROOT, env={**os.environ, "MAX_CONNECTIONS": "10"}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert [(await process.stdout.readline()).strip() for _ in range(2)] == [b"started", b"listening"]
    yield port
    process.kill()
    await process.wait()


async def test_connections_beyond_the_limit_are_refused_at_once_and_those_inside_live_on(small_server: int) -> None:
    async with connect(f"ws://127.0.0.1:{small_server}/echo") as inside:
        crowd = [await asyncio.open_connection("127.0.0.1", small_server) for _ in range(30)]
        async with asyncio.timeout(WAIT_S):
            ended = await asyncio.gather(*(reader.read() for reader, _ in crowd[9:]), return_exceptions=True)
        assert all(each == b"" or isinstance(each, ConnectionError) for each in ended)
        assert not any(reader.at_eof() for reader, _ in crowd[:9])
        await inside.send("still here")
        assert await inside.recv() == "still here"
        for _, writer in crowd:
            writer.close()
        async with asyncio.timeout(WAIT_S):
            while not await is_served(small_server):
                await asyncio.sleep(0.1)


async def is_served(port: int) -> bool:
    try:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://127.0.0.1:{port}/")).text == "hello"
    except httpx.TransportError:
        return False

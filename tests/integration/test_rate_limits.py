"""Every answer of the interface says what is left; one request too many is refused and nothing is done."""

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from meetings.models import Meeting
from tests.integration.api_calls import API, assert_problem, get, made, post, program

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_throttles_stand")]


@pytest.fixture(autouse=True)
def _empty_buckets(settings: Settings) -> None:
    settings.REQUESTS_PER_MINUTE = 4
    cache.clear()


def left(response: object) -> int:
    # any of the test client's answers
    return int(response.headers["RateLimit-Remaining"])  # type: ignore[attr-defined]


def test_answers_count_down_whether_they_are_refusals_or_not() -> None:
    client = program()
    meeting = made(client)
    answers = [get(client, f"/meetings/{meeting['id']}"), get(client, "/meetings/nobody-knows")]
    assert [left(answer) for answer in answers] == [2, 1]
    assert answers[0].headers["RateLimit-Limit"] == "4"
    assert answers[0].headers["RateLimit-Policy"] == "4;w=60"
    assert 0 < int(answers[0].headers["RateLimit-Reset"]) <= 60
    assert "Retry-After" not in answers[0].headers
    assert left(client.get(f"{API}/meetings/{meeting['id']}/events")) == 0  # an asynchronous one


def test_one_too_many_is_refused_with_how_long_to_wait_and_does_nothing() -> None:
    client = program()
    for _ in range(4):
        made(client)
    refused = post(client, "/meetings", {"title": "One too many"})
    assert_problem(refused, 429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 15
    assert left(refused) == 0
    assert Meeting.objects.count() == 4
    # one of the four
    refused = client.get(f"{API}/meetings/{Meeting.objects.first().pk}/events")  # type: ignore[union-attr]
    assert_problem(refused, 429, "too_many_requests")


def test_pages_and_the_description_are_not_counted() -> None:
    client = Client()
    for _ in range(6):
        assert client.get("/").status_code == 200
        assert client.get("/api/schema/").status_code == 200
        assert client.get("/problems/").status_code == 200


def test_a_call_with_a_lower_limit_of_its_own_says_when_to_come_back(settings: Settings) -> None:
    settings.JOINS_PER_MINUTE, settings.REQUESTS_PER_MINUTE = 1, 10  # of which none comes back in the next seconds
    client = program()
    made(client)
    refused = post(client, "/meetings", {"title": "Too soon"})
    assert_problem(refused, 429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 50
    assert left(refused) == 8

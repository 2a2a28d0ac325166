"""A WebVTT file that is followed is a file that is taken along, whatever becomes of it."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from meetings.api import caption_calls
from meetings.api.live_feeds import live_feeds_set
from meetings.exports.live_webvtt import NOTHING_NEW
from meetings.values import FeedReader
from tests.integration.api_calls import API, program
from tests.integration.exported import entries, streamed, talk_made

pytestmark = pytest.mark.django_db(transaction=True)


class Silence:
    """`LiveFeeds` of a meeting in which nothing is said for as long as anybody would wait, twice."""

    has_room = True

    async def follow(self, reader: FeedReader, *, after_seq: int, has_partials: bool) -> AsyncGenerator[str | None]:
        yield None
        yield None


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    live_feeds_set(Silence())
    yield
    live_feeds_set(None)


@pytest.fixture
def host() -> Client:
    return program()


def followed(host: Client, **query: str) -> Any:
    talk = talk_made(host)
    answer = host.get(f"{API}/meetings/{talk['id']}/captions.vtt", {"follow": "true", **query})
    assert answer.status_code == 200
    return answer


def test_who_takes_it_is_in_the_audit_trail_without_names(host: Client) -> None:
    followed(host, speakers="Ada")
    (entry,) = entries("transcript.exported")
    assert entry.actor.startswith("user:")
    assert (entry.data["format"], entry.data["speakers"]) == ("vtt", 1)


def test_it_is_offered_for_saving_under_the_name_of_a_file_that_is_whole(host: Client) -> None:
    assert "Content-Disposition" not in followed(host).headers
    disposition = followed(host, download="true").headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="board-')
    assert disposition.endswith('.vtt"')


def test_a_database_that_is_away_for_a_moment_does_not_end_it(host: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> bool:
        raise OperationalError

    monkeypatch.setattr(caption_calls, "meeting_is_over", away)
    head, *rest = streamed(followed(host))
    assert b"Three" in head
    assert rest == [NOTHING_NEW.encode()] * 2

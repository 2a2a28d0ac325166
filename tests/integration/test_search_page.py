"""The search page, without a browser."""

import html

import pytest
from django.test import Client

from meetings.models import Meeting
from tests.integration.made import host_made, meeting_made
from tests.integration.searched import said

pytestmark = pytest.mark.django_db


def text_of(client: Client, status: int = 200, **parameters: str) -> str:
    response = client.get("/search/", parameters)
    assert response.status_code == status
    assert "no-store" in response.headers["Cache-Control"]
    return response.content.decode()


@pytest.fixture
def ada(client: Client) -> Client:
    host = host_made()
    meeting = meeting_made(actor=host, title="Board <1>")
    said("The <b>budget</b> & more budget.", meeting=meeting, display_name="Ada <i>")
    said("The budget of others.")
    assert host.user
    client.force_login(host.user)
    return client


def test_results_stand_under_their_meeting_and_lead_to_the_line(ada: Client) -> None:
    page = text_of(ada, q="budget")
    meeting = Meeting.objects.get(title="Board <1>")
    segment = meeting.segments.get()
    assert f'href="/m/{meeting.code}/transcript/#segment-{segment.pk}"' in page
    assert "Board &lt;1&gt;" in page
    assert "Ada &lt;i&gt;" in page
    assert "The &lt;b&gt;<mark>budget</mark>&lt;/b&gt; &amp; more <mark>budget</mark>." in page
    assert "1 line matches, the best first." in page
    assert "of others" not in page


def test_nothing_found_is_said(ada: Client) -> None:
    assert "No line matches." in text_of(ada, q="zebra")
    assert "No line matches." in ada.get("/search/", {"q": "budget", "from": "9000-01-01"}).content.decode()
    assert "1 line matches" in ada.get("/search/", {"q": "budget", "to": "9000-01-01"}).content.decode()


@pytest.mark.parametrize(
    ("parameters", "said_so"),
    [
        ({"q": ""}, "Give at least one word to look for."),
        ({"q": "?!"}, "Give at least one word to look for."),
        ({"q": "a*"}, "Give at least 2 letters before a *."),
        ({"q": "budget\0"}, "Null characters are not allowed."),
        ({"q": "budget", "meeting": "nonsense"}, "neither a code nor a link"),
        ({"q": "budget", "from": "yesterday"}, "Enter a valid date."),
        ({"q": "budget", "language": "no language"}, "must be a tag"),
        ({"q": "budget", "cursor": "nonsense"}, "The cursor is not one"),
    ],
)
def test_what_cannot_be_searched_is_explained_beside_the_form(
    ada: Client, parameters: dict[str, str], said_so: str
) -> None:
    page = html.unescape(text_of(ada, 422, **parameters))
    assert said_so in page


def test_a_guest_gives_the_code_of_a_meeting(client: Client) -> None:
    meeting = meeting_made()
    said("The budget.", meeting=meeting)
    assert 'name="meeting"' in text_of(client)
    assert "Give the code of a meeting, or log in" in text_of(client, 403, q="budget")
    assert "<mark>budget</mark>" in text_of(client, q="budget", meeting=meeting.code)
    assert "<mark>budget</mark>" in text_of(
        client, q="budget", meeting=f"https://x.example/m/{meeting.code}/transcript/"
    )
    assert "No meeting has this code." in text_of(client, 404, q="budget", meeting="tamo-rivu-keso-bani")
    assert f'value="{meeting.code}"' in text_of(client, meeting=meeting.code)


def test_the_next_page_keeps_the_search(ada: Client) -> None:
    meeting = Meeting.objects.get(title="Board <1>")
    said(*(f"Budget number {number}." for number in range(40)), meeting=meeting, display_name="Bob")
    page = text_of(ada, q="budget", speaker="Bob")
    assert page.count("<mark>") == 30
    _, _, rest = page.partition('<a class="button" href="?')
    query = html.unescape(rest.partition('"')[0]).partition("#")[0]
    response = ada.get(f"/search/?{query}")
    assert response.content.decode().count("<mark>") == 10
    assert 'rel="next"' not in response.content.decode()


def test_the_header_leads_there_for_those_who_have_something_to_search_in(ada: Client) -> None:
    assert 'href="/search/"' in ada.get("/").content.decode()
    stranger = Client()
    assert 'href="/search/"' not in stranger.get("/").content.decode()
    stranger.post("/", {"title": "Mine", "language": "en"})
    assert 'href="/search/"' in stranger.get("/").content.decode()


def test_a_transcript_has_a_box_to_search_in_it(ada: Client) -> None:
    meeting = Meeting.objects.get(title="Board <1>")
    page = ada.get(f"/m/{meeting.code}/transcript/").content.decode()
    assert 'action="/search/"' in page
    assert f'<input type="hidden" name="meeting" value="{meeting.code}">' in page

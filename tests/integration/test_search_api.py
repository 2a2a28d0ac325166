"""Search over REST: who finds what, and how nonsense is answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from meetings.models import AuditEvent, Meeting, Segment
from meetings.services.participants import participant_admit
from tests.integration.api_calls import Answer, assert_problem, get, guest, post, program
from tests.integration.made import host_made, meeting_made, user_made
from tests.integration.searched import said

pytestmark = pytest.mark.django_db


def texts(response: Answer) -> list[str]:
    assert response.status_code == 200, response.content
    return sorted(hit["text"] for hit in response.json()["data"])


def logged_in(user: User | None) -> Client:
    assert user is not None
    client = Client()
    client.force_login(user)
    return client


def test_a_hit_says_what_matched_where_and_leads_there() -> None:
    meeting = meeting_made(title="Board")
    (segment,) = said("Next year's budget: a Budget.", meeting=meeting)
    Meeting.objects.filter(pk=meeting.pk).update(started_at=datetime(2026, 3, 1, 9, tzinfo=UTC))
    response = get(program(), "/search", q='budget "next year"')
    assert response.json() == {
        "data": [
            {
                "meeting": {
                    "id": str(meeting.pk),
                    "code": meeting.code,
                    "title": "Board",
                    "started_at": "2026-03-01T09:00:00Z",
                },
                "segment_id": str(segment.pk),
                "rev": 1,
                "participant_id": str(segment.participant_id),
                "speaker": "Ada",
                "start_ms": segment.start_ms,
                "end_ms": segment.end_ms,
                "language": "en",
                "text": "Next year's budget: a Budget.",
                "ranges": [[0, 9], [12, 18], [22, 28]],
                "url": f"http://testserver/m/{meeting.code}/transcript/#segment-{segment.pk}",
            }
        ],
        "next_cursor": None,
        "has_more": False,
        "n_matching": 1,
        "is_cut": False,
    }
    page = guest().get(f"/m/{meeting.code}/transcript/").content.decode()
    assert f'id="segment-{segment.pk}"' in page


def test_everybody_finds_what_they_may_read_and_nothing_else() -> None:
    host, member, stranger = host_made("host"), host_made("member"), host_made("stranger")
    meeting = meeting_made(actor=host)
    said("The secret budget.", meeting=meeting)
    participant_admit(meeting=meeting, actor=member, display_name="Member", role="viewer")
    said("Some other budget.", meeting=meeting_made(actor=stranger))
    assert texts(get(logged_in(host.user), "/search", q="budget")) == ["The secret budget."]
    assert texts(get(logged_in(member.user), "/search", q="budget")) == ["The secret budget."]
    assert texts(get(logged_in(stranger.user), "/search", q="budget")) == ["Some other budget."]
    assert texts(get(program(), "/search", q="budget")) == ["Some other budget.", "The secret budget."]
    assert texts(get(logged_in(host_made("nobody").user), "/search", q="budget")) == []
    assert_problem(get(guest(), "/search", q="budget"), 401, "unauthenticated")
    assert_problem(get(Client(headers={"Authorization": "Bearer x"}), "/search", q="budget"), 401, "unauthenticated")


def test_a_meeting_is_searched_by_its_code_by_whoever_knows_it_and_by_its_id_by_those_who_may() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    said("The budget.", meeting=meeting)
    said("The other budget.")
    assert texts(get(guest(), "/search", q="budget", meeting=meeting.code)) == ["The budget."]
    assert texts(get(logged_in(host.user), "/search", q="budget", meeting=str(meeting.pk))) == ["The budget."]
    for client in (guest(), logged_in(host_made("stranger").user)):
        assert_problem(get(client, "/search", q="budget", meeting=str(meeting.pk)), 404, "not_found")
    assert_problem(get(guest(), "/search", q="budget", meeting="nobody-knows"), 404, "not_found")


def test_a_guest_searches_what_this_browser_session_hosts() -> None:
    client = guest()
    made = post(client, "/meetings", {"title": "Mine"}).json()
    said("The budget.", meeting=Meeting.objects.get(pk=made["id"]))
    said("The other budget.")
    assert texts(get(client, "/search", q="budget")) == ["The budget."]
    assert_problem(get(guest(), "/search", q="budget"), 401, "unauthenticated")


def test_filters_are_those_of_the_address() -> None:
    meeting = meeting_made()
    said("A budget.", meeting=meeting, display_name="Ada")
    said("Ein Budget.", meeting=meeting, display_name="Bob", language="de-AT")
    Meeting.objects.filter(pk=meeting.pk).update(started_at=datetime(2026, 3, 1, 9, tzinfo=UTC))
    client = program()
    assert texts(get(client, "/search", q="budget", speaker="ada")) == ["A budget."]
    assert texts(get(client, "/search", q="budget", speaker=["Ada", "bob"])) == ["A budget.", "Ein Budget."]
    assert texts(get(client, "/search", q="budget", language="DE")) == ["Ein Budget."]
    day = "2026-03-01"
    assert len(texts(get(client, "/search", q="budget", **{"from": day, "to": day}))) == 2
    assert texts(get(client, "/search", q="budget", **{"from": "2026-03-02"})) == []
    assert texts(get(client, "/search", q="budget", to="2026-02-28")) == []


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "validation_failed"),
        ({"q": ""}, "bad_query"),
        ({"q": "?!"}, "bad_query"),
        ({"q": "-budget"}, "bad_query"),
        ({"q": "\0"}, "bad_query"),
        ({"q": "b" * 401}, "validation_failed"),
        ({"q": "budget", "from": "yesterday"}, "validation_failed"),
        ({"q": "budget", "language": "no language"}, "invalid"),
        ({"q": "budget", "speaker": ["x"] * 21}, "validation_failed"),
        ({"q": "budget", "limit": "0"}, "validation_failed"),
        ({"q": "budget", "cursor": "nonsense"}, "bad_cursor"),
        ({"q": "budget", "cursor": "bnVsbA"}, "bad_cursor"),
        ({"q": "budget", "cursor": "ä"}, "bad_cursor"),
    ],
)
def test_nonsense_is_refused_with_a_reason(parameters: dict[str, Any], code: str) -> None:
    assert_problem(get(program(), "/search", **parameters), 422, code)


@pytest.mark.parametrize("text", ["\0budget", "bud\0get", "\ufffd", "%", "_", "\\"])
def test_filters_take_any_text(text: str) -> None:
    said("The budget.")
    client = program()
    assert get(client, "/search", q=f"budget {text}").status_code == 200
    assert get(client, "/search", q="budget", speaker=text).json()["data"] == []
    assert get(client, "/search", q="budget", meeting=text).status_code == 404


def test_pages_go_on_where_the_last_one_ended_and_only_in_the_same_search() -> None:
    said(*(f"The budget, {'very ' * number}last." for number in range(7)))
    client = program()
    seen: list[str] = []
    cursor: str | None = None
    while True:
        answer = get(client, "/search", q="budget", limit=3, **({"cursor": cursor} if cursor else {})).json()
        seen += [hit["segment_id"] for hit in answer["data"]]
        if not answer["has_more"]:
            break
        cursor = answer["next_cursor"]
    assert len(seen) == len(set(seen)) == 7
    assert answer["next_cursor"] is None
    assert_problem(get(client, "/search", q="last", cursor=cursor), 422, "bad_cursor")
    assert_problem(get(client, "/search", q="budget", language="en", cursor=cursor), 422, "bad_cursor")


def test_a_cursor_of_somebody_else_shows_no_more_than_one_may_read() -> None:
    host = host_made("host")
    meeting = meeting_made(actor=host)
    said("My budget one.", "My budget two.", meeting=meeting)
    said("Their budget one.", "Their budget two.")
    theirs = get(program(), "/search", q="budget", limit=1).json()
    mine = get(logged_in(host.user), "/search", q="budget", cursor=theirs["next_cursor"])
    assert set(texts(mine)) <= {"My budget one.", "My budget two."}


def test_what_was_taken_out_is_not_found_by_anybody() -> None:
    kept, retracted, redacted = said("The kept budget.", "The retracted budget.", "The redacted budget.")
    Segment.objects.filter(pk=retracted.pk).update(state="retracted")
    Segment.objects.filter(pk=redacted.pk).update(state="redacted")
    answer = get(program(), "/search", q="budget").json()
    assert [hit["segment_id"] for hit in answer["data"]] == [str(kept.pk)]
    assert answer["n_matching"] == 1


def test_staff_who_find_words_of_a_meeting_that_is_not_theirs_leave_a_trace_in_it() -> None:
    """A found line is read: by the page, over the interface, by its id, and in its history."""
    host = host_made()
    meeting = meeting_made(actor=host)
    (segment,) = said("the budget", meeting=meeting)
    staff = user_made("root", is_staff=True)
    client, viewed = logged_in(staff), AuditEvent.objects.filter(action="transcript.viewed")
    texts(get(client, "/search", q="nothing"))
    assert not viewed.exists()
    pages = ["/api/v1/search?q=budget", "/search/?q=budget"]
    pages += [f"/api/v1/segments/{segment.pk}", f"/api/v1/segments/{segment.pk}/revisions"]
    for path in pages:
        visitor = user_made(f"root-{pages.index(path)}", is_staff=True)
        assert logged_in(visitor).get(path).status_code == 200
        assert viewed.get(actor=f"user:{visitor.pk}").meeting_id == meeting.pk
    n_viewed = viewed.count()
    texts(get(logged_in(host.user), "/search", q="budget"))
    assert viewed.count() == n_viewed, "one's own meeting"


def test_a_visit_is_told_from_what_others_did_there_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = meeting_made(actor=host_made())
    said("the budget", meeting=meeting)
    client, viewed = logged_in(user_made("root", is_staff=True)), AuditEvent.objects.filter(action="transcript.viewed")
    for n_seen in (1, 2):
        assert len(texts(get(client, "/search", q="budget"))) == n_seen
        assert viewed.count() == 1
        said("their budget", meeting=meeting, display_name=f"Bob {n_seen}")
    for n_before, name in enumerate(("other", "third"), start=1):
        texts(get(logged_in(user_made(name, is_staff=True)), "/search", q="budget"))
        assert viewed.count() == n_before + 1, "another one's visit"
    monkeypatch.setattr("meetings.services.audit_views.ONE_VISIT", timedelta(0))
    texts(get(client, "/search", q="budget"))
    assert viewed.count() == 4, "later again"


def test_many_meetings_on_a_page_cost_no_more_queries_than_one() -> None:
    """Neither what is shown of each nor the look whether staff were there before; only their entries do."""
    host = host_made()
    said("one budget", meeting=meeting_made(actor=host))
    for number in range(5):
        said("two budgets", meeting=meeting_made(actor=host), display_name=f"Bob {number}")
    n_queries = []
    for query, n_found in (("one", 1), ("two", 5)):
        client = logged_in(user_made(f"root-{query}", is_staff=True))
        assert len(texts(get(client, "/search", q=query))) == n_found
        for path in ("/api/v1/search", "/search/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path, {"q": query}).status_code == 200
            n_queries.append(len(queries))
    assert n_queries[:2] == n_queries[2:]

"""Whoever means the interface no good gets problem documents, and neither takes nor breaks what is others'."""

import base64
import json
from collections.abc import Callable
from typing import cast
from uuid import uuid4

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from meetings.models import Meeting, Replacement, Segment
from tests.integration.api_calls import API, Answer, assert_problem, get, guest, made, patch, post, program
from tests.integration.made import commit, opened, speech, user_made

pytestmark = pytest.mark.django_db


def said(client: Client) -> Segment:
    meeting = Meeting.objects.get(pk=made(client)["id"])
    commit(opened(meeting).owner, speech(0, 16_000), received=16_000)
    return meeting.segments.get()


def sent(client: Client, path: str, body: bytes, *, method: str = "POST", **headers: str) -> Answer:
    response = client.generic(method, f"{API}{path}", body, content_type="application/json", headers=headers)
    return cast("Answer", response)


@pytest.mark.parametrize(
    "body",
    [
        b'{"title": "Board", "title": "Another"}',
        b'{"title": "Board", "policies": {"mode": "transcript", "mode": "ephemeral"}}',
        b'{"title": "Board", "\\u0074itle": "Another"}',
        b'{"title": "Board", "policies": {"x": 1e999}}',
        b'{"title": "Board", "more": -1E+400}',
    ],
)
def test_what_json_parsers_understand_differently_is_refused(body: bytes) -> None:
    assert_problem(sent(program(), "/meetings", body), 400, "malformed_json")
    assert not Meeting.objects.exists()


def test_fields_of_one_name_in_different_objects_are_no_repetition() -> None:
    body = b'{"title": "Board", "policies": {"title": 1, "x": {"title": 2}}}'
    assert sent(program(), "/meetings", body).status_code == 201


def test_a_correction_that_says_two_texts_changes_nothing() -> None:
    client = program()
    line = said(client)
    body = b'{"text": "one", "text": "two"}'
    response = sent(client, f"/segments/{line.pk}", body, method="PATCH", **{"If-Match": '"1"'})
    assert_problem(response, 400, "malformed_json")
    line.refresh_from_db()
    assert (line.text, line.rev) == ("hello there", 1)


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ("", 400, "bad_if_match"),
        ("*", 400, "bad_if_match"),
        ('W/"1"', 400, "bad_if_match"),
        ('"1", "2"', 400, "bad_if_match"),
        ('"-1"', 400, "bad_if_match"),
        ('"1', 400, "bad_if_match"),
        ("9" * 300, 400, "bad_if_match"),
        ('"\xb2"', 400, "bad_if_match"),
        ('"0"', 412, "revision_mismatch"),
        ('"999999999"', 412, "revision_mismatch"),
    ],
)
def test_a_change_of_no_revision_is_refused(header: str, status: int, code: str) -> None:
    client = program()
    line = said(client)
    path = f"{API}/segments/{line.pk}"
    response = client.patch(path, {"text": "x"}, content_type="application/json", headers={"If-Match": header})
    assert_problem(response, status, code)
    line.refresh_from_db()
    assert line.rev == 1


@pytest.mark.parametrize("header", ['"another"', 'W/"another"', '"a", "b"'])
def test_a_file_that_is_not_the_one_that_was_meant_is_refused_as_a_problem(header: str) -> None:
    client = program()
    path = f"{API}/meetings/{said(client).meeting_id}/transcript.txt"
    etag = client.get(path).headers["ETag"]
    assert_problem(client.get(path, headers={"If-Match": header}), 412, "precondition_failed")
    assert client.get(path, headers={"If-Match": etag}).status_code == 200
    assert client.get(path, headers={"If-Match": "*"}).status_code == 200
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


def forged(*content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


LISTINGS = ("meetings", "participants", "segments", "audit", "replacements", "roles", "ingest-keys")
FORGED = {
    "empty": "",
    "noise": "\u00e4\u2028=%00",
    "number": "7",
    "deep": "W1tbW1tbW1tbW1tb" * 24,
    "null": forged("meetings", None, uuid4().hex),
    "infinite": forged("meetings", float("inf"), uuid4().hex),
    "huge": forged("meetings", 2**80, uuid4().hex),
    "end_of_time": forged("meetings", 2**53 + 1, uuid4().hex),
    "no_id": forged("meetings", 1, 7),
    "object": base64.urlsafe_b64encode(b'{"a": 1, "b": 2, "c": 3}').decode(),
    "another": forged("another", 1, uuid4().hex),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_cursors_are_refused_by_every_listing(name: str) -> None:
    client = program()
    ref = f"/meetings/{made(client)['id']}"
    for listing in LISTINGS:
        path = "/meetings" if listing == "meetings" else f"{ref}/{listing}"
        assert_problem(get(client, path, cursor=FORGED[name]), 422, "bad_cursor")
    assert_problem(get(client, "/search", q="hello", cursor=FORGED[name]), 422, "bad_cursor")


def test_a_forged_cursor_shows_nothing_of_other_peoples_meetings() -> None:
    theirs = said(program("theirs"))
    mine = Client()
    mine.force_login(user_made("eve"))
    start = forged("meetings", 0, theirs.meeting_id.hex)
    assert get(mine, "/meetings", cursor=start).json()["data"] == []
    post(mine, "/meetings", {"title": "Mine"})
    assert [each["title"] for each in get(mine, "/meetings").json()["data"]] == ["Mine"]


def test_an_idempotency_key_gives_nobody_what_somebody_else_has_made() -> None:
    header = {"Idempotency-Key": "k"}
    first = post(program("one"), "/meetings", {"title": "Board"}, headers=header).json()
    second = post(program("two"), "/meetings", {"title": "Board"}, headers=header).json()
    assert first["id"] != second["id"]
    ours = [post(guest(), "/meetings", {"title": "Board"}, headers=header).json()["id"] for _ in range(2)]
    assert len({first["id"], *ours}) == 3


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "\x85"])
def test_an_idempotency_key_that_is_none_makes_nothing(key: str) -> None:
    response = post(program(), "/meetings", {"title": "Board"}, headers={"Idempotency-Key": key})
    assert_problem(response, 422, "invalid")
    assert not Meeting.objects.exists()


def test_an_idempotency_key_of_another_request_makes_nothing() -> None:
    client = program()
    header = {"Idempotency-Key": "k"}
    post(client, "/meetings", {"title": "Board"}, headers=header)
    refused = post(client, "/meetings", {"title": "Council"}, headers=header)
    assert_problem(refused, 422, "idempotency_key_reused")
    assert [each.title for each in Meeting.objects.all()] == ["Board"]


def test_what_an_idempotency_key_has_made_may_be_gone_by_now() -> None:
    client = program()
    header = {"Idempotency-Key": "k"}
    ref = f"/meetings/{said(client).meeting_id}"
    proposal = post(client, f"{ref}/replacements", {"find": "there"}, headers=header)
    assert proposal.status_code == 201
    Replacement.objects.all().delete()
    assert_problem(post(client, f"{ref}/replacements", {"find": "there"}, headers=header), 404, "not_found")
    meeting = post(client, "/meetings", {"title": "Board"}, headers=header).json()
    Meeting.objects.filter(pk=meeting["id"]).delete()
    assert_problem(post(client, "/meetings", {"title": "Board"}, headers=header), 404, "not_found")
    assert not Meeting.objects.filter(title="Board").exclude(pk=ref.rpartition("/")[2]).exists()


@pytest.mark.parametrize("path", ["/api/schema/", "/api/schema", "/api/docs/", "/api/asyncapi/"])
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_the_descriptions_are_read_only_and_say_so_as_problems(method: str, path: str) -> None:
    response = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("host", ["evil.example", "localhost:notaport", "", "a b", "[::1"])
def test_a_request_for_another_host_is_a_problem_below_api_and_a_page_elsewhere(host: str) -> None:
    client = Client()
    assert_problem(client.get(f"{API}/meetings", headers={"Host": host}), 400, "bad_request")
    page = client.get("/", headers={"Host": host})
    assert page.status_code == 400
    assert page.headers["Content-Type"].startswith("text/html")


def broken(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that fails."""

    def fail(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("the secret inside")

    return fail


def test_a_fault_outside_of_the_views_is_a_problem_below_api_too(settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.broken"]
    client = Client(raise_request_exception=False)
    response = client.get(f"{API}/meetings")
    assert_problem(response, 500, "internal_error")
    assert b"secret" not in response.content
    page = client.get("/")
    assert page.status_code == 500
    assert page.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "header", [{"X-HTTP-Method-Override": "DELETE"}, {"X-Method-Override": "DELETE"}, {"X-HTTP-Method": "PATCH"}]
)
def test_no_header_makes_another_method_of_a_request(header: dict[str, str]) -> None:
    client = program()
    ref = f"/meetings/{made(client)['id']}"
    response = client.get(f"{API}{ref}/recordings", headers=header)
    assert response.status_code == 200
    assert Meeting.objects.count() == 1


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "BREW"])
def test_methods_that_nobody_takes_are_refused(method: str) -> None:
    response = Client().generic(method, f"{API}/meetings")
    assert_problem(response, 405, "method_not_allowed")


def test_things_of_one_meeting_are_not_reached_through_another() -> None:
    client = program()
    theirs, mine = said(client), f"/meetings/{made(client)['id']}"
    participant = theirs.participant_id
    refused = [
        patch(client, f"{mine}/participants/{participant}", {"display_name": "Eve"}),
        get(client, f"{mine}/participants/{participant}/data"),
        post(client, f"{mine}/participants/{participant}/erase", {}),
        get(client, f"{mine}/segments/{theirs.pk}/audio"),
    ]
    for response in refused:
        assert_problem(response, 404, "not_found")
    other = {
        "participant_id": str(post(client, f"{mine}/participants", {"display_name": "Eve"}).json()["participant_id"])
    }
    response = client.patch(
        f"{API}/segments/{theirs.pk}", other, content_type="application/json", headers={"If-Match": '"1"'}
    )
    assert_problem(response, 422, "not_in_this_meeting")
    theirs.refresh_from_db()
    assert (theirs.rev, theirs.participant_id) == (1, participant)


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"from": "0001-01-01", "to": "9999-12-31"}, 200),
        ({"from": "9999-12-31", "to": "0001-01-01"}, 200),
        ({"from": "-0001-01-01"}, 422),
        ({"from": "10000-01-01"}, 422),
        ({"to": "2026-02-30"}, 422),
        ({"to": "1e400"}, 422),
        ({"q": "\0"}, 422),
        ({"q": '"' * 400}, 422),
        ({"q": "\ufdfa" * 400}, 200),
        ({"q": "e\u0301" * 200}, 200),
        ({"q": "NEAR(hello there) OR 1=1 -- \U0001f600"}, 200),
        ({"q": "* AND NOT {hello} : ^there"}, 200),
        ({"speaker": "\0,%_\\,'"}, 200),
        ({"language": "\0"}, 422),
        ({"meeting": "\0"}, 404),
        ({"limit": "9" * 400}, 200),
        ({"limit": "0"}, 422),
    ],
)
def test_search_takes_whatever_is_typed(parameters: dict[str, str], status: int) -> None:
    client = program()
    said(client)
    response = get(client, "/search", **{"q": "hello", **parameters})
    assert response.status_code == status, response.content
    if status != 200:
        assert_problem(response, status, response.json()["code"])


def test_more_parameters_than_anybody_needs_are_refused() -> None:
    response = Client().get(f"{API}/search?" + "q=a&" * 1_100)
    assert_problem(response, 400, "bad_request")

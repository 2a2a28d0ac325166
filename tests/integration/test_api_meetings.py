"""Meetings over REST: made, listed, read, changed and ended by those who may, and by nobody else."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from meetings.models import Meeting
from tests.integration.api_calls import assert_problem, get, guest, made, patch, post, program
from tests.integration.made import user_made

pytestmark = pytest.mark.django_db

NO_ID = "7b0f4c52-7a3e-4f0e-9d0c-0a4c8f2b6d11"  # the same in every process that collects the tests


def logged_in(name: str = "ada", *, is_staff: bool = False) -> Client:
    client = Client()
    client.force_login(user_made(name, is_staff=is_staff))
    return client


def test_a_program_makes_a_meeting_and_gets_all_of_it_back(settings: Settings) -> None:
    settings.SPEECH_LANGUAGES = ("*",)
    meeting = made(
        program(), title="  Weekly planning ", language="de", policies={"retention_days": 30}, vocabulary=["Colloquy"]
    )
    assert meeting["title"] == "Weekly planning"
    assert meeting["state"] == "scheduled"
    assert meeting["language"] == "de"
    assert meeting["policies"] == {"retention_days": 30}
    assert meeting["vocabulary"] == ["Colloquy"]
    assert meeting["join_url"] == f"http://testserver/m/{meeting['code']}/"
    assert meeting["last_seq"] == 0
    assert meeting["started_at"] is None
    assert meeting["ended_at"] is None
    assert meeting["host"] == {"display_name": "bot"}


@pytest.mark.parametrize("by", ["id", "code"])
def test_the_host_reads_a_meeting_by_id_and_by_code(by: str) -> None:
    client = program()
    meeting = made(client)
    assert get(client, f"/meetings/{meeting[by]}").json() == meeting


def test_whoever_knows_the_code_reads_a_meeting_and_who_knows_the_id_does_not() -> None:
    meeting = made(program())
    assert get(guest(), f"/meetings/{meeting['code']}").json()["id"] == meeting["id"]
    assert_problem(get(guest(), f"/meetings/{meeting['id']}"), 404, "not_found")


@pytest.mark.parametrize("reference", [NO_ID, "tamo-rivu-keso-bada", "x", "%00", "..", "🙂", "a" * 300])
def test_what_is_no_meeting_is_not_found(reference: str) -> None:
    assert_problem(get(program(), f"/meetings/{reference}"), 404, "not_found")


def test_a_repeated_request_with_the_same_key_makes_one_meeting() -> None:
    client = program()
    first = post(client, "/meetings", {"title": "Board", "language": "en"}, headers={"Idempotency-Key": "k-1"})
    again = post(client, "/meetings", {"language": "en", "title": "Board"}, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Meeting.objects.count() == 1
    other = post(client, "/meetings", {"title": "Another"}, headers={"Idempotency-Key": "k-1"})
    assert_problem(other, 422, "idempotency_key_reused")
    assert post(client, "/meetings", {"title": "Board"}, headers={"Idempotency-Key": "k-2"}).status_code == 201


def test_keys_of_different_callers_do_not_meet() -> None:
    first = post(program("a"), "/meetings", {"title": "Board"}, headers={"Idempotency-Key": "k"})
    second = post(program("b"), "/meetings", {"title": "Board"}, headers={"Idempotency-Key": "k"})
    assert first.json()["id"] != second.json()["id"]


def test_pages_of_the_list_hold_every_meeting_once_newest_first() -> None:
    client = program()
    ids = [made(client, title=f"Meeting {n}")["id"] for n in range(7)]
    seen: list[str] = []
    cursor = None
    for n_expected, has_more in ((3, True), (3, True), (1, False)):
        page = get(client, "/meetings", limit=3, **({"cursor": cursor} if cursor else {})).json()
        assert (len(page["data"]), page["has_more"]) == (n_expected, has_more)
        seen += [meeting["id"] for meeting in page["data"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == ids[::-1]


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "bnVsbA", "WzEsMiwzXQ", "a" * 399, "W10"])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    assert_problem(get(program(), "/meetings", cursor=cursor), 422, "bad_cursor")


def test_people_list_their_own_meetings_and_staff_lists_all() -> None:
    ada, bob = logged_in("ada"), logged_in("bob")
    own = made(ada)
    assert [meeting["id"] for meeting in get(ada, "/meetings").json()["data"]] == [own["id"]]
    assert get(bob, "/meetings").json()["data"] == []
    assert len(get(logged_in("boss", is_staff=True), "/meetings").json()["data"]) == 1


def test_a_list_without_credentials_is_refused_not_empty() -> None:
    response = get(guest(), "/meetings")
    assert_problem(response, 401, "unauthenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_guest_hosts_what_they_made_in_this_browser_and_nothing_else() -> None:
    browser = guest()
    meeting = made(browser)
    assert meeting["host"] is None
    assert [found["id"] for found in get(browser, "/meetings").json()["data"]] == [meeting["id"]]
    assert patch(browser, f"/meetings/{meeting['id']}", {"title": "Mine"}).json()["title"] == "Mine"
    assert_problem(patch(guest(), f"/meetings/{meeting['code']}", {"title": "Yours"}), 403, "forbidden")
    assert_problem(patch(guest(), f"/meetings/{meeting['id']}", {"title": "Yours"}), 404, "not_found")


def test_guests_make_no_meetings_where_the_operator_says_so(settings: Settings) -> None:
    settings.GUEST_MEETINGS = False
    assert_problem(post(guest(), "/meetings", {"title": "Board"}), 403, "forbidden")
    assert post(program(), "/meetings", {"title": "Board"}).status_code == 201


def test_a_change_leaves_the_rest_alone() -> None:
    client = program()
    meeting = made(client, vocabulary=["Ada"])
    changed = patch(client, f"/meetings/{meeting['code']}", {"title": "New title"}).json()
    assert changed == {**meeting, "title": "New title", "last_seq": 1}


def test_ending_a_meeting_twice_changes_nothing_and_is_for_the_host() -> None:
    client = program()
    meeting = made(client)
    assert_problem(post(guest(), f"/meetings/{meeting['code']}/end"), 403, "forbidden")
    ended = post(client, f"/meetings/{meeting['id']}/end").json()
    assert ended["state"] == "ended"
    assert ended["ended_at"]
    assert ended["last_seq"] == 1
    assert post(client, f"/meetings/{meeting['id']}/end").json() == ended


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": " \t "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": 7}, "title"),
        ({"title": None}, "title"),
        ({"title": "a", "language": "english please"}, "language"),
        ({"title": "a", "language": "en\n"}, "language"),
        ({"title": "a", "policies": []}, "policies"),
        ({"title": "a", "policies": {"x": "y" * 9_000}}, "policies"),
        ({"title": "a", "vocabulary": "Ada"}, "vocabulary"),
        ({"title": "a", "vocabulary": ["x"] * 501}, "vocabulary"),
        ({"title": "a", "vocabulary": ["ok", "x" * 101]}, "vocabulary.1"),
    ],
)
def test_fields_that_cannot_be_accepted_are_named(body: object, field: str) -> None:
    problem = assert_problem(post(program(), "/meetings", body), 422, "validation_failed")
    assert field in [error["field"] for error in problem["errors"]]
    assert {error["location"] for error in problem["errors"]} == {"body"}
    assert all(error["code"] and error["detail"] for error in problem["errors"])
    assert not Meeting.objects.exists()


def test_a_meeting_in_a_language_that_the_speech_model_lacks_is_refused(settings: Settings) -> None:
    settings.SPEECH_LANGUAGES = ("en",)
    client = program()
    problem = assert_problem(
        post(client, "/meetings", {"title": "a", "language": "de-CH"}), 422, "language_unsupported"
    )
    assert problem["detail"] == "No speech model of this server knows the language de-CH."
    assert not Meeting.objects.exists()
    meeting = made(client, language="en-GB")
    assert_problem(patch(client, f"/meetings/{meeting['id']}", {"language": "de"}), 422, "language_unsupported")
    settings.SPEECH_LANGUAGES = ("*",)
    assert patch(client, f"/meetings/{meeting['id']}", {"language": "de"}).json()["language"] == "de"


def test_unknown_fields_are_ignored() -> None:
    assert made(program(), colour="blue")["title"] == "Board"

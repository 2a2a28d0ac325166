"""Whatever is sent below /api/, the answer is a problem document with a stable code, and never a fault of ours."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from meetings import capacity
from meetings.models import ApiToken, Meeting
from tests.integration.api_calls import API, assert_problem, get, guest, made, patch, post, program
from tests.integration.made import user_made

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "header",
    ["Bearer wrong", "Bearer ", "Bearer", "", "Basic YTpi", "wrong", "bearer\twrong", "Bearer \xff\x00", "Bearer a b"],
)
def test_a_credential_that_is_presented_and_wrong_is_refused_never_taken_for_a_guest(header: str) -> None:
    meeting = made(program())
    client = Client(headers={"Authorization": header})
    for response in (
        get(client, f"/meetings/{meeting['code']}"),
        get(client, f"/meetings/{meeting['code']}/events"),
        post(client, "/meetings", {"title": "Board"}),
        post(client, f"/meetings/{meeting['code']}/participants", {"display_name": "Eve"}),
    ):
        assert_problem(response, 401, "unauthenticated")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_token_is_not_outweighed_by_a_browser_session() -> None:
    client = Client(headers={"Authorization": "Bearer wrong"})
    client.force_login(user_made("ada"))
    assert_problem(get(client, "/meetings"), 401, "unauthenticated")


def test_a_revoked_token_is_refused() -> None:
    client = program()
    ApiToken.objects.update(revoked_at="2026-01-01T00:00:00Z")
    assert_problem(get(client, "/meetings"), 401, "unauthenticated")


def test_a_browser_session_must_prove_that_our_page_sent_the_request() -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user_made("ada"))
    assert_problem(post(browser, "/meetings", {"title": "Forged"}), 403, "csrf_failed")
    assert not Meeting.objects.exists()
    browser.get("/api/docs/")
    token = browser.cookies["csrftoken"].value
    proved = post(browser, "/meetings", {"title": "Meant"}, headers={"X-CSRFToken": token})
    assert proved.status_code == 201
    assert get(browser, "/meetings").status_code == 200


def test_a_guest_host_is_protected_from_forged_requests_too() -> None:
    browser = Client(enforce_csrf_checks=True)
    meeting = made(browser)
    assert_problem(post(browser, f"/meetings/{meeting['id']}/end"), 403, "csrf_failed")


def test_nonsense_in_a_browser_session_is_no_meeting_hosted() -> None:
    browser = guest()
    meeting = made(browser)
    for nonsense in (7, "x", [None], ["not-an-id"]):
        session = browser.session
        session["hosted"] = nonsense
        session.save()
        assert_problem(get(browser, f"/meetings/{meeting['id']}"), 404, "not_found")


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/meetings", "/api/v1/meetings/"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_unknown_addresses_are_problems(path: str, method: str) -> None:
    assert_problem(getattr(Client(), method)(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("delete", "/meetings", {"GET", "POST"}),
        ("put", "/meetings/tamo-rivu-keso-bada", {"GET", "PATCH"}),
        ("get", "/meetings/tamo-rivu-keso-bada/end", {"POST"}),
        ("post", "/meetings/tamo-rivu-keso-bada/events", {"GET"}),
    ],
)
def test_other_methods_are_problems_that_name_the_right_ones(method: str, path: str, allowed: set[str]) -> None:
    response = getattr(Client(), method)(f"{API}{path}")
    assert_problem(response, 405, "method_not_allowed")
    assert set(response.headers["Allow"].replace(" ", "").split(",")) == allowed


def test_head_answers_like_get_without_a_body() -> None:
    meeting = made(program())
    response = Client().head(f"{API}/meetings/{meeting['code']}/transcript.vtt")
    assert response.status_code == 200
    assert response.headers["ETag"]


DEEP = '{"title":"a","policies":' + '{"a":' * 40 + "1" + "}" * 41


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"nope", b"{'title': 'a'}", b"\xff\xfe\x00", b"\x80", b'{"title": NaN}', b'{"policies": {"x": Infinity}}',
        b'{"title": "nul \\u0000"}', b'{"title": "half \\ud83d"}', b'{"title": "a", "policies": {"\\u0000": 1}}',
        b"[" * 100_000, DEEP.encode(), b'{"title": ' + b"9" * 5_000 + b"}",
    ],
)  # fmt: skip
def test_bodies_that_are_not_json_or_could_not_be_stored_are_malformed(body: bytes) -> None:
    response = program().post(f"{API}/meetings", body, content_type="application/json")
    assert_problem(response, 400, "malformed_json")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"title"', b'"display_name"', b"7"])
def test_json_of_another_shape_is_refused_as_a_body(body: bytes) -> None:
    response = program().post(f"{API}/meetings", body, content_type="application/json")
    assert_problem(response, 422, "validation_failed")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""],
)
def test_other_media_types_are_refused(content_type: str) -> None:
    response = program().generic("POST", f"{API}/meetings", b'{"title": "a"}', content_type=content_type)
    assert_problem(response, 415, "unsupported_media_type")


def test_a_body_beyond_the_limit_is_refused(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    assert_problem(post(program(), "/meetings", {"title": "a", "more": "x" * 2_000}), 413, "body_too_large")


def test_a_busy_database_asks_to_come_back(caplog: pytest.LogCaptureFixture) -> None:
    client = program()

    def locked(*args: Any) -> None:
        raise OperationalError("database is locked")

    with connection.execute_wrapper(locked):
        response = get(client, "/meetings")
    assert_problem(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert "request failed" in caplog.text


def test_a_refusal_leaves_no_code_of_a_meeting_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    meeting = made(program())
    assert_problem(patch(guest(), f"/meetings/{meeting['code']}", {"title": "Mine"}), 403, "forbidden")
    assert_problem(Client().delete(f"{API}/meetings/{meeting['code']}"), 405, "method_not_allowed")
    assert_problem(Client().get(f"{API}/meetings/{meeting['code']}/nothing"), 404, "not_found")
    assert meeting["code"] not in caplog.text


def test_a_fault_of_ours_is_logged_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    client = program()

    def broken(*args: Any) -> None:
        raise RuntimeError("the secret inside")

    with connection.execute_wrapper(broken):
        response = get(client, "/meetings")
    assert_problem(response, 500, "internal_error")
    assert b"secret" not in response.content
    assert "request failed" in caplog.text


class FullGate:
    """A node without room."""

    retry_after_s = 7

    def reserve(self, session_id: UUID) -> bool:
        return False

    def expect(self, session_id: UUID) -> None:
        return None


def test_a_crowd_at_a_full_node_is_told_to_come_back_and_fills_no_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = program()
    ref = f"/meetings/{made(client)['id']}"
    monkeypatch.setattr(capacity, "_gate", FullGate())
    response = post(client, f"{ref}/participants", {"display_name": "Eve"})
    assert_problem(response, 503, "overloaded")
    assert response.headers["Retry-After"] == "7"
    assert "request failed" not in caplog.text


FIELDS = ("title", "language", "policies", "vocabulary", "display_name", "role", "resume_token")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
bodies = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(FIELDS, json_values),
)
calls = st.sampled_from(["create", "change", "join", "ticket"])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(call=calls, body=bodies | json_values)
def test_no_json_whatever_makes_a_fault(api_program: Client, meeting: dict[str, Any], call: str, body: object) -> None:
    paths = {
        "create": "/meetings",
        "change": f"/meetings/{meeting['id']}",
        "join": f"/meetings/{meeting['code']}/participants",
        "ticket": f"/sessions/{meeting['id']}/ticket",
    }
    send = patch if call == "change" else post
    response = send(api_program, paths[call], json.dumps(body))
    assert response.status_code in (200, 201, 400, 403, 404, 422), response.content
    if response.status_code >= 400:
        assert_problem(response, response.status_code, response.json()["code"])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    place=st.sampled_from(["", "/segments", "/participants", "/transcript.vtt", "/ledger"]),
    parameters=st.dictionaries(
        st.sampled_from(["limit", "cursor", "speakers", "as_of_seq", "language", "download"]),
        st.text(max_size=12) | st.integers().map(str) | st.sampled_from(["nan", "-1", "1e999", "9" * 400, "\0"]),
    ),
)
def test_no_parameter_whatever_makes_a_fault(
    api_program: Client, meeting: dict[str, Any], place: str, parameters: dict[str, str]
) -> None:
    response = get(api_program, f"/meetings/{meeting['id']}{place}", **parameters)
    assert response.status_code in (200, 422), response.content
    if response.status_code == 422:
        assert_problem(response, 422, response.json()["code"])


@pytest.fixture
def api_program() -> Client:
    return program()


@pytest.fixture
def meeting(api_program: Client) -> dict[str, Any]:
    return made(api_program)

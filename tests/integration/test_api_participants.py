"""Joining over REST: what a client needs to open its socket, and how it comes back."""

from typing import Any

import pytest
from django.test import Client

from meetings.limits import STREAM_LIMITS
from meetings.models import AudioSession, Participant
from meetings.services.tickets import ticket_redeem
from tests.integration.api_calls import assert_problem, get, guest, made, post, program
from tests.integration.made import user_made

pytestmark = pytest.mark.django_db

NO_ID = "7b0f4c52-7a3e-4f0e-9d0c-0a4c8f2b6d11"  # the same in every process that collects the tests


def joined(client: Client, meeting: dict[str, Any], *, role: str = "speaker", name: str = "Ada") -> dict[str, Any]:
    response = post(client, f"/meetings/{meeting['code']}/participants", {"display_name": name, "role": role})
    assert response.status_code == 201, response.content
    admission: dict[str, Any] = response.json()
    return admission


def test_a_guest_who_knows_the_code_joins_and_can_open_the_audio_socket() -> None:
    meeting = made(program())
    response = post(guest(), f"/meetings/{meeting['code']}/participants", {"display_name": "Ada"})
    assert response.status_code == 201
    admission = response.json()
    assert set(admission) == {
        "participant_id", "session_id", "ticket", "ticket_expires_in", "resume_token", "ws_url", "limits",
    }  # fmt: skip
    assert admission["ws_url"] == "ws://testserver/ws/v1/audio"
    assert admission["ticket_expires_in"] == 60
    assert admission["limits"] == STREAM_LIMITS.as_wire()
    redeemed = ticket_redeem(ticket=admission["ticket"])
    assert str(redeemed.session_id) == admission["session_id"]
    assert str(redeemed.participant_id) == admission["participant_id"]
    assert redeemed.role == "speaker"


def test_the_socket_of_a_secure_page_is_secure() -> None:
    meeting = made(program())
    path = f"/api/v1/meetings/{meeting['code']}/participants"
    body = {"display_name": "Ada"}
    response = Client().post(path, body, content_type="application/json", secure=True)
    assert response.json()["ws_url"] == "wss://testserver/ws/v1/audio"


def test_a_viewer_gets_a_caption_feed_and_a_session_without_audio() -> None:
    meeting = made(program())
    admission = joined(guest(), meeting, role="viewer")
    assert admission["ws_url"] == f"ws://testserver/ws/v1/meetings/{meeting['id']}/captions"
    assert not AudioSession.objects.exists()
    assert ticket_redeem(ticket=admission["ticket"]).session_id is None


@pytest.mark.parametrize("role", ["host", "agent"])
def test_roles_of_trust_are_for_the_host_to_give(role: str) -> None:
    client = program()
    meeting = made(client)
    assert joined(client, meeting, role=role)["session_id"]
    refused = post(guest(), f"/meetings/{meeting['code']}/participants", {"display_name": "Eve", "role": role})
    assert_problem(refused, 403, "forbidden")


def test_nobody_joins_by_an_id_they_were_not_invited_to() -> None:
    meeting = made(program())
    refused = post(guest(), f"/meetings/{meeting['id']}/participants", {"display_name": "Eve"})
    assert_problem(refused, 404, "not_found")


def test_nobody_joins_a_meeting_that_has_ended() -> None:
    client = program()
    meeting = made(client)
    post(client, f"/meetings/{meeting['id']}/end")
    refused = post(guest(), f"/meetings/{meeting['code']}/participants", {"display_name": "Late"})
    assert_problem(refused, 409, "meeting_ended")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "display_name"),
        ({"display_name": "   "}, "display_name"),
        ({"display_name": "x" * 81}, "display_name"),
        ({"display_name": "\u202eevil"}, "display_name"),
        ({"display_name": "Ada", "role": "king"}, "role"),
        ({"display_name": "Ada", "role": "phone"}, "role"),
    ],
)
def test_what_cannot_be_a_participant_is_refused_by_field(body: object, field: str) -> None:
    meeting = made(program())
    problem = assert_problem(post(guest(), f"/meetings/{meeting['code']}/participants", body), 422, "validation_failed")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert not Participant.objects.exists()


def test_everybody_who_was_let_in_is_listed_once_in_pages() -> None:
    client = program()
    meeting = made(client)
    names = [f"Person {n}" for n in range(5)]
    for name in names:
        joined(guest(), meeting, name=name)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = get(client, f"/meetings/{meeting['id']}/participants", limit=2, **cursor).json()
        seen += [participant["display_name"] for participant in page["data"]]
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == names
    assert page["next_cursor"] is None
    assert page["data"][0]["joined_at"] is None


def test_a_cursor_of_another_list_is_refused() -> None:
    client = program()
    meeting, _ = made(client), made(client)
    cursor = get(client, "/meetings", limit=1).json()["next_cursor"]
    refused = get(client, f"/meetings/{meeting['id']}/participants", cursor=cursor)
    assert_problem(refused, 422, "bad_cursor")


@pytest.mark.parametrize("role", ["speaker", "viewer"])
def test_a_resume_token_gets_a_fresh_ticket_for_the_same_place(role: str) -> None:
    admission = joined(guest(), made(program()), role=role)
    stranger = guest()
    path = f"/sessions/{admission['session_id']}/ticket"
    response = post(stranger, path, {"resume_token": admission["resume_token"]})
    assert response.status_code == 201
    renewed = response.json()
    assert renewed["ticket"] != admission["ticket"]
    assert renewed["ws_url"] == admission["ws_url"]
    assert str(ticket_redeem(ticket=renewed["ticket"]).participant_id) == admission["participant_id"]


def test_a_wrong_resume_token_is_refused_and_so_is_that_of_another_session() -> None:
    meeting = made(program())
    mine, other = joined(guest(), meeting), joined(guest(), meeting)
    path = f"/sessions/{mine['session_id']}/ticket"
    for token in ("", "wrong", other["resume_token"], "ü", "x" * 200):
        assert_problem(post(guest(), path, {"resume_token": token}), 403, "forbidden")
    assert_problem(post(guest(), path, {"resume_token": "x" * 201}), 422, "validation_failed")


def test_without_a_resume_token_only_the_owner_gets_a_ticket() -> None:
    owner = program()
    meeting = made(owner)
    admission = joined(owner, meeting)
    path = f"/sessions/{admission['session_id']}/ticket"
    assert post(owner, path).status_code == 201
    assert post(owner, path, {}).status_code == 201
    assert_problem(post(guest(), path), 404, "not_found")
    stranger = Client()
    stranger.force_login(user_made("eve"))
    assert_problem(post(stranger, path, {}), 404, "not_found")


@pytest.mark.parametrize("session_id", [NO_ID, "x", "1"])
def test_what_is_no_session_is_not_found(session_id: str) -> None:
    assert_problem(post(guest(), f"/sessions/{session_id}/ticket", {}), 404, "not_found")


def test_a_page_whose_csrf_token_was_rotated_still_reconnects_by_its_resume_token() -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user_made("ada"))
    admission = joined(guest(), made(program()))
    path = f"/sessions/{admission['session_id']}/ticket"
    assert post(browser, path, {"resume_token": admission["resume_token"]}).status_code == 201
    assert_problem(post(browser, path, {}), 404, "not_found")

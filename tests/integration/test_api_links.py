"""The link of a meeting over the REST interface."""

import pytest

from meetings.models import Meeting
from tests.integration.api_calls import assert_problem, get, guest, made, patch, post, program

pytestmark = pytest.mark.django_db


def test_it_is_seen_renewed_and_turned_off_and_on() -> None:
    bot = program()
    meeting = made(bot)
    link = f"/meetings/{meeting['id']}/link"
    assert get(bot, link).json() == {"code": meeting["code"], "join_url": meeting["join_url"], "is_open": True}
    renewed = post(bot, f"{link}/renew", {"code": meeting["code"].upper().replace("-", " ")}).json()
    assert renewed["code"] not in (None, meeting["code"])
    assert renewed["join_url"].endswith(f"/m/{renewed['code']}/")
    assert get(bot, f"/meetings/{meeting['id']}").json()["join_url"] == renewed["join_url"]
    assert patch(bot, link, {"is_open": False}).json() == {**renewed, "is_open": False}
    assert patch(bot, f"/meetings/{renewed['code']}/link", {"is_open": True}).json() == renewed


def test_a_request_that_is_sent_again_renews_once() -> None:
    bot = program()
    meeting = made(bot)
    path = f"/meetings/{meeting['id']}/link/renew"
    renewed = post(bot, path, {"code": meeting["code"]}).json()
    assert_problem(post(bot, path, {"code": meeting["code"]}), 409, "link_renewed")
    assert_problem(post(bot, path, {"code": "no code at all"}), 409, "link_renewed")
    assert Meeting.objects.get().code == renewed["code"]
    assert post(bot, path).json()["code"] != renewed["code"], "without a code whichever it is"


def test_addresses_by_id_and_by_the_old_code_go_on_for_those_with_a_right_and_for_nobody_else() -> None:
    bot = program()
    meeting = made(bot)
    post(bot, f"/meetings/{meeting['id']}/link/renew")
    for ref in (meeting["id"], meeting["code"]):
        assert get(bot, f"/meetings/{ref}/transcript.json").status_code == 200
        assert post(bot, f"/meetings/{ref}/participants", {"display_name": "Ada"}).status_code == 201
    assert_problem(get(guest(), f"/meetings/{meeting['code']}"), 404, "link_closed")
    assert_problem(get(guest(), f"/meetings/{meeting['code']}/transcript.json"), 404, "link_closed")
    assert_problem(
        post(guest(), f"/meetings/{meeting['code']}/participants", {"display_name": "Eve"}), 404, "link_closed"
    )
    assert_problem(get(guest(), f"/meetings/{meeting['id']}"), 404, "not_found")


@pytest.mark.parametrize("body", [{}, {"is_open": 0}, {"is_open": "no"}, {"is_open": None}])
def test_what_is_no_answer_is_refused(body: dict[str, object]) -> None:
    bot = program()
    meeting = made(bot)
    assert_problem(patch(bot, f"/meetings/{meeting['id']}/link", body), 422, "validation_failed")
    assert Meeting.objects.get().is_link_open


def test_a_guest_who_hosts_a_meeting_turns_its_link_off_and_still_comes_in() -> None:
    host = guest()
    meeting = made(host)
    assert patch(host, f"/meetings/{meeting['id']}/link", {"is_open": False}).json()["is_open"] is False
    assert get(host, f"/meetings/{meeting['code']}").status_code == 200
    assert_problem(get(guest(), f"/meetings/{meeting['code']}"), 404, "link_closed")

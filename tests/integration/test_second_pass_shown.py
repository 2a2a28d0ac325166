"""How far the second pass has come: over REST, and on the transcript page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from meetings.access import actor_for
from meetings.models import Meeting, SecondPass
from meetings.services.second_pass_jobs import second_pass_claim, second_passes_plan
from tests.integration.api_calls import assert_problem, get, guest, post, program
from tests.integration.heard_again import ToldEar, heard_again, over
from tests.integration.made import silence, speech, user_made
from tests.integration.recorded import meeting_recorded, sound, speaking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]
SECOND = 16_000


@pytest.fixture
def host() -> Client:
    client = Client()
    client.force_login(user_made("host"))
    return client


@pytest.fixture
def meeting(host: Client, storage: object) -> Meeting:
    """Two recorded lines far from each other, and over."""
    from django.contrib.auth.models import User

    actor = actor_for(User.objects.get(username="host"))
    made = meeting_recorded(actor=actor)
    ada = speaking(made)
    for _ in range(2):
        at = ada.settled
        ada.commit(
            speech(at, at + SECOND, text="hello bear"),
            silence(at + 10 * SECOND),
            recorded=[ada.write(sound(10 * SECOND), start=at)],
        )
    over(made, actor, ada)
    return Meeting.objects.get(pk=made.pk)


def path(meeting: Meeting) -> str:
    return f"/meetings/{meeting.code}/second-pass"


def page(client: Client, meeting: Meeting) -> str:
    return client.get(f"/m/{meeting.code}/transcript/").content.decode()


def half_heard(ear: ToldEar) -> None:
    turns = iter([True, True, False, False])
    heard_again(ear, may_go_on=lambda: next(turns))


def test_everybody_who_may_read_the_transcript_may_read_how_far_it_is(meeting: Meeting) -> None:
    assert get(guest(), path(meeting)).json() == {
        "state": "none", "n_lines": 0, "n_done": 0, "n_replaced": 0, "n_repaired": 0, "sessions": [],
    }  # fmt: skip
    ear = ToldEar()
    ear.says(0, SECOND, "hello there")
    half_heard(ear)
    answer = get(guest(), path(meeting)).json()
    assert {name: answer[name] for name in ("state", "n_lines", "n_done", "n_replaced")} == {
        "state": "waiting", "n_lines": 2, "n_done": 1, "n_replaced": 1,
    }  # fmt: skip
    (session,) = answer["sessions"]
    assert (session["display_name"], session["n_done"], session["problem"]) == ("Ada", 1, "")
    assert_problem(get(guest(), f"/meetings/{meeting.pk}/second-pass"), 404, "not_found")


def test_while_a_worker_has_it_it_is_being_worked_on(meeting: Meeting) -> None:
    second_passes_plan(now=timezone.now())
    second_pass_claim(now=timezone.now())
    assert get(guest(), path(meeting)).json()["state"] == "working"
    SecondPass.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert get(guest(), path(meeting)).json()["state"] == "waiting"


def test_the_host_starts_it_by_hand_and_nobody_else(meeting: Meeting, host: Client) -> None:
    assert_problem(post(guest(), path(meeting)), 403, "forbidden")
    stranger = Client()
    stranger.force_login(user_made("stranger"))
    assert_problem(post(stranger, path(meeting)), 403, "forbidden")
    assert not SecondPass.objects.exists()
    answer = post(host, path(meeting))
    assert (answer.status_code, answer.json()["state"], answer.json()["n_lines"]) == (202, "waiting", 2)
    assert post(program(), path(meeting)).status_code == 202, "asking twice changes nothing"
    assert SecondPass.objects.count() == 1


def test_why_it_cannot_be_started_is_a_code(meeting: Meeting, host: Client, settings: Settings) -> None:
    settings.SECOND_PASS = False
    assert_problem(post(host, path(meeting)), 409, "second_pass_off")
    assert "Improve from the recording" not in page(host, meeting)


def test_the_page_says_how_far_it_is_and_offers_the_host_to_begin(meeting: Meeting, host: Client) -> None:
    assert "Improve from the recording" in page(host, meeting)
    assert "Improve from the recording" not in page(Client(), meeting)
    ear = ToldEar()
    ear.says(0, SECOND, "hello there")
    half_heard(ear)
    for client in (host, Client()):
        shown = page(client, meeting)
        assert "Being improved: 1 of 2 lines" in shown
        assert f'data-progress="/api/v1/meetings/{meeting.code}/second-pass"' in shown
        assert "Improve from the recording" not in shown
    heard_again(ear)
    assert "Heard again from the recording: 1 line improved." in page(Client(), meeting)
    assert "data-progress" not in page(Client(), meeting)
    assert "Improve from the recording again" in page(host, meeting)


def test_the_button_of_the_page(meeting: Meeting, host: Client) -> None:
    address = f"/m/{meeting.code}/second-pass/"
    assert Client().post(address).status_code == 403
    assert host.get(address).status_code == 405
    assert Client(enforce_csrf_checks=True).post(address).status_code == 403
    assert not SecondPass.objects.exists()
    answer = host.post(address)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/m/{meeting.code}/transcript/")
    assert SecondPass.objects.get().state == "waiting"


def test_a_policy_that_is_none_is_refused() -> None:
    answer = post(guest(), "/meetings", {"title": "Board", "policies": {"second_pass": "sometimes"}})
    assert_problem(answer, 422, "validation_failed")

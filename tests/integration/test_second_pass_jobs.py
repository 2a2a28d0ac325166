"""Which meetings are heard again, when, and what holds it up."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from meetings.access import Actor
from meetings.errors import Conflict
from meetings.models import AudioSession, AuditEvent, Meeting, MeetingEvent, Node, SecondPass
from meetings.second_pass.quiet import speech_is_going
from meetings.services.meetings import meeting_end, meeting_update
from meetings.services.recording_purge import recordings_purge
from meetings.services.second_pass_jobs import LONGEST_AGO, second_pass_start
from meetings.services.sessions import session_end
from tests.integration.heard_again import FAR, SECOND, heard_again, hearing, over, plan, say, texts
from tests.integration.recorded import Speaking, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]


def test_nothing_is_heard_again_before_the_meeting_is_over_and_everything_delivered(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    say(ada)
    assert plan() == 0
    meeting_end(meeting=meeting, actor=host)
    assert plan() == 0, "Ada's page still delivers"
    session_end(owner=ada.owner)
    assert plan() == 1
    assert plan() == 0, "once"


def test_who_does_not_want_it_is_left_alone_and_may_still_ask_for_it(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    meeting_update(meeting=meeting, actor=host, policies={"recording": True, "second_pass": False})
    say(ada)
    over(meeting, host, ada)
    assert plan() == 0
    assert second_pass_start(meeting=Meeting.objects.get(), actor=host.label) == 1


@pytest.mark.parametrize("wanted", [True, "auto"])
def test_who_wants_it_gets_it(meeting: Meeting, host: Actor, ada: Speaking, wanted: object) -> None:
    meeting_update(meeting=meeting, actor=host, policies={"recording": True, "second_pass": wanted})
    say(ada)
    over(meeting, host, ada)
    assert plan() == 1


def test_an_operator_can_turn_it_off_for_everybody(
    meeting: Meeting, host: Actor, ada: Speaking, settings: Settings
) -> None:
    settings.SECOND_PASS = False
    say(ada)
    over(meeting, host, ada)
    assert plan() == 0
    with pytest.raises(Conflict) as refusal:
        second_pass_start(meeting=Meeting.objects.get(), actor=host.label)
    assert refusal.value.code == "second_pass_off"


def test_old_meetings_are_heard_again_by_hand_only(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    say(ada)
    over(meeting, host, ada)
    Meeting.objects.update(ended_at=timezone.now() - LONGEST_AGO - timedelta(hours=1))
    assert plan() == 0
    assert second_pass_start(meeting=Meeting.objects.get(), actor=host.label) == 1


def test_the_finished_recording_serves_as_well_as_its_pieces(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    say(ada)
    over(meeting, host, ada)
    assert work() == 2
    heard_again(hearing(1))
    assert texts() == ["hello there"]


def test_what_is_delivered_afterwards_is_heard_too_and_nothing_twice(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    say(ada)
    session = AudioSession.objects.filter(pk=ada.owner.session_id)
    session.update(state=AudioSession.State.DETACHED)
    meeting_end(meeting=meeting, actor=host)
    first = hearing(1)
    heard_again(first)
    say(ada)
    session.update(state=AudioSession.State.DETACHED)
    second = hearing(2)
    heard_again(second)
    assert (first.heard, second.heard) == ([(0, SECOND)], [(FAR, FAR + SECOND)])
    job = SecondPass.objects.get()
    assert (job.state, job.n_lines, job.n_done, job.n_replaced) == ("done", 2, 2, 2)


def test_recordings_that_are_purged_meanwhile_are_not_heard(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    say(ada)
    over(meeting, host, ada)
    plan()
    recordings_purge(meeting=meeting, actor=host.label)
    ear = hearing(1, "of silence")
    heard_again(ear)
    assert ear.heard == []
    assert texts() == ["hello bear"]


def test_by_hand_it_begins_anew_and_is_audited(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    say(ada)
    over(meeting, host, ada)
    heard_again(hearing(1))
    ended = Meeting.objects.get()
    assert second_pass_start(meeting=ended, actor=host.label) == 1
    assert second_pass_start(meeting=ended, actor=host.label) == 0, "it is under way"
    assert AuditEvent.objects.filter(action="second_pass.started", actor=host.label).count() == 2
    heard_again(hearing(1, "hello chair"))
    assert texts() == ["hello chair"], "nobody but the system has touched it"


def test_without_a_recording_it_cannot_be_started(meeting: Meeting, host: Actor) -> None:
    with pytest.raises(Conflict) as refusal:
        second_pass_start(meeting=meeting, actor=host.label)
    assert refusal.value.code == "meeting_not_ended"
    meeting_end(meeting=meeting, actor=host)
    with pytest.raises(Conflict) as refusal:
        second_pass_start(meeting=Meeting.objects.get(), actor=host.label)
    assert refusal.value.code == "nothing_recorded"


def later(**by: int) -> bool:
    return speech_is_going(now=timezone.now() + timedelta(**by))


def test_live_speech_comes_first_and_silent_meetings_hold_up_nothing(ada: Speaking) -> None:
    now = timezone.now()
    Node.objects.create(name="node-1", seen_at=now + timedelta(seconds=115))
    say(ada)
    assert later()
    assert not later(seconds=120), "nobody has said anything for two minutes"
    MeetingEvent.objects.filter(type="segment").update(at=now + timedelta(seconds=110))
    assert later(seconds=120)
    Node.objects.update(seen_at=now)
    assert not later(seconds=120), "the node is gone"


def test_sessions_that_are_closed_hold_up_nothing(ada: Speaking) -> None:
    Node.objects.create(name="node-1", seen_at=timezone.now())
    say(ada)
    assert later()
    session_end(owner=ada.owner)
    assert not later()

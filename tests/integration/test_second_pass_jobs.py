"""Which meetings are heard again, when, and what becomes of the work when workers come and go."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from meetings.access import Actor
from meetings.errors import Conflict
from meetings.models import AudioSession, AuditEvent, Meeting, MeetingEvent, Node, SecondPass, Segment, SegmentRevision
from meetings.second_pass.hearing import Heard, HearingFailed
from meetings.second_pass.quiet import speech_is_going
from meetings.services.meetings import meeting_end, meeting_update
from meetings.services.recording_purge import recordings_purge
from meetings.services.second_pass_jobs import (
    LONGEST_AGO,
    MOST_ATTEMPTS,
    second_pass_claim,
    second_pass_start,
    second_passes_plan,
)
from meetings.services.second_pass_leases import LEASE, LeaseLost
from meetings.services.second_pass_lines import second_pass_line
from meetings.services.sessions import session_end
from meetings.values import WordTiming
from tests.integration.heard_again import ToldEar, heard_again, over
from tests.integration.made import all_at_once, host_made, silence, speech
from tests.integration.recorded import Speaking, meeting_recorded, sound, speaking, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]
SECOND = 16_000
FAR = 10 * SECOND  # so far apart no two lines are heard together


@pytest.fixture
def host() -> Actor:
    return host_made()


@pytest.fixture
def meeting(host: Actor, storage: object) -> Meeting:
    return meeting_recorded(actor=host)


@pytest.fixture
def ada(meeting: Meeting) -> Speaking:
    return speaking(meeting)


def say(who: Speaking, text: str = "hello bear") -> UUID:
    at = who.settled
    span = speech(at, at + SECOND, text=text)
    who.commit(span, silence(at + FAR), recorded=[who.write(sound(FAR), start=at)])
    assert span.segment is not None
    return span.segment.segment_id


def hearing(n_lines: int, text: str = "hello there") -> ToldEar:
    ear = ToldEar()
    for number in range(n_lines):
        ear.says(number * FAR, number * FAR + SECOND, text)
    return ear


def texts() -> list[str]:
    return list(Segment.objects.order_by("start").values_list("text", flat=True))


def plan() -> int:
    return second_passes_plan(now=timezone.now())


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


def test_whoever_takes_over_goes_on_where_it_stood(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    """The first worker is gone in the middle of its second line, with its lease."""
    for _ in range(3):
        say(ada)
    over(meeting, host, ada)

    class Killed(BaseException):
        pass

    class Mortal(ToldEar):
        def hear(self, *args: object, **more: object) -> Heard:
            heard = super().hear(*args, **more)  # type: ignore[arg-type]
            if len(self.heard) == 2:
                raise Killed
            return heard

    killed = Mortal(words=hearing(3).words)
    with pytest.raises(Killed):
        heard_again(killed)
    assert texts() == ["hello there", "hello bear", "hello bear"]
    heard_again(hearing(3))
    assert texts()[1] == "hello bear", "the lease still stands"
    SecondPass.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    successor = hearing(3)
    heard_again(successor)
    assert successor.heard == [(FAR, FAR + SECOND), (2 * FAR, 2 * FAR + SECOND)]
    assert texts() == ["hello there"] * 3
    assert SegmentRevision.objects.count() == 3, "nothing was revised twice"
    job = SecondPass.objects.get()
    assert (job.state, job.n_done, job.n_replaced) == ("done", 3, 3)


def test_a_late_worker_stores_nothing(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    segment_id = say(ada)
    over(meeting, host, ada)
    plan()
    late = second_pass_claim(now=timezone.now())
    successor = second_pass_claim(now=timezone.now() + 2 * LEASE)
    assert late
    assert successor
    word = WordTiming(text="hi", start=0, end=SECOND, confidence=1.0)
    heard = Heard(engine="second", language="en", words=(word,))
    with pytest.raises(LeaseLost):
        second_pass_line(job=late, segment_id=segment_id, rev=1, heard=heard, now=timezone.now())
    assert (texts(), Segment.objects.get().rev) == (["hello bear"], 1)
    assert not SegmentRevision.objects.exists()
    assert SecondPass.objects.get().n_done == 0


def test_of_two_workers_one_gets_it(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    say(ada)
    over(meeting, host, ada)
    plan()
    claim = partial(second_pass_claim, now=timezone.now())
    claimed = all_at_once(*[claim] * 4)
    assert sum(isinstance(each, SecondPass) for each in claimed) == 1


def test_what_workers_die_of_without_coming_further_fails_at_last(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    say(ada)
    over(meeting, host, ada)
    plan()
    at = timezone.now()
    for _ in range(MOST_ATTEMPTS):
        assert second_pass_claim(now=at) is not None
        at += LEASE + timedelta(seconds=1)
    assert second_pass_claim(now=at) is None
    job = SecondPass.objects.get()
    assert (job.state, job.problem) == ("failed", "interrupted")


def test_without_a_model_it_waits_and_says_why(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    say(ada)
    over(meeting, host, ada)
    heard_again(ToldEar(fails=lambda start, end: HearingFailed("model_missing", is_everything=True)))
    job = SecondPass.objects.get()
    assert (job.state, job.problem, job.n_done) == ("waiting", "model_missing", 0)
    assert job.lease_until is not None
    SecondPass.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    heard_again(hearing(1))
    assert texts() == ["hello there"]
    assert SecondPass.objects.get().problem == ""


def test_a_line_that_ends_the_recognizer_costs_only_itself(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    """Heard together with its neighbours it ends theirs as well: then each is heard by itself."""
    for number in range(3):
        at = ada.settled
        ada.commit(speech(at, at + SECOND, text=f"line {number}"), recorded=[ada.write(sound(SECOND), start=at)])
    over(meeting, host, ada)

    def fails(start: int, end: int) -> HearingFailed | None:
        return HearingFailed("recognizer_crashed") if start <= SECOND and end >= 2 * SECOND else None

    ear = ToldEar(fails=fails)
    for number in range(3):
        ear.says(number * SECOND, (number + 1) * SECOND, "better words")
    heard_again(ear)
    assert texts() == ["better words", "line 1", "better words"]
    assert SecondPass.objects.get().state == "done"


def test_it_stops_at_once_when_it_may_not_go_on_and_nothing_is_lost(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    for _ in range(3):
        say(ada)
    over(meeting, host, ada)
    turns = iter([True, True, False, False])
    assert heard_again(hearing(3), may_go_on=lambda: next(turns)), "there is more to do"
    job = SecondPass.objects.get()
    assert (job.state, job.n_done, job.lease) == ("waiting", 1, None)
    ear = hearing(3)
    assert not heard_again(ear)
    assert ear.heard[0] == (FAR, FAR + SECOND)


def test_no_recognizer_is_started_where_nothing_is_to_do() -> None:
    ear = ToldEar()
    assert not heard_again(ear)
    assert ear.n_opened == 0


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

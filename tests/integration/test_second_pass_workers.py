"""Workers of the second pass die, come late, lack a model or are stopped: each line is heard once, and none is lost."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from meetings.access import Actor
from meetings.models import Meeting, SecondPass, Segment, SegmentRevision
from meetings.second_pass.hearing import Heard, HearingFailed
from meetings.services.second_pass_jobs import MOST_ATTEMPTS, second_pass_claim
from meetings.services.second_pass_leases import LEASE, LeaseLost
from meetings.services.second_pass_lines import second_pass_line
from meetings.values import WordTiming
from tests.integration.heard_again import FAR, SECOND, ToldEar, heard_again, hearing, over, plan, say, texts
from tests.integration.made import all_at_once, speech
from tests.integration.recorded import Speaking, sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]


def test_whoever_takes_over_goes_on_where_it_stood(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    """The first worker is gone in the middle of its second line, with its lease."""
    for _ in range(3):
        say(ada)
    over(meeting, host, ada)

    class Killed(BaseException):
        pass

    class Mortal(ToldEar):
        def hear(self, *args: object, **more: object) -> Heard:
            heard = super().hear(*args, **more)  # type: ignore[arg-type]  # handed on as they came
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

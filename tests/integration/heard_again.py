"""Recorded meetings that are over, and an ear that hears what it is told to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from meetings.access import Actor
from meetings.models import Meeting, Segment
from meetings.recordings.flac import Int16
from meetings.second_pass.hearing import Heard, HearingFailed
from meetings.second_pass.work import Surroundings, second_passes_work
from meetings.services.meetings import meeting_end
from meetings.services.second_pass_jobs import second_passes_plan
from meetings.services.sessions import session_end
from meetings.values import WordTiming
from tests.integration.made import silence, speech
from tests.integration.recorded import Speaking, sound

SECOND = 16_000
FAR = 10 * SECOND  # so far apart no two lines are heard together


@dataclass(slots=True)
class ToldEar:
    """Hears at each position the words that stand there in `words`: (start, end, text, confidence)."""

    words: list[tuple[int, int, str, float]] = field(default_factory=list)
    fails: Callable[[int, int], HearingFailed | None] = lambda start, end: None
    heard: list[tuple[int, int]] = field(default_factory=list)
    n_opened: int = 0

    def hear(self, samples: Int16, *, start: int, language: str, vocabulary: tuple[str, ...]) -> Heard:
        end = start + samples.size
        self.heard.append((start, end))
        if (failure := self.fails(start, end)) is not None:
            raise failure
        words = tuple(
            WordTiming(text=text, start=first, end=last, confidence=sure)
            for first, last, text, sure in self.words
            if start <= first < end
        )
        return Heard(engine="second", language=language, words=words)

    def says(self, start: int, end: int, text: str, *, sure: float = 0.95) -> None:
        """The words share the time from `start` to `end` evenly."""
        words = text.split()
        step = (end - start) // len(words)
        self.words += [(start + at * step, start + (at + 1) * step, word, sure) for at, word in enumerate(words)]

    @contextmanager
    def opened(self) -> Iterator["ToldEar"]:
        self.n_opened += 1
        yield self


def heard_again(ear: ToldEar, *, may_go_on: Callable[[], bool] = lambda: True) -> bool:
    return second_passes_work(Surroundings(clock=timezone.now, open_ear=ear.opened, may_go_on=may_go_on))


def over(meeting: Meeting, host: Actor, *people: Speaking) -> None:
    for who in people:
        session_end(owner=who.owner)
    meeting_end(meeting=meeting, actor=host)


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

"""Recorded meetings that are over, and an ear that hears what it is told to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.utils import timezone

from meetings.access import Actor
from meetings.models import Meeting
from meetings.recordings.flac import Int16
from meetings.second_pass.hearing import Heard, HearingFailed
from meetings.second_pass.work import Surroundings, second_passes_work
from meetings.services.meetings import meeting_end
from meetings.services.sessions import session_end
from meetings.values import WordTiming
from tests.integration.recorded import Speaking


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

"""Hear again what is asked for, line by line, for as long as there is time and nobody speaks."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from meetings.errors import MeetingsError
from meetings.models import GapRepair, SecondPass, Segment
from meetings.recordings.reading import recorded_ranges, samples_read
from meetings.recordings.switches import Range
from meetings.second_pass.hearing import Ear, Heard, HearingFailed
from meetings.second_pass.spoken import language_spoken
from meetings.second_pass.stretches import Place, stretches, words_by_place
from meetings.selectors import meeting_words
from meetings.services.gap_repairs import NOT_RECORDED, gap_given_up, gap_repaired
from meetings.services.second_pass_jobs import (
    second_pass_claim,
    second_pass_done,
    second_pass_put_off,
    second_pass_release,
    second_passes_plan,
)
from meetings.services.second_pass_leases import LeaseLost
from meetings.services.second_pass_lines import second_pass_line

logger = logging.getLogger(__name__)

LINES_AT_ONCE = 50  # looked at to find those that are heard together
GAP_ATTEMPTS = 2  # what ended a recognizer twice, alone in it, is at fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the work goes by. `may_go_on` is asked before each stretch."""

    clock: Callable[[], datetime]
    open_ear: Callable[[], AbstractContextManager[Ear]]
    may_go_on: Callable[[], bool]


def second_passes_work(around: Surroundings) -> bool:
    """Returns whether there is more to do. Any number of workers may run it at once: each row is one worker's."""
    second_passes_plan(now=around.clock())
    with ExitStack() as opened:
        ear: Ear | None = None
        while around.may_go_on():
            job = second_pass_claim(now=around.clock())
            if job is None:
                return False
            try:
                if ear is None:
                    ear = opened.enter_context(around.open_ear())
                _Pass(job, ear=ear, around=around).run()
            except LeaseLost:
                continue
            except HearingFailed as error:
                logger.warning("the second pass cannot hear at the moment", extra={"problem": error.code})
                second_pass_put_off(job=job, problem=error.code, now=around.clock())
                return False
            except Exception as error:  # of one session: it must neither stop the others nor go uncounted
                logger.warning("a second pass was put off", extra={"second_pass_id": str(job.pk)}, exc_info=True)
                code = error.code if isinstance(error, MeetingsError) else "internal"
                second_pass_put_off(job=job, problem=code, now=around.clock())
    return SecondPass.objects.filter(state=SecondPass.State.WAITING, lease__isnull=True).exists()


Item = Segment | GapRepair


class _Pass:
    """One session, from where its row stands."""

    def __init__(self, job: SecondPass, *, ear: Ear, around: Surroundings) -> None:
        self._job = job
        self._ear = ear
        self._around = around
        self._vocabulary = meeting_words(meeting_id=job.meeting_id)

    def run(self) -> None:
        """Raises LeaseLost; HearingFailed: no samples can be heard at the moment."""
        done_to = self._job.done_to
        while items := self._items(done_to):
            stretch = _first_stretch(items)
            if not self._around.may_go_on():
                second_pass_release(job=self._job)
                return
            self._hear(stretch)
            done_to = stretch[-1].end
        second_pass_done(job=self._job, now=self._around.clock())

    def _items(self, done_to: int) -> list[Item]:
        session = self._job.audio_session_id
        place = {"audio_session": session, "start__gte": done_to, "start__lt": self._job.end}
        lines = Segment.objects.filter(**place).order_by("start")[:LINES_AT_ONCE]
        repairs = GapRepair.objects.filter(**place, state=GapRepair.State.WAITING).order_by("start")[:LINES_AT_ONCE]
        return sorted([*lines, *repairs], key=lambda item: item.start)

    def _hear(self, stretch: Sequence[Item]) -> None:
        if isinstance(stretch[0], GapRepair):
            self._repair(stretch[0])
            return
        lines = [item for item in stretch if isinstance(item, Segment)]
        ranges = recorded_ranges(meeting_id=self._job.meeting_id).get(self._job.audio_session_id, [])
        heard = self._heard([line for line in lines if _is_recorded(ranges, line)])
        for line in lines:
            second_pass_line(
                job=self._job,
                segment_id=line.pk,
                rev=line.rev,
                heard=heard.get(line.start),
                now=self._around.clock(),
            )

    def _heard(self, lines: Sequence[Segment]) -> dict[int, Heard]:
        """By the start of each line. Of what a recognizer ends at, each line is heard by itself."""
        if not lines:
            return {}
        places = [_place(line) for line in lines]
        try:
            whole = self._listen(places[0].start, places[-1].end, language=places[0].language)
        except HearingFailed as error:
            if error.is_everything:
                raise
            if len(lines) == 1:
                logger.warning("a line could not be heard again", extra={"code": error.code})
                return {}
            return {start: heard for line in lines for start, heard in self._heard([line]).items()}
        parted = words_by_place(whole.words, places)
        return {place.start: replace(whole, words=words) for place, words in zip(places, parted, strict=True)}

    def _repair(self, repair: GapRepair) -> None:
        ranges = recorded_ranges(meeting_id=self._job.meeting_id).get(self._job.audio_session_id, [])
        problem = NOT_RECORDED
        if _is_recorded(ranges, repair):
            language = language_spoken(session_id=repair.audio_session_id, position=repair.start)
            for _ in range(GAP_ATTEMPTS):
                try:
                    heard = self._listen(repair.start, repair.end, language=language)
                except HearingFailed as error:
                    if error.is_everything:
                        raise
                    problem = error.code
                else:
                    gap_repaired(job=self._job, repair=repair, heard=heard, now=self._around.clock())
                    return
        gap_given_up(job=self._job, repair=repair, problem=problem, now=self._around.clock())

    def _listen(self, start: int, end: int, *, language: str) -> Heard:
        samples = samples_read(session_id=self._job.audio_session_id, start=start, end=end)
        return self._ear.hear(samples, start=start, language=language, vocabulary=self._vocabulary)


def _first_stretch(items: Sequence[Item]) -> list[Item]:
    places = [
        _place(item) if isinstance(item, Segment) else Place(start=item.start, end=item.end, language="", is_alone=True)
        for item in items
    ]
    return [items[number] for number in stretches(places)[0]]


def _place(line: Segment) -> Place:
    return Place(start=line.start, end=line.end, language=line.language, text=line.text)


def _is_recorded(ranges: Sequence[Range], item: Item) -> bool:
    """All of it: of half a sentence nothing is to be learned."""
    return any(start <= item.start and item.end <= end for start, end in ranges)

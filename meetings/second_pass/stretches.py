"""Which lines of a session are heard together, and which words of that belong to which line. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from meetings.limits import SAMPLE_RATE_HZ
from meetings.values import WordTiming

LONGEST_SAMPLES = 20 * SAMPLE_RATE_HZ
LONGEST_PAUSE_SAMPLES = 2 * SAMPLE_RATE_HZ  # what comes later is no continuation


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Samples [start, end) of a session, with something said in `language`. `is_alone`: heard by itself."""

    start: int
    end: int
    language: str
    is_alone: bool = False


def stretches(places: Sequence[Place]) -> list[list[int]]:
    """The places, by their numbers, that are heard in one piece: each by itself at least. They stand in order."""
    found: list[list[int]] = []
    for number, place in enumerate(places):
        if found and _goes_on(places, found[-1], place):
            found[-1].append(number)
        else:
            found.append([number])
    return found


def _goes_on(places: Sequence[Place], stretch: Sequence[int], place: Place) -> bool:
    first, last = places[stretch[0]], places[stretch[-1]]
    if place.is_alone or last.is_alone or place.language != last.language:
        return False
    return place.end - first.start <= LONGEST_SAMPLES and 0 <= place.start - last.end <= LONGEST_PAUSE_SAMPLES


def words_by_place(words: Sequence[WordTiming], places: Sequence[Place]) -> list[tuple[WordTiming, ...]]:
    """Each word to the place that its middle is in, or nearest to."""
    found: list[list[WordTiming]] = [[] for _ in places]
    for word in words:
        middle = (word.start + word.end) // 2
        nearest = min(range(len(places)), key=lambda number: _distance(places[number], middle))
        found[nearest].append(word)
    return [tuple(each) for each in found]


def _distance(place: Place, position: int) -> int:
    return max(place.start - position, position - place.end, 0)

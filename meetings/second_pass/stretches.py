"""Which lines of a session are heard together, and which words of that belong to which line. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from meetings.limits import SAMPLE_RATE_HZ
from meetings.plain_words import plain_words
from meetings.values import WordTiming

LONGEST_SAMPLES = 20 * SAMPLE_RATE_HZ
LONGEST_PAUSE_SAMPLES = 2 * SAMPLE_RATE_HZ  # what comes later is no continuation

NEAR_SAMPLES = SAMPLE_RATE_HZ  # as far from its line a word may be found again


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Samples [start, end) of a session, with `text` said in `language`. `is_alone`: heard by itself."""

    start: int
    end: int
    language: str
    text: str = ""
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
    """Which words belong to which place.

    A word that was heard before, near enough, stays where it was: a line may keep its text while its neighbour gets
    another, and a word that went from one to the other would be there twice, or not at all. Any other word goes to the
    place that its middle is in or nearest to, and never past one that stays.
    """
    known = _known_places(words, places)
    found: list[list[WordTiming]] = [[] for _ in places]
    first = 0
    for index, word in enumerate(words):
        last = next((place for place in known[index:] if place is not None), len(places) - 1)
        choice = known[index]
        if choice is None:
            middle = _middle(word)
            choice = min(range(first, last + 1), key=lambda number: _distance(places[number], middle))
        found[choice].append(word)
        first = choice
    return [tuple(each) for each in found]


def _known_places(words: Sequence[WordTiming], places: Sequence[Place]) -> list[int | None]:
    """For each word the place where it was heard before. None: it is new, or too far from there."""
    before = [(number, plain) for number, place in enumerate(places) for plain in plain_words(place.text)]
    again = [(index, plain) for index, word in enumerate(words) for plain in plain_words(word.text)]
    known: list[int | None] = [None] * len(words)
    for step in Levenshtein.opcodes([plain for _, plain in before], [plain for _, plain in again]):
        if step.tag != "equal":
            continue
        for one, other in zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True):
            number, index = before[one][0], again[other][0]
            if _distance(places[number], _middle(words[index])) <= NEAR_SAMPLES:
                known[index] = number
    return known


def _middle(word: WordTiming) -> int:
    return (word.start + word.end) // 2


def _distance(place: Place, position: int) -> int:
    return max(place.start - position, position - place.end, 0)

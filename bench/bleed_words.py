"""What bleed costs, in words: said twice in the transcript, or lost where two speak at once. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq, Levenshtein

from bench.corpus import SpeakerStream
from bench.word_times import SpokenWord, matches, normalize, words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    errors: int
    inserted: int
    words: int


def errors_of(reference: str, heard: str) -> Errors:
    said, found = normalize(reference).split(), normalize(heard).split()
    steps = Levenshtein.editops(said, found)
    return Errors(errors=len(steps), inserted=sum(step.tag == "insert" for step in steps), words=len(said))


def n_duplicated(streams: Sequence[SpeakerStream], heard: Mapping[str, str]) -> int:
    """Words in somebody's transcript that are not that one's, and are the others'."""
    said = {each.name: [(word.start_s, plain) for word, plain in _words(each)] for each in streams}
    total = 0
    for name in said:
        own, found = [plain for _, plain in said[name]], words_of(heard[name])
        right = {place for _, place in matches(own, found)}
        left = [word for place, word in enumerate(found) if place not in right]
        others = sorted(word for other, words in said.items() if other != name for word in words)
        total += LCSseq.similarity(left, [plain for _, plain in others])
    return total


def n_right_in_overlap(streams: Sequence[SpeakerStream], heard: Mapping[str, str]) -> tuple[int, int]:
    """(words that were understood, words) of those said while somebody else was speaking too."""
    n_right = n_words = 0
    for stream in streams:
        words = list(_words(stream))
        overlapped = {place for place, (word, _) in enumerate(words) if _is_overlapped(word, stream, streams)}
        right = {place for place, _ in matches([plain for _, plain in words], words_of(heard[stream.name]))}
        n_right += len(overlapped & right)
        n_words += len(overlapped)
    return n_right, n_words


def _words(stream: SpeakerStream) -> list[tuple[SpokenWord, str]]:
    spoken = [word for utterance in stream.utterances for word in utterance.words]
    return [(word, plain) for word in spoken for plain in normalize(word.text).split()]


def _is_overlapped(word: SpokenWord, stream: SpeakerStream, streams: Sequence[SpeakerStream]) -> bool:
    return any(
        other.start_s < word.end_s and word.start_s < other.end_s
        for each in streams
        if each is not stream
        for utterance in each.utterances
        for other in utterance.words
    )

"""A passage of a line: its text without it, its words without it, and when it was said. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from meetings.errors import Invalid
from meetings.exports.cues import REDACTED
from meetings.wire import WordWire

MARK = REDACTED
# The times of words are good to about a tenth of a second: what is next to a passage is silenced that far.
PAD_MS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Characters [start, end) of a line's text, counted as Unicode code points."""

    start: int
    end: int

    def checked(self, text: str) -> "Passage":
        """Raises Invalid."""
        if not 0 <= self.start < self.end <= len(text):
            raise Invalid("The passage must lie within the text, and hold at least one character.")
        return self

    def is_all_of(self, text: str) -> bool:
        return not (text[: self.start] + text[self.end :]).strip()

    def cut_from(self, text: str) -> str:
        return f"{text[: self.start]}{MARK}{text[self.end :]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CutWords:
    """What is left of a line's words; `from_ms` and `to_ms` bound what was said in the passage (None: not known)."""

    left: list[WordWire]
    from_ms: int | None
    to_ms: int | None


def words_cut(*, text: str, words: Sequence[WordWire], passage: Passage) -> CutWords:
    """Words that the passage touches go. Where a word is not found in the text all go: better too much than too little.

    The time reaches from the word before to the word after, and a little into both.
    """
    places = _places(text, words)
    if not places:
        return CutWords(left=[], from_ms=None, to_ms=None)
    touched = [index for index, (start, end) in enumerate(places) if start < passage.end and passage.start < end]
    if not touched:  # blanks or marks between words
        return CutWords(left=list(words), from_ms=None, to_ms=None)
    first, last = touched[0], touched[-1]
    from_ms = words[first]["s"] if first == 0 else min(words[first - 1]["e"], words[first]["s"])
    to_ms = words[last]["e"] if last + 1 == len(words) else max(words[last + 1]["s"], words[last]["e"])
    return CutWords(
        left=[word for index, word in enumerate(words) if index not in range(first, last + 1)],
        from_ms=from_ms - PAD_MS,
        to_ms=to_ms + PAD_MS,
    )


def _places(text: str, words: Sequence[WordWire]) -> list[tuple[int, int]]:
    """Where each word stands, in order; empty when the words are not those of the text, as after a correction."""
    places: list[tuple[int, int]] = []
    at = 0
    for word in words:
        start = text.find(word["w"], at) if word["w"] else -1
        if start < 0 or _has_words(text[at:start]):
            return []
        at = start + len(word["w"])
        places.append((start, at))
    return [] if _has_words(text[at:]) else places


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)

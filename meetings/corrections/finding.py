"""Where words stand in a line, and the line with others in their place. Pure; places are in code points."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """`find` as it was typed: no pattern. A whole word has no letter, digit or underscore beside it."""

    find: str
    match_case: bool = False
    whole_words: bool = True

    def places(self, text: str) -> list[tuple[int, int]]:
        """[start, end) of each, from the left, none within another."""
        pattern = re.escape(unicodedata.normalize("NFC", self.find))
        if self.whole_words:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        return [found.span() for found in re.finditer(pattern, text, 0 if self.match_case else re.IGNORECASE)]


def text_replaced(text: str, places: Sequence[tuple[int, int]], replace: str) -> str:
    """Nothing in place of a word leaves no double space, and none before a mark or at the ends."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(places):
        kept = text[at:start]
        if not replace and text[end : end + 1] in ("", " ", ",", ".", "!", "?", ";", ":"):
            kept = kept.removesuffix(" ")
        parts += [kept, replace]
        at = end
    return "".join([*parts, text[at:]]).strip()

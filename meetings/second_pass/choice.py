"""Which of two hearings of a line is kept, and the times of its words. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from meetings.plain_words import is_sign, plain_words
from meetings.second_pass.hearing import Heard
from meetings.values import WordTiming
from meetings.wire import WordWire

# docs/second-pass.md has the figures that these are from.
MOST_DOUBT = 0.07  # by how much less sure than the first the second hearing may be
LEAST_SHARE = 0.5  # of the first one's words; a decoder that lost its way says less
LEAST_SHIFT_MS = 100  # to move a word by less says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """What a line becomes: other words (`is_new_text`), or the same ones at better times."""

    text: str
    words: list[WordWire]
    confidence: float
    engine: str
    is_new_text: bool


def improvement(
    *,
    text: str,
    words: Sequence[WordWire],
    confidence: float,
    engine: str,
    heard: Heard,
    may_replace: bool,
    has_guesses: bool = False,
    wired: Callable[[Sequence[WordTiming]], list[WordWire]],
) -> Improvement | None:
    """None: the line stays as it is. `wired` puts words of the session on the meeting's clock.

    `has_guesses`: the times of its words are guesses, as those of words that a person wrote. Times that a recognizer
    gave are as good as new ones: no revision is made for them.
    """
    again = wired(heard.words)
    if not again:
        return None
    if plain_words(text) != plain_words(text_of(again)):
        sure = sum(word["c"] for word in again) / len(again)
        if not may_replace or not _is_better(words, confidence, again, sure):
            return None
        return Improvement(text=text_of(again), words=again, confidence=sure, engine=heard.engine, is_new_text=True)
    timed = words_timed(text, words, again, has_guesses=has_guesses)
    if timed is None:
        return None
    return Improvement(text=text, words=timed, confidence=confidence, engine=engine, is_new_text=False)


def text_of(words: Sequence[WordWire]) -> str:
    """Scripts that put no spaces between words get none."""
    text = ""
    for word in words:
        is_joined = not text or (_is_spaceless(text[-1]) and _is_spaceless(word["w"][:1]))
        text += word["w"] if is_joined else f" {word['w']}"
    return text


def words_timed(
    text: str, words: Sequence[WordWire], again: Sequence[WordWire], *, has_guesses: bool
) -> list[WordWire] | None:
    """The words of `text`, as they are written, at the times of `again`, which says the same. None: nothing is new.

    Where the two are parted into words differently no time is taken over.
    """
    parts = [plain_words(word["w"]) for word in again]
    written = _parted(text, [len(part) for part in parts]) if any(map(_has_signs, parts)) else text.split()
    if [plain_words(each) for each in written] != parts:
        return None
    is_timed = len(words) == len(again)
    if is_timed and not (has_guesses and any(_is_moved(old, new) for old, new in zip(words, again, strict=True))):
        return None
    return [{**word, "w": own} for word, own in zip(again, written, strict=True)]


def _parted(text: str, n_plain: Sequence[int]) -> list[str]:
    """Without spaces to go by, `text` in parts of so many plain words each, marks with what they stand behind."""
    parts: list[str] = []
    for n_words in n_plain:
        end = next((end for end in range(1, len(text)) if _ends(text, end, n_words)), len(text))
        parts.append(text[:end].strip())
        text = text[end:]
    return [*parts, text] if text.strip() else parts


def _ends(text: str, end: int, n_words: int) -> bool:
    """Whether another plain word begins at `end`, behind `n_words`."""
    return len(plain_words(text[:end])) == n_words and len(plain_words(text[: end + 1])) > n_words


def _has_signs(part: Sequence[str]) -> bool:
    return any(map(is_sign, part))


def _is_better(words: Sequence[WordWire], confidence: float, again: Sequence[WordWire], sure: float) -> bool:
    was_sure = sum(word["c"] for word in words) / len(words) if words else confidence
    return sure >= was_sure - MOST_DOUBT and len(again) >= LEAST_SHARE * len(words)


def _is_moved(old: WordWire, new: WordWire) -> bool:
    return max(abs(old["s"] - new["s"]), abs(old["e"] - new["e"])) >= LEAST_SHIFT_MS


def _is_spaceless(sign: str) -> bool:
    return bool(sign) and (0x3040 <= ord(sign) <= 0x9FFF or 0x0E00 <= ord(sign) <= 0x0E7F or ord(sign) >= 0x20000)

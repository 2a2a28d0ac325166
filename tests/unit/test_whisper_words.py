"""What faster-whisper calls words, put together to what is written between two spaces."""

from types import SimpleNamespace
from typing import Any

import pytest

from streaming.recognizers.whisper import _words


def pieces(*texts: str) -> list[Any]:
    return [SimpleNamespace(word=text, start=at, end=at + 1, probability=0.5) for at, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("parted", "words"),
    [
        ((" l", "'homme", " dort."), ["l'homme", "dort."]),
        ((" 3", ",5", " E", "-Mails"), ["3,5", "E-Mails"]),
        (("你", "好,", "世", "界"), ["你", "好,", "世", "界"]),
        ((" use", " 日本", "語", " here"), ["use", "日本", "語", "here"]),
        ((), []),
    ],
)
def test_a_word_is_what_stands_between_spaces_or_a_sign(parted: tuple[str, ...], words: list[str]) -> None:
    assert [word.w for word in _words(pieces(*parted), audio_s=9)] == words


def test_it_lasts_from_its_first_piece_to_its_last_and_not_beyond_the_audio() -> None:
    (word,) = _words(pieces(" l", "'homme"), audio_s=1.5)
    assert (word.s, word.e, word.c) == (0.0, 1.5, 0.5)

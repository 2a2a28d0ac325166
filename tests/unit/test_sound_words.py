"""How long the recorded sound of somebody is, in words."""

import pytest

from meetings.limits import SAMPLE_RATE_HZ
from meetings.stored_people import sound_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.01, "1 s"), (1, "1 s"), (59.7, "1 min"), (245, "4 min 5 s"), (3_600, "1 h"), (3_661, "1 h 1 min 1 s")],
)
def test_sound_is_told_in_the_units_that_it_has(seconds: float, words: str) -> None:
    assert sound_words(round(seconds * SAMPLE_RATE_HZ)) == words

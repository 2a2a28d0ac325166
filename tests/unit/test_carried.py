"""What levels tell afterwards: where one microphone carries another's words, and where its owner speaks."""

import numpy as np
import pytest

from meetings.carried import EARLY_LEVELS, TAIL_LEVELS, Range, carried
from meetings.levels import N_BANDS
from streaming.audio.pcm import Float32
from streaming.bleed.levels import levels_of
from tests.unit.voices import SECOND, leaked, silence, talk

A_SECOND = 50  # levels


def hiss(seconds: float) -> Float32:
    return leaked(silence(seconds))


def places(*sounds: Float32, first_s: float, end_s: float) -> list[list[Range]]:
    """Of what the first one says from `first_s` to `end_s`."""
    voices = [levels_of(each) for each in sounds]
    return carried(voices, speaker=0, first=int(first_s * A_SECOND), end=int(end_s * A_SECOND))


def share(found: list[Range], *, first_s: float, end_s: float) -> float:
    """Of so many seconds, how much is in the ranges."""
    inside = np.zeros(int(end_s * A_SECOND), dtype=bool)
    for start, end in found:
        inside[start:end] = True
    return float(inside[int(first_s * A_SECOND) :].mean())


@pytest.mark.parametrize("gain_db", [-6, -12, -24, -32])
@pytest.mark.parametrize("lag_ms", [-200, 5, 280])
def test_what_leaks_is_found_however_faint_and_however_late(gain_db: float, lag_ms: int) -> None:
    """At -32 dB it is hardly above the hiss of the microphone, and nobody would decode it."""
    ada = talk(20, seed=1)
    own, found = places(ada, leaked(ada, gain_db=gain_db, lag_ms=lag_ms), first_s=8, end_s=10)
    assert own == []
    first_s, end_s = 8 + lag_ms / 1_000, 10 + lag_ms / 1_000
    assert share(found, first_s=first_s, end_s=end_s) == 1.0
    assert found[0][0] >= first_s * A_SECOND - EARLY_LEVELS - 2
    assert found[-1][1] <= end_s * A_SECOND + TAIL_LEVELS + 2


@pytest.mark.parametrize(("first_s", "end_s"), [(0, 2), (18, 20)])
def test_what_was_said_before_or_behind_the_passage_tells(first_s: int, end_s: int) -> None:
    """The gate lets the first seconds of a voice pass, for it cannot know what is to come."""
    ada = talk(20, seed=1)
    assert share(places(ada, leaked(ada), first_s=first_s, end_s=end_s)[1], first_s=first_s, end_s=end_s) > 0.95


def test_what_the_owner_of_the_microphone_says_meanwhile_is_left() -> None:
    ada, bob = talk(20, seed=1), talk(1, seed=2)
    both = leaked(ada, gain_db=-20)
    both[9 * SECOND : 10 * SECOND] += 2 * bob
    _, found = places(ada, both, first_s=8, end_s=12)
    assert share(found, first_s=9.1, end_s=9.9) < 0.1
    assert share(found, first_s=8, end_s=8.7) == share(found, first_s=10.5, end_s=12) == 1.0


def test_nothing_is_taken_from_who_sits_elsewhere() -> None:
    ada = talk(40, seed=1)
    for seed in range(2, 6):
        assert places(ada, talk(40, seed=seed), hiss(40), first_s=20, end_s=23) == [[], [], []]


def test_a_third_voice_in_the_microphone_is_not_taken_for_the_one_that_is_redacted() -> None:
    ada, carol = talk(40, seed=1), talk(40, seed=3)
    ada[20 * SECOND :] = 0
    carol[: 20 * SECOND] = 0
    bob = leaked(carol, gain_db=-10)
    assert places(ada, bob, carol, first_s=10, end_s=12) == [[], [], []]


def test_of_what_was_muted_nothing_is_said() -> None:
    ada = talk(20, seed=1)
    voices = [levels_of(ada), levels_of(leaked(ada))]
    voices[1][9 * A_SECOND : 10 * A_SECOND] = 0
    _, found = carried(voices, speaker=0, first=8 * A_SECOND, end=11 * A_SECOND)
    assert share(found, first_s=9, end_s=10) == 0
    assert share(found, first_s=8, end_s=9) > 0.9
    nothing = np.zeros((20 * A_SECOND, N_BANDS), np.uint8)
    assert carried([voices[0], nothing], speaker=0, first=0, end=A_SECOND) == [[], []]
    assert carried([nothing, voices[1]], speaker=0, first=0, end=A_SECOND) == [[], []]


def test_where_too_little_was_heard_nothing_is_silenced() -> None:
    ada = talk(1, seed=1)
    assert places(ada, leaked(ada), first_s=0, end_s=1) == [[], []]

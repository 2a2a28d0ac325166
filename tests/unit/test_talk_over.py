"""Who begins to speak over something that is played; what comes back from a loudspeaker does not count."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio.echo import echo_likeness
from streaming.audio.pcm import Float32
from streaming.talk_over import TalkOver
from tests.unit.session_fakes import WINDOW, LoudnessDetector

SECOND = 16_000
FRAME = 640


def noise(seed: int, seconds: float, level: float) -> Float32:
    samples: Float32 = np.random.default_rng(seed).standard_normal(int(seconds * SECOND)).astype(np.float32) * level
    return samples


def quiet(seconds: float) -> Float32:
    return noise(9, seconds, 0.001)


AGENT = noise(1, 6.0, 0.2)


def noticed(microphone: Float32) -> list[int]:
    """The ends of the frames with which a beginning is found."""
    found = []
    talk_over = TalkOver(LoudnessDetector())
    for at in range(0, microphone.size, FRAME):
        played = AGENT[max(0, at - 19_200 + FRAME) : at + FRAME]
        if talk_over.hear(at, microphone[at : at + FRAME], played=played, since=0) is not None:
            found.append(at + FRAME)
    return found


def begins(microphone: Float32, *, since: int = 0, frame: int = FRAME, sent: slice = slice(None)) -> list[int]:
    """Where somebody is found to begin while AGENT is played."""
    talk_over, found = TalkOver(LoudnessDetector()), []
    for at in range(0, microphone.size, frame)[sent]:
        played = AGENT[max(0, at - 19_200 + frame) : at + frame]
        began = talk_over.hear(at, microphone[at : at + frame], played=played, since=since)
        found += [] if began is None else [began]
    return found


def echo(delay_samples: int, gain: float) -> Float32:
    return np.concatenate([np.zeros(delay_samples, np.float32), AGENT])[: AGENT.size] * np.float32(gain)


def test_a_voice_is_found_where_it_begins_and_once() -> None:
    found = begins(np.concatenate([quiet(3.0), noise(2, 1.0, 0.3)]))
    assert len(found) == 1
    assert 0 <= found[0] - 3 * SECOND <= WINDOW


def test_a_voice_counts_again_after_it_was_quiet() -> None:
    turns = [quiet(2.0), noise(2, 0.5, 0.3), quiet(0.5), noise(3, 0.5, 0.3)]
    assert len(begins(np.concatenate(turns))) == 2


def test_it_is_found_at_once_each_time_where_nothing_comes_back_from_the_loudspeaker() -> None:
    """A voice teaches nothing about echoes, nor does its soft beginning, which the detector does not notice."""
    voice = np.concatenate([noise(4, 0.1, 0.08), noise(2, 0.4, 0.15)])
    times_s = (2.0, 3.5, 5.0)
    microphone = quiet(6.0)
    for at_s in times_s:
        microphone[int(at_s * SECOND) : int(at_s * SECOND) + voice.size] += voice
    late = [found - int((at_s + 0.1) * SECOND) for found, at_s in zip(noticed(microphone), times_s, strict=True)]
    assert max(late) <= 2 * WINDOW + FRAME


def test_who_speaks_already_does_not_begin() -> None:
    assert begins(noise(2, 2.0, 0.3)) == []


def test_who_was_muted_and_speaks_at_once_begins() -> None:
    microphone = np.concatenate([quiet(3.0), noise(2, 1.0, 0.3)])
    assert len(begins(microphone, sent=slice(75, None))) == 1
    assert begins(microphone, since=3 * SECOND, sent=slice(75, None)) == []


def test_a_click_is_no_voice() -> None:
    assert begins(np.concatenate([quiet(64 * WINDOW / SECOND), noise(2, 0.03, 0.9), quiet(2.0)])) == []


def test_an_echo_is_no_voice_however_late_it_comes() -> None:
    for delay_samples in (800, 4_000, 12_000):
        for gain in (0.6, 1.5):
            assert begins(echo(delay_samples, gain) + quiet(6.0)) == []


def test_a_voice_over_its_echo_is_found() -> None:
    microphone = echo(4_000, 0.6) + quiet(6.0)
    microphone[4 * SECOND :] += noise(2, 2.0, 0.9)
    found = begins(microphone)
    assert len(found) == 1
    assert abs(found[0] - 4 * SECOND) <= 8 * WINDOW


@given(st.integers(100, 3_200), st.integers(1, 2 * SECOND))
def test_it_does_not_matter_how_it_is_cut_into_frames(frame: int, begin: int) -> None:
    """As long as what was played is the same: frames come as their last sample is captured."""
    microphone = np.concatenate([quiet(2.0), quiet(3.0)[:begin], noise(2, 1.0, 0.3)])
    found = begins(microphone, frame=frame)
    assert len(found) == 1
    assert abs(found[0] - (2 * SECOND + begin)) <= 2 * WINDOW


@given(st.integers(0, 15_000), st.floats(0.05, 2.0), st.integers(0, 2**32 - 1))
def test_an_echo_is_like_what_was_played_and_other_sound_is_not(delay: int, gain: float, seed: int) -> None:
    played = noise(seed, 1.2, 0.1)
    taken = played[delay : delay + 4_096] * np.float32(gain)
    assert echo_likeness(taken, played) > 0.99
    assert echo_likeness(noise(seed + 1, 0.256, 0.1), played) < 0.15


def test_silence_is_like_nothing() -> None:
    assert echo_likeness(np.zeros(4_096, np.float32), AGENT[:19_200]) == 0.0
    assert echo_likeness(AGENT[:4_096], np.zeros(19_200, np.float32)) < 0.01
    assert echo_likeness(AGENT[:4_096], np.zeros(0, np.float32)) == 0.0

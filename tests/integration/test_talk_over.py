"""Measured on recordings: how soon a voice is noticed over an agent, with and without its echo, and what is no voice.

Run with `-s` it prints the figures.
"""

from pathlib import Path

import numpy as np
import pytest

from streaming.audio.pcm import Float32
from streaming.client.audio_files import audio_read
from streaming.talk_over import TalkOver
from streaming.vad import SileroDetector
from tests.integration.test_agents import first_loud

SECOND = 16_000
FRAME = 640
PLAYED_SAMPLES = 19_200
SPEAKERS = ("1998-15444", "2033-164914", "2414-128291")  # the recordings of 1688 begin with a thump
LEVEL = 0.05


def levelled(audio: Float32, level: float = LEVEL) -> Float32:
    return audio * np.float32(level / np.sqrt(np.square(audio).mean()))


def echo_of(played: Float32, room: Float32, level: float) -> Float32:
    """As a microphone takes it a fifth of a second later: networks and buffers."""
    n = played.size + room.size
    echo = np.fft.irfft(np.fft.rfft(played, n) * np.fft.rfft(room, n), n)[: played.size].astype(np.float32)
    return levelled(np.concatenate([np.zeros(SECOND // 5, np.float32), echo])[: played.size], level)


def room_noise(n_samples: int) -> Float32:
    return np.random.default_rng(1).standard_normal(n_samples).astype(np.float32) * np.float32(0.0005)


def found_in(microphone: Float32, played: Float32) -> list[int]:
    """The ends of the frames with which somebody is found to have begun."""
    talk_over, found = TalkOver(SileroDetector()), []
    for at in range(0, microphone.size - FRAME, FRAME):
        lately = played[max(0, at + FRAME - PLAYED_SAMPLES) : at + FRAME]
        if talk_over.hear(at, microphone[at : at + FRAME], played=lately, since=0) is not None:
            found.append(at + FRAME)
    return found


@pytest.fixture(scope="module")
def sentences(shared_testdata: Path) -> list[Float32]:
    paths = [path for speaker in SPEAKERS for path in sorted((shared_testdata / "read").glob(f"{speaker}-*.flac"))]
    return [levelled(audio_read(path)) for path in paths]


@pytest.fixture(scope="module")
def agent(shared_testdata: Path) -> Float32:
    parts = [audio_read(path) for path in sorted((shared_testdata / "read").glob("1688-*.flac"))]
    return levelled(np.concatenate(parts))


@pytest.fixture(scope="module")
def rooms(shared_testdata: Path) -> list[Float32]:
    return [audio_read(shared_testdata / "noise" / f"sb_rir{number}.flac") for number in (1, 2)]


def delays_ms(sentences: list[Float32], agent: Float32, echo: Float32 | None) -> list[float]:
    """From the end of the first frame with a voice in it; a voice that is not found at all counts as two seconds."""
    delays = []
    for number, sentence in enumerate(sentences):
        at = 4 * SECOND + 37 * number
        microphone = np.concatenate([np.zeros(at, np.float32), sentence])
        if echo is not None:
            microphone = microphone + echo[: microphone.size]
        begins = at + first_loud(sentence)
        sent = (begins // FRAME + 1) * FRAME
        found = [each for each in found_in(microphone + room_noise(microphone.size), agent) if each >= begins]
        delays.append((found[0] - sent) / 16 if found else 2_000.0)
    return delays


def report(name: str, *figures: float) -> None:
    print(name, np.round(figures, 1).tolist())  # noqa: T201 - what it was run for


def test_a_voice_without_an_echo_is_noticed_within_a_tenth_of_a_second(
    sentences: list[Float32], agent: Float32
) -> None:
    delays = np.array(delays_ms(sentences, agent, None))
    report("no echo: p50, p90, max in ms", *np.percentile(delays, [50, 90, 100]))
    assert np.percentile(delays, 50) <= 100
    assert np.percentile(delays, 80) <= 160  # and 40 until the mixer has faded out


def test_a_voice_over_an_echo_is_noticed_too(sentences: list[Float32], agent: Float32, rooms: list[Float32]) -> None:
    for room in rooms:
        delays = np.array(delays_ms(sentences, agent, echo_of(agent, room, 0.02)))
        report("echo 8 dB below the voice: p50, p90, max in ms", *np.percentile(delays, [50, 90, 100]))
        assert np.percentile(delays, 50) <= 500
        assert (delays < 2_000).mean() >= 0.9


def test_an_echo_alone_hardly_ever_counts_as_a_voice(agent: Float32, rooms: list[Float32]) -> None:
    minutes = agent.size / SECOND / 60
    for room in rooms:
        loud, soft = (
            len(found_in(echo_of(agent, room, level) + room_noise(agent.size), agent)) / minutes
            for level in (0.02, 0.005)
        )
        report("echo alone, loud and soft: a minute", loud, soft)
        assert loud <= 1
        assert soft <= 5


def test_noise_is_no_voice(shared_testdata: Path, agent: Float32) -> None:
    found = seconds = 0.0
    for path in sorted((shared_testdata / "noise").glob("*.flac")):
        if "rir" not in path.name and "babble" not in path.name:
            noise = audio_read(path)
            found += len(found_in(noise, np.resize(agent, noise.size)))
            seconds += noise.size / SECOND
    report("noise: found, in seconds", found, seconds)
    assert found / seconds * 60 <= 1

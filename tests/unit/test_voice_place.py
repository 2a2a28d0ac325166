"""A call's voice is placed where all of it can be played, and moved only when it stays in the wrong place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streaming.ingest.call_timeline import MOST_FRAME_SAMPLES
from streaming.ingest.voice_place import PATIENCE_SAMPLES, VoicePlace
from streaming.mixer import BLOCK_SAMPLES, Mixer
from streaming.playout_delay import LONGEST_SAMPLES

SECOND = 16_000
MS = 16


@given(st.integers(1, 550), st.integers(-5_000, 5_000), st.lists(st.integers(0, 90), min_size=1, max_size=40))
def test_all_of_every_chunk_can_be_played_whatever_its_length_the_origin_and_some_jitter(
    chunk_ms: int, origin_ms: int, jitters_ms: list[int]
) -> None:
    place, n_samples = VoicePlace(), chunk_ms * MS
    for index, jitter_ms in enumerate(jitters_ms):
        at = origin_ms * MS + index * n_samples
        now = (index + 1) * n_samples + jitter_ms * MS
        lateness = now - at - place.later(now=now, at=at, n_samples=n_samples)
        assert lateness <= LONGEST_SAMPLES - 10 * MS
        last_frame = (n_samples - 1) // MOST_FRAME_SAMPLES * MOST_FRAME_SAMPLES
        assert lateness - last_frame >= -LONGEST_SAMPLES


def late_samples(*, chunk_ms: int, origin: int, is_placed: bool) -> int:
    """What a mixer could not play of 10 s of a call that began at `origin`."""
    mixer, place, n_samples = Mixer(), VoicePlace(), chunk_ms * MS
    for index in range(10_000 // chunk_ms):
        now, at = origin + (index + 1) * n_samples, origin + index * n_samples
        while mixer.position + BLOCK_SAMPLES <= now:
            mixer.next_block()
        later = place.later(now=now, at=at, n_samples=n_samples) if is_placed else 0
        for start in range(0, n_samples, MOST_FRAME_SAMPLES):
            n_frame = min(MOST_FRAME_SAMPLES, n_samples - start)
            mixer.feed("caller", at + start + later, np.full(n_frame, 0.5, np.float32))
    return mixer.counters["caller"].n_late


def test_a_mixer_plays_all_of_half_seconds_that_come_whole_and_without_their_place_it_would_not() -> None:
    assert late_samples(chunk_ms=500, origin=20 * SECOND, is_placed=True) == 0
    assert late_samples(chunk_ms=500, origin=20 * SECOND, is_placed=False) > 3 * SECOND
    assert late_samples(chunk_ms=20, origin=20 * SECOND, is_placed=True) == 0


def test_a_voice_in_its_place_is_not_moved() -> None:
    place = VoicePlace()
    assert [place.later(now=(n + 1) * 320, at=n * 320, n_samples=320) for n in range(100)] == [0] * 100


def test_one_late_chunk_moves_nothing_and_lateness_that_stays_does() -> None:
    place = VoicePlace()
    place.later(now=320, at=0, n_samples=320)
    assert place.later(now=SECOND, at=320, n_samples=320) == 0
    assert place.later(now=SECOND, at=SECOND - 320, n_samples=320) == 0
    moved = [
        place.later(now=n * 320 + SECOND, at=n * 320, n_samples=320)
        for n in range(100, 100 + 2 * PATIENCE_SAMPLES // 320)
    ]
    assert (moved[0], moved[-1]) == (0, SECOND - 320)
    assert len(set(moved)) == 2

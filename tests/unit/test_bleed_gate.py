"""A gate gives all samples on, in order; silences what leaked from another; keeps whatever may be one's own."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.leak import Levels, NoLeak
from meetings.limits import LEVEL_SAMPLES
from meetings.values import StoredLevels
from streaming.audio.pcm import Float32
from streaming.bleed.gate import SETTINGS, BleedGate, Released
from streaming.bleed.pairs import PAIR_SETTINGS, Leaks
from streaming.room_levels import RoomLevels, SessionVoices
from tests.unit.voices import SECOND, leaked, silence, talk


@dataclass
class Microphone:
    sound: Float32
    voices: SessionVoices
    gate: BleedGate
    released: list[Released] = field(default_factory=list)

    @property
    def given(self) -> Float32:
        return np.concatenate([each.samples for each in self.released]) if self.released else silence(0)

    @property
    def silenced(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Of each sample."""
        parts = [np.full(each.samples.size, each.foreign is not None) for each in self.released]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=bool)


def microphones(*sounds: Float32) -> list[Microphone]:
    room, made = RoomLevels(), []
    for sound in sounds:
        voices = room.voices(uuid4())
        voices.place(1_000)
        made.append(Microphone(sound=sound, voices=voices, gate=BleedGate(0, voices)))
    return made


def deliver(mics: Iterable[Microphone], *, chunk: int = 1_600, start: int = 0) -> None:
    """All in real time, in chunks; then nothing follows."""
    mics = list(mics)
    for at in range(start, max(mic.sound.size for mic in mics), chunk):
        for mic in mics:
            mic.voices.hear(at, mic.sound[at : at + chunk])
        for mic in mics:
            mic.gate.feed(mic.sound[at : at + chunk])
            mic.released += mic.gate.release()
    for mic in mics:
        mic.released += mic.gate.release(is_last=True)


def test_whoever_is_alone_is_heard_at_once() -> None:
    (mic,) = microphones(talk(3, seed=1))
    mic.gate.feed(mic.sound[:1_000])
    (released,) = mic.gate.release()
    assert (released.samples == mic.sound[:1_000]).all()


def test_another_voice_is_silenced_and_kept_beside() -> None:
    other = talk(10, seed=1)
    mics = microphones(other, leaked(other))
    deliver(mics)
    assert not mics[0].silenced.any()
    assert mics[1].silenced[4 * SECOND :].mean() > 0.9
    assert all(not each.samples.any() for each in mics[1].released if each.foreign is not None)
    kept = [each.samples if each.foreign is None else each.foreign for each in mics[1].released]
    assert (np.concatenate(kept) == mics[1].sound).all()


@pytest.mark.parametrize("lag_ms", [-290, -100, 0, 20, 290])
@pytest.mark.parametrize("gain_db", [-3, -6, -20])
def test_whatever_the_clocks_and_the_distance(lag_ms: int, gain_db: int) -> None:
    other = talk(12, seed=2)
    mics = microphones(other, leaked(other, gain_db=gain_db, lag_ms=lag_ms))
    deliver(mics)
    assert mics[1].silenced[6 * SECOND :].mean() > (0.6 if gain_db == -3 else 0.8)
    assert mics[0].silenced.mean() < 0.05


@pytest.mark.parametrize("seed", range(12))
def test_two_who_do_not_hear_each_other_lose_nothing(seed: int) -> None:
    mics = microphones(talk(8, seed=seed), talk(8, seed=seed + 100) * np.float32(0.3))
    deliver(mics)
    assert max(mic.silenced.mean() for mic in mics) < 0.02


@pytest.mark.parametrize("seed", range(4))
def test_two_who_speak_at_once_are_both_kept(seed: int) -> None:
    one, two = talk(8, seed=seed), talk(8, seed=seed + 50)
    quiet = silence(8)
    ones, twos = np.concatenate([one, quiet, one]), np.concatenate([quiet, two, two])
    mics = microphones(ones + leaked(twos, gain_db=-6), twos + leaked(ones, gain_db=-6))
    deliver(mics)
    for mic, own in zip(mics, (ones, twos), strict=True):
        is_loud = np.convolve(np.square(own), np.full(1_600, 1 / 1_600), "same") > 10**-4.5
        is_loud[: 16 * SECOND] = False
        assert mic.silenced[is_loud].mean() < 0.15
    assert mics[1].silenced[4 * SECOND : 8 * SECOND].mean() > 0.65
    assert mics[0].silenced[12 * SECOND : 16 * SECOND].mean() > 0.65


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 6_000)), max_size=40), st.booleans())
def test_all_samples_come_once_and_in_order_whenever_whatever_arrives(
    arrivals: list[tuple[int, int]], is_leaking: bool
) -> None:
    other = talk(6, seed=3)
    mics = microphones(other, leaked(other) if is_leaking else talk(6, seed=4))
    at = [0, 0]
    for who, n_samples in arrivals:
        mic, samples = mics[who], mics[who].sound[at[who] : at[who] + n_samples]
        mic.voices.hear(at[who], samples)
        mic.gate.feed(samples)
        at[who] += samples.size
        mic.released += mic.gate.release()
        longest = (SETTINGS.learning + SETTINGS.before + SETTINGS.step) * LEVEL_SAMPLES
        assert mic.gate.end - sum(each.samples.size for each in mic.released) <= longest
    for mic, end in zip(mics, at, strict=True):
        mic.released += mic.gate.release(is_last=True)
        positions = [each.position for each in mic.released] + [end]
        assert all(a + each.samples.size == b for (a, b), each in zip(pairwise(positions), mic.released, strict=True))
        kept = [each.samples if each.foreign is None else each.foreign for each in mic.released]
        assert (np.concatenate([*kept, silence(0)]) == mic.sound[:end]).all()


def test_nobody_who_stopped_delivering_is_waited_for() -> None:
    mics = microphones(talk(4, seed=5), talk(4, seed=6))
    mics[0].voices.hear(0, mics[0].sound[:SECOND])
    for at in range(0, 4 * SECOND, 1_600):
        mics[1].voices.hear(at, mics[1].sound[at : at + 1_600])
        mics[1].gate.feed(mics[1].sound[at : at + 1_600])
        mics[1].released += mics[1].gate.release()
    assert mics[1].given.size == 4 * SECOND


def test_a_replay_with_the_stored_levels_hears_the_same() -> None:
    """Other process, other cuts, nobody else there: only what was stored."""
    one, two, quiet = talk(8, seed=7), talk(8, seed=8), silence(8)
    ones, twos = np.concatenate([one, quiet, one]), np.concatenate([quiet, two, two])
    mics = microphones(ones + leaked(twos), twos + leaked(ones))
    deliver(mics)
    settled = 15 * SECOND
    room = RoomLevels()
    keys = [mic.voices.own.key for mic in mics]
    ends = (settled, 24 * SECOND)
    room.recall(
        StoredLevels(session_id=key, zero_ms=1_000, first=0, levels=mic.voices.stored(0, end))
        for key, mic, end in zip(keys, mics, ends, strict=True)
    )
    voices = room.voices(keys[0])
    again = Microphone(sound=mics[0].sound, voices=voices, gate=BleedGate(settled, voices))
    deliver([again], chunk=777, start=settled)
    assert (again.silenced == mics[0].silenced[settled:]).mean() > 0.97


@dataclass(slots=True)
class Late:
    """Somebody whose levels have come up to `end`."""

    key: UUID
    end: int

    def between(self, first: int, end: int) -> Levels:
        return RoomLevels().voices(self.key).own.between(first, end)


def test_in_a_large_room_too_what_was_known_of_a_pair_counts_until_more_has_come() -> None:
    others = [Late(UUID(int=number), end=10_000) for number in range(PAIR_SETTINGS.many)]
    leaks = Leaks(RoomLevels().voices(UUID(int=99)))
    turns, step = PAIR_SETTINGS.turns, PAIR_SETTINGS.step
    due = next(at for at in range(4_000, 6_000, step) if at // step % turns == 0)
    assert leaks.at(due, others[0], others) is None, "nothing of anybody was heard"
    late = Late(others[0].key, end=due + 1)
    leaks._pair(late).found[due] = NoLeak()
    assert isinstance(leaks.at(due + turns * step, late, others), NoLeak)
    assert leaks.at(due + turns * step, others[0], others) is None, "more has come"


def test_those_who_share_no_room_wait_for_nothing() -> None:
    mics = microphones(talk(20, seed=11), talk(20, seed=12) * np.float32(0.3))
    for at in range(0, 20 * SECOND, 640):
        for mic in mics:
            mic.voices.hear(at, mic.sound[at : at + 640])
            mic.gate.feed(mic.sound[at : at + 640])
        for mic in mics:
            mic.released += mic.gate.release()
            assert mic.given.size == at + 640

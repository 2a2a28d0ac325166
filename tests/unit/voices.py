"""Sounds as loud and as quiet as speech, for what listens to levels alone."""

import numpy as np

from streaming.audio.pcm import Float32

SECOND = 16_000


def silence(seconds: float) -> Float32:
    return np.zeros(int(seconds * SECOND), dtype=np.float32)


def talk(seconds: float, *, seed: int) -> Float32:
    """Syllables of 80 to 300 ms, each with a pitch and a colour of its own, and a pause now and then."""
    random = np.random.default_rng(seed)
    parts: list[Float32] = []
    n_samples = 0
    while n_samples < seconds * SECOND:
        is_pause = random.random() < 0.1
        length = int(random.uniform(0.2, 0.5) * SECOND) if is_pause else int(random.uniform(0.08, 0.3) * SECOND)
        parts.append(np.zeros(length, dtype=np.float32) if is_pause else _syllable(length, random))
        n_samples += length
    return np.concatenate(parts)[: int(seconds * SECOND)]


def _syllable(length: int, random: np.random.Generator) -> Float32:
    pitch_hz = random.uniform(90, 220)
    harmonics_hz = np.arange(pitch_hz, 6_400, pitch_hz)
    colour_db = np.interp(harmonics_hz, (100, 600, 1_500, 3_000, 6_400), random.uniform(-25, 0, 5))
    phases = random.uniform(0, 2 * np.pi, harmonics_hz.size)
    times_s = np.arange(length)[:, None] / SECOND
    sound = (np.sin(2 * np.pi * harmonics_hz * times_s + phases) * 10 ** (colour_db / 20)).sum(axis=1)
    shape = np.sin(np.linspace(0, np.pi, length)) ** 2
    loud = 10 ** (random.uniform(-30, -14) / 20)
    syllable: Float32 = (sound / np.abs(sound).max() * shape * loud).astype(np.float32)
    return syllable


def leaked(voice: Float32, *, gain_db: float = -10, lag_ms: int = 5) -> Float32:
    """A voice as another microphone hears it: in a room, weaker, later or (by its clock) earlier, with hiss."""
    random = np.random.default_rng(0)
    times_s = np.arange(SECOND // 2) / SECOND
    room = random.normal(0, 0.03, times_s.size) * 10 ** (-3 * times_s / 0.5)  # silent after half a second
    room[0] = 1
    n = 1 << (voice.size + room.size).bit_length()
    sound = np.fft.irfft(np.fft.rfft(voice, n) * np.fft.rfft(room, n), n)[: voice.size]
    late = np.roll(sound, lag_ms * 16)
    late[: max(0, lag_ms * 16)] = 0
    late[voice.size + min(0, lag_ms * 16) :] = 0
    hiss = random.normal(0, 10**-3.75, voice.size)
    heard: Float32 = (late * 10 ** (gain_db / 20) + hiss).astype(np.float32)
    return heard

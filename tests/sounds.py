"""Sounds of rooms that are no speech, modelled after what makes them: float32 at 16 kHz, the same for the same seed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from streaming.recognizers.base import SAMPLE_RATE_HZ, Float32

Samples = npt.NDArray[np.float64]
Random = np.random.Generator


def at_level(sound: npt.NDArray[Any], dbfs: float) -> Float32:
    """Scaled so that its loudest 100 ms have this RMS, as a level meter shows it; clipped where a microphone would."""
    power = np.convolve(np.square(sound), np.full(1_600, 1 / 1_600), mode="same").max()
    scaled: Float32 = (sound * 10 ** (dbfs / 20) / np.sqrt(power + 1e-20)).clip(-1, 1).astype(np.float32)
    return scaled


def keyboard(seconds: float, rng: Random) -> Samples:
    """Each key: the tap on the plate, which rings in a few modes for milliseconds, and a softer release."""
    sound = _silence(seconds)
    at_s = 0.2
    while at_s < seconds - 0.3:
        tap = _ringing(rng.uniform(600, 6_500, 5), rng.uniform(0.002, 0.012, 5), rng)
        _add(sound, at_s, tap * rng.uniform(0.5, 1))
        _add(sound, at_s + rng.uniform(0.06, 0.12), tap * rng.uniform(0.1, 0.3))
        at_s += rng.choice([0.09, 0.13, 0.18, 0.35]) * rng.uniform(0.8, 1.3)
    return sound


def hum(seconds: float, rng: Random, *, mains_hz: float = 50) -> Samples:
    """A transformer: the mains and its harmonics, the even ones loudest, and a little hiss."""
    t = _times(seconds)
    harmonics = sum(
        (1.0 if n % 2 == 0 else 0.4) / n * np.sin(2 * np.pi * mains_hz * n * t + rng.uniform(0, 6))
        for n in range(1, 21)
    )
    return np.asarray(harmonics) + 0.01 * rng.standard_normal(t.size)


def comfort_noise(seconds: float, rng: Random) -> Samples:
    """What a telephone plays while nobody speaks: faint noise of its band, its spectrum falling."""
    return _shaped(rng.standard_normal(_times(seconds).size), lambda hz: (hz > 200) * (hz < 3_400) / (1 + hz / 800))


def breath(seconds: float, rng: Random) -> Samples:
    """In and out, close to the microphone: air in a tube, so noise with broad resonances."""
    t = _times(seconds)
    noise = rng.standard_normal(t.size)
    drawn = _shaped(noise, _formants([(600, 500), (1_700, 800), (3_200, 1_500)]))
    blown = _shaped(noise, _formants([(450, 500), (1_300, 700), (2_500, 1_500)]))
    phase = (t % 3.6) / 3.6
    draws = np.clip(np.sin(2 * np.pi * phase / 0.7), 0, 1) * (phase < 0.35)
    blows = np.clip(np.sin(2 * np.pi * (phase - 0.42) / 0.9), 0, 1) * ((phase > 0.42) & (phase < 0.87))
    return np.asarray(drawn * draws + 0.7 * blown * blows)


def cough(seconds: float, rng: Random) -> Samples:
    """A burst as the glottis opens, rushing air, and a short voiced end; two or three in a row."""
    sound = _silence(seconds)
    resonances = _formants([(650, 200), (1_400, 300), (2_700, 500)])
    at_s = 0.4
    while at_s < seconds - 1:
        for _ in range(int(rng.integers(2, 4))):
            t = _times(0.35)
            burst = rng.standard_normal(t.size) * (np.exp(-t / 0.02) + 0.35 * np.exp(-(((t - 0.12) / 0.07) ** 2)))
            pitch = np.cumsum(rng.uniform(220, 300) * np.exp(-t * 2)) / SAMPLE_RATE_HZ
            voiced = 0.6 * (2 * (pitch % 1) - 1) * np.exp(-(((t - 0.24) / 0.04) ** 2))
            _add(sound, at_s, _shaped(burst + voiced, resonances))
            at_s += rng.uniform(0.35, 0.5)
        at_s += rng.uniform(1, 2)
    return sound


def music(seconds: float, rng: Random) -> Samples:
    """Chords and a melody of plucked and held tones over drums, as from a loudspeaker in the room."""
    sound = _silence(seconds)
    beat_s = 60 / 112
    for beat in range(int(seconds / beat_s)):
        at_s = beat * beat_s
        root = (0, -3, 5, 7)[beat // 4 % 4]
        if beat % 4 == 0:
            for step in (0, 4, 7, 12):
                _add(sound, at_s, 0.5 * _tone(220 * 2 ** ((root + step) / 12), 4 * beat_s, held=True))
        for half in (0, 1):
            step = int(rng.choice([0, 2, 4, 7, 9, 12]))
            _add(sound, at_s + half * beat_s / 2, _tone(440 * 2 ** ((root + step) / 12), beat_s, held=False))
        _add(sound, at_s, _drum(rng, is_snare=beat % 2 == 1))
        _add(sound, at_s + beat_s / 2, 0.2 * rng.standard_normal(800) * np.exp(-np.arange(800) / 200))
    return sound


def humming(seconds: float, rng: Random) -> Samples:
    """Somebody hums a tune with closed lips: a voice, but no word."""
    t = _times(seconds)
    steps = rng.choice([0, 2, 4, 5, 7, 9], size=int(seconds / 0.6) + 1)
    notes = np.repeat(steps, int(0.6 * SAMPLE_RATE_HZ))[: t.size]
    pitch_hz = 140 * 2 ** (np.convolve(notes, np.full(1_200, 1 / 1_200), mode="same") / 12)
    pitch_hz = pitch_hz * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * t))
    saw = 2 * (np.cumsum(pitch_hz) / SAMPLE_RATE_HZ % 1) - 1
    return _shaped(saw, _formants([(250, 80), (1_100, 200), (2_200, 300)], tilt=2)) * (
        0.6 + 0.4 * np.sin(2 * np.pi * t / 2.4)
    )


def hiss(seconds: float, rng: Random) -> Samples:
    """A fan: noise that falls with frequency, swelling slowly."""
    t = _times(seconds)
    noise = _shaped(rng.standard_normal(t.size), lambda hz: 1 / (1 + hz / 300))
    return np.asarray(noise * (1 + 0.2 * np.sin(2 * np.pi * 0.3 * t)))


def beeps(seconds: float, rng: Random) -> Samples:
    """A telephone's keys, two tones each, and the tone of a free line between them."""
    sound = _silence(seconds)
    for number in range(int(seconds / 0.25)):
        t = _times(0.12)
        low, high = rng.choice([697, 770, 852, 941]), rng.choice([1_209, 1_336, 1_477])
        _add(sound, 0.25 * number, np.sin(2 * np.pi * low * t) + np.sin(2 * np.pi * high * t))
    return sound


SOUNDS: Final[Mapping[str, Callable[[float, Random], Samples]]] = {
    "keyboard": keyboard,
    "hum of 50 Hz": hum,
    "hum of 60 Hz": lambda seconds, rng: hum(seconds, rng, mains_hz=60),
    "comfort noise": comfort_noise,
    "breath": breath,
    "cough": cough,
    "music": music,
    "humming": humming,
    "fan": hiss,
    "beeps": beeps,
}


def _times(seconds: float) -> Samples:
    return np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ


def _silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * SAMPLE_RATE_HZ))


def _add(sound: Samples, at_s: float, part: npt.NDArray[Any]) -> None:
    start = int(at_s * SAMPLE_RATE_HZ)
    part = part[: max(0, sound.size - start)]
    sound[start : start + part.size] += part


def _ringing(modes_hz: Samples, decays_s: Samples, rng: Random) -> Samples:
    t = _times(0.06)
    parts = [
        np.sin(2 * np.pi * hz * t + rng.uniform(0, 6)) * np.exp(-t / s)
        for hz, s in zip(modes_hz, decays_s, strict=True)
    ]
    return np.asarray(np.sum(parts, axis=0))


def _tone(hz: float, seconds: float, *, held: bool) -> Samples:
    t = _times(seconds)
    shape = np.minimum(t / 0.03, 1) * np.exp(-t / (3 if held else 0.25))
    return np.asarray(sum(np.sin(2 * np.pi * hz * n * t) / n**1.3 for n in range(1, 8) if hz * n < 7_500) * shape)


def _drum(rng: Random, *, is_snare: bool) -> Samples:
    t = _times(0.2)
    if is_snare:
        return np.asarray(1.5 * rng.standard_normal(t.size) * np.exp(-t / 0.04))
    return np.asarray(3 * np.sin(2 * np.pi * (50 * t + 3 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.07))


def _shaped(sound: npt.NDArray[Any], gain_of: Callable[[Samples], npt.NDArray[Any]]) -> Samples:
    hz: Samples = np.asarray(np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE_HZ), dtype=np.float64)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) * gain_of(hz), sound.size))


def _formants(peaks: Sequence[tuple[float, float]], *, tilt: float = 0) -> Callable[[Samples], Samples]:
    """Sum of resonances (Hz, bandwidth in Hz), falling by `tilt` × 6 dB per octave above 500 Hz."""

    def gain_of(hz: Samples) -> Samples:
        resonances = sum(1 / (1 + ((hz - peak) / (width / 2)) ** 2) for peak, width in peaks)
        return np.asarray(resonances / (1 + hz / 500) ** tilt)

    return gain_of

"""Sounds as loud and as quiet as speech, for what listens to levels alone."""

import numpy as np

from streaming.audio.pcm import Float32

SECOND = 16_000


def silence(seconds: float) -> Float32:
    return np.zeros(int(seconds * SECOND), dtype=np.float32)


def talk(seconds: float, *, seed: int) -> Float32:
    """Syllables of 80 to 300 ms, 30 dB apart, with a pause now and then."""
    random = np.random.default_rng(seed)
    parts: list[Float32] = []
    n_samples = 0
    while n_samples < seconds * SECOND:
        is_pause = random.random() < 0.08
        length = int(random.uniform(0.2, 0.5) * SECOND) if is_pause else int(random.uniform(0.08, 0.3) * SECOND)
        dbfs = -75.0 if is_pause else random.uniform(-40, -12)
        shape = 0.05 + np.sin(np.linspace(0, np.pi, length)) ** 2
        parts.append((random.normal(0, 10 ** (dbfs / 20), length) * shape).astype(np.float32))
        n_samples += length
    return np.concatenate(parts)[: int(seconds * SECOND)]


def leaked(voice: Float32, *, gain_db: float = -10, lag_ms: int = 5) -> Float32:
    """A voice as another microphone hears it: weaker, later or (by its clock) earlier, and with a little hiss."""
    lag = lag_ms * 16
    late = np.roll(voice, lag)
    if lag > 0:
        late[:lag] = 0
    elif lag < 0:
        late[lag:] = 0
    hiss = np.random.default_rng(0).normal(0, 10**-3.75, voice.size)
    sound: Float32 = (late * 10 ** (gain_db / 20) + hiss).astype(np.float32)
    return sound

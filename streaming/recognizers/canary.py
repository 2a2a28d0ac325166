"""Speech that is known, to prove that a recognizer really recognizes."""

import wave
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from streaming.recognizers.base import SAMPLE_RATE_HZ, DecodeOptions, Float32, ModelCorrupt, language_is_supported
from streaming.speech_models.prepared import SPEECH_NAME, PreparedModel

# "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."
SPEECH_WORDS: Final[Mapping[str, tuple[str, ...]]] = {SPEECH_NAME: ("tried", "failed", "again", "better")}
MIN_WORDS_HEARD: Final = 3
# The first two sentences of it: enough to tell, and a third of the work, for what is asked again and again.
PROBE_SAMPLES: Final = int(3.5 * SAMPLE_RATE_HZ)
PROBE_WORDS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """`audio` float32 at 16 kHz. Without words any answer counts: only that there is one can be proved."""

    audio: Float32
    language: str
    words: tuple[str, ...]

    @property
    def options(self) -> DecodeOptions:
        return DecodeOptions(language=self.language)

    def is_heard_in(self, text: str) -> bool:
        heard = text.lower()
        return sum(word in heard for word in self.words) >= min(MIN_WORDS_HEARD, len(self.words))

    def probe(self) -> "Canary":
        """A shorter one, for asking a recognizer that has proved itself whether it still does."""
        return replace(self, audio=self.audio[:PROBE_SAMPLES], words=self.words[:PROBE_WORDS])


def canary_load(model: PreparedModel, *, speech: Path | None = None) -> Canary:
    """The speech that came with the model, or `speech`; a second of faint noise where there is none.

    Raises ModelCorrupt.
    """
    speech = model.speech or speech
    language = next((code for code in ("en", *model.languages) if language_is_supported(model.languages, code)), "")
    if speech is None or language != "en":
        noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE_HZ, dtype=np.float32) * np.float32(1e-3)
        return Canary(audio=noise, language=language, words=())
    try:
        with wave.open(str(speech)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    except (OSError, EOFError, ValueError, wave.Error) as problem:
        raise ModelCorrupt(f"The recording {speech} of the speech model cannot be read.") from problem
    audio = samples.astype(np.float32) / np.float32(32_768)
    return Canary(audio=audio, language=language, words=SPEECH_WORDS[speech.name])

"""Whisper through faster-whisper: int8, greedy, one thread. The multilingual engine, with word times."""

import math
import re
from typing import Any, Final

import numpy as np
from faster_whisper import WhisperModel

from streaming.recognizers.base import (
    SAMPLE_RATE_HZ,
    DecodeOptions,
    Float32,
    Hypothesis,
    LanguageUnsupported,
    ModelCorrupt,
    Word,
    language_is_supported,
)
from streaming.speech_models.prepared import PreparedModel

MIN_SAMPLES: Final = SAMPLE_RATE_HZ // 10
MAX_TOKENS_PER_SECOND: Final = 15.0  # scripts of several tokens a letter need more than English does
EXTRA_TOKENS: Final = 8

# Whisper's own thresholds for text that is invented or repeats itself.
MAX_NO_SPEECH: Final = 0.6
MIN_LOG_PROBABILITY: Final = -1.0
MAX_COMPRESSION_RATIO: Final = 2.4


class WhisperRecognizer:
    """Every call costs as much as 30 s of audio, however short it is."""

    def __init__(self, model: PreparedModel) -> None:
        """Raises ModelCorrupt."""
        self.engine = model.name
        self.languages = model.languages
        try:
            self._model = WhisperModel(
                str(model.path), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
            )
        except Exception as problem:  # ctranslate2 and tokenizers raise RuntimeError, ValueError and plain Exception
            raise ModelCorrupt(f"{model.path} is not a Whisper model that can be loaded.") from problem

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        """An empty language is detected from the audio."""
        if not language_is_supported(self.languages, options.language):
            raise LanguageUnsupported(f"{self.engine} does not know the language {options.language}.")
        if len(audio) < MIN_SAMPLES:
            audio = np.pad(audio, (0, MIN_SAMPLES - len(audio)))
        found, about = self._model.transcribe(
            audio,
            language=options.language.partition("-")[0].lower() or None,
            beam_size=1,
            best_of=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            word_timestamps=options.want_words,
            max_new_tokens=int(len(audio) / SAMPLE_RATE_HZ * MAX_TOKENS_PER_SECOND) + EXTRA_TOKENS,
        )
        return _hypothesis([part for part in found if _is_believable(part)], language=str(about.language))


def _is_believable(part: Any) -> bool:
    is_noise = part.no_speech_prob > MAX_NO_SPEECH and part.avg_logprob < MIN_LOG_PROBABILITY
    return not is_noise and part.compression_ratio <= MAX_COMPRESSION_RATIO


def _hypothesis(parts: list[Any], *, language: str) -> Hypothesis:
    n_tokens = sum(len(part.tokens) for part in parts)
    log_probability = sum(part.avg_logprob * len(part.tokens) for part in parts) / max(n_tokens, 1)
    return Hypothesis(
        text=re.sub(r"\s+", " ", "".join(part.text for part in parts)).strip(),
        confidence=min(math.exp(log_probability), 1.0) if parts else 0.0,
        language=language,
        words=tuple(
            Word(w=word.word.strip(), s=float(word.start), e=float(word.end), c=float(word.probability))
            for part in parts
            for word in part.words or ()
        ),
        tokens=tuple(token for part in parts for token in part.tokens),
    )

"""Whisper through faster-whisper: int8, one thread. The multilingual engine, with word times."""

import itertools
import math
import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from faster_whisper import WhisperModel

from meetings.language_tags import code_of
from streaming.recognizers.base import (
    SAMPLE_RATE_HZ,
    DecodeOptions,
    Float32,
    Hypothesis,
    LanguageUnsupported,
    ModelCorrupt,
    Word,
)
from streaming.recognizers.believable import MAX_COMPRESSION, compression_ratio
from streaming.recognizers.loops import loops_cut, text_cut
from streaming.recognizers.token_words import is_spaceless
from streaming.speech_models.prepared import PreparedModel

MIN_SAMPLES: Final = SAMPLE_RATE_HZ // 10
MAX_TOKENS_PER_SECOND: Final = 15.0  # scripts of several tokens a letter need more than English does
EXTRA_TOKENS: Final = 8

# Whisper was trained on windows of 30 s. The encoder takes shorter ones, at a cost that falls with them; but where
# speech nearly fills the window, the decoder says everything twice. Measured on short utterances in eight languages:
# with 5 s of silence behind the speech it is as accurate as with 30 s, at a fifth of the cost; with 2 s it is not.
PADDING_SAMPLES: Final = 5 * SAMPLE_RATE_HZ
WINDOW_SAMPLES: Final = 30 * SAMPLE_RATE_HZ
SAMPLES_PER_FRAME: Final = 160

# Whisper's own thresholds for text that is invented.
MAX_NO_SPEECH: Final = 0.6
MIN_LOG_PROBABILITY: Final = -1.0
# A greedy decoder that repeats itself does so until it is cut; several beams, and the window that the model was
# trained on, find the way out more often.
BEAM_SIZE_AFTER_LOOP: Final = 5


class _ShortWindow(WhisperModel):
    """Encodes `n_frames` of the window, which faster-whisper pads to 30 s."""

    n_frames = WINDOW_SAMPLES // SAMPLES_PER_FRAME

    def encode(self, features: Any) -> Any:
        return super().encode(features[..., : self.n_frames])


class WhisperRecognizer:
    """Costs as much as the audio and 5 s more.

    It is not told the vocabulary: as a prompt ("hotwords") that made it write names of it into 5 of 12 recordings of
    noise and meetings where nobody said them, and lose a sentence, for 13 of 22 rare words understood instead of 9.
    """

    def __init__(self, model: PreparedModel) -> None:
        """Raises ModelCorrupt."""
        self.engine = model.name
        self.languages = model.languages
        try:
            self._model = _ShortWindow(
                str(model.path), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
            )
        except Exception as problem:  # ctranslate2 and tokenizers raise RuntimeError, ValueError and plain Exception
            raise ModelCorrupt(f"{model.path} is not a Whisper model that can be loaded.") from problem

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        code = code_of(options.language, self.languages)
        if code is None:
            raise LanguageUnsupported(f"{self.engine} does not know the language {options.language}.")
        if len(audio) < MIN_SAMPLES:
            audio = np.pad(audio, (0, MIN_SAMPLES - len(audio)))
        parts = self._decode(audio, code, options)
        if any(map(_is_loop, parts)):
            parts = self._decode(audio, code, options, beam_size=BEAM_SIZE_AFTER_LOOP, padding=WINDOW_SAMPLES)
        # Of speech that ends in a loop the speech is kept: it was said, and the loop is cut.
        spoken = [
            part for part in parts if not _is_noise(part) and compression_ratio(text_cut(part.text)) <= MAX_COMPRESSION
        ]
        return loops_cut(_hypothesis(spoken, language=options.language, audio_s=len(audio) / SAMPLE_RATE_HZ))

    def _decode(
        self, audio: Float32, code: str, options: DecodeOptions, *, beam_size: int = 1, padding: int = PADDING_SAMPLES
    ) -> list[Any]:
        n_samples = max(len(audio), min(len(audio) + padding, WINDOW_SAMPLES))
        n_frames = min(n_samples, WINDOW_SAMPLES) // SAMPLES_PER_FRAME
        self._model.n_frames = n_frames - n_frames % 2  # the encoder halves them
        found, _ = self._model.transcribe(
            np.pad(audio, (0, n_samples - len(audio))),
            language=code,
            beam_size=beam_size,
            best_of=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            word_timestamps=options.want_words,
            max_new_tokens=int(len(audio) / SAMPLE_RATE_HZ * MAX_TOKENS_PER_SECOND) + EXTRA_TOKENS,
        )
        # Without timestamps each window is one part. What faster-whisper finds by going on behind the last word of a
        # single window is invented from the silence there.
        return list(found if len(audio) > WINDOW_SAMPLES else itertools.islice(found, 1))


def _is_noise(part: Any) -> bool:
    return bool(part.no_speech_prob > MAX_NO_SPEECH and part.avg_logprob < MIN_LOG_PROBABILITY)


def _is_loop(part: Any) -> bool:
    return bool(part.compression_ratio > MAX_COMPRESSION)


def _hypothesis(parts: list[Any], *, language: str, audio_s: float) -> Hypothesis:
    """The alignment may stretch the last word into the silence behind `audio_s`; what is given does not."""
    n_tokens = sum(len(part.tokens) for part in parts)
    log_probability = sum(part.avg_logprob * len(part.tokens) for part in parts) / max(n_tokens, 1)
    return Hypothesis(
        text=re.sub(r"\s+", " ", "".join(part.text for part in parts)).strip(),
        confidence=min(math.exp(log_probability), 1.0) if parts else 0.0,
        language=language,
        words=_words([word for part in parts for word in part.words or ()], audio_s=audio_s),
        tokens=tuple(token for part in parts for token in part.tokens),
    )


def _words(pieces: Sequence[Any], *, audio_s: float) -> tuple[Word, ...]:
    """One word for each space, or sign of a script that has none. faster-whisper parts "l'homme" and "E-Mail" too."""
    groups: list[list[Any]] = []
    for piece in pieces:
        is_apart = piece.word.startswith(" ") or is_spaceless(piece.word[:1])
        if not groups or is_apart or is_spaceless(groups[-1][-1].word[-1:]):
            groups.append([])
        groups[-1].append(piece)
    return tuple(
        Word(
            w="".join(piece.word for piece in group).strip(),
            s=min(float(group[0].start), audio_s),
            e=min(float(group[-1].end), audio_s),
            c=math.prod(float(piece.probability) for piece in group) ** (1 / len(group)),
        )
        for group in groups
    )

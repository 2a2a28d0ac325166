"""Hear an utterance again, a little otherwise, where the model doubts itself, and keep what it is surest of. Pure.

What a small model makes of difficult speech depends on things that mean nothing: how loud it is, where its frames
fall, how much silence is around it, what was said before. A word that is there is heard in most of these ways, a guess
in one. The field calls it test-time augmentation with a choice by confidence. Measured with moonshine-base-en on the
finals of the live pipeline (WER in percent, each stream in several places of the detector's windows): read speech 10.2
to 9.2, a simulated meeting 11.9 to 10.8, headsets of a real meeting 24.7 to 18.2. To average what the ways say, token
by token, gains less (10.1, 10.3, 23.3); so does a vote. Of read speech's finals 45 % are doubted, at 1.4 further
hearings for each final; they take as long as the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from streaming.recognizers.base import NO_CONTEXT, SAMPLE_RATE_HZ, DecodeOptions, Float32, Hypothesis, Recognizer, Word
from streaming.recognizers.believable import LITTLE_SPEECH

SURE: Final = 0.9  # a confidence that is not asked again; half of all finals have it
# Who is not sure of the words is not sure that they end a sentence: the speaker is given a little longer (see
# `SegmenterSettings.finished`). Headsets 18.3 to 17.7, and it hides what hearing again takes.
MOST_FINISHED: Final = 0.7
LOUDEST: Final = 0.99
SILENT_RMS: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the audio is given: as loud as `level_dbfs`, behind `n_before` zeros or without its first samples, and so on.

    `is_alone`: without what was said before. Levels are root mean squares, lengths in samples at 16 kHz.
    """

    level_dbfs: float
    n_before: int = 0
    n_cut: int = 0
    n_behind: int = 0
    is_alone: bool = False


# In this order. A frame of the model is 384 samples: 192 and 96 lay its frames elsewhere. 100 ms of the pre-roll go;
# 300 ms of silence behind the last word make an end of it.
WAYS: Final = (
    Way(level_dbfs=-26, n_before=192),
    Way(level_dbfs=-20, n_cut=1_600, is_alone=True),
    Way(level_dbfs=-20, n_behind=4_800),
    Way(level_dbfs=-20, n_before=96),
)


class Rehearing:
    """A recognizer whose doubtful finals are heard again: those of `DecodeOptions.is_final`."""

    def __init__(self, recognizer: Recognizer, ways: Sequence[Way] = WAYS) -> None:
        self._recognizer = recognizer
        self._ways = tuple(ways)
        self.engine, self.languages = recognizer.engine, recognizer.languages

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        """As the recognizer does. A final costs at most once more for each of the ways."""
        best = self._recognizer.transcribe(audio, options)
        if not options.is_final:
            return best
        for way in self._ways:
            if not is_doubtful(best, speech_share=options.speech_share):
                return best
            again = self._heard(audio, options, way)
            if again.text and (again.confidence > best.confidence or not best.text):
                best = again
        return replace(best, finished=min(best.finished, MOST_FINISHED)) if best.confidence < SURE else best

    def _heard(self, audio: Float32, options: DecodeOptions, way: Way) -> Hypothesis:
        """Words' times are in the audio that was asked about, whatever the way made of it."""
        n_context = options.context.n_samples
        asked = replace(options, draft=(), n_kept=0)
        n_cut = 0
        if way.is_alone:
            n_cut = way.n_cut if audio.size - n_context > 2 * way.n_cut else 0
            audio, asked = audio[n_context + n_cut :], replace(asked, context=NO_CONTEXT)
        audio = np.pad(levelled(audio, way.level_dbfs), (way.n_before, way.n_behind))
        if asked.context.n_samples:
            asked = replace(asked, context=replace(asked.context, n_samples=n_context + way.n_before))
            return self._recognizer.transcribe(audio, asked)
        return _moved(self._recognizer.transcribe(audio, asked), (n_cut - way.n_before) / SAMPLE_RATE_HZ)


def is_doubtful(hypothesis: Hypothesis, *, speech_share: float) -> bool:
    """Whether it is worth hearing again. No text is, where the voice detector found speech."""
    return hypothesis.confidence < SURE and (bool(hypothesis.text) or speech_share >= LITTLE_SPEECH)


def levelled(audio: Float32, level_dbfs: float) -> Float32:
    """As loud as that over all, or as it can be without clipping. Silence stays silent."""
    if not audio.size:
        return audio
    rms, peak = float(np.sqrt(np.square(audio).mean())), float(np.abs(audio).max())
    if rms < SILENT_RMS:
        return audio
    return audio * np.float32(min(10 ** (level_dbfs / 20) / rms, LOUDEST / peak))


def _moved(hypothesis: Hypothesis, by_s: float) -> Hypothesis:
    words = tuple(_word_moved(word, by_s) for word in hypothesis.words) if by_s else hypothesis.words
    return replace(hypothesis, words=words)


def _word_moved(word: Word, by_s: float) -> Word:
    return replace(word, s=max(0.0, word.s + by_s), e=max(0.0, word.e + by_s))

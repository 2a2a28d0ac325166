"""Hear an utterance again, a little otherwise, where the model doubts itself: what it is surest of is kept. Pure.

What a small model makes of difficult speech depends on things that mean nothing: how loud it is, where its frames
fall, how much silence is around it, what was said before. A word that is there is heard in most of these ways, a guess
in one. The field calls it test-time augmentation with a choice by confidence. Measured with moonshine-base-en on the
finals of the live pipeline (WER in percent, each stream in several places of the detector's windows): read speech 10.2
to 9.1, a simulated meeting 11.9 to 10.9, headsets of a real meeting 24.7 to 17.9. To average what the ways say, token
by token, gains less (10.1, 10.3, 23.3); so does a vote. Of read speech's finals 45 % are doubted, at 1.1 further
hearings for each final; each takes as long as the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from streaming.recognizers.base import NO_CONTEXT, SAMPLE_RATE_HZ, DecodeOptions, Float32, Hypothesis, Recognizer, Word
from streaming.recognizers.believable import LITTLE_SPEECH

SURE: Final = 0.9  # a confidence that is not asked again; half of all finals have it
# Who is not sure of the words is not sure that they end a sentence: the speaker is given a little longer (see
# `SegmenterSettings.finished`). It hides a part of what hearing again takes.
MOST_FINISHED: Final = 0.7
LOUDEST: Final = 0.99
SILENT_RMS: Final = 1e-6
MOST_LOST: Final = 5  # a surer hearing may lack one word in so many, and one in any case


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the audio is given: as loud as `level_dbfs`, behind `n_before` zeros or without its first samples, and so on.

    Tried while the best hearing's confidence is below `below`. `is_alone`: without what was said before. Levels are
    root mean squares, lengths in samples at 16 kHz.
    """

    level_dbfs: float
    below: float = SURE
    n_before: int = 0
    n_cut: int = 0
    n_behind: int = 0
    is_alone: bool = False


# In this order. A frame of the model is 384 samples: 192 and 96 lay its frames elsewhere. 100 ms of the pre-roll go;
# 300 ms of silence behind the last word make an end of it. The last two help where speech is hard to hear only.
WAYS: Final = (
    Way(level_dbfs=-26, n_before=192),
    Way(level_dbfs=-20, n_cut=1_600, is_alone=True),
    Way(level_dbfs=-20, below=0.85, n_behind=4_800),
    Way(level_dbfs=-20, below=0.85, n_before=96),
)


class Rehearing:
    """A recognizer that says what it doubts, and hears it in other ways when it is asked for something surer."""

    def __init__(self, recognizer: Recognizer, ways: Sequence[Way] = WAYS) -> None:
        self._recognizer = recognizer
        self._ways = tuple(ways)
        self.engine, self.languages = recognizer.engine, recognizer.languages

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        """As the recognizer does; with `surer_than` at most once for each of the ways."""
        if options.surer_than is None:
            heard = self._recognizer.transcribe(audio, options)
            if not _is_doubtful(heard, speech_share=options.speech_share):
                return heard
            return replace(heard, is_doubted=True, finished=min(heard.finished, MOST_FINISHED))
        best = Hypothesis(text="", confidence=options.surer_than, language=self.languages[0])
        for way in self._ways:
            if best.confidence >= way.below:
                continue
            again = self._heard(audio, options, way)
            if again.text and again.confidence > best.confidence and _has_words(again, options.n_words):
                best = again
        return best

    def _heard(self, audio: Float32, options: DecodeOptions, way: Way) -> Hypothesis:
        """Words' times are in the audio that was asked about, whatever the way made of it."""
        n_context = options.context.n_samples
        n_cut = 0
        if way.is_alone:
            n_cut = way.n_cut if audio.size - n_context > 2 * way.n_cut else 0
            audio, options = audio[n_context + n_cut :], replace(options, context=NO_CONTEXT)
        audio = np.pad(levelled(audio, way.level_dbfs), (way.n_before, way.n_behind))
        if options.context.n_samples:
            options = replace(options, context=replace(options.context, n_samples=n_context + way.n_before))
            return self._recognizer.transcribe(audio, options)
        return _moved(self._recognizer.transcribe(audio, options), (n_cut - way.n_before) / SAMPLE_RATE_HZ)


def hearing_again(options: DecodeOptions, heard: Hypothesis) -> DecodeOptions:
    """What to ask for where `heard`, which was asked for with `options`, is doubted. It is no draft of another."""
    return replace(options, draft=(), n_kept=0, surer_than=heard.confidence, n_words=len(heard.words))


def heard_out(recognizer: Recognizer, audio: Float32, options: DecodeOptions) -> Hypothesis:
    """The surest hearing of a recognizer that is in this process."""
    heard = recognizer.transcribe(audio, options)
    if not heard.is_doubted:
        return heard
    again = recognizer.transcribe(audio, hearing_again(options, heard))
    return again if again.text else heard


def _is_doubtful(heard: Hypothesis, *, speech_share: float) -> bool:
    """No text is doubtful too, where the voice detector found speech."""
    return heard.confidence < SURE and (bool(heard.text) or speech_share >= LITTLE_SPEECH)


def _has_words(heard: Hypothesis, n_words: int) -> bool:
    """A model is surer of less: what was heard may be surer for a word that it lost."""
    return len(heard.words) >= n_words - max(1, n_words // MOST_LOST)


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

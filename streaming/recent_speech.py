"""What a session said last: what it says next is understood as its continuation. Pure."""

import numpy as np

from meetings.limits import SAMPLES_PER_MS
from meetings.values import SpeechContext
from streaming.audio.pcm import Float32
from streaming.heard_words import heard_words, tokens_of_words
from streaming.recognizers.base import NO_CONTEXT, Context, Hypothesis

LONGEST_SAMPLES = 2_500 * SAMPLES_PER_MS  # 1.5 s cost a point of WER on read speech; 6 s gain nothing that counts
LONGEST_SILENCE_SAMPLES = 2_000 * SAMPLES_PER_MS  # what comes later is no continuation
EDGE_SAMPLES = 120 * SAMPLES_PER_MS  # word times are no nearer to the truth than that
SENTENCE_MARKS = ".?!…。？！।؟"
NOTHING: Float32 = np.zeros(0, dtype=np.float32)


def context_of(hypothesis: Hypothesis, *, start: int, end: int, language: str) -> SpeechContext | None:
    """The last words of an utterance [start, end) that is over, as many whole ones as fit.

    None if there are none, or the model does not say which of its tokens make them.
    """
    earliest = max(start, end - LONGEST_SAMPLES)
    words = heard_words(hypothesis, start=start)
    kept = [word for word in words if word.start >= earliest + EDGE_SAMPLES * (earliest > start)]
    if not kept:
        return None
    first = max(start, kept[0].start - EDGE_SAMPLES)
    return SpeechContext(start=first, end=end, language=language, tokens=tokens_of_words(kept))


def is_recent(end: int, now: int) -> bool:
    """Whether what ended at sample `end` still belongs to what is said at `now`."""
    return now - end <= LONGEST_SILENCE_SAMPLES


class RecentSpeech:
    """The context of what is said next, with its audio.

    A pause for breath ends an utterance long before a thought is over. Of audio that begins in the middle of a sentence
    a recognizer understands the first words badly; with the words before them, and their audio, it does not.
    """

    def __init__(self, context: SpeechContext | None) -> None:
        """`context` is one that was stored: its audio is sent again, and comes through `recall`."""
        self._context = context
        self._audio = NOTHING
        self._end: int | None = None if context is None else context.end
        self._is_sentence_over = False  # of a stored context only the tokens are known

    def forget(self) -> None:
        self._context, self._audio, self._end = None, NOTHING, None

    def opens_sentence(self, start: int) -> bool:
        """Whether what begins at `start` is known to follow a sentence that is over, or nothing recent."""
        return self._end is None or not is_recent(self._end, start) or self._is_sentence_over

    def recall(self, position: int, samples: Float32) -> None:
        """Samples from `position` on, those of the context among them. Without all of these there is none."""
        known = self._context
        if known is not None and position == known.start + self._audio.size:
            self._audio = np.concatenate([self._audio, samples[: known.end - position]])

    def add(self, audio: Float32, hypothesis: Hypothesis, *, end: int, language: str) -> None:
        """What an utterance that ends at `end` was heard as. One in which nobody said anything changes nothing."""
        if not hypothesis.text:
            return
        start = end - audio.size
        self._end, self._is_sentence_over = end, hypothesis.text.rstrip()[-1:] in SENTENCE_MARKS
        self._context, self._audio = context_of(hypothesis, start=start, end=end, language=language), NOTHING
        if self._context is not None:
            self._audio = audio[self._context.start - start :].copy()

    def pass_over(self, end: int) -> None:
        """Nothing more was said until there: a silent session keeps no audio."""
        if self._context is not None and not is_recent(self._context.end, end):
            self.forget()

    def before(self, start: int, *, language: str) -> tuple[Float32, Context]:
        """(audio, what it was heard as) to put before what begins at `start`; empty when there is nothing recent."""
        known = self._context
        if known is None or known.language != language or not is_recent(known.end, start):
            return NOTHING, NO_CONTEXT
        if self._audio.size != known.end - known.start:
            return NOTHING, NO_CONTEXT
        return self._audio, Context(n_samples=self._audio.size, tokens=known.tokens)

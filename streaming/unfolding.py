"""What is known of the words of an utterance that is still being spoken: where to decode on, what to show. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from meetings.limits import SAMPLES_PER_MS
from streaming.heard_words import HeardWord, heard_words, tokens_of_words
from streaming.recognizers.base import Hypothesis
from streaming.stabilizer import common_length, plain, tokens_of

# Chosen by what a reader of read speech was shown (`python -m bench --keep-history`): words that are shown sooner or
# with less certainty are taken back more often.
CONTEXT_SAMPLES = 1_200 * SAMPLES_PER_MS  # sure words whose audio is decoded again, so that what follows is understood
BRISK_CONTEXT_SAMPLES = 3_000 * SAMPLES_PER_MS  # where there is room for it: nearer to what the final will say
N_GIVEN = 2  # of these words the first are not judged again: the audio may begin in the middle of them
EDGE_SAMPLES = 80 * SAMPLES_PER_MS  # word times are no nearer to the truth than that
HOLD_SAMPLES = 200 * SAMPLES_PER_MS  # a word that ends so near the end of the audio may still become another one
SURE = 0.85
SURE_WHEN_AGREED = 0.5  # two hypotheses in a row said so
SHOWN = 0.88
OLD_SAMPLES = 800 * SAMPLES_PER_MS  # a word that has been heard for so long is not waited for, however unlikely it is
SHOWN_FIRST = 0.2  # the first word says that somebody speaks and is heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Decode the audio from `start` samples after the utterance's start on, with these tokens.

    `given` are taken for granted; `draft` is what was heard last behind them, its first `n_kept` of sure words. In
    front of all that stand the words `before`.
    """

    start: int
    given: tuple[int, ...]
    draft: tuple[int, ...]
    n_kept: int
    n_given_words: int
    first_word: int
    n_pauses: int
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The utterance so far, as tokens for the stabilizer: so many are stable, so many may be shown."""

    tokens: tuple[str, ...]
    n_stable: int
    n_shown: int
    is_over: bool = False


class Unfolding:
    """The words of one utterance.

    Models that say where each word lies are asked about the end of the audio only, with so many sure words before it as
    they need to understand the rest. These are judged again as long as they are heard, and stable from then on. Others
    decode everything each time, and a word is stable when two hypotheses in a row agree on it.
    """

    def __init__(self) -> None:
        self._words: list[HeardWord] = []
        self._n_sure = 0
        self._n_stable = 0
        self._settled: tuple[int, ...] = ()  # tokens of the last pause
        self._n_pauses = 0
        self._shown: list[str] = []
        self._previous: Sequence[str] = ()

    def plan(self, *, is_brisk: bool = False) -> Plan:
        """How to decode what was said since; for a recognizer that takes no tokens, simply from the start."""
        first = self._first_word(BRISK_CONTEXT_SAMPLES if is_brisk else CONTEXT_SAMPLES)
        start = 0
        if first > 0:
            start = min(
                max(self._words[first - 1].end - EDGE_SAMPLES, self._words[first].start - 3 * EDGE_SAMPLES),
                self._words[first].start - EDGE_SAMPLES,
            )
        n_given = min(N_GIVEN, self._n_sure - first) if first else 0
        judged = first + n_given
        return Plan(
            start=max(start, 0),
            given=tokens_of_words(self._words[first:judged]),
            draft=tokens_of_words(self._words[judged:]),
            n_kept=len(tokens_of_words(self._words[judged : self._n_sure])),
            n_given_words=n_given,
            first_word=first,
            n_pauses=self._n_pauses,
            before=tuple(word.text for word in self._words[:first]),
        )

    def settled(self) -> tuple[int, ...]:
        """What the last pause was heard as: where decoding the whole utterance begins.

        What was heard since is left out although it would save work: when it was heard is chance, and a final must come
        out the same in a replay.
        """
        return self._settled

    def hear(self, hypothesis: Hypothesis, plan: Plan, *, end: int) -> Outlook | None:
        """What a decode by `plan` heard until `end` samples after the start; None when another has overtaken it."""
        before = tuple(word.text for word in self._words[: plan.first_word])
        if plan.n_pauses != self._n_pauses or plan.before != before:
            return None
        words = heard_words(hypothesis, start=plan.start)
        if not words:
            return self._agree(hypothesis) if plan.start == 0 else None
        known = [plain(word.text) for word in self._words]
        self._words[plan.first_word :] = words
        agreed = common_length(known, [plain(word.text) for word in self._words])
        self._n_sure = min(self._n_sure, agreed)
        self._n_sure += self._count_sure(agreed, end=end)
        self._n_stable = max(self._n_stable, min(plan.first_word + plan.n_given_words, len(self._words)))
        return self._outlook(n_shown=self._n_sure + self._count_shown(end=end))

    def settle(self, hypothesis: Hypothesis, *, is_over: bool) -> Outlook:
        """What a decode of the whole utterance up to a pause heard. A pause leaves no word half heard."""
        self._n_pauses += 1
        words = heard_words(hypothesis, start=0)
        if not words:
            self._previous = tokens = tuple(tokens_of(hypothesis.text))
            return Outlook(tokens=tokens, n_stable=len(tokens), n_shown=len(tokens), is_over=is_over)
        self._words, self._n_sure, self._settled = words, len(words), hypothesis.tokens
        # A final that is on its way brings the last word with its mark, unless that word was shown already.
        n_shown = common_length(self._shown, [plain(word.text) for word in words])
        return self._outlook(n_shown=max(1, n_shown, len(words) - is_over), is_over=is_over)

    def reach(self, hypothesis: Hypothesis, *, end: int) -> Outlook:
        """The same in the middle of speech, `end` samples after the start: the last words may be half heard."""
        self._n_pauses += 1
        words = heard_words(hypothesis, start=0)
        if not words:
            return self._agree(hypothesis)
        whole = [word for word in words if word.end <= end - HOLD_SAMPLES]
        self._words, self._n_sure, self._settled = words, len(whole), tokens_of_words(whole)
        return self._outlook(n_shown=len(whole) + self._count_shown(end=end))

    def _first_word(self, context_samples: int) -> int:
        """The last word that begins early enough before what is not sure."""
        if self._n_sure == 0:
            return 0
        latest = self._words[self._n_sure - 1].end - context_samples
        return max((index for index in range(self._n_sure) if self._words[index].start <= latest), default=0)

    def _count_sure(self, agreed: int, *, end: int) -> int:
        n_more = 0
        for index, word in enumerate(self._words[self._n_sure :], start=self._n_sure):
            is_agreed = index < agreed
            is_old = is_agreed and word.end <= end - OLD_SAMPLES
            needed = 0.0 if is_old else SURE_WHEN_AGREED if is_agreed else SURE
            if word.end > end - HOLD_SAMPLES or word.confidence < needed:
                break
            n_more += 1
        return n_more

    def _count_shown(self, *, end: int) -> int:
        """Words behind the sure ones: what was shown and is still heard stays, and what is likely joins it."""
        n_more = common_length(self._shown, [plain(word.text) for word in self._words]) - self._n_sure
        n_more = max(n_more, 0)
        for word in self._words[self._n_sure + n_more :]:
            is_first = not self._shown and self._n_sure + n_more == 0
            is_old = word.end <= end - OLD_SAMPLES
            is_likely = is_old or word.confidence >= (SHOWN_FIRST if is_first else SHOWN)
            if not is_likely or (n_more and not self._shown):
                break
            n_more += 1
        return n_more

    def _outlook(self, *, n_shown: int, is_over: bool = False) -> Outlook:
        self._shown = [plain(word.text) for word in self._words[:n_shown]]
        tokens = tuple(f" {word.text}" for word in self._words)
        return Outlook(tokens=tokens, n_stable=self._n_stable, n_shown=n_shown, is_over=is_over)

    def _agree(self, hypothesis: Hypothesis) -> Outlook:
        tokens = tuple(tokens_of(hypothesis.text))
        agreed = common_length(self._previous, tokens)
        self._previous = tokens
        return Outlook(tokens=tokens, n_stable=agreed, n_shown=len(tokens))

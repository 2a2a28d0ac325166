"""Greedy decoding with an encoder and a decoder that keeps what it has computed, in onnxruntime on one thread."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from streaming.recognizers.base import Float32, ModelCorrupt
from streaming.recognizers.rescoring import MOST_ALLOWED

END_TOKEN: Final = 2

# Words of the last pause are kept where they are nearly as likely as others: a reader sees every change.
KEPT_RATIO: Final = 0.25
NAMED_RATIO: Final = math.exp(-MOST_ALLOWED)
# Judging many tokens in one call rounds otherwise than choosing one by one: nearly equal is equal.
EQUAL_RATIO: Final = 0.7

Feed = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What may be taken over: `given` without a question, `likely` where it stands up to the audio.

    Of `likely` the first `n_kept` are kept where they are nearly as likely as others; of these the ones at the indices
    `named` make words of the vocabulary, which need be less so.
    """

    given: tuple[int, ...] = ()
    likely: tuple[int, ...] = ()
    n_kept: int = 0
    named: frozenset[int] = frozenset()

    def least_ratio(self, at: int) -> float:
        """How likely token `at` must be, compared with the likeliest one, to be taken over."""
        at -= len(self.given)
        if at < 0:
            return 0.0
        if at in self.named:
            return NAMED_RATIO
        return KEPT_RATIO if at < self.n_kept else EQUAL_RATIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """`probabilities`, `logits` and rows of `alignment` (n_tokens + 1, n_frames) are of the tokens and their end."""

    tokens: tuple[int, ...]
    probabilities: tuple[float, ...]
    alignment: Float32
    logits: tuple[Float32, ...]
    n_given: int = 0
    is_cut: bool = False

    @property
    def confidence(self) -> float:
        """The mean probability of the tokens that were chosen, the end among them."""
        return float(np.mean(self.probabilities[self.n_given :]))

    def behind_first(self) -> "Decoded":
        """What stands behind the first token."""
        return replace(
            self,
            tokens=self.tokens[1:],
            probabilities=self.probabilities[1:],
            alignment=self.alignment[1:],
            logits=self.logits[1:],
            n_given=max(0, self.n_given - 1),
        )


class Graph:
    """An ONNX model as a function of named values."""

    def __init__(self, path: Path) -> None:
        self._session = _session(path)
        self.shapes = {part.name: part.shape for part in self._session.get_inputs()}
        self._outputs = tuple(part.name for part in self._session.get_outputs())

    def run(self, feed: Feed) -> Feed:
        return dict(zip(self._outputs, self._session.run(None, feed), strict=True))


class DecoderCache:
    """The decoder and what it has computed for the tokens so far, which stand behind those of the prompt."""

    def __init__(self, decoder: Graph, feed: Feed, prompt: tuple[int, ...]) -> None:
        self._decoder = decoder
        self._feed = feed
        self._prompt = prompt

    @property
    def last_of_prompt(self) -> int:
        return self._prompt[-1]

    def prolong_prompt(self, token: int) -> None:
        """The first token behind the prompt becomes the prompt's last one."""
        self._prompt = (*self._prompt, token)

    def copy(self) -> "DecoderCache":
        return DecoderCache(self._decoder, dict(self._feed), self._prompt)

    def begin(self, tokens: tuple[int, ...]) -> tuple[Float32, Float32]:
        """As `feed`, of the prompt and each of the tokens: the first rows are of what follows the prompt."""
        self.cut(0)
        n_past = next(part.shape[2] for name, part in self._feed.items() if name.startswith("past_"))
        logits, rows = self.feed((*self._prompt[n_past:], *tokens))
        return logits[-1 - len(tokens) :], rows[-1 - len(tokens) :]

    def feed(self, tokens: tuple[int, ...]) -> tuple[Float32, Float32]:
        """(logits (n, vocabulary), alignment (n, n_frames)) of what follows each of the tokens."""
        given = self._decoder.run(self._feed | {"input_ids": np.array([tokens], dtype=np.int64)})
        self._feed |= {name.replace("present_", "past_"): part for name, part in given.items() if "present_" in name}
        return given["logits"][0], given["alignment"][0]

    def cut(self, n_tokens: int) -> None:
        """Forget the last tokens, so that the first `n_tokens` behind the prompt can be followed by others.

        The last of what is left is fed again, for it is known by what it was fed for.
        """
        n_left = len(self._prompt) - 1 + n_tokens
        for name in self._feed:
            if name.startswith("past_"):
                self._feed[name] = np.ascontiguousarray(self._feed[name][:, :, :n_left])


def decode(cache: DecoderCache, draft: Draft, *, max_tokens: int, may_be_silence: bool = True) -> Decoded:
    """All of the draft is judged in one call of the decoder; from where it falls, tokens come one by one."""
    n_given = min(len(draft.given), max_tokens)
    drafted = (*draft.given, *draft.likely)[:max_tokens]
    logits, rows = cache.begin(drafted)
    if not may_be_silence:
        logits[0, END_TOKEN] = -np.inf
    tokens: list[int] = []
    probabilities: list[float] = []
    chosen_by: list[Float32] = []
    first = 0  # the token that logits[0] are about
    while True:
        expected = drafted[len(tokens)] if len(tokens) < len(drafted) else None
        chosen_by.append(logits[len(tokens) - first])
        token, probability = _choose(chosen_by[-1], expected, ratio=draft.least_ratio(len(tokens)))
        probabilities.append(probability)
        is_cut = token != END_TOKEN and len(tokens) == max_tokens
        if token == END_TOKEN or is_cut:
            break
        tokens.append(token)
        if token == expected:
            continue
        if expected is not None:
            cache.cut(len(tokens))
            rows, drafted = rows[: len(tokens)], ()
        logits, row = cache.feed((token,))
        rows, first = np.concatenate([rows, row]), len(tokens)
    return Decoded(
        tokens=tuple(tokens),
        probabilities=tuple(probabilities),
        alignment=rows[: len(tokens) + 1],
        logits=tuple(chosen_by),
        n_given=min(n_given, len(tokens)),
        is_cut=is_cut,
    )


def _choose(logits: Float32, expected: int | None, *, ratio: float) -> tuple[int, float]:
    """(token, its probability): the likeliest one, or the expected one if it is at least `ratio` as likely."""
    best = int(logits.argmax())
    weights = np.exp(logits - logits[best])
    if expected is not None and weights[expected] >= ratio:
        best = expected
    return best, float(weights[best] / weights.sum())


def _session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # a second thread gains less than a second process
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # onnxruntime raises a dozen unrelated classes for files that it cannot load
        raise ModelCorrupt(f"{path} is not a model that can be loaded.") from problem

"""Moonshine (Jeffries et al. 2024) prepared to int8, decoded greedily with key-value caches on one thread."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from streaming.recognizers.alignment import token_times
from streaming.recognizers.base import (
    SAMPLE_RATE_HZ,
    DecodeOptions,
    Float32,
    Hypothesis,
    LanguageUnsupported,
    ModelCorrupt,
    language_is_supported,
)
from streaming.recognizers.believable import LITTLE_SPEECH
from streaming.recognizers.loops import loops_cut
from streaming.recognizers.pieces import Pieces, pieces_parse
from streaming.recognizers.rescoring import MOST_ALLOWED, Understood, changed, changes
from streaming.recognizers.vocabulary import Entry, entries_of, named
from streaming.speech_models.prepared import PreparedModel

START_TOKEN: Final = 1
END_TOKEN: Final = 2
MAX_TOKENS_PER_SECOND: Final = 6.5  # faster than anybody speaks; a decoder that repeats itself ends here
EXTRA_TOKENS: Final = 2
MIN_SAMPLES: Final = SAMPLE_RATE_HZ // 10

# Noise and rooms give no tokens at all; only voices that nobody could understand (babble) give inventions, with a mean
# probability of 0.27 to 0.52, where of 117 stretches of meetings, phone and read speech the least certain had 0.48.
MIN_CONFIDENCE: Final = 0.4

# The model at times ends before the first word of speech that it could well have written down. If it is less sure of
# silence than this, it is asked what it would have said, and believed when it is sure of that. On the recordings
# measured this brings back "He would not.", "Okay, I'm here."; of 150 stretches of noise it makes one into words, and
# none where the voice detector found enough speech: elsewhere silence is believed.
SURE_OF_SILENCE: Final = 0.9
SURE_OF_SPEECH: Final = 0.6
MIN_TOKENS_SPOKEN: Final = 2

# Words of the last pause are kept where they are nearly as likely as others: a reader sees every change.
KEPT_RATIO: Final = 0.25
NAMED_RATIO: Final = math.exp(-MOST_ALLOWED)
# Judging many tokens in one call rounds otherwise than choosing one by one: nearly equal is equal.
EQUAL_RATIO: Final = 0.7

FRAME_S: Final = 384 / SAMPLE_RATE_HZ

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


class _Graph:
    """An ONNX model as a function of named values."""

    def __init__(self, path: Path) -> None:
        self._session = _session(path)
        self.shapes = {part.name: part.shape for part in self._session.get_inputs()}
        self._outputs = tuple(part.name for part in self._session.get_outputs())

    def run(self, feed: Feed) -> Feed:
        return dict(zip(self._outputs, self._session.run(None, feed), strict=True))


class _Cache:
    """The decoder and what it has computed for the tokens so far."""

    def __init__(self, decoder: _Graph, feed: Feed) -> None:
        self._decoder = decoder
        self._feed = feed

    def copy(self) -> "_Cache":
        return _Cache(self._decoder, dict(self._feed))

    def feed(self, tokens: tuple[int, ...]) -> tuple[Float32, Float32]:
        """(logits (n, vocabulary), alignment (n, n_frames)) of what follows each of the tokens."""
        given = self._decoder.run(self._feed | {"input_ids": np.array([tokens], dtype=np.int64)})
        self._feed |= {name.replace("present_", "past_"): part for name, part in given.items() if "present_" in name}
        return given["logits"][0], given["alignment"][0]

    def cut(self, n_tokens: int) -> None:
        """Forget all but the first tokens."""
        for name in self._feed:
            if name.startswith("past_"):
                self._feed[name] = np.ascontiguousarray(self._feed[name][:, :, :n_tokens])


class MoonshineRecognizer:
    """Loads in about a second. Cost grows with the length of the audio: nothing is padded to 30 s."""

    def __init__(self, model: PreparedModel) -> None:
        """Raises ModelCorrupt."""
        self.engine = model.name
        self.languages = model.languages
        self._encoder = _Graph(model.path / "encoder.onnx")
        self._decoder = _Graph(model.path / "decoder.onnx")
        self._pieces = Pieces(pieces_parse(_read(model.path / "tokenizer.bin")))
        past = {name: shape for name, shape in self._decoder.shapes.items() if name.startswith("past_")}
        self._nothing_past: Feed = {
            name: np.zeros((1, n_heads, 0, head_dim), dtype=np.float32)
            for name, (_, n_heads, _, head_dim) in past.items()
        }

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        """Words and their times always come with the text: they cost next to nothing."""
        if not language_is_supported(self.languages, options.language):
            raise LanguageUnsupported(f"{self.engine} does not know the language {options.language}.")
        is_doubtful = options.speech_share < LITTLE_SPEECH
        heard, cache = self._heard(audio, self._draft(options), believes_silence=is_doubtful)
        if heard.confidence < MIN_CONFIDENCE or not heard.tokens:
            return Hypothesis(text="", confidence=heard.confidence, language=self.languages[0])
        confidence = heard.confidence
        if options.vocabulary and options.want_words:
            heard = self._with_names(heard, cache, entries_of(options.vocabulary))
        starts, ends = token_times(heard.alignment, FRAME_S)
        words = self._pieces.words(heard.tokens, heard.probabilities, starts, ends)
        hypothesis = Hypothesis(
            text=" ".join(word.w for word in words),
            confidence=confidence,
            language=self.languages[0],
            words=words,
            finished=heard.probabilities[-2] if self._pieces.is_stop(heard.tokens[-1]) else 0.0,
            tokens=heard.tokens,
        )
        return loops_cut(hypothesis)

    def _draft(self, options: DecodeOptions) -> Draft:
        """A mark at the end of what is given was a guess when it was heard: it is only likely."""
        known = range(self._pieces.n_pieces)
        given, draft = (tuple(t for t in part if t in known) for part in (options.given, options.draft))
        n_kept = options.n_kept
        if given and self._pieces.is_mark(given[-1]):
            given, draft = given[:-1], draft or given[-1:]
        while n_kept and self._pieces.is_mark(draft[min(n_kept, len(draft)) - 1]):
            n_kept -= 1
        kept_names = self._named(draft[:n_kept], options.vocabulary) if options.vocabulary and n_kept else frozenset()
        return Draft(given=given, likely=draft, n_kept=n_kept, named=kept_names)

    def _named(self, tokens: tuple[int, ...], vocabulary: tuple[str, ...]) -> frozenset[int]:
        """Indices of the tokens of words that the last pause may have brought in: a partial would take them back."""
        nothing = np.zeros(len(tokens), dtype=np.float32)
        words = self._pieces.words(tokens, (0.0,) * len(tokens), nothing, nothing)
        found = named([word.w for word in words], entries_of(vocabulary))
        of_words = [at for at, word in enumerate(words) for _ in range(word.n)]
        return frozenset(index for index, at in enumerate(of_words) if at in found)

    def _with_names(self, heard: Decoded, cache: _Cache, entries: Sequence[Entry]) -> Decoded:
        """The same with words of the vocabulary where the audio allows them."""
        nothing = np.zeros(len(heard.tokens), dtype=np.float32)
        words = self._pieces.words(heard.tokens, heard.probabilities, nothing, nothing)
        understood = Understood(
            tokens=heard.tokens if heard.is_cut else (*heard.tokens, END_TOKEN),
            logits=heard.logits,
            words=tuple(word.w for word in words),
            n_tokens=tuple(word.n for word in words),
        )
        made = changes(cache, understood, entries, self._pieces, start=START_TOKEN)
        if not made:
            return heard
        tokens, sure = changed(heard.tokens, made)
        cache.cut(0)
        again = self._decode(cache, Draft(given=tokens), max_tokens=len(tokens))
        probabilities = tuple(sure.get(at, probability) for at, probability in enumerate(again.probabilities))
        return replace(again, probabilities=probabilities)

    def _heard(self, audio: Float32, draft: Draft, *, believes_silence: bool) -> tuple[Decoded, _Cache]:
        if len(audio) < MIN_SAMPLES:
            audio = np.pad(audio, (0, MIN_SAMPLES - len(audio)))
        max_tokens = int(len(audio) / SAMPLE_RATE_HZ * MAX_TOKENS_PER_SECOND) + EXTRA_TOKENS
        cache = _Cache(self._decoder, self._encoder.run({"input_values": audio[np.newaxis]}) | self._nothing_past)
        silent = cache.copy()
        heard = self._decode(cache, draft, max_tokens=max_tokens)
        if heard.tokens or heard.confidence >= SURE_OF_SILENCE or believes_silence:
            return heard, cache
        instead = self._decode(silent, Draft(), max_tokens=max_tokens, may_be_silence=False)
        is_speech = instead.confidence >= SURE_OF_SPEECH and len(instead.tokens) >= MIN_TOKENS_SPOKEN
        return (instead, silent) if is_speech and not instead.is_cut else (heard, cache)

    def _decode(self, cache: _Cache, draft: Draft, *, max_tokens: int, may_be_silence: bool = True) -> Decoded:
        """All of the draft is judged in one call of the decoder; from where it falls, tokens come one by one."""
        n_given = min(len(draft.given), max_tokens)
        drafted = (*draft.given, *draft.likely)[:max_tokens]
        logits, rows = cache.feed((START_TOKEN, *drafted))
        if not may_be_silence:
            logits[0, END_TOKEN] = -np.inf
        tokens: list[int] = []
        probabilities: list[float] = []
        chosen_by: list[Float32] = []
        first = 0  # the token that logits[0] are about
        while True:
            expected = drafted[len(tokens)] if len(tokens) < len(drafted) else None
            chosen_by.append(logits[len(tokens) - first])
            token, probability = self._choose(chosen_by[-1], expected, ratio=draft.least_ratio(len(tokens)))
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

    def _choose(self, logits: Float32, expected: int | None, *, ratio: float) -> tuple[int, float]:
        """(token, its probability): the likeliest one, or the expected one if it is at least `ratio` as likely."""
        best = int(logits.argmax())
        weights = np.exp(logits - logits[best])
        if expected is not None and weights[expected] >= ratio:
            best = expected
        return best, float(weights[best] / weights.sum())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise ModelCorrupt(f"{path} of the speech model cannot be read ({problem.strerror}).") from problem


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

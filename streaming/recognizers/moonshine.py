"""Moonshine (Jeffries et al. 2024) prepared to int8, decoded greedily with key-value caches on one thread."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from streaming.recognizers.base import (
    SAMPLE_RATE_HZ,
    DecodeOptions,
    Float32,
    Hypothesis,
    LanguageUnsupported,
    ModelCorrupt,
    language_is_supported,
)
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
# measured this brings back "He would not.", "Okay, I'm here."; of 150 stretches of noise it makes one into words.
SURE_OF_SILENCE: Final = 0.9
SURE_OF_SPEECH: Final = 0.6
MIN_TOKENS_SPOKEN: Final = 2

Feed = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """`confidence` is the mean probability of the tokens, the end among them."""

    tokens: tuple[int, ...]
    confidence: float
    is_cut: bool = False


class _Graph:
    """An ONNX model that takes from a feed what it asks for: some exports want masks, and the states at each step."""

    def __init__(self, path: Path) -> None:
        self._session = _session(path)
        self.inputs = tuple(part.name for part in self._session.get_inputs())

    def run(self, feed: Feed) -> list[npt.NDArray[Any]]:
        outputs: list[npt.NDArray[Any]] = self._session.run(None, {name: feed[name] for name in self.inputs})
        return outputs


class MoonshineRecognizer:
    """Loads in about a second. Cost grows with the length of the audio: nothing is padded to 30 s."""

    def __init__(self, model: PreparedModel) -> None:
        """Raises ModelCorrupt."""
        self.engine = model.name
        self.languages = model.languages
        self._encoder = _Graph(model.path / "encoder.onnx")
        self._prefill = _Graph(model.path / "prefill.onnx")
        self._step = _Graph(model.path / "step.onnx")
        self._tokens = tokens_parse(_read(model.path / "tokenizer.bin"))
        # Both decoders give logits first and the cache behind it, in the order in which `step` takes it.
        self._cache_names = [name for name in self._step.inputs if name.startswith("past_key_values.")]

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        """The model knows no word times: `words` stays empty."""
        if not language_is_supported(self.languages, options.language):
            raise LanguageUnsupported(f"{self.engine} does not know the language {options.language}.")
        heard = self._heard(audio)
        text = self._text(heard.tokens) if heard.confidence >= MIN_CONFIDENCE else ""
        return Hypothesis(
            text=text, confidence=heard.confidence, language=self.languages[0], tokens=heard.tokens if text else ()
        )

    def _heard(self, audio: Float32) -> Decoded:
        if len(audio) < MIN_SAMPLES:
            audio = np.pad(audio, (0, MIN_SAMPLES - len(audio)))
        max_tokens = int(len(audio) / SAMPLE_RATE_HZ * MAX_TOKENS_PER_SECOND) + EXTRA_TOKENS
        mask = np.ones((1, len(audio)), dtype=np.int64)
        samples: Feed = {"input_values": audio[np.newaxis], "attention_mask": mask}
        states, *_ = self._encoder.run(samples)
        feed: Feed = {
            "input_ids": _one(START_TOKEN),
            "encoder_hidden_states": states,
            "encoder_attention_mask": mask,  # of the samples: the decoder takes every 384th
        }
        logits, *cache = self._prefill.run(feed)
        first: Float32 = logits[0, -1]
        feed |= zip(self._cache_names, cache, strict=True)
        heard = self._greedy(first, feed, max_tokens=max_tokens)
        if heard.tokens or heard.confidence >= SURE_OF_SILENCE:
            return heard
        first[END_TOKEN] = -np.inf
        instead = self._greedy(first, feed, max_tokens=max_tokens)
        is_speech = instead.confidence >= SURE_OF_SPEECH and len(instead.tokens) >= MIN_TOKENS_SPOKEN
        return instead if is_speech and not instead.is_cut else heard

    def _greedy(self, logits: Float32, feed: Feed, *, max_tokens: int) -> Decoded:
        feed = dict(feed)
        tokens: list[int] = []
        probabilities: list[float] = []
        while True:
            token, probability = _likeliest(logits)
            probabilities.append(probability)
            is_cut = token != END_TOKEN and len(tokens) == max_tokens
            if token == END_TOKEN or is_cut:
                return Decoded(tokens=tuple(tokens), confidence=float(np.mean(probabilities)), is_cut=is_cut)
            tokens.append(token)
            feed["input_ids"] = _one(token)
            all_logits, *cache = self._step.run(feed)
            logits = all_logits[0, -1]
            fresh = zip(self._cache_names, cache, strict=True)
            feed |= {name: part for name, part in fresh if ".encoder." not in name}

    def _text(self, tokens: tuple[int, ...]) -> str:
        data = b"".join(self._tokens[token] for token in tokens if token < len(self._tokens))
        return re.sub(r"\s+", " ", data.decode("utf-8", "ignore").replace("\u2581", " ")).strip()


def tokens_parse(data: bytes) -> list[bytes]:
    """`tokenizer.bin`: for each token its length (one byte; from 128 on the next byte × 128 more), then its bytes.

    Raises ModelCorrupt.
    """
    tokens: list[bytes] = []
    at = 0
    try:
        while at < len(data):
            n_bytes = data[at]
            at += 1
            if n_bytes >= 128:
                n_bytes += data[at] * 128 - 128
                at += 1
            if at + n_bytes > len(data):
                raise IndexError
            tokens.append(data[at : at + n_bytes])
            at += n_bytes
    except IndexError:
        raise ModelCorrupt("The tokenizer of the speech model is cut off.") from None
    return tokens


def _likeliest(logits: Float32) -> tuple[int, float]:
    token = int(logits.argmax())
    return token, float(1.0 / np.exp(logits - logits[token]).sum())


def _one(token: int) -> npt.NDArray[np.int64]:
    return np.array([[token]], dtype=np.int64)


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

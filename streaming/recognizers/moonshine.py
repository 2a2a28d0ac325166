"""Moonshine (Jeffries et al. 2024) prepared to int8, decoded greedily with key-value caches on one thread."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

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
from streaming.recognizers.loops import loops_cut, unfinished_cut
from streaming.recognizers.moonshine_decoding import END_TOKEN, Decoded, DecoderCache, Draft, Feed, Graph, decode
from streaming.recognizers.pieces import Pieces, pieces_parse
from streaming.recognizers.rescoring import Understood, changed, changes
from streaming.recognizers.vocabulary import Entry, entries_of, named
from streaming.speech_models.prepared import PreparedModel

START_TOKEN: Final = 1
MAX_TOKENS_PER_SECOND: Final = 6.5  # faster than anybody speaks; a decoder that repeats itself ends here
MORE_TOKENS: Final = {"uk": 8.0} | dict.fromkeys(
    ("ar", "ja", "ko", "vi", "zh"), 13.0
)  # a token is less of a word there
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

SAMPLES_PER_FRAME: Final = 384
FRAME_S: Final = SAMPLES_PER_FRAME / SAMPLE_RATE_HZ


class MoonshineRecognizer:
    """Loads in about a second. Cost grows with the length of the audio: nothing is padded to 30 s."""

    def __init__(self, model: PreparedModel) -> None:
        """Raises ModelCorrupt."""
        self.engine = model.name
        self.languages = model.languages
        self._encoder = Graph(model.path / "encoder.onnx")
        self._decoder = Graph(model.path / "decoder.onnx")
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
        heard, cache = self._heard(audio, options, believes_silence=options.speech_share < LITTLE_SPEECH)
        if heard.confidence < MIN_CONFIDENCE or not heard.tokens:
            return Hypothesis(text="", confidence=heard.confidence, language=self.languages[0])
        confidence = heard.confidence
        if options.vocabulary and options.want_words:
            heard = self._with_names(heard, cache, entries_of(options.vocabulary))
        n_frames_before = round(options.context.n_samples / SAMPLES_PER_FRAME)
        starts, ends = token_times(heard.alignment[:, n_frames_before:], FRAME_S)
        words = self._pieces.words(heard.tokens, heard.probabilities, starts, ends)
        hypothesis = Hypothesis(
            text=" ".join(word.w for word in words),
            confidence=confidence,
            language=self.languages[0],
            words=words,
            finished=heard.probabilities[-2] if self._pieces.is_stop(heard.tokens[-1]) else 0.0,
            tokens=heard.tokens,
        )
        return loops_cut(unfinished_cut(hypothesis) if heard.is_cut else hypothesis)

    def _known(self, options: DecodeOptions) -> tuple[tuple[int, ...], Draft]:
        """(what was said before, what may be taken over).

        A mark at the end of what is known was a guess when it was heard: it is only likely.
        """
        known, parts = range(self._pieces.n_pieces), (options.context.tokens, options.given, options.draft)
        before, given, draft = (tuple(token for token in part if token in known) for part in parts)
        n_kept = min(options.n_kept, len(draft))
        if before and not given and self._pieces.is_mark(before[-1]):
            before, draft, n_kept = before[:-1], (before[-1], *draft), n_kept + bool(n_kept)
        if given and self._pieces.is_mark(given[-1]):
            given, draft = given[:-1], draft or given[-1:]
        while n_kept and self._pieces.is_mark(draft[n_kept - 1]):
            n_kept -= 1
        kept_names = self._named(draft[:n_kept], options.vocabulary) if options.vocabulary and n_kept else frozenset()
        return before, Draft(given=given, likely=draft, n_kept=n_kept, named=kept_names)

    def _named(self, tokens: tuple[int, ...], vocabulary: tuple[str, ...]) -> frozenset[int]:
        """Indices of the tokens of words that the last pause may have brought in: a partial would take them back."""
        nothing = np.zeros(len(tokens), dtype=np.float32)
        words = self._pieces.words(tokens, (0.0,) * len(tokens), nothing, nothing)
        found = named([word.w for word in words], entries_of(vocabulary))
        of_words = [at for at, word in enumerate(words) for _ in range(word.n)]
        return frozenset(index for index, at in enumerate(of_words) if at in found)

    def _with_names(self, heard: Decoded, cache: DecoderCache, entries: Sequence[Entry]) -> Decoded:
        """The same with words of the vocabulary where the audio allows them."""
        nothing = np.zeros(len(heard.tokens), dtype=np.float32)
        words = self._pieces.words(heard.tokens, heard.probabilities, nothing, nothing)
        understood = Understood(
            tokens=heard.tokens if heard.is_cut else (*heard.tokens, END_TOKEN),
            logits=heard.logits,
            words=tuple(word.w for word in words),
            n_tokens=tuple(word.n for word in words),
        )
        made = changes(cache, understood, entries, self._pieces, start=cache.last_of_prompt)
        if not made:
            return heard
        tokens, sure = changed(heard.tokens, made)
        again = decode(cache, Draft(given=tokens), max_tokens=len(tokens))
        probabilities = tuple(sure.get(at, probability) for at, probability in enumerate(again.probabilities))
        return replace(again, probabilities=probabilities, is_cut=heard.is_cut)

    def _heard(self, audio: Float32, options: DecodeOptions, *, believes_silence: bool) -> tuple[Decoded, DecoderCache]:
        before, draft = self._known(options)
        if len(audio) < MIN_SAMPLES:
            audio = np.pad(audio, (0, MIN_SAMPLES - len(audio)))
        asked_s = (len(audio) - options.context.n_samples) / SAMPLE_RATE_HZ
        max_tokens = int(asked_s * MORE_TOKENS.get(self.languages[0], MAX_TOKENS_PER_SECOND)) + EXTRA_TOKENS
        encoded = self._encoder.run({"input_values": audio[np.newaxis]})
        cache = DecoderCache(self._decoder, encoded | self._nothing_past, prompt=(START_TOKEN, *before))
        heard = decode(cache, draft, max_tokens=max_tokens)
        if before and heard.tokens and self._pieces.is_mark(heard.tokens[0]):
            cache.prolong_prompt(heard.tokens[0])
            heard = heard.behind_first()
        if heard.tokens or heard.confidence >= SURE_OF_SILENCE or believes_silence:
            return heard, cache
        silent = cache.copy()
        instead = decode(silent, Draft(), max_tokens=max_tokens, may_be_silence=False)
        is_speech = instead.confidence >= SURE_OF_SPEECH and len(instead.tokens) >= MIN_TOKENS_SPOKEN
        return (instead, silent) if is_speech and not instead.is_cut else (heard, cache)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise ModelCorrupt(f"{path} of the speech model cannot be read ({problem.strerror}).") from problem

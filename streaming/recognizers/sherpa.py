"""Models of sherpa-onnx (zipformer, Paraformer, NeMo, SenseVoice, Moonshine, Whisper): those that hear an utterance
as it is spoken, and those that hear it as a whole, behind one interface.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from streaming.recognizers.base import (
    SAMPLE_RATE_HZ,
    DecodeOptions,
    Float32,
    Hypothesis,
    LanguageUnsupported,
    Recognizer,
    Word,
    language_is_supported,
)
from streaming.recognizers.sherpa_loading import is_upper_case, language_tell, sherpa_load, takes_hotwords
from streaming.recognizers.stream_states import Heard, StreamStates
from streaming.recognizers.token_words import confidence_of, words_of_tokens
from streaming.speech_models.prepared import PreparedModel
from streaming.speech_models.sherpa_layouts import SherpaModel, sherpa_model

MIN_SAMPLES: Final = SAMPLE_RATE_HZ // 10
FRAME_SAMPLES: Final = SAMPLE_RATE_HZ // 100
DEFAULT_CHUNK_FRAMES: Final = 100
EMISSION_FRAMES: Final = 40  # transducers write a word down a little after they heard it
MAX_HOTWORDS: Final = 200
LANGUAGE_MARK: Final = re.compile(r"<\|([a-z]{2,3})\|>")


def sherpa_recognizer(model: PreparedModel) -> Recognizer:
    """Raises ModelMissing, ModelCorrupt."""
    found = sherpa_model(model.path, name=model.name)
    return StreamingRecognizer(model, found) if found.is_streaming else WholeRecognizer(model, found)


class _SherpaRecognizer:
    def __init__(self, model: PreparedModel, found: SherpaModel) -> None:
        self.engine = model.name
        self.languages = model.languages
        self._model = found
        self._is_upper_case = is_upper_case(found)
        self._takes_hotwords = takes_hotwords(found)
        self._plain = sherpa_load(found, language=self.languages[0])
        self._favouring: Any = None  # loaded when the first meeting gives a vocabulary

    def _stream(self, options: DecodeOptions) -> tuple[Any, Any]:
        """(recognizer, a new stream of it)."""
        if not language_is_supported(self.languages, options.language):
            raise LanguageUnsupported(f"{self.engine} does not know the language {options.language}.")
        if not (hotwords := self._hotwords(options.vocabulary)):
            language_tell(self._plain, self._model, options.language.partition("-")[0].lower(), first=self.languages[0])
            return self._plain, self._plain.create_stream()
        if self._favouring is None:
            self._favouring = sherpa_load(self._model, has_hotwords=True)
        return self._favouring, self._favouring.create_stream(hotwords)

    def _hotwords(self, vocabulary: Sequence[str]) -> str:
        """As sherpa-onnx wants them, separated by slashes; signs that mean something to it are taken out."""
        if not self._takes_hotwords:
            return ""
        words = (re.sub(r"[^\w'’ -]|_", " ", word) for word in vocabulary[:MAX_HOTWORDS])
        kept = [" ".join(word.split()) for word in words]
        joined = "/".join(word for word in kept if word)
        return joined.upper() if self._is_upper_case else joined

    def _hypothesis(self, result: Any, options: DecodeOptions, *, n_samples: int) -> Hypothesis:
        tokens: list[str] = list(result.tokens)
        log_probabilities: list[float] = list(getattr(result, "ys_probs", None) or getattr(result, "ys_log_probs", []))
        text = re.sub(r"\s+", " ", result.text.replace("\u2581", " ")).strip()
        words: tuple[Word, ...] = ()
        if options.want_words:
            words = words_of_tokens(tokens, result.timestamps, log_probabilities, end_s=n_samples / SAMPLE_RATE_HZ)
        if self._is_upper_case:
            text = _sentence(text, options.vocabulary)
            words = _words_like(words, text)
        said = LANGUAGE_MARK.search(getattr(result, "lang", "") or "")
        language = options.language.partition("-")[0].lower() or self.languages[0]
        return Hypothesis(
            text=text,
            confidence=confidence_of(log_probabilities) if text else 0.0,
            language=said[1] if said else language,
            words=words,
        )


class StreamingRecognizer(_SherpaRecognizer):
    """Keeps the state of open utterances, so that each call costs only what is new since the last one.

    A call that names its utterance gives what could be heard so far: the last chunk of audio (0.3 to 1 s, as the model
    is made) may be missing. A call without a name is the whole of an utterance and gives all of it. What a call gives
    depends on its audio and options alone, never on calls before it.
    """

    def __init__(self, model: PreparedModel, found: SherpaModel) -> None:
        """Raises ModelMissing, ModelCorrupt."""
        super().__init__(model, found)
        self._states: StreamStates[tuple[Any, Any]] = StreamStates()
        n_frames = (found.chunk_frames or DEFAULT_CHUNK_FRAMES) + EMISSION_FRAMES
        self._tail = np.zeros(n_frames * FRAME_SAMPLES, dtype=np.float32)

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        key = (options.stream, options.language, *options.vocabulary)
        heard = self._states.take(key, audio) if options.stream else None
        if heard is None:
            heard = Heard(state=self._stream(options))
        recognizer, stream = heard.state
        stream.accept_waveform(SAMPLE_RATE_HZ, heard.rest_of(audio))
        if not options.stream:
            stream.accept_waveform(SAMPLE_RATE_HZ, self._tail)
            stream.input_finished()
        while recognizer.is_ready(stream):
            recognizer.decode_stream(stream)
        if options.stream:
            self._states.keep(key, heard)
        return self._hypothesis(recognizer.get_result_all(stream), options, n_samples=len(audio))


class WholeRecognizer(_SherpaRecognizer):
    """Hears each call's audio from its begin."""

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        """An empty language is detected by models that can (Whisper, SenseVoice)."""
        recognizer, stream = self._stream(options)
        if len(audio) < MIN_SAMPLES:
            audio = np.pad(audio, (0, MIN_SAMPLES - len(audio)))
        stream.accept_waveform(SAMPLE_RATE_HZ, audio)
        recognizer.decode_stream(stream)
        return self._hypothesis(stream.result, options, n_samples=len(audio))


def _sentence(text: str, vocabulary: Sequence[str]) -> str:
    """THE WORDS OF ANN SMITH → The words of Ann Smith, as the vocabulary spells them."""
    small = re.sub(r"\bi\b", "I", text.lower())
    for word in vocabulary:
        if word.strip():
            small = re.sub(rf"(?<!\w){re.escape(word.lower())}(?!\w)", word.replace("\\", ""), small)
    return small[:1].upper() + small[1:]


def _words_like(words: tuple[Word, ...], text: str) -> tuple[Word, ...]:
    """The same words in the letters of `text`."""
    spelled = text.split()
    if len(spelled) != len(words):
        return ()
    return tuple(Word(w=w, s=word.s, e=word.e, c=word.c) for w, word in zip(spelled, words, strict=True))

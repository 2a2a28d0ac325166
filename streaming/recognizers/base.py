"""What every recognizer is and says: the interface, its values and its errors."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word with its place in the audio that was given, in seconds; `c` is its confidence, 0 to 1.

    The short names are those of the wire.
    """

    w: str
    s: float
    e: float
    c: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What was heard. An empty text is an answer too: nothing was said, or nothing that could be believed."""

    text: str
    confidence: float
    language: str
    words: tuple[Word, ...] = ()
    n_tokens: int = 0


class Recognizer(Protocol):
    """A loaded model. Not thread-safe: one call at a time."""

    @property
    def engine(self) -> str: ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Language codes that the model knows; ("*",): it accepts whatever its own detection finds."""
        ...

    def transcribe(self, audio: Float32, *, language: str, want_words: bool = False) -> Hypothesis:
        """`audio` is mono float32 in [-1, 1) at 16 kHz, at most about 30 s; shorter than 0.1 s is padded.

        Raises LanguageUnsupported.
        """
        ...


def language_is_supported(languages: tuple[str, ...], language: str) -> bool:
    """Region and script are ignored ("en-GB" is "en"); an empty language leaves the choice to the model."""
    return not language or "*" in languages or language.partition("-")[0].lower() in languages


class RecognizerError(Exception):
    """Something that keeps speech from being recognized. The message is one sentence, fit for an operator."""

    code: ClassVar[str] = "recognizer_failed"
    retryable: ClassVar[bool] = False


class RecognizerCrashed(RecognizerError):
    """The recognizer process died or answered nonsense; another one can take the same audio."""

    code, retryable = "recognizer_crashed", True


class RecognizerTimeout(RecognizerError):
    """No answer in time. The process was given up, since it may still be at work on the old audio."""

    code, retryable = "recognizer_timeout", True


class RecognizerClosed(RecognizerError):
    """The pool or the process was closed while somebody still wanted it."""

    code = "recognizer_closed"


class LanguageUnsupported(RecognizerError):
    """The loaded model does not know the language that was asked for."""

    code = "language_unsupported"


class ModelMissing(RecognizerError):
    """The speech model is not there and could not be fetched."""

    code = "model_missing"


class ModelCorrupt(RecognizerError):
    """Files of the speech model are incomplete or not what they should be."""

    code = "model_corrupt"

"""What every recognizer is and says: the interface, its values and its errors."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from meetings.language_tags import code_of

Float32 = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word with its place in the audio that was given, in seconds; `c` is its confidence, 0 to 1.

    The short names are those of the wire. `n` is how many of the hypothesis's tokens make it; 0: not told.
    """

    w: str
    s: float
    e: float
    c: float
    n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What was heard. An empty text is an answer too: nothing was said, or nothing that could be believed.

    `finished` is how likely a sentence ends here, 0 to 1; 0 where the model cannot tell.
    `is_doubted`: the recognizer is not sure of it, and knows other ways to hear it (`DecodeOptions.surer_than`).
    `engine` is the name of the model that decoded it. A recognizer leaves it empty; what holds the models fills it in.
    """

    text: str
    confidence: float
    language: str
    words: tuple[Word, ...] = ()
    finished: float = 0.0
    is_doubted: bool = False
    engine: str = ""
    tokens: tuple[int, ...] = ()  # of the model's own vocabulary: what a later call may be given as its draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the audio begins with before what is asked about: so many samples, and what they were heard as."""

    n_samples: int = 0
    tokens: tuple[int, ...] = ()


NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeOptions:
    """What a recognizer is told about audio beside its samples. All of it but the language is advice.

    - `language`: a tag such as "de-AT". It is never left to the model: utterances are too short to guess from.
    - `vocabulary`: names and jargon that may be said, in the spelling that is wanted.
    - `context`: what was said before, so that the rest is understood better. The hypothesis, its words and their times
      are of the audio behind it. It comes from earlier hypotheses: models that give no tokens are given none.
    - `given`: tokens that the audio begins with, as an earlier hypothesis heard them: they are not questioned.
    - `draft`: tokens of an earlier hypothesis of what follows, perhaps of less of it. What stands up to the audio is
      taken over instead of being decoded again; the rest is ignored. The first `n_kept` are also kept where the model
      would now rather hear something else, but hardly so.
    - `stream`: names the utterance that the audio is the begin of. A model that hears as it goes keeps its state under
      this name and hears only what is new; it must give the same without that state.
    - `speech_share`: how much of the audio the voice detector takes for speech, 0 to 1: text of little
      speech is doubted.
    - `surer_than`: the confidence of an earlier hearing of the same that was doubted; `n_words`: how many words it had.
      A recognizer that knows other ways tries them, and gives no text where none is surer; the others do as always.
    """

    language: str
    want_words: bool = False
    vocabulary: tuple[str, ...] = ()
    context: Context = NO_CONTEXT
    given: tuple[int, ...] = ()
    draft: tuple[int, ...] = ()
    n_kept: int = 0
    stream: str = ""
    speech_share: float = 1.0
    surer_than: float | None = None
    n_words: int = 0


class Recognizer(Protocol):
    """A loaded model. Not thread-safe: one call at a time."""

    @property
    def engine(self) -> str: ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Language codes that the model knows; ("*",): it takes every one."""
        ...

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        """`audio` is mono float32 in [-1, 1) at 16 kHz, at most about 30 s; shorter than 0.1 s is padded.

        Raises LanguageUnsupported.
        """
        ...


def language_is_supported(languages: tuple[str, ...], language: str) -> bool:
    """Region and script are ignored ("en-GB" is "en"). No language is none: nothing is guessed."""
    return code_of(language, languages) is not None


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

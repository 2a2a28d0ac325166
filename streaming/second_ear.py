"""The recognizer of the second pass: a process beside the live ones, behind all else, gone when it is done."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from django.conf import settings

from meetings.recordings.flac import Int16
from meetings.second_pass.hearing import Heard, HearingFailed
from meetings.values import WordTiming
from streaming.recognizers.base import (
    SAMPLE_RATE_HZ,
    DecodeOptions,
    Float32,
    Hypothesis,
    LanguageUnsupported,
    RecognizerError,
    Word,
)
from streaming.recognizers.process import RecognizerProcess
from streaming.recognizers.rehearing import hearing_again
from streaming.speech_models.catalog import MODELS
from streaming.speech_models.prepared import MANIFEST_NAME, PreparedModel
from streaming.speech_models.store import models_ensure

NICENESS: Final = 10  # whatever else wants to run gets nine times as much; at 19 a busy machine would starve it
LONGEST_SAMPLES: Final = 30 * SAMPLE_RATE_HZ  # what models take at once
TIMEOUT_S: Final = 60.0  # everything else on the machine comes first
TIMEOUT_X: Final = 10.0  # and so many times the length
BEST_FIRST: Final = ("moonshine-base-en", "whisper-base", "moonshine-tiny-en")

Launch = Callable[..., RecognizerProcess]


@contextmanager
def second_ear(launch: Launch = RecognizerProcess) -> Iterator["SecondEar"]:
    """With the models of the settings. Raises HearingFailed: there are none."""
    try:
        models = models_ensure(
            second_pass_models(),
            directory=Path(settings.SPEECH_MODEL_DIR) if settings.SPEECH_MODEL_DIR else None,
            cache=settings.DATA_DIR / "models",
        )
    except RecognizerError as error:
        raise HearingFailed(error.code, is_everything=True) from error
    ear = SecondEar(models, launch=launch)
    try:
        yield ear
    finally:
        ear.close()


def second_pass_models() -> tuple[str, ...]:
    """What SECOND_PASS_MODEL says; else the best that is here: an operator's own, then the catalogue's larger ones."""
    if settings.SECOND_PASS_MODELS:
        return tuple(settings.SECOND_PASS_MODELS)
    own = [name for name in settings.SPEECH_MODELS if name not in MODELS]
    here = [name for name in BEST_FIRST if name in settings.SPEECH_MODELS or _is_prepared(name)]
    return (*own, *here)


class SecondEar:
    """Synchronous, with an event loop of its own: whoever works on rows waits for each answer anyway."""

    def __init__(self, models: Sequence[PreparedModel], *, launch: Launch = RecognizerProcess) -> None:
        self._models = models
        self._launch = launch
        self._process: RecognizerProcess | None = None
        self._runner = asyncio.Runner()

    def hear(self, samples: Int16, *, start: int, language: str, vocabulary: tuple[str, ...]) -> Heard:
        """Raises HearingFailed."""
        if samples.size > LONGEST_SAMPLES:
            raise HearingFailed("too_long")
        audio = samples.astype(np.float32) / np.float32(32_768)
        options = DecodeOptions(language=language, want_words=True, vocabulary=vocabulary)
        hypothesis = self._runner.run(self._transcribe(audio, options))
        if hypothesis.is_doubted:
            again = self._runner.run(self._transcribe(audio, hearing_again(options, hypothesis)))
            hypothesis = again if again.text else hypothesis
        return Heard(
            engine=hypothesis.engine,
            language=hypothesis.language,
            words=tuple(_timing(word, start) for word in hypothesis.words),
        )

    def close(self) -> None:
        if self._process is not None:
            self._runner.run(self._process.close())
        self._runner.close()

    async def _transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        """A process that died of something is replaced for the next call."""
        if self._process is None or not self._process.is_alive:
            self._process = await self._started()
        timeout_s = TIMEOUT_S + TIMEOUT_X * audio.size / SAMPLE_RATE_HZ
        try:
            return await self._process.transcribe(audio, options, timeout_s=timeout_s)
        except LanguageUnsupported as error:
            raise HearingFailed(error.code) from error
        except RecognizerError as error:
            await self._process.close()
            raise HearingFailed(error.code) from error

    async def _started(self) -> RecognizerProcess:
        if self._process is not None:
            await self._process.close()
        process = self._launch(*self._models, name="second-pass", niceness=NICENESS)
        try:
            await process.start(timeout_s=3 * TIMEOUT_S)
        except RecognizerError as error:
            raise HearingFailed(error.code, is_everything=True) from error
        return process


def _timing(word: Word, start: int) -> WordTiming:
    first = start + round(word.s * SAMPLE_RATE_HZ)
    last = start + round(word.e * SAMPLE_RATE_HZ)
    return WordTiming(text=word.w, start=first, end=max(first, last), confidence=min(max(word.c, 0.0), 1.0))


def _is_prepared(name: str) -> bool:
    return (settings.DATA_DIR / "models" / name / MANIFEST_NAME).is_file()

"""Which class decodes which prepared model, and how dear that is."""

from collections.abc import Mapping
from typing import Final

from streaming.recognizers.base import ModelMissing, Recognizer
from streaming.speech_models.prepared import PreparedModel

# What a decode costs beside one of Moonshine, in whole numbers and roughly: engines that are not named here cost 1.
UPDATE_EVERY_X: Final[Mapping[str, int]] = {"whisper": 3}


def update_every_x(engine: str) -> int:
    """How many times rarer than usual the updates of an unfinished sentence should be with this engine."""
    return UPDATE_EVERY_X.get(engine, 1)


def recognizer_load(model: PreparedModel) -> Recognizer:
    """Load `model` into this process (the server uses `pool.py`; tests and the benchmark come here).

    Raises ModelMissing, ModelCorrupt.
    """
    match model.engine:
        case "moonshine":
            from streaming.recognizers.moonshine import MoonshineRecognizer  # one engine's libraries, not both
            from streaming.recognizers.rehearing import Rehearing

            return Rehearing(MoonshineRecognizer(model))
        case "whisper":
            from streaming.recognizers.whisper import WhisperRecognizer

            return WhisperRecognizer(model)
        case "sherpa":
            from streaming.recognizers.sherpa import sherpa_recognizer

            return sherpa_recognizer(model)
        case engine:
            raise ModelMissing(f"No recognizer is built in for models of the kind {engine!r}.")

"""Which class decodes which prepared model."""

from streaming.recognizers.base import ModelMissing, Recognizer
from streaming.speech_models.prepared import PreparedModel


def recognizer_load(model: PreparedModel) -> Recognizer:
    """Load `model` into this process (the server uses `pool.py`; tests and the benchmark come here).

    Raises ModelMissing, ModelCorrupt.
    """
    match model.engine:
        case "moonshine":
            from streaming.recognizers.moonshine import MoonshineRecognizer  # one engine's libraries, not both

            return MoonshineRecognizer(model)
        case "whisper":
            from streaming.recognizers.whisper import WhisperRecognizer

            return WhisperRecognizer(model)
        case engine:
            raise ModelMissing(f"No recognizer is built in for models of the kind {engine!r}.")

"""Several speech models as one recognizer: the first that knows a language decodes it."""

from collections.abc import Sequence
from dataclasses import replace

from meetings.language_tags import tag_normalise
from streaming.recognizers.base import (
    DecodeOptions,
    Float32,
    Hypothesis,
    LanguageUnsupported,
    ModelCorrupt,
    Recognizer,
)
from streaming.recognizers.believable import believed
from streaming.recognizers.canary import canary_load
from streaming.recognizers.registry import recognizer_load
from streaming.speech_models.prepared import PreparedModel, languages_of, model_for


class SeveralModels:
    """The first model is loaded at once. Each of the others is loaded, and has to understand known speech, when it is
    first needed: its memory is spent only where its languages are spoken. That takes a second or two, once.
    """

    def __init__(self, models: Sequence[PreparedModel]) -> None:
        """Raises ModelMissing, ModelCorrupt."""
        self._models = tuple(models)
        self._loaded: dict[PreparedModel, Recognizer] = {self._models[0]: recognizer_load(self._models[0])}
        self.engine = self._models[0].name
        self.languages = languages_of(self._models)

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        """Raises LanguageUnsupported, and what loading a model raises: the next call tries it again."""
        model = model_for(self._models, options.language)
        if model is None:
            asked = options.language or "that was not named"
            raise LanguageUnsupported(f"No speech model of this node knows the language {asked}.")
        hypothesis = believed(
            self._recognizer(model).transcribe(audio, options), engine=model.engine, share=options.speech_share
        )
        language = tag_normalise(options.language) or options.language
        return replace(hypothesis, engine=model.name, language=language)

    def _recognizer(self, model: PreparedModel) -> Recognizer:
        if model not in self._loaded:
            recognizer = recognizer_load(model)
            self._prove(recognizer, model)
            self._loaded[model] = recognizer
        return self._loaded[model]

    def _prove(self, recognizer: Recognizer, model: PreparedModel) -> None:
        speech = next((each.speech for each in self._models if each.speech is not None), None)
        canary = canary_load(model, speech=speech)
        if not canary.is_heard_in(recognizer.transcribe(canary.audio, canary.options).text):
            raise ModelCorrupt(f"The speech model {model.name} does not understand known speech.")

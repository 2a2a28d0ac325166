"""`manage.py speech_model [NAMES]`: fetch and prepare speech models ahead of time; prints where they are."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from streaming.recognizers.base import RecognizerError
from streaming.speech_models.catalog import MODELS
from streaming.speech_models.display import ProgressDisplay
from streaming.speech_models.store import models_ensure, speech_samples


class Command(BaseCommand):
    help = "Fetches, prepares and verifies speech models, and prints the directory of each."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help=f"{', '.join(MODELS)}, a directory, or an address with #sha256= (default: SPEECH_MODEL)",
        )
        parser.add_argument("--samples", action="store_true", help="fetch recordings of speech for the tests as well")

    def handle(self, *args: Any, names: list[str], samples: bool, **options: Any) -> None:
        cache = Path(settings.DATA_DIR) / "models"
        directory = Path(settings.SPEECH_MODEL_DIR) if settings.SPEECH_MODEL_DIR else None
        try:
            with ProgressDisplay(sys.stderr) as progress:
                models = models_ensure(
                    names or settings.SPEECH_MODELS, directory=directory, cache=cache, progress=progress
                )
                if samples:
                    speech_samples(cache, progress=progress)
        except RecognizerError as problem:
            raise CommandError(str(problem)) from None
        for model in models:
            self.stdout.write(str(model.path))

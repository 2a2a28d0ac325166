"""What is wrong with the configuration, each with a hint that says what to set."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from streaming.speech_models.catalog import MODELS


@register()
def speech_model_directory_exists(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    directory = settings.SPEECH_MODEL_DIR
    if not directory or Path(directory).is_dir():
        return []
    return [
        Error(
            f"SPEECH_MODEL_DIR is {directory}, which is no directory.",
            hint="Set SPEECH_MODEL_DIR to the directory that holds the model, or leave it empty.",
            id="colloquy.E001",
        )
    ]


@register()
def recordings_directory_can_be_written(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    directory = Path(settings.RECORDINGS_DIR)
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=directory):
            return []
    except OSError as problem:
        return [
            Error(
                f"RECORDINGS_DIR is {directory}, which cannot be written ({problem.strerror}).",
                hint="Make it writable for this user, or set RECORDINGS_DIR to a directory that is.",
                id="colloquy.E004",
            )
        ]


@register()
def recognizer_suits_model(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if settings.RECOGNIZER == "auto":
        return []
    models = [MODELS[name] for name in settings.SPEECH_MODELS if name in MODELS]
    return [
        Error(
            f"RECOGNIZER is {settings.RECOGNIZER}, but {model.name} is decoded by {model.engine}.",
            hint="Set SPEECH_MODEL to one that suits RECOGNIZER, or leave one of the two empty.",
            id="colloquy.E003",
        )
        for model in models
        if model.engine != settings.RECOGNIZER
    ]


@register()
def secret_key_is_strong(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if settings.DEBUG or (len(settings.SECRET_KEY) >= 40 and len(set(settings.SECRET_KEY)) >= 10):
        return []
    return [
        Error(
            "SECRET_KEY is too weak: whoever guesses it can forge resume tokens and log-ins.",
            hint="Set SECRET_KEY to at least 40 random characters, or leave it empty to have one made.",
            id="colloquy.E002",
        )
    ]


@register()
def any_host_is_meant(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if settings.DEBUG or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "ALLOWED_HOSTS accepts every host name, so pages of other sites may open sockets here.",
            hint="Set ALLOWED_HOSTS to the names under which people reach this server.",
            id="colloquy.W001",
        )
    ]


@register()
def several_nodes_share_a_channel_layer(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    is_postgresql = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    if not is_postgresql or settings.REDIS_URL:
        return []
    return [
        Warning(
            "PostgreSQL is used without Redis: captions of another node come late.",
            hint="Set REDIS_URL when more than one web node runs.",
            id="colloquy.W002",
        )
    ]


@register()
def single_sign_on_is_complete(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    values = {name: getattr(settings, name) for name in ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")}
    missing = [name for name, value in values.items() if not value]
    if len(missing) == len(values):
        return []
    if missing:
        return [
            Error(
                f"Single sign-on is set up by half: {', '.join(missing)} is missing.",
                hint="Set OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, or none of them.",
                id="colloquy.E020",
            )
        ]
    issuer = urlparse(settings.OIDC_ISSUER)
    is_local = issuer.scheme == "http" and issuer.hostname in ("localhost", "127.0.0.1", "::1")
    if is_local or (issuer.scheme == "https" and issuer.hostname):
        return []
    return [
        Error(
            "OIDC_ISSUER is no https:// address: whoever listens on the way could log in as anybody.",
            hint="Set OIDC_ISSUER to the provider's https:// address, without /.well-known/openid-configuration.",
            id="colloquy.E021",
        )
    ]

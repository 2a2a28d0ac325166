"""The system checks that `manage.py check` and every command run."""

import pytest
from django.core.checks import run_checks
from pytest_django import Settings


def ids() -> list[str | None]:
    return [found.id for found in run_checks() if str(found.id).startswith("colloquy.")]


def test_the_default_settings_pass(settings: Settings) -> None:
    settings.REDIS_URL = "redis://where-needed"  # the tests may run on PostgreSQL, which asks for it
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SPEECH_MODEL_DIR", "/nowhere", "colloquy.E001"),
        ("SECRET_KEY", "short", "colloquy.E002"),
        ("RECOGNIZER", "whisper", "colloquy.E003"),
        ("RECORDINGS_DIR", __file__ + "/recordings", "colloquy.E004"),
        ("ALLOWED_HOSTS", ["*"], "colloquy.W001"),
    ],
)
def test_each_mistake_is_found_with_a_hint(settings: Settings, name: str, value: object, expected: str) -> None:
    setattr(settings, name, value)
    [found] = [each for each in run_checks() if each.id == expected]
    assert found.hint
    assert name in found.hint

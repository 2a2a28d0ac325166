"""The one settings file under an environment of its own: a developer's .env does not reach the tests."""

import os

# .env completes the environment, so what must not come from there is set here.
os.environ |= {
    "SECRET_KEY": "a-key-for-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "DEBUG": "0",
    "PORT": "8000",
    "HOST": "127.0.0.1",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1],testserver",
    "CELERY_BROKER_URL": "memory://",
    "GUEST_MEETINGS": "1",
    "MEETING_MODE": "transcript",
    "TEXT_RETENTION_DAYS": "",
    "AUDIO_RETENTION_DAYS": "",
    "PURGE_NAMES": "0",
    "RECOGNIZER_PROCESSES": "1",
    "NODE_NAME": "test-node",
    "LOG_LEVEL": "INFO",
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", ""),
    "REDIS_URL": "",
    "SPEECH_MODEL": "moonshine-base-en,whisper-base",
    "SPEECH_MODEL_DIR": "",
    "HEAR_AGAIN": "spare",
    "SECOND_PASS": "on",
    "SECOND_PASS_MODEL": "",
    "RECOGNIZER": "auto",
    "BEHIND_PROXY": "0",
    "OIDC_ISSUER": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET": "",
    "OIDC_NAME": "",
    "WEBHOOK_ALLOW_PRIVATE": "0",
    "EMAIL_HOST": "",
}

from config.settings import *  # noqa: F403  settings are names in a module
from config.settings import DATA_DIR, DATABASES

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in production: an in-memory database has no WAL, and its threads lock each other out.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / f"test-{os.getpid()}.sqlite3")}
# Each test client loads the middleware anew, which would look at every static file first: only nodes serve those.
SERVESTATIC_USE_FINDERS = SERVESTATIC_USE_STATIC_ROOT = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

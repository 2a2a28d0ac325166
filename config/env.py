"""The environment (and `.env`) as one typed value; a wrong variable is named in one sentence."""

import os
import secrets
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError, validate

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
HEAR_AGAIN = ("spare", "always", "never")
MEETING_MODES = ("ephemeral", "transcript", "transcript_and_audio")
# What each recognizer decodes with unless SPEECH_MODEL says otherwise. `auto` goes by the models.
RECOGNIZERS = {"auto": "moonshine-base-en,whisper-base", "moonshine": "moonshine-base-en", "whisper": "whisper-base"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Every setting that an operator can make. `names` are the variables that were looked at."""

    port: int
    host: str
    secret_key: str
    is_debug: bool
    allowed_hosts: list[str]
    is_behind_proxy: bool
    database: dict[str, Any]
    redis_url: str
    celery_broker_url: str
    data_dir: Path
    recordings_dir: Path
    exports_dir: Path
    speech: "Speech"
    is_guest_meetings: bool
    sign_on: "SignOn"
    keeping: "Keeping"
    node_name: str
    limits: "Limits"
    is_webhook_allow_private: bool
    email: "Email"
    log_level: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What understands speech, live and after the meeting. Of models preferred ones come first."""

    recognizer: str
    n_processes: int
    models: tuple[str, ...]
    model_dir: str
    hear_again: str
    is_second_pass: bool
    second_pass_models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOn:
    """The OpenID Connect provider; without an issuer there is none."""

    issuer: str
    client_id: str
    client_secret: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is kept of meetings that say nothing of it, and for how many days; None: until somebody deletes it."""

    mode: str
    text_days: int | None
    audio_days: int | None
    is_names_purged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of a web node; those a minute are for each client address."""

    connections: int
    joins_per_minute: int
    tickets_per_minute: int
    requests_per_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """The mail server; without a host there is none."""

    host: str
    port: int
    user: str
    password: str
    sender: str


class _Variables(Env):
    """A variable that is empty counts as not set; yet it keeps the one in `.env` from having a say."""

    def _get_value(self, env_key: str, default: Any) -> Any:
        value = super()._get_value(env_key, default)
        return default if isinstance(value, str) and not value.strip() else value


def environment_read(*, base_dir: Path) -> Environment:
    """Read the process environment, completed by `base_dir/.env` (what is set already wins).

    Creates DATA_DIR, and in it the secret key when none is given. Raises ImproperlyConfigured.
    """
    env = _Variables()
    env.read_env(str(base_dir / ".env"), recurse=False)
    try:
        data_dir = _data_dir(base_dir / env.str("DATA_DIR", "data"))
        return Environment(
            port=env.int("PORT", 8000, validate=validate.Range(min=1, max=65535)),
            host=env.str("HOST", "127.0.0.1"),
            secret_key=env.str("SECRET_KEY", "") or _secret_key_kept(data_dir / "secret_key"),
            is_debug=env.bool("DEBUG", False),
            allowed_hosts=env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"]),
            is_behind_proxy=env.bool("BEHIND_PROXY", False),
            database=_database(env.str("DATABASE_URL", "") or f"sqlite:///{data_dir / 'colloquy.sqlite3'}"),
            redis_url=env.str("REDIS_URL", ""),
            celery_broker_url=env.str("CELERY_BROKER_URL", "") or "filesystem://localhost",
            data_dir=data_dir,
            recordings_dir=base_dir / Path(env.str("RECORDINGS_DIR", "") or data_dir / "recordings").expanduser(),
            exports_dir=base_dir / Path(env.str("EXPORTS_DIR", "") or data_dir / "exports").expanduser(),
            speech=_speech(env),
            is_guest_meetings=env.bool("GUEST_MEETINGS", True),
            sign_on=_sign_on(env),
            keeping=_keeping(env),
            node_name=env.str("NODE_NAME", "") or f"{socket.gethostname()}-{os.getpid()}",
            limits=_limits(env),
            is_webhook_allow_private=env.bool("WEBHOOK_ALLOW_PRIVATE", False),
            email=_email(env),
            log_level=env.str("LOG_LEVEL", "INFO", validate=validate.OneOf(LOG_LEVELS)),
            names=tuple(env.dump()),
        )
    except EnvError as problem:
        raise ImproperlyConfigured(f"{problem} Set it in the environment or in .env.") from problem


def _speech(env: Env) -> Speech:
    recognizer = env.str("RECOGNIZER", "auto", validate=validate.OneOf(tuple(RECOGNIZERS)))
    few = min(os.cpu_count() or 1, 4)
    return Speech(
        recognizer=recognizer,
        n_processes=env.int("RECOGNIZER_PROCESSES", few, validate=validate.Range(min=1, max=64)),
        models=names_listed(env.str("SPEECH_MODEL", "")) or names_listed(RECOGNIZERS[recognizer]),
        model_dir=env.str("SPEECH_MODEL_DIR", ""),
        hear_again=env.str("HEAR_AGAIN", HEAR_AGAIN[0], validate=validate.OneOf(HEAR_AGAIN)),
        is_second_pass=env.bool("SECOND_PASS", True),
        second_pass_models=names_listed(env.str("SECOND_PASS_MODEL", "")),
    )


def _sign_on(env: Env) -> SignOn:
    return SignOn(
        issuer=env.str("OIDC_ISSUER", ""),
        client_id=env.str("OIDC_CLIENT_ID", ""),
        client_secret=env.str("OIDC_CLIENT_SECRET", ""),
        name=env.str("OIDC_NAME", "single sign-on"),
    )


def _keeping(env: Env) -> Keeping:
    return Keeping(
        mode=env.str("MEETING_MODE", MEETING_MODES[1], validate=validate.OneOf(MEETING_MODES)),
        text_days=env.int("TEXT_RETENTION_DAYS", None, validate=validate.Range(min=0, max=36_500)),
        audio_days=env.int("AUDIO_RETENTION_DAYS", None, validate=validate.Range(min=0, max=36_500)),
        is_names_purged=env.bool("PURGE_NAMES", False),
    )


def _limits(env: Env) -> Limits:
    return Limits(
        connections=env.int("MAX_CONNECTIONS", 10_000, validate=validate.Range(min=1)),
        joins_per_minute=env.int("JOINS_PER_MINUTE", 600, validate=validate.Range(min=1)),
        tickets_per_minute=env.int("TICKETS_PER_MINUTE", 6_000, validate=validate.Range(min=1)),
        requests_per_minute=env.int("REQUESTS_PER_MINUTE", 12_000, validate=validate.Range(min=1)),
    )


def _email(env: Env) -> Email:
    return Email(
        host=env.str("EMAIL_HOST", ""),
        port=env.int("EMAIL_PORT", 587, validate=validate.Range(min=1, max=65535)),
        user=env.str("EMAIL_USER", ""),
        password=env.str("EMAIL_PASSWORD", ""),
        sender=env.str("EMAIL_FROM", "colloquy@localhost"),
    )


def names_listed(text: str) -> tuple[str, ...]:
    """The names in a list with commas, each once, in the order in which they stand."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _data_dir(path: Path) -> Path:
    path = path.expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)  # what people said is nobody else's on this machine
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as problem:
        raise ImproperlyConfigured(
            f"DATA_DIR {path} cannot be written ({problem.strerror}): "
            "make it writable for this user, or set DATA_DIR to a directory that is."
        ) from problem


def _secret_key_kept(path: Path) -> str:
    """The key in `path`, made on the first call.

    Several processes may start at the same instant (web, worker): each writes a file of its own, linking it
    into place succeeds for one of them only, and all of them read what that one wrote.
    """
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as draft:  # mode 0600
            draft.write(secrets.token_urlsafe(64))
            draft.flush()
            try:
                os.link(draft.name, path)
            except FileExistsError:
                pass
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
    return path.read_text().strip()


def _database(url: str) -> dict[str, Any]:
    try:
        # Under ASGI each request has a thread of its own, so a kept connection would only be kept from being closed.
        database: dict[str, Any] = {**dj_database_url.parse(url, conn_max_age=0)}
    except ValueError as problem:
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read: write sqlite:///PATH or postgres://USER:PASSWORD@HOST:PORT/NAME."
        ) from problem
    if database["ENGINE"].endswith("sqlite3"):
        # IMMEDIATE: a transaction that reads before it writes cannot fail halfway with "database is locked".
        # FULL: what was acknowledged to a client survives a power cut.
        # secure_delete: what is purged or redacted is overwritten, not only forgotten.
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            **database.get("OPTIONS", {}),  # how long to wait for a lock may be said in the URL: ?timeout=SECONDS
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            "PRAGMA secure_delete=ON;",
        }
    return database

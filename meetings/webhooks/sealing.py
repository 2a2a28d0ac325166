"""Secrets at rest: encrypted with a key that is derived from SECRET_KEY, so a stolen database signs nothing."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

PURPOSE = b"colloquy webhook secrets 1"


class Unreadable(Exception):
    """Sealed under a SECRET_KEY that is neither in force nor among SECRET_KEY_FALLBACKS: it must be rotated."""


def sealed(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode()


def unsealed(text: str) -> str:
    """Raises Unreadable."""
    try:
        return _box().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def _box() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(key: str | bytes) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(force_bytes(key))
    return Fernet(base64.urlsafe_b64encode(derived))

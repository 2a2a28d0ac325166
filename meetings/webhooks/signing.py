"""Signatures as Standard Webhooks 1.0 asks for them, and secrets to make them with. Pure."""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import UUID

PREFIX = "whsec_"
N_SECRET_BYTES = 32


def secret_new() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(N_SECRET_BYTES)).decode()


def webhook_id(uid: UUID) -> str:
    return f"msg_{uid.hex}"


def headers_signed(*, uid: UUID, timestamp_s: int, body: bytes, keys: Sequence[str]) -> Mapping[str, str]:
    """One signature for each of `keys` (`whsec_…`): a receiver that knows any of them is satisfied."""
    message = f"{webhook_id(uid)}.{timestamp_s}.".encode() + body
    return {
        "webhook-id": webhook_id(uid),
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(_signature(key, message) for key in keys),
    }


def _signature(key: str, message: bytes) -> str:
    digest = hmac.digest(base64.b64decode(key.removeprefix(PREFIX)), message, sha256)
    return "v1," + base64.b64encode(digest).decode()

"""The server's key for signing proofs and anchors. It lies in DATA_DIR, apart from the database that it vouches for."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from django.conf import settings

ALGORITHM = "Ed25519"
KEY_FILE = "audit_signing_key.pem"
KNOWN_KEYS_FILE = "audit_known_keys.txt"  # public keys of before, in hex, one a line; an operator may add some


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    private: Ed25519PrivateKey

    @property
    def public_hex(self) -> str:
        return self.private.public_key().public_bytes_raw().hex()

    def sign(self, content: bytes) -> str:
        return self.private.sign(content).hex()


def signing_key() -> SigningKey:
    """Made when it is first asked for. Of several processes that do so at once, all get the one that was first."""
    path = Path(settings.DATA_DIR) / KEY_FILE
    if not path.exists():
        _make(path)
    private = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError(f"{KEY_FILE} holds a key of another kind than {ALGORITHM}.")
    return SigningKey(private=private)


def known_keys() -> frozenset[str]:
    """Public keys whose signatures count: the present one and those of before."""
    path = Path(settings.DATA_DIR) / KNOWN_KEYS_FILE
    before = path.read_text().split() if path.exists() else ()
    return frozenset({signing_key().public_hex, *before})


def signature_is_valid(*, public_hex: str, signature_hex: str, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex)).verify(bytes.fromhex(signature_hex), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # readable by its owner only
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)  # fails where another process was first, and never shows half a file
        except FileExistsError:
            return
    finally:
        os.unlink(name)

"""Resume tokens: derived from the secret key, not stored; valid as long as their session."""

from uuid import UUID

from django.core.signing import BadSignature, Signer

_SALT = "colloquy.resume"


def resume_token(session_id: UUID) -> str:
    """`session_id` is the audio session's, or for viewers the participant's."""
    return Signer(salt=_SALT).signature(str(session_id))


def resume_token_is_valid(session_id: UUID, token: str) -> bool:
    """Compared in constant time; keys in SECRET_KEY_FALLBACKS count, so that rotating the key drops nobody."""
    try:
        signed = Signer(salt=_SALT).unsign(f"{session_id}:{token}")
    except BadSignature:
        return False
    return bool(signed == str(session_id))

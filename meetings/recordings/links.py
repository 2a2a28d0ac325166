"""Addresses of recorded sound that work for some minutes and for one thing: whoever has one was let in by us."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.core import signing
from django.urls import reverse

from meetings.errors import Forbidden

LINK_TTL_S = 300
_SALT = "colloquy.recording"

Target = Literal["segment", "recording"]
_ADDRESSES: dict[Target, str] = {"segment": "api:segment_audio_play", "recording": "api:recording_download"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`actor` is who asked for it, as the audit trail knows them."""

    target: Target
    target_id: UUID
    actor: str


def link_sign(link: Link) -> str:
    """As a part of a path."""
    return signing.dumps([link.target, link.target_id.hex, link.actor], salt=_SALT)


def link_path(link: Link) -> str:
    """Where what it names is to be had."""
    return reverse(_ADDRESSES[link.target], args=[link_sign(link)])


def link_read(text: str, *, target: Target) -> Link:
    """Raises Forbidden: it is not ours, is for something else, or its time is over."""
    try:
        found, target_id, actor = signing.loads(text, salt=_SALT, max_age=LINK_TTL_S)
    except signing.SignatureExpired as error:
        raise Forbidden("This address has expired; ask for another.", code="link_expired") from error
    except signing.BadSignature as error:
        raise Forbidden("This address was not made by this server.", code="link_invalid") from error
    if found != target:
        raise Forbidden("This address is for something else.", code="link_invalid")
    return Link(target=target, target_id=UUID(target_id), actor=actor)

"""Opaque positions in ordered listings. They say where to go on, and grant nothing: access is checked anew."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from meetings.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY_MAX = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last row of a page: `key` is the listing's ordering number (microseconds, milliseconds), `id` breaks ties."""

    listing: str
    key: int
    id: UUID

    def pack(self) -> str:
        text = json.dumps([self.listing, self.key, self.id.hex], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def unpack(cls, text: str, *, listing: str) -> Self:
        """Raises Invalid: not ours, damaged, or of another listing."""
        try:
            found, key, id_hex = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            cursor = cls(listing=found, key=key, id=UUID(hex=id_hex))
        except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
            raise _bad_cursor() from None
        if found != listing or type(key) is not int or abs(key) > _KEY_MAX:
            raise _bad_cursor()
        return cursor

    @classmethod
    def at(cls, moment: datetime, *, id: UUID, listing: str) -> Self:
        return cls(listing=listing, key=(moment - _EPOCH) // timedelta(microseconds=1), id=id)

    @property
    def moment(self) -> datetime:
        try:
            return _EPOCH + timedelta(microseconds=self.key)
        except OverflowError:
            raise _bad_cursor() from None


def _bad_cursor() -> Invalid:
    return Invalid("The cursor is not one that this listing gave out.", code="bad_cursor")

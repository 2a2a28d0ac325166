"""Requests that may be repeated: the second one gets what the first one made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from meetings.access import Actor
from meetings.checks import line_checked
from meetings.errors import Invalid
from meetings.models import IdempotencyKey

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`reference`: the id of what was made, now or (`is_replay`) by the earlier request."""

    reference: UUID
    is_replay: bool


def idempotent(*, actor: Actor, key: str | None, action: str, request: bytes, make: Callable[[], UUID]) -> Outcome:
    """Run `make` once for each (actor, action, key). `request` is the body that the key stands for.

    The key's row is made in the same transaction as the thing, so a failed attempt leaves the key free, and of two
    requests at once the second waits for the first and gets its answer. All guests look alike, so a key of theirs
    could hand one guest's meeting to another: it is ignored.

    Raises Invalid when the key was used for another request.
    """
    if key is None or actor.user is None:
        return Outcome(reference=make(), is_replay=False)
    key = line_checked(key, what="The idempotency key", max_chars=255)
    fingerprint = sha256(request).hexdigest()
    with transaction.atomic():
        row, is_new = IdempotencyKey.objects.get_or_create(
            actor=actor.label, action=action, key=key, defaults={"fingerprint": fingerprint}
        )
        if row.fingerprint != fingerprint:
            raise Invalid("This idempotency key was used for another request.", code="idempotency_key_reused")
        if not is_new and row.reference is not None:
            return Outcome(reference=row.reference, is_replay=True)
        row.reference = make()
        row.save(update_fields=["reference"])
    return Outcome(reference=row.reference, is_replay=False)


def idempotency_keys_old_delete(*, now: datetime) -> int:
    n_deleted, _ = IdempotencyKey.objects.filter(created_at__lt=now - KEPT).delete()
    return n_deleted

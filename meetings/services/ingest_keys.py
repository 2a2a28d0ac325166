"""Keys that let telephone calls into a meeting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from meetings.access import Actor, is_manager
from meetings.checks import display_name_checked
from meetings.errors import Conflict, Forbidden, Invalid, KeyInvalid
from meetings.limits import KNOWN_CONSENT, REQUIRED_CONSENT
from meetings.models import IngestKey, Meeting
from meetings.services.audit import audit_append
from meetings.services.languages import participant_language_known

PREFIX = "clqi_"  # lets secret scanners recognise a leaked one
MOST_VALID_KEYS = 100  # of one meeting
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """`secret` is shown once, here."""

    row: IngestKey
    secret: str


def ingest_key_create(
    *,
    meeting: Meeting,
    actor: Actor,
    consent: Sequence[str],
    display_name: str = "",
    language: str = "",
    expires_in: timedelta | None = None,
) -> MadeKey:
    """`consent` declares that callers are told what happens to what they say.

    Raises Forbidden, Invalid, Conflict (meeting_ended, too_many_keys).
    """
    if not is_manager(actor, meeting):
        raise Forbidden("Only the host and other owners of the meeting may do this.")
    declared = [what for what in KNOWN_CONSENT if what in consent]
    if not set(declared).issuperset(REQUIRED_CONSENT):
        raise Invalid("Callers must have agreed to " + " and ".join(REQUIRED_CONSENT) + ".", code="consent_missing")
    name, spoken = display_name and display_name_checked(display_name), participant_language_known(language)
    secret, now = PREFIX + token_urlsafe(32), timezone.now()
    with transaction.atomic():
        if Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk).is_ended:
            raise Conflict("The meeting has ended.", code="meeting_ended")
        if IngestKey.objects.filter(_is_valid(), meeting=meeting).count() >= MOST_VALID_KEYS:
            raise Conflict("The meeting has as many keys as it may have; revoke one.", code="too_many_keys")
        row = IngestKey.objects.create(
            meeting=meeting,
            sha256=_sha256(secret),
            display_name=name,
            language=spoken,
            consent=declared,
            created_by=actor.user,
            expires_at=None if expires_in is None else now + expires_in,
        )
        _audit(row, actor=actor, action="ingest_key.created", consent=declared)
    return MadeKey(row=row, secret=secret)


def ingest_key_revoke(*, key: IngestKey, actor: Actor) -> bool:
    """For good; a call that is under way goes on. False when it was revoked before, which keeps its time."""
    with transaction.atomic():
        if IngestKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()) != 1:
            return False
        _audit(key, actor=actor, action="ingest_key.revoked")
    return True


def ingest_key_use(*, key: str) -> IngestKey:
    """The key's row with its meeting. Remembers the use, at most once a minute. Raises KeyInvalid."""
    row = IngestKey.objects.select_related("meeting").filter(_is_valid(), sha256=_sha256(key)).first()
    if row is None:
        raise KeyInvalid
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at > USE_NOTED_EVERY:
        IngestKey.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def _is_valid() -> Q:
    return Q(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), revoked_at__isnull=True)


def _audit(key: IngestKey, *, actor: Actor, action: str, **data: object) -> None:
    audit_append(meeting_id=key.meeting_id, actor=actor.label, action=action, target=f"ingest_key:{key.pk}", data=data)


def _sha256(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

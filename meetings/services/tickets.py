"""Tickets: one socket each, once, within a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meetings.access import Actor, session_to_resume
from meetings.errors import TicketInvalid
from meetings.feed_access import feed_of_participant
from meetings.limits import TICKET_TTL_S
from meetings.models import AudioSession, Participant, Ticket
from meetings.services.audit import audit_append
from meetings.values import Redeemed

KEPT_AFTER_EXPIRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewedTicket:
    ticket: str
    participant: Participant
    audio_session: AudioSession | None


def ticket_issue(*, participant: Participant, audio_session: AudioSession | None) -> str:
    """Not audited: using it is what counts, and `session_open` records that."""
    ticket = token_urlsafe(32)
    Ticket.objects.create(
        sha256=_sha256(ticket),
        participant=participant,
        audio_session=audio_session,
        expires_at=timezone.now() + timedelta(seconds=TICKET_TTL_S),
    )
    return ticket


def ticket_renew(*, actor: Actor, session_id: UUID, resume_token: str | None) -> RenewedTicket:
    """A fresh ticket for the same audio session or caption feed. Raises NotFound, Forbidden."""
    participant, audio_session = session_to_resume(actor, session_id, resume_token=resume_token)
    ticket = ticket_issue(participant=participant, audio_session=audio_session)
    return RenewedTicket(ticket=ticket, participant=participant, audio_session=audio_session)


def ticket_redeem(*, ticket: str) -> Redeemed:
    """Two sockets may present the same ticket; the update that still finds it unused wins, the other is refused.

    Raises TicketInvalid; Forbidden: what let this viewer in was taken away since.
    """
    now = timezone.now()
    with transaction.atomic():
        mine = Ticket.objects.filter(sha256=_sha256(ticket))
        if mine.filter(used_at__isnull=True, expires_at__gt=now).update(used_at=now) != 1:
            raise TicketInvalid
        row = mine.select_related("participant").get()
        feed = None
        if row.audio_session_id is None:
            feed = feed_of_participant(row.participant)
            audit_append(
                meeting_id=row.participant.meeting_id,
                actor=f"participant:{row.participant_id}",
                action="feed.opened",
                target=f"participant:{row.participant_id}",
            )
    return Redeemed(
        participant_id=row.participant_id,
        meeting_id=row.participant.meeting_id,
        session_id=row.audio_session_id,
        role=row.participant.role,
        display_name=row.participant.display_name,
        feed=feed,
    )


def tickets_expired_delete(*, now: datetime) -> int:
    n_deleted, _ = Ticket.objects.filter(expires_at__lt=now - KEPT_AFTER_EXPIRY).delete()
    return n_deleted


def _sha256(ticket: str) -> str:
    return sha256(ticket.encode()).hexdigest()

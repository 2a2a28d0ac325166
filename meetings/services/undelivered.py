"""Close the books of audio sessions whose kept audio is no longer taken: what never came is a gap."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from meetings.limits import DELIVERY_WINDOW_S
from meetings.models import AudioSession
from meetings.services.audit import SYSTEM, audit_append
from meetings.services.events import events_append
from meetings.services.gaps import gap_draft
from meetings.services.presence import session_left

logger = logging.getLogger(__name__)

CLOSE_REASON = "delivery_window_over"
GAP_REASON = "not_delivered"


def sessions_undelivered_end(*, now: datetime) -> int:
    """Returns how many were ended. Anybody may run it, at any time, twice at once: ending is compare-and-swap.

    From here on `session_open` refuses, so nothing more can come. What had been received and never became anything
    ([settled, received), and not a sample more) is settled as a gap; what was not received was never part of the
    ledger. What fails for one is tried again next time.
    """
    is_over = {"participant__meeting__ended_at__lt": now - timedelta(seconds=DELIVERY_WINDOW_S)}
    found = AudioSession.objects.filter(**is_over, generation__gt=0).exclude(state=AudioSession.State.ENDED)
    n_ended = 0
    for session in list(found.select_related("participant__meeting")):
        try:
            n_ended += _end(session, at=now)
        except Exception as error:  # noqa: BLE001 - the others go on; its text could hold what was stored: not logged
            logger.error(
                "an undelivered session could not be ended",
                extra={"session_id": str(session.pk), "error": type(error).__name__},
            )
    return n_ended


def _end(session: AudioSession, *, at: datetime) -> bool:
    """Raising the generation stops a connection that is still there: its next commit is refused, whatever it holds.

    A commit that comes first moves `settled`, so we find another row than we read and leave it for the next run.
    """
    start, end = session.settled, session.received
    as_read = AudioSession.objects.filter(pk=session.pk, generation=session.generation, settled=start, received=end)
    with transaction.atomic():
        n_updated = as_read.exclude(state=AudioSession.State.ENDED).update(
            generation=F("generation") + 1,
            settled=end,
            context=None,
            gap=F("gap") + (end - start),
            state=AudioSession.State.ENDED,
            close_reason=CLOSE_REASON,
            ended_at=at,
        )
        if n_updated != 1:
            return False
        meeting = session.participant.meeting
        session_left(session=session, at=at)
        if start < end:
            draft = gap_draft(session, start=start, end=end, reason=GAP_REASON)
            events_append(meeting_id=meeting.pk, drafts=[draft])
        audit_append(
            meeting_id=meeting.pk,
            actor=SYSTEM,
            action="session.ended",
            target=f"session:{session.pk}",
            data={"generation": session.generation + 1, "reason": CLOSE_REASON, "from": start, "to": end},
        )
    return True

"""What participants agree to; audio is accepted only with it."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meetings.errors import NotFound
from meetings.limits import KNOWN_CONSENT
from meetings.models import ConsentRecord, Participant
from meetings.policies import EPHEMERAL, mode_of
from meetings.services.audit import audit_append
from meetings.services.presence import participant_consented

TRANSCRIPT_SCOPE = "transcript"


def is_kept(participant: Participant, *, said_ms: int) -> bool:
    """Whether what was said up to `said_ms` of meeting time goes into the transcript.

    By what its speaker agreed to when it was said, however late it is delivered; and never where the meeting has no
    transcript now. A connection takes no audio of somebody who never declared anything: that is no live voice.
    """
    meeting = participant.meeting
    if mode_of(meeting.policies) == EPHEMERAL:
        return False
    declared = list(participant.consent_records.order_by("at", "id").values_list("at", "granted"))
    if not declared or meeting.started_at is None:
        return True
    said_at = meeting.started_at + timedelta(milliseconds=said_ms)
    stood = [granted for at, granted in declared if at <= said_at] or [declared[0][1]]
    return TRANSCRIPT_SCOPE in stood[-1]


def consent_record(
    *, participant_id: UUID, granted: Sequence[str], ingest_key_id: UUID | None = None
) -> tuple[str, ...]:
    """The declaration replaces the one before; an empty one withdraws. Unknown things are not agreed to.

    Every declaration is kept; the log shows those that changed something. `ingest_key_id`: it was declared for a caller
    by whoever made that key. Returns what stands now.
    """
    declarer = f"participant:{participant_id}" if ingest_key_id is None else f"ingest_key:{ingest_key_id}"
    at = timezone.now()
    stands = [what for what in KNOWN_CONSENT if what in granted]
    with transaction.atomic():
        participant = (
            Participant.objects.select_for_update(of=("self",), no_key=True)
            .select_related("meeting")
            .filter(pk=participant_id)
            .first()
        )
        if participant is None:
            raise NotFound
        is_change = participant.consent != stands
        participant.consent = stands
        participant.save(update_fields=["consent"])
        ConsentRecord.objects.create(participant=participant, granted=stands, at=at, ingest_key_id=ingest_key_id)
        if is_change:
            participant_consented(participant=participant, meeting=participant.meeting, at=at)
        audit_append(
            meeting_id=participant.meeting_id,
            actor=declarer,
            action="participant.consented",
            target=f"participant:{participant.pk}",
            data={"granted": stands},
        )
    return tuple(stands)

"""What participants agree to; audio is accepted only with it."""

from collections.abc import Sequence
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


def is_kept(participant: Participant) -> bool:
    """Whether what is committed now goes into the transcript: the meeting has one, and its speaker agrees to it.

    A connection takes no audio of somebody who never declared anything: what is committed of them is no live voice.
    """
    if mode_of(participant.meeting.policies) == EPHEMERAL:
        return False
    if participant.consent:
        return TRANSCRIPT_SCOPE in participant.consent
    return not participant.consent_records.exists()


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

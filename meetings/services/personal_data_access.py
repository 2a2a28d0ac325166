"""Somebody reads all that is stored of a person: an entry of the audit trail."""

from django.db import transaction

from meetings.models import Participant
from meetings.services.audit import audit_append


def personal_data_note(*, participant: Participant, by: str) -> None:
    with transaction.atomic():
        audit_append(
            meeting_id=participant.meeting_id,
            actor=by,
            action="participant.data_read",
            target=f"participant:{participant.pk}",
        )

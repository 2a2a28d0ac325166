"""What happens to accounts, for the audit trail."""

from django.db import transaction

from meetings.access import Actor
from meetings.services.audit import audit_append


def password_changed_note(*, actor: Actor) -> None:
    with transaction.atomic():
        audit_append(meeting_id=None, actor=actor.label, action="password.changed", target=actor.label)

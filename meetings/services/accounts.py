"""What happens to accounts, for the audit trail."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction

from meetings.access import Actor
from meetings.announce import rights_announce
from meetings.services.audit import audit_append


def password_changed_note(*, actor: Actor) -> None:
    with transaction.atomic():
        audit_append(meeting_id=None, actor=actor.label, action="password.changed", target=actor.label)


def account_note(*, actor: Actor, account: User, action: str, fields: Sequence[str]) -> None:
    """Who made, changed or deleted an account, and what it may do in this server now. `fields` are names of fields."""
    data = {
        "fields": list(fields),
        "is_active": account.is_active,
        "is_staff": account.is_staff,
        "is_superuser": account.is_superuser,
    }
    with transaction.atomic():
        audit_append(meeting_id=None, actor=actor.label, action=action, target=f"user:{account.pk}", data=data)
        transaction.on_commit(rights_announce)

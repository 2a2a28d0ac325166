"""API tokens of service accounts."""

from hashlib import sha256
from secrets import token_urlsafe

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from meetings.access import Actor
from meetings.checks import line_checked
from meetings.errors import Conflict
from meetings.models import ApiToken
from meetings.services.audit import SYSTEM, audit_append

PREFIX = "clq_"  # lets secret scanners recognise a leaked one


def api_token_create(*, name: str) -> str:
    """Shown once, here. Makes the service account if there is none; raises Conflict if a person has that name."""
    username = line_checked(name, what="The name", max_chars=150)
    token = PREFIX + token_urlsafe(32)
    with transaction.atomic():
        user, is_new = User.objects.get_or_create(username=username)
        if is_new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        elif user.has_usable_password():
            raise Conflict("A person's account has this name; choose another one.", code="name_taken")
        row = ApiToken.objects.create(user=user, name=username, sha256=_sha256(token))
        audit_append(meeting_id=None, actor=SYSTEM, action="token.created", target=f"token:{row.pk}")
    return token


def api_token_revoke(*, token: ApiToken, actor: Actor) -> bool:
    """For good: nothing makes it valid again. False when it was revoked before, which keeps its time."""
    with transaction.atomic():
        valid = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True)
        if valid.update(revoked_at=timezone.now()) != 1:
            return False
        audit_append(meeting_id=None, actor=actor.label, action="token.revoked", target=f"token:{token.pk}")
    return True


def api_token_user(*, token: str) -> User | None:
    """The account that the token stands for, or None. Remembers the use, at most once a minute."""
    row = (
        ApiToken.objects.select_related("user")
        .filter(sha256=_sha256(token), revoked_at__isnull=True, user__is_active=True)
        .first()
    )
    if row is None:
        return None
    now = timezone.now()
    if row.last_used_at is None or (now - row.last_used_at).total_seconds() > 60:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row.user


def _sha256(token: str) -> str:
    return sha256(token.encode()).hexdigest()

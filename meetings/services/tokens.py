"""API tokens: of service accounts, and people's own. Only their hashes are stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from meetings.access import Actor
from meetings.actors import is_service_account
from meetings.announce import rights_announce
from meetings.checks import line_checked
from meetings.errors import Conflict, Forbidden, Invalid
from meetings.models import ApiToken
from meetings.services.audit import SYSTEM, audit_append

PREFIX = "clq_"  # lets secret scanners recognise a leaked one
NAME_MAX_CHARS = 150
MOST_VALID_TOKENS = 50  # of one account
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    """`secret` is shown once, here."""

    row: ApiToken
    secret: str


def api_token_create(*, name: str, scope: str = ApiToken.Scope.ADMIN, expires_in: timedelta | None = None) -> str:
    """A token of a service account, which is made if there is none. Shown once, here.

    Raises Invalid; Conflict if a person has that name, also one who logs in elsewhere and has no password here.
    """
    username = line_checked(name, what="The name", max_chars=NAME_MAX_CHARS)
    with transaction.atomic():
        user, is_new = User.objects.get_or_create(username=username)
        if is_new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        elif user.has_usable_password() or not is_service_account(user):
            raise Conflict("A person's account has this name; choose another one.", code="name_taken")
        made = _make(user=user, name=username, scope=scope, expires_at=_expiry(expires_in), is_service=True, by=SYSTEM)
    return made.secret


def api_token_create_own(
    *, actor: Actor, name: str, scope: str = ApiToken.Scope.READ, expires_in: timedelta | None = None
) -> MadeToken:
    """A token that acts as the actor, and no longer than the token that the actor came with, if any.

    Raises Forbidden, Invalid, Conflict (too_many_tokens).
    """
    user = actor.user
    if user is None:
        raise Forbidden("Log in to make a token.")
    title = line_checked(name, what="The name", max_chars=NAME_MAX_CHARS)
    ends = [end for end in (_expiry(expires_in), actor.expires_at) if end is not None]
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # so that two requests count one after the other
        if ApiToken.objects.valid().filter(user=user).count() >= MOST_VALID_TOKENS:
            raise Conflict("You have as many tokens as you may have; revoke one.", code="too_many_tokens")
        return _make(
            user=user,
            name=title,
            scope=scope,
            expires_at=min(ends, default=None),
            is_service=is_service_account(user),
            by=actor.label,
        )


def api_token_revoke(*, token: ApiToken, actor: Actor) -> bool:
    """For good: nothing makes it valid again. False when it was revoked before, which keeps its time."""
    with transaction.atomic():
        valid = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True)
        if valid.update(revoked_at=timezone.now()) != 1:
            return False
        audit_append(meeting_id=None, actor=actor.label, action="token.revoked", target=f"token:{token.pk}")
        transaction.on_commit(rights_announce)
    return True


def api_token_find(*, token: str) -> ApiToken | None:
    """The valid token with its account, or None. Remembers the use, at most once a minute."""
    row = ApiToken.objects.valid().select_related("user").filter(sha256=_sha256(token)).first()
    if row is None:
        return None
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def _make(*, user: User, name: str, scope: str, expires_at: datetime | None, is_service: bool, by: str) -> MadeToken:
    if scope not in ApiToken.Scope.values:
        raise Invalid("The scope must be one of: " + ", ".join(ApiToken.Scope.values) + ".")
    secret = PREFIX + token_urlsafe(32)
    row = ApiToken.objects.create(
        user=user, name=name, scope=scope, sha256=_sha256(secret), is_service=is_service, expires_at=expires_at
    )
    data = {
        "user": f"user:{user.pk}",
        "scope": row.scope,
        "expires_at": expires_at.isoformat(timespec="seconds") if expires_at else None,
    }
    audit_append(meeting_id=None, actor=by, action="token.created", target=f"token:{row.pk}", data=data)
    return MadeToken(row=row, secret=secret)


def _expiry(expires_in: timedelta | None) -> datetime | None:
    if expires_in is None:
        return None
    if expires_in <= timedelta(0):
        raise Invalid("A token must last for some time.")
    try:
        return timezone.now() + expires_in
    except OverflowError:
        raise Invalid("A token cannot last that long; leave the time out for one without end.") from None


def _sha256(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

"""Accounts of people who log in at an OpenID Connect provider."""

import re
from dataclasses import dataclass
from secrets import token_hex

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from meetings.actors import is_service_account
from meetings.errors import Forbidden
from meetings.models import SignOnIdentity
from meetings.services.audit import audit_append

USERNAME_MAX_CHARS = 150
N_NUMBERED_NAMES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOn:
    """Whom a provider vouches for. `email` is empty unless the provider says that it has verified it."""

    issuer: str
    subject: str
    username: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""


def sign_on_user(*, person: SignedOn) -> User:
    """The account of the subject, made or found by its verified e-mail address at the first time.

    Two first times at once: the unique constraint refuses one, which then finds what the other made.
    Raises Forbidden (account_locked).
    """
    try:
        with transaction.atomic():
            user = _known(person) or _linked(person) or _made(person)
    except IntegrityError:
        found = _known(person)
        if found is None:
            raise
        user = found
    if not user.is_active:
        raise Forbidden("This account is locked. Ask whoever runs this server.", code="account_locked")
    return user


def _known(person: SignedOn) -> User | None:
    identities = SignOnIdentity.objects.select_related("user")
    identity = identities.filter(issuer=person.issuer, subject=person.subject).first()
    return identity.user if identity else None


def _linked(person: SignedOn) -> User | None:
    """An account that was here before, by its address: not staff's, who are given more than a provider vouches for."""
    if not person.email:
        return None
    found = list(User.objects.filter(email__iexact=person.email)[:2])
    if len(found) != 1:
        return None
    user = found[0]
    if user.is_staff or user.is_superuser or not user.is_active or is_service_account(user):
        return None
    if SignOnIdentity.objects.filter(user=user, issuer=person.issuer).exists():
        return None
    return _remember(user, person, action="sign_on.linked")


def _made(person: SignedOn) -> User:
    user = User(
        username=_username_unused(person.username or person.email),
        email=person.email,
        first_name=person.first_name[:150],
        last_name=person.last_name[:150],
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    return _remember(user, person, action="sign_on.account_made")


def _remember(user: User, person: SignedOn, *, action: str) -> User:
    SignOnIdentity.objects.create(user=user, issuer=person.issuer, subject=person.subject)
    audit_append(meeting_id=None, actor=f"user:{user.pk}", action=action, target=f"user:{user.pk}")
    return user


def _username_unused(wanted: str) -> str:
    """What the provider calls them, as far as it is a username here and nobody's yet."""
    base = re.sub(r"[^\w.@+-]", "", wanted)[: USERNAME_MAX_CHARS - 20] or "person"
    for candidate in (base, *(f"{base}-{number}" for number in range(2, N_NUMBERED_NAMES))):
        if not User.objects.filter(username__iexact=candidate).exists():
            return candidate
    return f"{base}-{token_hex(8)}"

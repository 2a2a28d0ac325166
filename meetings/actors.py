"""Who asks: somebody with an account, a program, or a guest. `meetings/access.py` says what they may do."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User

from meetings.models import ApiToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who asks for something.

    `hosted` are the meetings that a guest made in this browser session. `label` goes into the audit trail: ids only.
    `token_id` and `expires_at`: the token that they came with, and when it stops working; what they make with it
    outlives it in no way. `can_delete`: no token, or one whose scope includes what deletes for good.
    """

    user: User | None
    hosted: frozenset[UUID] = frozenset()
    label: str = "guest"
    expires_at: datetime | None = None
    token_id: int | None = None
    can_delete: bool = True


GUEST = Actor(user=None)


def actor_for(user: User | None, *, hosted: frozenset[UUID] = frozenset()) -> Actor:
    """`user` may be None for guests."""
    label = "guest" if user is None else f"user:{user.pk}"
    return Actor(user=user, hosted=hosted, label=label)


def actor_of_token(token: ApiToken) -> Actor:
    """`token` is a valid one."""
    return replace(
        actor_for(token.user),
        expires_at=token.expires_at,
        token_id=token.pk,
        can_delete=token.allows(ApiToken.Scope.ADMIN),
    )


def sees_all(user: User) -> bool:
    """Staff, and service accounts while one of their tokens is valid."""
    return user.is_active and (user.is_staff or ApiToken.objects.valid().filter(user=user, is_service=True).exists())


def is_service_account(user: User) -> bool:
    """Made for programs by `manage.py api_token`: nobody logs in as it."""
    return ApiToken.objects.filter(user=user, is_service=True).exists()

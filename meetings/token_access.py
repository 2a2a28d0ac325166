"""Which API tokens somebody may see and revoke: their own."""

from meetings.actors import Actor
from meetings.errors import NotFound
from meetings.models import ApiToken

SPENT_SHOWN = 50


def tokens_to_read(actor: Actor) -> list[ApiToken]:
    """The valid ones, and the newest of those that are not, newest first."""
    mine = ApiToken.objects.filter(user=actor.user)
    valid = list(ApiToken.objects.valid().filter(user=actor.user))
    spent = mine.exclude(pk__in=[token.pk for token in valid])[:SPENT_SHOWN]
    return sorted([*valid, *spent], key=lambda token: token.pk, reverse=True)


def token_to_revoke(actor: Actor, token_id: int) -> ApiToken:
    """Raises NotFound."""
    token = ApiToken.objects.filter(user=actor.user, pk=token_id).first() if actor.user else None
    if token is None:
        raise NotFound("There is no such token.")
    return token

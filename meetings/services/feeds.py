"""Open a caption feed: by an API token at a socket, by whatever a request shows otherwise."""

from meetings.access import Actor, actor_of_token, meeting_to_read
from meetings.errors import Forbidden
from meetings.services.audit_views import transcript_viewed
from meetings.services.tokens import api_token_find
from meetings.standing import Standing, standing_in
from meetings.values import FeedReader


def feed_open_by_token(*, api_token: str, reference: str) -> FeedReader:
    """`reference` is the meeting's id or its code. Raises Forbidden, NotFound."""
    token = api_token_find(token=api_token)
    if token is None:
        raise Forbidden("the API token is unknown or revoked")
    return feed_open(actor=actor_of_token(token), reference=reference)


def feed_open(*, actor: Actor, reference: str) -> FeedReader:
    """Whoever has a standing in the meeting reads by that, whichever they named, and else by the link.

    The feed ends with what they read by. Raises NotFound.
    """
    meeting = meeting_to_read(actor, reference)
    transcript_viewed(actor=actor, meeting=meeting)
    has_standing = standing_in(actor, meeting) > Standing.NONE
    return FeedReader(
        meeting_id=meeting.pk,
        user_id=None if actor.user is None else actor.user.pk,
        bearer_id=actor.token_id,
        needs_standing=has_standing and actor.user is not None,
        link_number=None if has_standing else meeting.link_number,
    )

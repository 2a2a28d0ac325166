"""Open a caption feed by an API token."""

from meetings.access import actor_of_token, meeting_to_read
from meetings.errors import Forbidden
from meetings.services.audit_views import transcript_viewed
from meetings.services.tokens import api_token_find
from meetings.standing import Standing, standing_in
from meetings.values import FeedReader


def feed_open_by_token(*, api_token: str, reference: str) -> FeedReader:
    """`reference` is the meeting's id or its code. Raises Forbidden, NotFound.

    Whoever has a standing in the meeting reads by that, whichever they named, and else by the link: the feed ends with
    what they read by.
    """
    token = api_token_find(token=api_token)
    if token is None:
        raise Forbidden("the API token is unknown or revoked")
    actor = actor_of_token(token)
    meeting = meeting_to_read(actor, reference)
    transcript_viewed(actor=actor, meeting=meeting)
    has_standing = standing_in(actor, meeting) > Standing.NONE
    return FeedReader(
        meeting_id=meeting.pk,
        user_id=token.user_id,
        bearer_id=token.pk,
        needs_standing=has_standing,
        link_number=None if has_standing else meeting.link_number,
    )

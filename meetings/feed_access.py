"""By what somebody may read a caption feed, asked when it opens and for as long as it stays open."""

from collections.abc import Collection

from meetings.errors import Forbidden
from meetings.models import ApiToken, Meeting, Participant
from meetings.standing import readers_among
from meetings.values import FeedReader

LOST = "You may not read this meeting any more."


def feed_of_participant(participant: Participant) -> FeedReader:
    """Raises Forbidden: what let this viewer in was taken away since.

    Guests read by the link that let them in. Whose account is gone is one of them, unless a right let them in.
    """
    if participant.is_by_right and participant.user_id is None:
        raise Forbidden(LOST)
    reader = FeedReader(
        meeting_id=participant.meeting_id,
        user_id=participant.user_id,
        admitted_by_id=participant.api_token_id,
        needs_standing=participant.user_id is not None,
        link_number=participant.link_number if participant.user_id is None else None,
    )
    if feeds_lost([reader]):
        raise Forbidden(LOST)
    return reader


def feeds_lost(readers: Collection[FeedReader]) -> set[FeedReader]:
    """Those who may not read any more: of many at once, in a few queries."""
    shown = {each.bearer_id for each in readers if each.bearer_id is not None}
    valid = set(ApiToken.objects.valid().filter(pk__in=shown).values_list("pk", flat=True))
    used = {each.admitted_by_id for each in readers if each.admitted_by_id is not None}
    revoked = set(ApiToken.objects.filter(pk__in=used, revoked_at__isnull=False).values_list("pk", flat=True))
    standing = readers_among(
        {(each.user_id, each.meeting_id) for each in readers if each.needs_standing and each.user_id is not None}
    )
    guests = {each.meeting_id for each in readers if each.link_number is not None}
    open_links = set(Meeting.objects.filter(pk__in=guests, is_link_open=True).values_list("pk", "link_number"))
    return {
        each
        for each in readers
        if (each.bearer_id is not None and each.bearer_id not in valid)
        or each.admitted_by_id in revoked
        or (each.needs_standing and (each.user_id, each.meeting_id) not in standing)
        or (each.link_number is not None and (each.meeting_id, each.link_number) not in open_links)
    }

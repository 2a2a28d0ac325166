"""Who may see a meeting, as its owners are shown it: roles, and whom having taken part lets read."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator

from meetings.access import Actor
from meetings.models import Meeting, MeetingRole
from meetings.organisation_access import organisations_to_read

ROLES_AT_ONCE = 50
READERS_NAMED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """`readers` are accounts that took part and have no other place; `n_more_readers` are too many to be named."""

    roles: Page[MeetingRole]
    readers: tuple[User, ...]
    n_more_readers: int


def sharing_of(meeting: Meeting, *, page: str | None) -> Sharing:
    """A page that is not there is the nearest."""
    roles = meeting.roles.select_related("user")
    took_part = User.objects.filter(participants__meeting=meeting).exclude(meeting_roles__meeting=meeting)
    readers = took_part.exclude(pk=meeting.host_id or 0).order_by("username").distinct()
    named = tuple(readers[:READERS_NAMED])
    return Sharing(
        roles=Paginator(roles, ROLES_AT_ONCE).get_page(page),
        readers=named,
        n_more_readers=readers.count() - len(named) if len(named) == READERS_NAMED else 0,
    )


def role_of(actor: Actor, meeting: Meeting) -> MeetingRole | None:
    """The actor's own."""
    return None if actor.user is None else meeting.roles.filter(user=actor.user).first()


def organisations_offered(actor: Actor, meeting: Meeting) -> list[tuple[str, str]]:
    """Slugs and names of those that it may be shared with, and of the one that it is shared with, whosever that is."""
    offered = dict(organisations_to_read(actor).values_list("slug", "name"))
    if meeting.organisation is not None:
        offered[meeting.organisation.slug] = meeting.organisation.name
    return sorted(offered.items(), key=lambda each: each[1].casefold())

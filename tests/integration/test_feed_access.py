"""Who may read a caption feed, and for how long: what is asked of one is what is asked of many."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from meetings.access import GUEST, Actor, actor_for, actor_of_token, meeting_to_read, meetings_to_read
from meetings.announce import rights_announce
from meetings.errors import Forbidden, NotFound
from meetings.feed_access import feed_of_participant, feeds_lost
from meetings.models import ApiToken, Meeting, Membership, Organisation, Participant
from meetings.services.accounts import account_note
from meetings.services.feeds import feed_open_by_token
from meetings.services.organisations import membership_take
from meetings.services.roles import meeting_organisation_set, role_change, role_give, role_take
from meetings.services.sessions import session_open
from meetings.services.tickets import ticket_redeem, ticket_renew
from meetings.services.tokens import MadeToken, api_token_create, api_token_create_own, api_token_revoke
from meetings.standing import Standing, readers_among, standing_in
from meetings.values import FeedReader
from tests.integration.made import admitted, host_made, meeting_made, user_made

pytestmark = pytest.mark.django_db


def stored(participant: Participant) -> Participant:
    return Participant.objects.get(pk=participant.pk)


def token_of(user: User, **more: Any) -> MadeToken:
    return api_token_create_own(actor=actor_for(user), name="mine", **more)


def test_of_many_the_same_is_said_as_of_one() -> None:
    host = host_made("host")
    meetings = [meeting_made(actor=host), meeting_made(actor=host_made("other-host")), meeting_made()]
    organisation = Organisation.objects.create(name="Board", slug="board")
    Meeting.objects.filter(pk=meetings[0].pk).update(organisation=organisation)
    names = ("viewer", "editor", "owner", "member", "admin", "spoke", "watched", "by-right", "locked", "nobody")
    users = {name: user_made(name) for name in names} | {"staff": user_made("staff", is_staff=True)}
    for name in ("viewer", "editor", "owner", "locked"):
        meetings[0].roles.create(user=users[name], role="viewer" if name == "locked" else name)
    for name in ("member", "admin"):
        Membership.objects.create(organisation=organisation, user=users[name], role=name)
    admitted(meetings[1], actor=actor_for(users["spoke"]))
    admitted(meetings[1], actor=actor_for(users["watched"]), role="viewer")
    Participant.objects.create(
        meeting=meetings[1], user=users["by-right"], display_name="B", role="viewer", is_by_right=True
    )
    User.objects.filter(username="locked").update(is_active=False)
    api_token_create(name="program")
    api_token_create(name="program-gone")
    ApiToken.objects.filter(name="program-gone").update(revoked_at=timezone.now())
    everybody = list(User.objects.all())
    pairs = {(user.pk, meeting.pk) for user in everybody for meeting in meetings}
    expected = {
        (user.pk, meeting.pk)
        for user in everybody
        for meeting in Meeting.objects.all()
        if standing_in(actor_for(user), meeting) > Standing.NONE
    }
    assert 10 < len(expected) < len(pairs)
    assert readers_among(pairs) == expected
    gone = UUID(int=7)
    assert readers_among({(users["staff"].pk, gone), (999_999, meetings[0].pk)}) == set()
    assert readers_among(set()) == set()


def watching(meeting: Meeting, name: str = "bob", *, role: str = "viewer") -> tuple[Actor, Participant]:
    """Somebody with a role who is let in to watch."""
    actor = actor_for(user_made(name))
    role_give(meeting=meeting, actor=actor_for(meeting.host), person=name, role=role)
    return actor, admitted(meeting, role="viewer", actor=actor).participant


def taken(meeting: Meeting, actor: Actor) -> None:
    role = meeting.roles.get(user=actor.user)
    role_take(role=role, actor=actor_for(meeting.host))


def test_who_only_watched_by_a_role_reads_nothing_once_it_was_taken() -> None:
    meeting = meeting_made(actor=host_made("host"))
    bob, participant = watching(meeting)
    admission = admitted(meeting, role="viewer", actor=bob)
    reader = feed_of_participant(stored(participant))
    assert feeds_lost([reader]) == set()
    taken(meeting, bob)
    assert feeds_lost([reader]) == {reader}
    with pytest.raises(NotFound):
        meeting_to_read(bob, meeting.pk)
    assert not meetings_to_read(bob).exists()
    with pytest.raises(Forbidden):
        ticket_redeem(ticket=admission.ticket)
    for actor, resume_token in ((GUEST, admission.resume_token), (bob, None)):
        with pytest.raises(Forbidden):
            ticket_renew(actor=actor, session_id=admission.session_id, resume_token=resume_token)


def test_another_right_keeps_the_feed_open() -> None:
    meeting = meeting_made(actor=host_made("host"))
    organisation = Organisation.objects.create(name="Board", slug="board")
    bob, participant = watching(meeting)
    assert bob.user is not None
    Membership.objects.create(organisation=organisation, user=bob.user)
    meeting_organisation_set(meeting=meeting, actor=actor_for(meeting.host), organisation=organisation)
    reader = feed_of_participant(stored(participant))
    taken(meeting, bob)
    assert feeds_lost([reader]) == set()
    membership_take(membership=Membership.objects.get(), actor=bob)
    assert feeds_lost([reader]) == {reader}


def test_who_took_part_may_read_on_and_so_may_who_came_by_the_code() -> None:
    meeting = meeting_made(actor=host_made("host"))
    spoke, participant = watching(meeting, "spoke")
    speaker = admitted(meeting, role="speaker", actor=spoke)
    session_open(session_id=speaker.session_id, node="node-1", resume_token=None)
    silent, never_there = watching(meeting, "silent")
    admitted(meeting, role="speaker", actor=silent)
    for actor in (spoke, silent):
        taken(meeting, actor)
    assert feed_of_participant(stored(participant)).needs_standing
    with pytest.raises(Forbidden):
        feed_of_participant(stored(never_there))
    stranger = actor_for(user_made("stranger"))
    by_code = admitted(meeting, role="viewer", actor=stranger)
    assert meeting_to_read(stranger, meeting.pk) == meeting
    assert ticket_redeem(ticket=by_code.ticket).feed == feed_of_participant(stored(by_code.participant))
    bob, _ = watching(meeting)
    taken(meeting, bob)
    again = admitted(meeting, role="viewer", actor=bob)
    assert ticket_redeem(ticket=again.ticket).feed is not None, "the code is an invitation for everybody"


def test_a_guest_reads_by_the_link() -> None:
    meeting = meeting_made(actor=host_made("host"))
    admission = admitted(meeting, role="viewer")
    feed = ticket_redeem(ticket=admission.ticket).feed
    assert feed == FeedReader(meeting_id=meeting.pk, link_number=1)
    assert feeds_lost([feed]) == set()
    assert ticket_renew(actor=GUEST, session_id=admission.session_id, resume_token=admission.resume_token).ticket


def test_a_locked_account_reads_no_feed_and_a_deleted_one_comes_not_back() -> None:
    meeting = meeting_made(actor=host_made("host"))
    _, participant = watching(meeting)
    stranger = actor_for(user_made("stranger"))
    by_code = admitted(meeting, role="viewer", actor=stranger).participant
    readers = [feed_of_participant(stored(each)) for each in (participant, by_code)]
    User.objects.filter(username__in=("bob", "stranger")).update(is_active=False)
    assert feeds_lost(readers) == set(readers)
    User.objects.filter(username__in=("bob", "stranger")).delete()
    assert feeds_lost(readers) == set(readers)
    with pytest.raises(Forbidden):
        feed_of_participant(stored(participant))
    guest = feed_of_participant(stored(by_code))
    assert guest == FeedReader(meeting_id=meeting.pk, link_number=1), "who has no account is a guest"


def test_a_feed_by_token_ends_with_the_token_whichever_way_that_ends() -> None:
    meeting = meeting_made(actor=host_made("host"))
    user = user_made("stranger")
    revoked, expired = token_of(user), token_of(user, expires_in=timedelta(hours=1))
    readers = [feed_open_by_token(api_token=each.secret, reference=meeting.code) for each in (revoked, expired)]
    assert feeds_lost(readers) == set()
    api_token_revoke(token=revoked.row, actor=actor_for(user))
    assert feeds_lost(readers) == {readers[0]}
    ApiToken.objects.filter(pk=expired.row.pk).update(expires_at=timezone.now())
    assert feeds_lost(readers) == set(readers)
    with pytest.raises(Forbidden):
        feed_open_by_token(api_token=revoked.secret, reference=meeting.code)
    with pytest.raises(NotFound):
        feed_open_by_token(api_token=token_of(user).secret, reference=str(meeting.pk))


@pytest.mark.parametrize("by", ["pk", "code"])
def test_a_feed_by_token_ends_with_the_role_that_its_account_read_by(by: str) -> None:
    meeting = meeting_made(actor=host_made("host"))
    user = user_made("bob")
    role = role_give(meeting=meeting, actor=actor_for(meeting.host), person="bob", role="viewer")
    reader = feed_open_by_token(api_token=token_of(user).secret, reference=str(getattr(meeting, by)))
    assert feeds_lost([reader]) == set()
    role_take(role=role, actor=actor_for(meeting.host))
    assert feeds_lost([reader]) == {reader}


def test_a_viewer_whom_a_token_let_in_goes_with_it_when_it_is_revoked_and_not_when_it_expires() -> None:
    """Programs let viewers in with tokens that last for a moment; one that is revoked was in wrong hands."""
    meeting = meeting_made(actor=host_made("host"))
    user = user_made("bob")
    role_give(meeting=meeting, actor=actor_for(meeting.host), person="bob", role="viewer")
    made = token_of(user, expires_in=timedelta(hours=1))
    admission = admitted(meeting, role="viewer", actor=actor_of_token(made.row))
    reader = feed_of_participant(stored(admission.participant))
    ApiToken.objects.filter(pk=made.row.pk).update(expires_at=timezone.now())
    assert feeds_lost([reader]) == set()
    api_token_revoke(token=made.row, actor=actor_for(user))
    assert feeds_lost([reader]) == {reader}
    with pytest.raises(Forbidden):
        ticket_renew(actor=GUEST, session_id=admission.session_id, resume_token=admission.resume_token)


def test_whoever_speaks_comes_back_whatever_was_taken() -> None:
    """What they have said and not delivered yet must not be lost."""
    meeting = meeting_made(actor=host_made("host"))
    user = user_made("bob")
    role = role_give(meeting=meeting, actor=actor_for(meeting.host), person="bob", role="viewer")
    made = token_of(user)
    admission = admitted(meeting, role="speaker", actor=actor_of_token(made.row))
    role_take(role=role, actor=actor_for(meeting.host))
    api_token_revoke(token=made.row, actor=actor_for(user))
    User.objects.filter(pk=user.pk).update(is_active=False)
    renewed = ticket_renew(actor=GUEST, session_id=admission.session_id, resume_token=admission.resume_token)
    assert ticket_redeem(ticket=renewed.ticket).session_id == admission.session_id


def _role(host: Actor, meeting: Meeting, user: User) -> None:
    role_take(role=meeting.roles.get(user=user), actor=host)


def _organisation(host: Actor, meeting: Meeting, user: User) -> None:
    meeting_organisation_set(meeting=meeting, actor=host, organisation=None)


def _membership(host: Actor, meeting: Meeting, user: User) -> None:
    membership_take(membership=Membership.objects.get(user=user), actor=actor_for(user))


def _token(host: Actor, meeting: Meeting, user: User) -> None:
    api_token_revoke(token=ApiToken.objects.get(user=user), actor=actor_for(user))


def _account(host: Actor, meeting: Meeting, user: User) -> None:
    account_note(actor=host, account=user, action="account.changed", fields=["Active"])


@pytest.mark.parametrize("take", [_role, _organisation, _membership, _token, _account])
def test_nodes_are_told_when_something_was_taken(
    take: Callable[[Actor, Meeting, User], None],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    host = host_made("host")
    meeting, bob = meeting_made(actor=host), user_made("bob")
    role = role_give(meeting=meeting, actor=host, person="bob", role="editor")
    organisation = Organisation.objects.create(name="Board", slug="board")
    Membership.objects.create(organisation=organisation, user=bob)
    meeting_organisation_set(meeting=meeting, actor=host, organisation=organisation)
    token_of(bob)
    with django_capture_on_commit_callbacks() as before:
        role_change(role=role, actor=host, to="viewer")
    assert rights_announce not in before
    with django_capture_on_commit_callbacks() as callbacks:
        take(host, meeting, bob)
    assert rights_announce in callbacks

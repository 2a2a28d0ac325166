"""The link of a meeting is renewed and turned off: whom that keeps out, and whom it does not."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoCaptureOnCommitCallbacks

from meetings.access import (
    GUEST,
    actor_for,
    meeting_to_join,
    meeting_to_manage,
    meeting_to_read,
    participant_to_change,
)
from meetings.announce import rights_announce
from meetings.errors import Conflict, Forbidden, LinkClosed, NotFound
from meetings.feed_access import feed_of_participant, feeds_lost
from meetings.models import AuditEvent, FormerCode, Meeting, MeetingEvent, Participant
from meetings.selectors import meeting_is
from meetings.services import links
from meetings.services.feeds import feed_open_by_token
from meetings.services.links import link_open_set, link_renew
from meetings.services.roles import role_give
from meetings.services.sessions import session_open
from meetings.services.tickets import ticket_redeem, ticket_renew
from meetings.services.tokens import api_token_create_own
from tests.integration.made import admitted, all_at_once, meeting_made, user_made


@pytest.fixture
def host(db: None) -> User:
    return user_made("host")


@pytest.fixture
def meeting(host: User) -> Meeting:
    return meeting_made(actor=actor_for(host))


def renewed(meeting: Meeting) -> Meeting:
    return link_renew(meeting=meeting, actor=actor_for(meeting.host))


def turned(meeting: Meeting, *, is_open: bool) -> Meeting:
    return link_open_set(meeting=meeting, actor=actor_for(meeting.host), is_open=is_open)


def closed(meeting: Meeting) -> Meeting:
    return turned(meeting, is_open=False)


def stored(participant: Participant) -> Participant:
    return Participant.objects.get(pk=participant.pk)


CLOSINGS = pytest.mark.parametrize("close", [renewed, closed])


@CLOSINGS
def test_who_has_no_right_comes_in_by_it_no_more_and_who_has_one_by_the_old_address_too(
    meeting: Meeting, close: Callable[[Meeting], Meeting]
) -> None:
    old, member = meeting.code, actor_for(user_made("member"))
    role_give(meeting=meeting, actor=actor_for(meeting.host), person="member", role="viewer")
    spoke = actor_for(user_made("spoke"))
    admitted(meeting, actor=spoke)
    new = close(meeting).code
    for outsider in (GUEST, actor_for(user_made("stranger"))):
        for door in (meeting_to_read, meeting_to_join, meeting_to_manage):
            with pytest.raises(LinkClosed):
                door(outsider, old)
        with pytest.raises(NotFound) as refusal:
            meeting_to_read(outsider, meeting.pk)
        assert refusal.type is NotFound, "an id tells a stranger nothing"
    for insider in (member, spoke, actor_for(meeting.host)):
        assert {meeting_to_read(insider, each) for each in (old, new, meeting.pk)} == {meeting}
    with pytest.raises(Forbidden):
        meeting_to_manage(member, old)
    assert meeting_is(meeting_id=meeting.pk, reference=old)


def test_the_new_link_lets_everybody_in_and_one_that_was_turned_on_again_too(meeting: Meeting) -> None:
    assert meeting_to_join(GUEST, renewed(meeting).code) == meeting
    turned_off = closed(meeting)
    with pytest.raises(LinkClosed):
        meeting_to_join(GUEST, turned_off.code)
    assert renewed(turned_off).is_link_open is False, "renewing opens nothing"
    again = turned(turned_off, is_open=True)
    assert meeting_to_join(GUEST, again.code) == meeting
    with pytest.raises(LinkClosed):
        meeting_to_join(GUEST, meeting.code)


@pytest.mark.parametrize("role", ["", "viewer", "editor"])
def test_only_owners_change_it(meeting: Meeting, role: str) -> None:
    other = actor_for(user_made("other"))
    if role:
        role_give(meeting=meeting, actor=actor_for(meeting.host), person="other", role=role)
    for actor in (other, GUEST):
        with pytest.raises(Forbidden):
            link_renew(meeting=meeting, actor=actor)
        with pytest.raises(Forbidden):
            link_open_set(meeting=meeting, actor=actor, is_open=False)
    assert meeting_to_join(GUEST, meeting.code).is_link_open
    assert not FormerCode.objects.exists()


@CLOSINGS
def test_a_guest_who_reads_by_the_link_is_put_out_with_it(
    meeting: Meeting,
    close: Callable[[Meeting], Meeting],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    admission = admitted(meeting, role="viewer")
    reader = feed_of_participant(stored(admission.participant))
    assert reader.can_be_lost
    assert feeds_lost([reader]) == set()
    with django_capture_on_commit_callbacks() as callbacks:
        close(meeting)
    assert rights_announce in callbacks
    assert feeds_lost([reader]) == {reader}
    with pytest.raises(Forbidden):
        ticket_redeem(ticket=admission.ticket)
    with pytest.raises(Forbidden):
        ticket_renew(actor=GUEST, session_id=admission.session_id, resume_token=admission.resume_token)


@CLOSINGS
def test_who_reads_by_something_else_reads_on(meeting: Meeting, close: Callable[[Meeting], Meeting]) -> None:
    host = actor_for(meeting.host)
    own = admitted(meeting, role="viewer", actor=host).participant
    account = admitted(meeting, role="viewer", actor=actor_for(user_made("came-by-link"))).participant
    token = api_token_create_own(actor=host, name="mine")
    by_token = feed_open_by_token(api_token=token.secret, reference=meeting.code)
    close(meeting)
    readers = [by_token, *(feed_of_participant(stored(each)) for each in (own, account))]
    assert feeds_lost(readers) == set()
    assert feed_open_by_token(api_token=token.secret, reference=meeting.code).needs_standing


@CLOSINGS
def test_a_feed_that_a_strangers_token_opened_by_the_link_ends(
    meeting: Meeting, close: Callable[[Meeting], Meeting]
) -> None:
    token = api_token_create_own(actor=actor_for(user_made("stranger")), name="mine")
    reader = feed_open_by_token(api_token=token.secret, reference=meeting.code)
    assert feeds_lost([reader]) == set()
    close(meeting)
    assert feeds_lost([reader]) == {reader}
    with pytest.raises(LinkClosed):
        feed_open_by_token(api_token=token.secret, reference=meeting.code)


@CLOSINGS
def test_whoever_speaks_stays_and_comes_back_after_a_lost_connection(
    meeting: Meeting, close: Callable[[Meeting], Meeting]
) -> None:
    """What they have said and not delivered yet must not be lost."""
    admission = admitted(meeting)
    session_open(session_id=admission.session_id, node="node-1", resume_token=None)
    close(meeting)
    again = ticket_renew(actor=GUEST, session_id=admission.session_id, resume_token=admission.resume_token)
    assert ticket_redeem(ticket=again.ticket).session_id == admission.session_id


def test_turned_on_again_the_same_link_lets_its_guests_read_on(meeting: Meeting) -> None:
    reader = feed_of_participant(admitted(meeting, role="viewer").participant)
    turned(closed(meeting), is_open=True)
    assert feeds_lost([reader]) == set()


def test_a_guest_host_reads_on_in_the_browser_that_hosts(db: None) -> None:
    meeting = meeting_made()
    actor = actor_for(None, hosted=frozenset({meeting.pk}))
    reader = feed_of_participant(admitted(meeting, role="viewer", actor=actor).participant)
    link_open_set(meeting=meeting, actor=actor, is_open=False)
    assert not reader.can_be_lost
    assert feeds_lost([reader]) == set()
    assert meeting_to_join(actor, meeting.code) == meeting


def test_who_came_through_the_door_before_it_was_renewed_is_not_let_in_after(meeting: Meeting) -> None:
    seen = meeting_to_join(GUEST, meeting.code)
    renewed(meeting)
    with pytest.raises(LinkClosed):
        admitted(seen)
    turned_off = closed(meeting)
    with pytest.raises(LinkClosed):
        admitted(turned_off)
    assert admitted(turned_off, actor=actor_for(meeting.host)).participant.link_number is None
    assert not Participant.objects.filter(user=None).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_renew_the_same_link_at_once_one_is_told_that_it_was_done() -> None:
    host = actor_for(user_made("host"))
    meeting = meeting_made(actor=host)
    outcomes = all_at_once(*[lambda: link_renew(meeting=meeting, actor=host, code=meeting.code)] * 4)
    refused = [each for each in outcomes if isinstance(each, Conflict)]
    assert [each.code for each in refused] == ["link_renewed"] * 3
    found = Meeting.objects.get(pk=meeting.pk)
    assert [each.code for each in found.former_codes.all()] == [meeting.code]
    assert (found.link_number, found.last_seq) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_joins_and_renewals_at_once_leave_nobody_in_by_a_link_that_is_gone_unnoticed() -> None:
    """Each was let in by the link that stood, and knows which; none waits for the other for ever."""
    host = actor_for(user_made("host"))
    meeting = meeting_made(actor=host)

    def join() -> int | None:
        return admitted(meeting_to_join(GUEST, meeting.code), role="viewer").participant.link_number

    outcomes = all_at_once(*[join] * 3, lambda: link_renew(meeting=meeting, actor=host).link_number, *[join] * 3)
    assert outcomes.pop(3) == 2
    assert all(each == 1 or isinstance(each, LinkClosed) for each in outcomes), outcomes
    for participant in Participant.objects.all():
        with pytest.raises(Forbidden):
            feed_of_participant(participant)


def test_the_trail_and_the_log_say_that_it_changed_and_no_code(meeting: Meeting) -> None:
    old = meeting.code
    new = renewed(meeting).code
    turned(closed(meeting), is_open=True)
    turned(meeting, is_open=True)  # as it stands: nothing
    entries = AuditEvent.objects.filter(action__startswith="meeting.link_").order_by("number")
    assert [(each.action, each.actor) for each in entries] == [
        (f"meeting.link_{what}", f"user:{meeting.host_id}") for what in ("renewed", "closed", "opened")
    ]
    events = MeetingEvent.objects.filter(meeting=meeting)
    assert [(each.type, each.payload["changed"]) for each in events] == [("meeting.changed", ["link"])] * 3
    said = f"{[each.data for each in entries]} {[each.payload for each in events]}"
    assert old not in said
    assert new not in said


def test_codes_that_are_long_gone_name_nothing(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST_FORMER_CODES", 2)
    codes = [meeting.code, *(renewed(meeting).code for _ in range(3))]
    assert [each.code for each in meeting.former_codes.all()] == [codes[2], codes[1]]
    with pytest.raises(NotFound) as refusal:
        meeting_to_read(actor_for(meeting.host), codes[0])
    assert refusal.type is NotFound


def test_somebody_who_changes_their_name_is_who_they_are_whatever_became_of_the_link(meeting: Meeting) -> None:
    admission = admitted(meeting)
    renewed(meeting)
    who, _ = participant_to_change(GUEST, meeting.code, admission.participant.pk, resume_token=admission.resume_token)
    assert who == admission.participant
    with pytest.raises(LinkClosed):
        participant_to_change(GUEST, meeting.code, admission.participant.pk, resume_token=None)

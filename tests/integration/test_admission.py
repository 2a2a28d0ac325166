"""Making meetings and letting people in: who may, what is refused, and tickets that open one socket once."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from meetings.access import GUEST, Actor, actor_for
from meetings.errors import Conflict, Forbidden, Invalid, NotFound, TicketInvalid
from meetings.models import AudioSession, ConsentRecord, IdempotencyKey, Meeting, Participant, Ticket
from meetings.selectors import meeting_is
from meetings.services.consents import consent_record
from meetings.services.idempotency import idempotency_keys_old_delete, idempotent
from meetings.services.meetings import meeting_create, meeting_end, meeting_update
from meetings.services.participants import participant_admit
from meetings.services.tickets import ticket_issue, ticket_redeem, ticket_renew, tickets_expired_delete
from meetings.values import Redeemed
from tests.integration.made import admitted, all_at_once, host_made, meeting_made, opened, user_made


@pytest.mark.django_db
def test_guests_make_meetings_only_where_the_operator_allows_it(settings: Settings) -> None:
    assert meeting_create(actor=GUEST, title="  Board  ").title == "Board"
    settings.GUEST_MEETINGS = False
    with pytest.raises(Forbidden):
        meeting_create(actor=GUEST, title="Board")
    host = host_made()
    assert meeting_create(actor=host, title="Board").host == host.user


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("title", "x" * 201),
        ("language", "english!"),
        ("policies", {"retention": {1, 2}}),
        ("vocabulary", ["fine", ""]),
        ("vocabulary", ["x"] * 501),
    ],
)
def test_a_meeting_with_an_unacceptable_value_is_not_made(field: str, value: object) -> None:
    values: dict[str, object] = {"title": "Board", field: value}
    with pytest.raises(Invalid) as refusal:
        meeting_create(actor=GUEST, **values)  # type: ignore[arg-type]  # wrong on purpose
    assert refusal.value.status == 422
    assert refusal.value.detail.endswith(".")
    assert not Meeting.objects.exists()


@pytest.mark.django_db
def test_only_the_host_changes_and_ends_a_meeting() -> None:
    host = host_made()
    stranger = actor_for(user_made("mallory"))
    meeting = meeting_made(actor=host)
    for actor in (stranger, GUEST):
        with pytest.raises(Forbidden):
            meeting_update(meeting=meeting, actor=actor, title="Mine")
        with pytest.raises(Forbidden):
            meeting_end(meeting=meeting, actor=actor)
    changed = meeting_update(meeting=meeting, actor=host, title="Hearing", vocabulary=["Colloquy"])
    assert (changed.title, changed.vocabulary, changed.language) == ("Hearing", ["Colloquy"], "en")


@pytest.mark.django_db
def test_ending_twice_is_one_event() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    opened(meeting)
    first = meeting_end(meeting=meeting, actor=host)
    second = meeting_end(meeting=meeting, actor=host)
    assert first.ended_at == second.ended_at
    assert meeting.events.filter(type="meeting.ended").count() == 1


@pytest.mark.django_db
def test_a_guest_host_manages_what_the_browser_session_made() -> None:
    meeting = meeting_made()
    guest_host = Actor(user=None, hosted=frozenset({meeting.pk}))
    assert admitted(meeting, role="host", actor=guest_host).participant.role == "host"


@pytest.mark.django_db
def test_roles_that_carry_rights_are_given_by_managers_only() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    for role in ("host", "agent", "phone"):
        with pytest.raises(Forbidden):
            admitted(meeting, role=role)
        assert admitted(meeting, role=role, actor=host).participant.role == role
    for role in ("speaker", "viewer"):
        assert admitted(meeting, role=role).participant.role == role
    with pytest.raises(Invalid):
        admitted(meeting, role="owner", actor=host)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["", " \t ", "\u200b\u2063", "x" * 81, "Ada\x00", "Ada\nGrace", "Ada\u202egnihtyna", "\ud800"]
)
def test_names_that_cannot_be_shown_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        participant_admit(meeting=meeting_made(), actor=GUEST, display_name=name)
    assert not Participant.objects.exists()


@pytest.mark.django_db
def test_names_are_trimmed() -> None:
    meeting = meeting_made()
    assert admitted(meeting, display_name="  Ada Lovelace ").participant.display_name == "Ada Lovelace"
    assert admitted(meeting, display_name="x" * 80).participant.display_name == "x" * 80


@pytest.mark.django_db
def test_nobody_is_admitted_to_an_ended_meeting() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    meeting_end(meeting=meeting, actor=host)
    with pytest.raises(Conflict) as refusal:
        admitted(meeting)
    assert refusal.value.code == "meeting_ended"


@pytest.mark.django_db
def test_a_ticket_opens_one_socket_once() -> None:
    meeting = meeting_made()
    admission = admitted(meeting)
    assert ticket_redeem(ticket=admission.ticket) == Redeemed(
        participant_id=admission.participant.pk,
        meeting_id=meeting.pk,
        session_id=admission.session_id,
        role="speaker",
        display_name="Ada",
    )
    for ticket in (admission.ticket, "unknown", ""):
        with pytest.raises(TicketInvalid):
            ticket_redeem(ticket=ticket)


@pytest.mark.django_db(transaction=True)
def test_of_many_sockets_with_one_ticket_one_gets_in() -> None:
    ticket = admitted(meeting_made()).ticket
    outcomes = all_at_once(*[partial(ticket_redeem, ticket=ticket)] * 6)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Redeemed"] + ["TicketInvalid"] * 5


@pytest.mark.django_db
def test_an_expired_ticket_is_refused_and_later_removed() -> None:
    admission = admitted(meeting_made())
    now = timezone.now()
    Ticket.objects.update(expires_at=now - timedelta(seconds=1))
    with pytest.raises(TicketInvalid):
        ticket_redeem(ticket=admission.ticket)
    assert tickets_expired_delete(now=now) == 0
    assert tickets_expired_delete(now=now + timedelta(hours=2)) == 1


@pytest.mark.django_db
def test_the_secret_of_a_ticket_is_not_stored() -> None:
    admission = admitted(meeting_made())
    assert admission.ticket not in str(list(Ticket.objects.values()))
    assert admission.resume_token not in str(list(AudioSession.objects.values()))


@pytest.mark.django_db
def test_a_viewer_has_a_feed_and_no_audio_session() -> None:
    admission = admitted(meeting_made(), role="viewer")
    assert admission.session_id == admission.participant.pk
    assert ticket_redeem(ticket=admission.ticket).session_id is None
    renewed = ticket_renew(actor=GUEST, session_id=admission.session_id, resume_token=admission.resume_token)
    assert renewed.audio_session is None
    assert ticket_redeem(ticket=renewed.ticket).participant_id == admission.participant.pk


@pytest.mark.django_db
def test_a_fresh_ticket_is_for_those_who_own_the_session() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    ada = actor_for(user_made("speaker"))
    admission = admitted(meeting, actor=ada)
    renew = partial(ticket_renew, session_id=admission.session_id)
    assert ticket_redeem(ticket=renew(actor=ada, resume_token=None).ticket).session_id == admission.session_id
    assert renew(actor=GUEST, resume_token=admission.resume_token).audio_session is not None
    guest_host = actor_for(None, hosted=frozenset({meeting.pk}))
    staff = actor_for(user_made("staff", is_staff=True))
    for other in (GUEST, host, guest_host, staff):  # those who manage the meeting could speak in another's name
        with pytest.raises(NotFound):
            renew(actor=other, resume_token=None)
    with pytest.raises(Forbidden):
        renew(actor=ada, resume_token="wrong")
    with pytest.raises(NotFound):
        ticket_renew(actor=host, session_id=uuid4(), resume_token=None)
    with pytest.raises(NotFound):  # a speaker's participant id is not a feed
        ticket_renew(actor=ada, session_id=admission.participant.pk, resume_token=None)


@pytest.mark.django_db
def test_a_ticket_for_a_second_socket_of_the_same_session() -> None:
    admission = admitted(meeting_made())
    session = AudioSession.objects.get()
    ticket = ticket_issue(participant=admission.participant, audio_session=session)
    assert ticket_redeem(ticket=ticket).session_id == admission.session_id


@pytest.mark.django_db
def test_consent_is_recorded_and_withdrawn() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    record = partial(consent_record, participant_id=session.participant_id)
    assert record(granted=["transcript", "captions", "soul"]) == ("captions", "transcript")
    assert record(granted=["captions", "transcript"]) == ("captions", "transcript")
    assert record(granted=[]) == ()
    assert [row.granted for row in ConsentRecord.objects.all()] == [["captions", "transcript"]] * 2 + [[]]
    events = meeting.events.filter(type="participant.consented").order_by("seq")
    assert [event.payload["granted"] for event in events] == [["captions", "transcript"], []]
    assert events[0].payload["participant"]["display_name"] == "Ada"
    with pytest.raises(NotFound):
        consent_record(participant_id=uuid4(), granted=[])


@pytest.mark.django_db(transaction=True)
def test_a_repeated_request_makes_one_meeting() -> None:
    host = host_made()
    make = partial(
        idempotent,
        actor=host,
        key="k1",
        action="meeting.create",
        request=b"{}",
        make=lambda: meeting_made(actor=host).pk,
    )
    outcomes = all_at_once(*[make] * 4)
    references = {outcome.reference for outcome in outcomes if not isinstance(outcome, Exception)}
    assert len(outcomes) == 4
    assert len(references) == Meeting.objects.count() == 1
    with pytest.raises(Invalid) as refusal:
        make(request=b'{"title":"Other"}')
    assert refusal.value.code == "idempotency_key_reused"
    assert idempotency_keys_old_delete(now=timezone.now() + timedelta(days=2)) == 1


@pytest.mark.django_db
def test_a_failed_attempt_leaves_its_key_free() -> None:
    host = host_made()
    attempt = partial(idempotent, actor=host, key="k1", action="meeting.create", request=b"{}")
    with pytest.raises(Invalid):
        attempt(make=lambda: meeting_made(actor=host, title="").pk)
    assert not IdempotencyKey.objects.exists()
    assert attempt(make=lambda: meeting_made(actor=host).pk).is_replay is False


@pytest.mark.django_db
def test_guests_share_no_keys() -> None:
    attempt = partial(idempotent, actor=GUEST, key="1", action="meeting.create", request=b"{}")
    first, second = (attempt(make=lambda: meeting_made().pk) for _ in range(2))
    assert first.reference != second.reference


@pytest.mark.django_db
def test_an_address_names_a_meeting_by_id_or_code() -> None:
    meeting = meeting_made()
    for reference in (str(meeting.pk), meeting.pk.hex, meeting.code, meeting.code.upper().replace("-", " ")):
        assert meeting_is(meeting_id=meeting.pk, reference=reference)
    for reference in (str(uuid4()), meeting_made().code, "", "x"):
        assert not meeting_is(meeting_id=meeting.pk, reference=reference)

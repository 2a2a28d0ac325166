"""Who reaches which meeting: the code invites, an id alone tells a stranger nothing."""

from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from meetings.access import (
    GUEST,
    Actor,
    actor_for,
    meeting_to_join,
    meeting_to_manage,
    meeting_to_read,
    meetings_to_read,
)
from meetings.errors import Forbidden, NotFound
from meetings.models import ApiToken
from meetings.services.tokens import api_token_create, api_token_find
from tests.integration.made import account_of_token, admitted, host_made, meeting_made, user_made


@pytest.mark.django_db
def test_whoever_knows_the_code_may_join_and_read_and_not_manage() -> None:
    meeting = meeting_made(actor=host_made())
    for reference in (meeting.code, meeting.code.upper(), meeting.code.replace("-", " ")):
        assert meeting_to_join(GUEST, reference) == meeting
        assert meeting_to_read(GUEST, reference) == meeting
        with pytest.raises(Forbidden):
            meeting_to_manage(GUEST, reference)


@pytest.mark.django_db
def test_an_id_tells_a_stranger_nothing() -> None:
    meeting = meeting_made(actor=host_made())
    stranger = actor_for(user_made("mallory"))
    for actor in (GUEST, stranger):
        for reference in (meeting.pk, str(meeting.pk), uuid4(), "no-such-code", ""):
            for access in (meeting_to_join, meeting_to_read, meeting_to_manage):
                with pytest.raises(NotFound):
                    access(actor, reference)
        assert not meetings_to_read(actor).exists()


@pytest.mark.django_db
def test_those_who_manage_reach_it_by_id() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    service = api_token_find(token=api_token_create(name="ci"))
    assert service is not None
    managers = [
        host,
        actor_for(user_made("root", is_staff=True)),
        actor_for(service.user),
        Actor(user=None, hosted=frozenset({meeting.pk})),
    ]
    for actor in managers:
        assert meeting_to_manage(actor, str(meeting.pk)) == meeting
        assert meeting in meetings_to_read(actor)


@pytest.mark.django_db
def test_an_account_that_takes_part_reads_by_id_and_does_not_manage() -> None:
    meeting = meeting_made(actor=host_made())
    speaker = actor_for(user_made("speaker"))
    admitted(meeting, actor=speaker)
    assert meeting_to_read(speaker, meeting.pk) == meeting
    assert list(meetings_to_read(speaker)) == [meeting]
    with pytest.raises(Forbidden):
        meeting_to_manage(speaker, meeting.pk)


@pytest.mark.django_db
def test_a_token_is_stored_as_a_hash_and_can_be_revoked() -> None:
    token = api_token_create(name="ci")
    row = ApiToken.objects.get()
    assert token not in str(ApiToken.objects.values())
    assert api_token_find(token=token) == row
    assert not row.user.has_usable_password()
    assert api_token_find(token=token + "x") is None
    row.revoked_at = row.created_at
    row.save()
    assert api_token_find(token=token) is None
    with pytest.raises(NotFound):
        meeting_to_read(actor_for(row.user), meeting_made().pk)


@pytest.mark.django_db
def test_the_command_prints_the_token_alone(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):  # a second token for the same account
        call_command("api_token", "ci")
    first, second = capsys.readouterr().out.splitlines()
    assert first != second
    assert account_of_token(first) == account_of_token(second)


@pytest.mark.django_db
def test_the_command_does_not_take_over_a_persons_account() -> None:
    user_made("ada")
    with pytest.raises(CommandError, match="person"):
        call_command("api_token", "ada")

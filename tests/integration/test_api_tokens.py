"""One's own API tokens and those of programs: what they may do, until when, and who made them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from meetings.access import actor_for, meetings_to_read
from meetings.errors import Conflict, Invalid, NotFound
from meetings.models import ApiToken, AuditEvent
from meetings.services import tokens
from meetings.services.tokens import api_token_create, api_token_create_own, api_token_find
from meetings.token_access import token_to_revoke
from tests.integration.api_calls import API, assert_problem, get, guest, made, post, program
from tests.integration.made import account_of_token, host_made, meeting_made, user_made

pytestmark = pytest.mark.django_db


def bearer(secret: str) -> Client:
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> ApiToken:
    call_command("api_token", *arguments)
    token = api_token_find(token=capsys.readouterr().out.strip())
    assert token is not None
    return token


def test_the_command_makes_tokens_that_do_everything_without_end_unless_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    everything = command(capsys, "bot")
    assert (everything.scope, everything.expires_at, everything.is_service) == ("admin", None, True)
    less = command(capsys, "bot", "--scope", "read", "--expires-days", "2")
    assert less.scope == "read"
    assert less.expires_at is not None
    assert timedelta(days=1) < less.expires_at - timezone.now() <= timedelta(days=2)
    assert less.user == everything.user


@pytest.mark.parametrize("arguments", [("--scope", "root"), ("--expires-days", "0"), ("--expires-days", "x")])
def test_a_mistake_in_the_command_makes_no_token(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("api_token", "bot", *arguments)
    assert not ApiToken.objects.exists()


def test_the_command_does_not_take_over_somebody_who_logs_in_elsewhere() -> None:
    """Such an account has no password here, as service accounts have none; only those have service tokens."""
    person = User.objects.create_user("ada")
    api_token_create_own(actor=actor_for(person), name="mine")
    with pytest.raises(CommandError, match="person"):
        call_command("api_token", "ada")


def test_a_persons_own_token_reaches_what_the_person_reaches_and_no_more() -> None:
    person = User.objects.create_user("ada")  # without a password, as after single sign-on
    mine, other = meeting_made(actor=actor_for(person)), meeting_made(actor=host_made("bob"))
    client = bearer(api_token_create_own(actor=actor_for(person), name="mine", scope="admin").secret)
    assert [each["id"] for each in get(client, "/meetings").json()["data"]] == [str(mine.pk)]
    assert_problem(get(client, f"/meetings/{other.pk}"), 404, "not_found")
    assert list(meetings_to_read(actor_for(person))) == [mine]


def test_an_expired_token_is_as_unknown_as_a_revoked_one() -> None:
    secret = api_token_create(name="bot", expires_in=timedelta(hours=1))
    assert get(bearer(secret), "/meetings").status_code == 200
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert_problem(get(bearer(secret), "/meetings"), 401, "unauthenticated")
    user = User.objects.get(username="bot")
    meeting_made(actor=host_made())
    assert not meetings_to_read(actor_for(user)).exists(), "the account has no rights without a valid token"


def test_each_scope_does_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    clients = {scope: bearer(api_token_create(name="bot", scope=scope)) for scope in ApiToken.Scope.values}
    meeting = meeting_made(actor=host_made())
    assert [get(client, f"/meetings/{meeting.pk}").status_code for client in clients.values()] == [200, 200, 200]
    refusal = assert_problem(post(clients["read"], "/meetings", {"title": "x"}), 403, "scope_missing")
    assert refusal["detail"]
    assert made(clients["write"])["title"] == "Board"
    for scope in ("read", "write"):
        assert_problem(get(clients[scope], f"/meetings/{meeting.pk}/roles"), 403, "scope_missing")
    assert get(clients["admin"], f"/meetings/{meeting.pk}/roles").status_code == 200


def test_the_interface_makes_lists_and_revokes_ones_own() -> None:
    ada, bob = user_made("ada"), user_made("bob")
    client, other = guest(), guest()
    client.force_login(ada)
    other.force_login(bob)
    answer = post(client, "/tokens", {"name": "minutes", "scope": "write", "expires_in_s": 3600})
    assert answer.status_code == 201
    token = answer.json()
    assert account_of_token(token["token"]) == ada
    [listed] = get(client, "/tokens").json()["data"]
    assert listed["id"] == token["id"]
    assert listed["scope"] == "write"
    assert "token" not in listed
    assert get(other, "/tokens").json()["data"] == []
    assert_problem(other.delete(f"{API}/tokens/{token['id']}"), 404, "not_found")
    assert client.delete(f"{API}/tokens/{token['id']}").status_code == 204
    assert api_token_find(token=token["token"]) is None
    assert get(client, "/tokens").json()["data"][0]["revoked_at"]
    entries = AuditEvent.objects.filter(target=f"token:{token['id']}").order_by("number")
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("token.created", f"user:{ada.pk}"), ("token.revoked", f"user:{ada.pk}"),
    ]  # fmt: skip
    assert entries[0].data["scope"] == "write"
    assert token["token"] not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize("body", [{"name": ""}, {"name": "x", "scope": "all"}, {"name": "x", "expires_in_s": 0}, {}])
def test_a_token_that_makes_no_sense_is_not_made(body: dict[str, object]) -> None:
    client = guest()
    client.force_login(user_made("ada"))
    assert_problem(post(client, "/tokens", body), 422, "validation_failed")
    assert not ApiToken.objects.exists()


def test_what_is_made_with_a_token_does_not_outlive_it() -> None:
    secret = api_token_create(name="bot", expires_in=timedelta(hours=1))
    ends = ApiToken.objects.get().expires_at
    for wish in (None, 86_400):
        answer = post(bearer(secret), "/tokens", {"name": "longer", "expires_in_s": wish})
        assert answer.status_code == 201
        assert ApiToken.objects.latest("pk").expires_at == ends
    shorter = post(bearer(secret), "/tokens", {"name": "shorter", "expires_in_s": 60})
    assert shorter.status_code == 201
    found = ApiToken.objects.latest("pk").expires_at
    assert found is not None
    assert ends is not None
    assert found < ends


def test_a_program_that_makes_a_token_stays_a_program() -> None:
    secret = post(program("bot"), "/tokens", {"name": "second"}).json()["token"]
    row = api_token_find(token=secret)
    assert row is not None
    assert row.is_service


def test_there_are_only_so_many_valid_tokens_of_one_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_VALID_TOKENS", 2)
    actor = host_made()
    first, _ = [api_token_create_own(actor=actor, name=name) for name in "ab"]
    with pytest.raises(Conflict):
        api_token_create_own(actor=actor, name="c")
    tokens.api_token_revoke(token=first.row, actor=actor)
    assert api_token_create_own(actor=actor, name="c").row.name == "c"


@pytest.mark.parametrize("seconds", [0, -1, 10**13])
def test_a_time_that_no_token_can_last_is_refused(seconds: int) -> None:
    with pytest.raises(Invalid):
        api_token_create_own(actor=host_made(), name="x", expires_in=timedelta(seconds=seconds))


def test_guests_have_no_tokens() -> None:
    from meetings.access import GUEST

    with pytest.raises(NotFound):
        token_to_revoke(GUEST, 1)

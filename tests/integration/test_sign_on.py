"""Single sign-on against a real OpenID Connect provider on loopback: who gets in as whom, and who does not."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlparse

import httpx
import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.test import Client
from joserfc.jwk import RSAKey
from pytest_django.fixtures import Settings

from meetings.models import AuditEvent, SignOnIdentity
from meetings.services.tokens import api_token_create
from tests.integration.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, provider_running

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with provider_running() as running:
        settings.OIDC_ISSUER = running.url
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.OIDC_NAME = "Example"
        yield running


def there(client: Client, *, next: str = "") -> str:
    """To the provider and through it; the address in our server that the browser is sent back to."""
    started = client.get("/login/sso/", {"next": next} if next else {})
    assert started.status_code == 302, started.content
    back = httpx.get(started.headers["Location"]).headers["Location"]
    address = urlparse(back)
    return f"{address.path}?{address.query}"


def logged_in(client: Client) -> User | None:
    user_id = client.session.get("_auth_user_id")
    return User.objects.get(pk=user_id) if user_id else None


def signed_on(provider: Provider, **claims: Any) -> User | None:
    """Whom a browser is logged in as, after a log-in at the provider as somebody with these claims."""
    provider.claims = claims
    client = Client()
    client.get(there(client))
    return logged_in(client)


def test_a_person_gets_an_account_at_the_first_time_and_the_same_one_again(provider: Provider) -> None:
    claims = {"sub": "s-1", "preferred_username": "ada", "given_name": "Ada", "email": "ada@example.org"}
    first = signed_on(provider, **claims)
    again = signed_on(provider, **{**claims, "preferred_username": "countess"})
    assert first is not None
    assert first == again
    assert (first.username, first.first_name) == ("ada", "Ada")
    assert not first.has_usable_password()
    assert first.email == "", "the provider did not say that it has verified it"
    assert [entry.action for entry in AuditEvent.objects.order_by("number")] == ["sign_on.account_made"]


def test_the_log_in_page_offers_it_and_leads_back_to_the_page_one_came_for(provider: Provider) -> None:
    client = Client()
    page = client.get("/login/?next=/account/").content.decode()
    assert "Log in with Example" in page
    assert "/login/sso/?next=/account/" in page
    answer = client.get(there(client, next="/account/"))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/")


def test_it_does_not_lead_to_another_site(provider: Provider) -> None:
    client = Client()
    assert client.get(there(client, next="https://evil.example/")).headers["Location"] == "/"


def test_what_the_provider_is_asked_for_is_bound_to_this_browser(provider: Provider) -> None:
    there(Client())
    [asked] = provider.asked
    assert asked["code_challenge_method"] == "S256"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert len(asked["state"]) >= 20
    assert len(asked["nonce"]) >= 20


def test_a_name_that_is_taken_makes_another_name_and_nobody_elses_account(provider: Provider) -> None:
    ada = User.objects.create_user("ada", password="made-up", email="ada@example.org")
    other = signed_on(provider, sub="s-2", preferred_username="Ada")
    assert other is not None
    assert other != ada
    assert other.username == "Ada-2"


def test_a_verified_address_finds_the_account_that_was_here_before(provider: Provider) -> None:
    ada = User.objects.create_user("ada", password="made-up", email="Ada@example.org")
    assert signed_on(provider, sub="s-1", email="ada@example.org", email_verified=True) == ada
    assert SignOnIdentity.objects.get().user == ada
    stranger = signed_on(provider, sub="s-2", email="ada@example.org", email_verified=True)
    assert stranger != ada, "one subject for one account"


@pytest.mark.parametrize("claim", [{}, {"email_verified": False}, {"email_verified": "true"}])
def test_an_address_that_is_not_verified_finds_nobody(provider: Provider, claim: dict[str, object]) -> None:
    ada = User.objects.create_user("ada", email="ada@example.org")
    assert signed_on(provider, sub="s-1", email="ada@example.org", **claim) not in (ada, None)


@pytest.mark.parametrize("kind", ["staff", "service", "locked", "two"])
def test_accounts_that_are_more_or_less_than_a_person_are_not_found_by_an_address(
    provider: Provider, kind: str
) -> None:
    match kind:
        case "staff":
            account = User.objects.create_user("root", email="x@example.org", is_staff=True)
        case "service":
            api_token_create(name="bot")
            account = User.objects.get(username="bot")
            User.objects.update(email="x@example.org")
        case "locked":
            account = User.objects.create_user("gone", email="x@example.org", is_active=False)
        case _:
            account = User.objects.create_user("one", email="x@example.org")
            User.objects.create_user("two", email="x@example.org")
    user = signed_on(provider, sub="s-1", email="x@example.org", email_verified=True)
    assert user is not None
    assert user != account
    assert not user.is_staff


def test_a_service_account_is_not_reached_by_its_name(provider: Provider) -> None:
    api_token_create(name="bot")
    user = signed_on(provider, sub="s-1", preferred_username="bot")
    assert user is not None
    assert user.username == "bot-2"


def test_a_locked_account_stays_outside(provider: Provider) -> None:
    user = signed_on(provider, sub="s-1")
    assert user is not None
    User.objects.filter(pk=user.pk).update(is_active=False)
    client = Client()
    answer = client.get(there(client))
    assert answer.status_code == 403
    assert "locked" in answer.content.decode()
    assert logged_in(client) is None


def test_an_answer_counts_in_the_browser_that_asked_only_and_once(provider: Provider) -> None:
    mine, theirs = Client(), Client()
    back = there(theirs)
    assert mine.get(back).status_code == 502
    assert logged_in(mine) is None
    provider.codes["code-0"] = provider.asked[0]
    assert theirs.get(back).status_code == 302
    provider.codes["code-0"] = provider.asked[0]
    assert Client().get(back).status_code == 502
    assert theirs.get(back).status_code == 502


@pytest.mark.parametrize(
    "overrides",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"nonce": "another-nonce"},
        {"exp": 1},
        {"sub": ""},
        {"sub": "x" * 300},
    ],
)
def test_a_token_that_was_not_made_for_this_log_in_lets_nobody_in(
    provider: Provider, overrides: dict[str, object]
) -> None:
    provider.overrides = overrides
    refused(provider)


def test_a_token_signed_by_somebody_else_lets_nobody_in(provider: Provider) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    refused(provider)


def test_an_answer_without_an_identity_lets_nobody_in(provider: Provider) -> None:
    provider.is_without_id_token = True
    refused(provider)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_only_a_signature_by_the_providers_own_key_counts_whatever_it_supports(
    provider: Provider, algorithm: str
) -> None:
    provider.algorithm = algorithm
    refused(provider)
    provider.metadata = {"id_token_signing_alg_values_supported": [algorithm]}
    refused(provider)


def test_a_provider_that_is_another_one_or_not_there_is_told_as_such(provider: Provider, settings: Settings) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    assert "did not confirm" in Client().get("/login/sso/").content.decode()
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    assert Client().get("/login/sso/").status_code == 502


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [("access_denied", 403, "refused or given up"), ("server_error", 502, "did not confirm who you are")],
)
def test_the_provider_may_say_no(provider: Provider, error: str, status: int, words: str) -> None:
    client = Client()
    state = parse_qs(urlparse(client.get("/login/sso/").headers["Location"]).query)["state"][0]
    answer = client.get("/login/sso/callback/", {"error": error, "state": state})
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert logged_in(client) is None


def refused(provider: Provider) -> None:
    client = Client()
    answer = client.get(there(client))
    assert answer.status_code == 502
    assert "You are not logged in" in answer.content.decode()
    assert logged_in(client) is None
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("issuer", "secret", "expected"),
    [
        ("https://id.example.org", "", ["colloquy.E020"]),
        ("http://id.example.org", "x", ["colloquy.E021"]),
        ("id.example.org", "x", ["colloquy.E021"]),
        ("https://id.example.org/realms/one", "x", []),
        ("http://127.0.0.1:9000", "x", []),
    ],
)
def test_a_wrong_set_up_is_told_at_the_start(settings: Settings, issuer: str, secret: str, expected: list[str]) -> None:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = issuer, "colloquy", secret
    assert [found.id for found in run_checks() if str(found.id).startswith("colloquy.E02")] == expected

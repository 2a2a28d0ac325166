"""Logging in and out, one's meetings and password, and what happens to those who try too many passwords."""

import re

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from meetings.access import actor_for
from meetings.api import throttling
from meetings.models import ApiToken, AuditEvent
from meetings.services.meetings import meeting_end
from meetings.services.tokens import api_token_find
from meetings.views import MY_MEETINGS_SHOWN
from tests.integration.made import account_of_token, admitted, meeting_made, user_made

pytestmark = pytest.mark.django_db
PASSWORD = "made-up"


@pytest.fixture(autouse=True)
def _fresh_buckets() -> None:
    cache.clear()


def log_in(client: Client, *, username: str = "ada", password: str = PASSWORD, next: str = "", **meta: str) -> int:
    # headers, not options
    answer = client.post("/login/", {"username": username, "password": password, "next": next}, **meta)  # type: ignore[arg-type]
    return answer.status_code


def text_of(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_the_header_says_who_is_logged_in_and_logs_out(client: Client) -> None:
    user_made("ada")
    assert "Log in" in text_of(client, "/")
    assert log_in(client) == 302
    page = text_of(client, "/")
    assert re.search(r'class="who">\s*<a href="/account/">ada</a>', page)
    assert "Log out" in page
    assert client.get("/logout/").status_code == 405, "a picture on another page must not log anybody out"
    assert client.post("/logout/").status_code == 302
    assert "Log out" not in text_of(client, "/")


def test_staff_find_the_administration_on_their_account_page_and_nobody_else_does(client: Client) -> None:
    link = '<a class="button" href="/admin/">Administration</a>'
    client.force_login(user_made("ada"))
    assert link not in text_of(client, "/account/")
    client.force_login(user_made("operator", is_staff=True))
    assert link in text_of(client, "/account/")


def test_one_comes_back_to_the_page_that_one_wanted_and_to_no_other_site(client: Client) -> None:
    user_made("ada")
    wanted = client.get("/account/")
    assert wanted.headers["Location"] == "/login/?next=/account/"
    for wish, leads_to in (("/account/", "/account/"), ("https://evil.example/", "/"), ("//evil.example", "/")):
        answer = Client().post("/login/", {"username": "ada", "password": PASSWORD, "next": wish})
        assert answer.headers["Location"] == leads_to


def test_a_wrong_password_and_an_unknown_or_locked_account_are_told_alike(client: Client) -> None:
    user_made("ada")
    User.objects.create_user("gone", password=PASSWORD, is_active=False)
    sentences = set()
    for username, password in (("ada", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)):
        page = client.post("/login/", {"username": username, "password": password}).content.decode()
        sentences |= set(re.findall(r'<p class="problem"[^>]*>([^<]*)</p>', page))
    assert sentences == {"There is no account with this username and password."}


def test_too_many_wrong_passwords_lock_that_address_out_of_that_account_only(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    user_made("ada")
    user_made("bob")
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert log_in(client, password="wrong") == 200
    answer = client.post("/login/", {"username": "ada", "password": "wrong"})
    assert answer.status_code == 429
    assert "too many passwords for this account" in answer.content.decode()
    assert answer["Retry-After"] == "900"
    assert log_in(client) == 429, "the right password does not help any more"
    assert log_in(Client(), username="bob") == 302
    assert log_in(Client(), REMOTE_ADDR="203.0.113.9") == 302, "nobody locks somebody else out"
    assert not re.search(r"\bada\b", caplog.text)


def test_a_good_log_in_forgets_earlier_mistakes(client: Client) -> None:
    user_made("ada")
    assert log_in(client, password="wrong") == 200
    assert AccessAttempt.objects.count() == 1
    assert log_in(client) == 302
    assert not AccessAttempt.objects.exists()


def test_behind_a_proxy_the_address_that_it_saw_counts(client: Client, settings: Settings) -> None:
    user_made("ada")
    settings.NINJA_NUM_PROXIES = 1
    for n in range(settings.AXES_FAILURE_LIMIT):
        log_in(client, password="wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}, 198.51.100.7", REMOTE_ADDR="127.0.0.1")
    elsewhere, there = "203.0.113.9", "1.2.3.4, 198.51.100.7"
    assert log_in(client, HTTP_X_FORWARDED_FOR=there, REMOTE_ADDR="127.0.0.1") == 429
    assert log_in(client, HTTP_X_FORWARDED_FOR=elsewhere, REMOTE_ADDR="127.0.0.1") == 302


@pytest.mark.parametrize("said", ["nonsense", "", "[2001:db8::1]:4711", "::ffff:198.51.100.7", "fe80::1%eth0"])
def test_whatever_is_said_of_an_address_can_be_counted(client: Client, settings: Settings, said: str) -> None:
    settings.NINJA_NUM_PROXIES = 1
    assert log_in(client, password="wrong", HTTP_X_FORWARDED_FOR=said) == 200
    assert AccessAttempt.objects.get().ip_address


def test_one_address_tries_only_so_many_accounts_in_a_minute(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "LOGINS_PER_MINUTE", 3)
    assert [log_in(client, username=f"user-{n}") for n in range(3)] == [200, 200, 200]
    refused = client.post("/login/", {"username": "user-3", "password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "Too many log-ins" in refused.content.decode()


def test_the_admin_has_no_log_in_of_its_own(client: Client) -> None:
    user_made("ada")
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/login/?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": "ada", "password": PASSWORD}).status_code == 302
    assert "_auth_user_id" not in client.session
    log_in(client)
    page = client.get("/admin/", follow=True).content.decode()
    assert "You are logged in as ada, who may not see that page" in page


def test_my_meetings_are_those_with_a_place_of_mine_newest_first(client: Client) -> None:
    user = user_made("ada")
    ada, bob = actor_for(user), actor_for(user_made("bob", is_staff=True))
    meeting_made(actor=ada, title="Hosted")
    admitted(meeting_made(actor=bob, title="Taken part in"), actor=ada)
    meeting_made(actor=bob, title="A role").roles.create(user=user, role="viewer")
    ended = meeting_made(actor=ada, title="Ended")
    meeting_end(meeting=ended, actor=ada)
    meeting_made(actor=bob, title="None of mine")
    log_in(client)
    page = text_of(client, "/")
    section = page[page.index("My meetings") : page.index("</section>", page.index("My meetings"))]
    assert re.findall(r'<a href="([^"]*)"><bdi>([^<]*)</bdi></a>', section)[0] == (
        f"/m/{ended.code}/transcript/",
        "Ended",
    )
    assert re.findall(r'<a href="[^"]*"><bdi>([^<]*)</bdi></a>', section) == [
        "Ended",
        "A role",
        "Taken part in",
        "Hosted",
    ]
    staff = Client()
    log_in(staff, username="bob")
    assert "Hosted" not in text_of(staff, "/"), "what staff may see is not all theirs"
    assert "My meetings" not in text_of(Client(), "/")


def test_my_meetings_come_in_pages(client: Client) -> None:
    ada = actor_for(user_made("ada"))
    for n in range(MY_MEETINGS_SHOWN + 1):
        meeting_made(actor=ada, title=f"Number {n}")
    log_in(client)
    assert "Page 1 of 2" in text_of(client, "/")
    assert "Number 0<" not in text_of(client, "/")
    assert "Number 0<" in text_of(client, "/?page=2")
    assert "Page 2 of 2" in text_of(client, "/?page=99")
    assert "Page 1 of 2" in text_of(client, "/?page=x")


def test_a_password_is_changed_by_whoever_knows_the_old_one(client: Client) -> None:
    user, elsewhere = user_made("ada"), Client()
    log_in(client)
    log_in(elsewhere)
    new = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}
    assert client.post("/account/password/", {"old_password": "wrong", **new}).status_code == 200
    weak = {"old_password": PASSWORD, "new_password1": "12345678", "new_password2": "12345678"}
    assert "entirely numeric" in client.post("/account/password/", weak).content.decode()
    answer = client.post("/account/password/", {"old_password": PASSWORD, **new}, follow=True)
    assert "Your password is changed" in answer.content.decode()
    assert client.get("/account/").status_code == 200, "this browser stays logged in"
    assert elsewhere.get("/account/").status_code == 302, "the others do not"
    assert AuditEvent.objects.get(action="password.changed").actor == f"user:{user.pk}"
    assert log_in(Client(), password="correct horse battery") == 302


def test_who_logs_in_elsewhere_has_no_password_to_change(client: Client) -> None:
    client.force_login(User.objects.create_user("sso"))
    assert "Change your password" not in text_of(client, "/account/")
    assert client.get("/account/password/").status_code == 404


def test_a_token_is_made_on_the_account_page_shown_once_and_revoked(client: Client) -> None:
    user = user_made("ada")
    log_in(client)
    made = client.post("/account/tokens/", {"name": "Minutes <bot>", "scope": "read", "days": "30"})
    assert made.status_code == 201
    assert "no-store" in made.headers["Cache-Control"]
    found = re.search(r"clq_[\w-]+", made.content.decode())
    assert found
    assert account_of_token(found[0]) == user
    page = text_of(client, "/account/")
    assert found[0] not in page
    assert "Minutes &lt;bot&gt;" in page
    token = ApiToken.objects.get()
    assert client.post(f"/account/tokens/{token.pk}/revoke/", follow=True).status_code == 200
    assert api_token_find(token=found[0]) is None
    assert "revoked" in text_of(client, "/account/")
    refused = client.post("/account/tokens/", {"name": "", "scope": "all", "days": "7"})
    assert refused.status_code == 422
    assert ApiToken.objects.count() == 1


def test_nobody_revokes_a_token_of_somebody_else(client: Client) -> None:
    user_made("ada")
    token = ApiToken.objects.create(user=user_made("bob"), name="x", sha256="0")
    log_in(client)
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_forms_of_the_account_are_protected_against_other_sites() -> None:
    user, client = user_made("ada"), Client(enforce_csrf_checks=True)
    client.force_login(user)
    for path in ("/login/", "/logout/", "/account/password/", "/account/tokens/"):
        assert client.post(path, {}).status_code == 403, path

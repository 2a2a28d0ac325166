"""Forgotten passwords: a link by mail, which tells nobody who has an account; and guesses at the old password."""

import logging
import re
from smtplib import SMTPServerDisconnected

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from kombu.exceptions import OperationalError
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from config.celery import app
from meetings import tasks
from meetings.api import throttling
from meetings.models import ApiToken, AuditEvent
from meetings.services import password_resets
from meetings.services.tokens import api_token_create
from tests.integration.made import account_of_token

pytestmark = pytest.mark.django_db
ASK, NEW, OLD = "/account/password/reset/", "correct horse battery", "made-up"
NEW_TWICE = {"new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", email="Ada@example.org", password=OLD)


@pytest.fixture(autouse=True)
def _with_mail(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server, and a worker that is done before the queue has answered."""
    settings.EMAIL_HOST = "mail.example.org"
    for name in ("task_always_eager", "task_eager_propagates"):
        monkeypatch.setitem(app.conf, name, True)


def asks(address: str, client: Client | None = None, **meta: str) -> str:
    # The stubs take the keywords of `post` itself for what these may be, which are headers.
    answer = (client or Client()).post(ASK, {"email": address}, follow=True, **meta)  # type: ignore[arg-type]
    return f"{answer.status_code} {re.sub(r'csrf[^>]*>', '', answer.content.decode())}"


def link_in(message: mail.EmailMessage) -> str:
    found = re.search(r"https?://testserver(/account/password/reset/\S+)", str(message.body))
    assert found
    return found[1]


def sets(client: Client, link: str) -> int:
    """The status of the answer to the new password; 404 where the link does not work."""
    shown = client.get(link, follow=True)
    if shown.status_code != 200:
        return shown.status_code
    return client.post(shown.redirect_chain[-1][0], NEW_TWICE).status_code


def logs_in(password: str, client: Client | None = None) -> bool:
    answer = (client or Client()).post("/login/", {"username": "ada", "password": password})
    return answer.status_code == 302


def test_a_link_that_was_mailed_sets_a_new_password_once_and_ends_every_session(ada: User) -> None:
    elsewhere = Client()
    assert logs_in(OLD, elsewhere)
    asks("ada@example.org")
    [message] = mail.outbox
    assert message.to == ["Ada@example.org"]
    assert '"ada"' in message.body
    client, link = Client(), link_in(message)
    shown = client.get(link, follow=True)
    secret = link.rstrip("/").rpartition("/")[2]
    assert secret not in shown.redirect_chain[-1][0], "no address holds it for long"
    assert "no-store" in shown.headers["Cache-Control"]
    answer = client.post(shown.redirect_chain[-1][0], NEW_TWICE, follow=True)
    assert "Your new password holds" in answer.content.decode()
    assert elsewhere.get("/account/").status_code == 302
    assert not logs_in(OLD)
    assert logs_in(NEW)
    assert sets(Client(), link) == 404, "it works once"
    entries = AuditEvent.objects.filter(action__startswith="password.").order_by("number")
    label = f"user:{ada.pk}"
    assert [(entry.action, entry.actor, entry.target) for entry in entries] == [
        ("password.reset_asked", "guest", label), ("password.reset", label, label),
    ]  # fmt: skip
    assert link not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize("address", ["nobody@example.org", "sso@example.org", "locked@example.org", "bot@example.org"])
def test_whether_there_is_an_account_is_told_to_nobody_but_its_owner(ada: User, address: str) -> None:
    """Neither are those who log in elsewhere, who are locked, and programs: none has a password that could be set."""
    User.objects.create_user("sso", email="sso@example.org")
    User.objects.create_user("locked", email="locked@example.org", password=OLD, is_active=False)
    api_token_create(name="bot")
    User.objects.filter(username="bot").update(email="bot@example.org")
    assert asks(address) == asks("ada@example.org")
    assert [message.to for message in mail.outbox] == [["Ada@example.org"]]


def test_the_request_looks_nothing_up_so_that_its_time_tells_nothing(
    ada: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    told: list[dict[str, object]] = []
    monkeypatch.setattr(tasks.password_reset_mail, "apply_async", lambda **options: told.append(options))
    with django_assert_num_queries(0):
        answer = Client().post(ASK, {"email": "ada@example.org"})
    assert answer.status_code == 302
    [options] = told
    assert options["kwargs"] == {"address": "ada@example.org", "site_url": "http://testserver/"}
    assert "ada" not in f"{options['argsrepr']}{options['kwargsrepr']}", "what a worker may log"


def test_who_asks_again_and_again_fills_nobodys_mailbox(ada: User) -> None:
    for address in ("ada@example.org", "ADA@example.org", "Ada@Example.org"):
        asks(address)
    assert len(mail.outbox) == 1


def test_every_account_with_the_address_gets_a_link_of_its_own(ada: User) -> None:
    User.objects.create_user("other", email="ada@example.org", password=OLD)
    asks("ada@example.org")
    assert sorted(re.findall(r'account "(\w+)"', "".join(str(each.body) for each in mail.outbox))) == ["ada", "other"]
    assert len({link_in(each) for each in mail.outbox}) == 2


def test_a_link_ends_with_another_log_in_with_time_and_with_the_account(ada: User, settings: Settings) -> None:
    asks("ada@example.org")
    link = link_in(mail.outbox[0])
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert sets(Client(), link) == 404
    settings.PASSWORD_RESET_TIMEOUT = 3_600
    User.objects.update(is_active=False)
    assert sets(Client(), link) == 404
    User.objects.update(is_active=True)
    assert Client().get(link).status_code == 302
    assert logs_in(OLD)
    assert sets(Client(), link) == 404


@pytest.mark.parametrize("place", ["x/y", "MQ/set-password", "MQ/abc-0123456789", "!/!"])
def test_a_link_that_somebody_made_up_does_nothing(ada: User, place: str) -> None:
    for answer in (Client().get(f"{ASK}{place}/"), Client().post(f"{ASK}{place}/", NEW_TWICE)):
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()
    assert logs_in(OLD)


def test_a_password_that_is_too_weak_is_refused_and_the_link_still_works(ada: User) -> None:
    asks("ada@example.org")
    client = Client()
    form = client.get(link_in(mail.outbox[0]), follow=True).redirect_chain[-1][0]
    weak = client.post(form, {"new_password1": "12345678", "new_password2": "12345678"})
    assert "entirely numeric" in weak.content.decode()
    assert client.post(form, NEW_TWICE).status_code == 302
    assert logs_in(NEW)


def test_tokens_of_programs_outlive_a_new_password_as_the_page_says(ada: User) -> None:
    token = api_token_create(name="bot")
    ApiToken.objects.update(user=ada, is_service=False)
    asks("ada@example.org")
    shown = Client().get(link_in(mail.outbox[0]), follow=True)
    assert "API tokens go on working" in re.sub(r"\s+", " ", shown.content.decode())
    assert sets(Client(), link_in(mail.outbox[0])) == 302
    assert account_of_token(token) == ada


def test_who_was_locked_out_by_wrong_passwords_gets_in_with_the_new_one(ada: User, settings: Settings) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        logs_in("wrong")
    AccessAttempt.objects.create(username="bob", ip_address="127.0.0.1", failures_since_start=3)
    assert not logs_in(OLD)
    asks("ada@example.org")
    assert sets(Client(), link_in(mail.outbox[0])) == 302
    assert logs_in(NEW)
    assert AccessAttempt.objects.get().username == "bob", "what others did wrong from there still counts"


def test_one_address_asks_only_so_often_in_a_minute(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "LOGINS_PER_MINUTE", 2)
    statuses = [asks(f"somebody-{n}@example.org")[:3] for n in range(3)]
    assert statuses == ["200", "200", "429"]


def test_without_a_mail_server_the_page_says_so_and_takes_nothing(ada: User, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    page = Client().get(ASK).content.decode()
    assert "This server sends no mail" in page
    assert "Send the link" not in page
    assert asks("ada@example.org").startswith("503 ")
    assert mail.outbox == []
    assert f'href="{ASK}"' in Client().get("/login/").content.decode()


def test_a_queue_that_does_not_answer_is_told_and_asking_again_helps(
    ada: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(**options: object) -> None:
        raise OperationalError("no queue")

    with monkeypatch.context() as broken:
        broken.setattr(tasks.password_reset_mail, "apply_async", away)
        assert "No mail can be sent at the moment" in asks("ada@example.org")
    asks("ada@example.org")
    assert len(mail.outbox) == 1
    assert "does not answer" in caplog.text
    assert "example.org" not in caplog.text


def test_a_mail_server_that_does_not_answer_tells_the_log_only_and_without_the_address(
    ada: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(**options: object) -> None:
        raise SMTPServerDisconnected("ada@example.org")

    monkeypatch.setattr(password_resets, "send_mail", away)
    with caplog.at_level(logging.INFO):
        assert asks("ada@example.org").startswith("200 ")
    assert "could not be mailed" in caplog.text
    assert "example.org" not in caplog.text


def test_guesses_at_the_old_password_count_as_those_at_the_log_in_do(ada: User, settings: Settings) -> None:
    """Whoever finds a browser that is logged in does not get to try passwords."""
    client = Client()
    client.force_login(ada)
    guess = {"old_password": "a guess", **NEW_TWICE}
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert client.post("/account/password/", guess).status_code == 200
    assert client.post("/account/password/", guess).status_code == 429
    assert client.post("/account/password/", {**guess, "old_password": OLD}).status_code == 429
    attempt = AccessAttempt.objects.get()
    assert attempt.username == "ada"
    for typed in ("a guess", NEW):
        assert typed not in attempt.post_data, "what people type as passwords is stored nowhere"


def test_a_password_that_was_changed_forgets_wrong_ones(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    client.post("/account/password/", {"old_password": "wrong", **NEW_TWICE})
    assert AccessAttempt.objects.exists()
    assert client.post("/account/password/", {"old_password": OLD, **NEW_TWICE}).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_changes_are_throttled_by_address_as_log_ins_are(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "LOGINS_PER_MINUTE", 1)
    client = Client()
    client.force_login(ada)
    wrong = {"old_password": "wrong", **NEW_TWICE}
    assert [client.post("/account/password/", wrong).status_code for _ in range(2)] == [200, 429]


def test_the_admin_has_no_page_of_its_own_to_change_a_password(ada: User) -> None:
    staff = Client()
    staff.force_login(User.objects.create_user("root", password=OLD, is_staff=True))
    assert staff.get("/admin/password_change/")["Location"] == "/account/password/"
    assert staff.post("/admin/password_change/", {"old_password": OLD, **NEW_TWICE})["Location"] == "/account/password/"
    assert User.objects.get(username="root").check_password(OLD)
    assert "/login/" in Client().get("/admin/password_change/")["Location"]


def test_forms_are_protected_against_other_sites() -> None:
    assert Client(enforce_csrf_checks=True).post(ASK, {"email": "x@example.org"}).status_code == 403

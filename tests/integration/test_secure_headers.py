"""Content security policy on every kind of page, and `check --deploy` clean with production settings."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from pytest_django.fixtures import Settings

from config.content_policy import HEADER
from tests.integration.made import meeting_made
from tests.integration.test_pages import _Inline
from tests.nodes import ROOT

pytestmark = pytest.mark.django_db


def test_every_page_has_the_policy_and_nothing_that_it_forbids() -> None:
    client, code = Client(), meeting_made().code
    client.force_login(User.objects.create_superuser("root", password="made-up"))
    pages = [
        "/", "/login/", "/account/", "/account/password/", f"/m/{code}/", f"/m/{code}/transcript/", "/no-such-page",
        "/api/docs/", "/admin/", "/admin/meetings/meeting/", "/admin/auth/user/add/",
    ]  # fmt: skip
    for page in pages:
        response = client.get(page)
        policy = response.headers[HEADER]
        assert "default-src 'none'" in policy, page
        parser = _Inline()
        parser.feed(response.content.decode())
        if page.startswith("/admin/"):  # its look reads expressions from attributes and sets styles; scripts are files
            assert "script-src 'self' 'unsafe-eval';" in policy
            assert [tag for tag in parser.found if "style" not in tag] == [], page
        else:
            assert "unsafe" not in policy
            assert parser.found == [], page


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/meetings", "/api/schema/"])
def test_answers_that_are_no_pages_have_it_too(path: str) -> None:
    assert "default-src 'none'" in Client().get(path).headers[HEADER]


@pytest.mark.django_db(transaction=True)
async def test_asynchronous_answers_have_it_too() -> None:
    response = await AsyncClient().get("/api/v1/meetings/no-such/events")
    assert "default-src 'none'" in response.headers[HEADER]


def test_cookies_are_for_this_server_and_not_for_scripts(client: Client, settings: Settings) -> None:
    user = User.objects.create_user("ada", password="made-up")
    settings.SESSION_COOKIE_SECURE = True
    cookie = client.post("/login/", {"username": user.username, "password": "made-up"}).cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"


def test_the_check_for_deployment_finds_nothing_with_production_settings(tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(tmp_path),
        "BEHIND_PROXY": "true",
        "ALLOWED_HOSTS": "meet.example.org",
        "DEBUG": "",
        "SECRET_KEY": "",
    }
    found = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check", "--deploy", "--fail-level", "WARNING"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert found.returncode == 0, found.stderr


def test_behind_a_proxy_plain_http_leads_to_https_except_for_probes(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client = Client()
    assert client.get("/").headers["Location"] == "https://testserver/"
    assert client.get("/", headers={"X-Forwarded-Proto": "https"}).status_code == 200
    assert client.get("/healthz").status_code == 200

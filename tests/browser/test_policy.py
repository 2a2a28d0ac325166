"""The content security policy refuses nothing that our pages need, and the pages of the account are readable."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Site
from tests.browser.test_accessibility import PHONE, broken_rules
from tests.nodes import NodeProcess, manage

pytestmark = pytest.mark.browser

NewPage = Callable[[Path], Page]
NAME, PASSWORD = "a-rather-long-name-of-somebody@example.org", "correct horse battery"


@pytest.fixture(scope="module")
def _somebody(running_node: NodeProcess) -> None:
    environment = {**running_node.environment, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    manage("createsuperuser", "--noinput", "--username", NAME, "--email", NAME, environment=environment)


def log_in(site: Site, page: Page) -> None:
    page.goto(site.url + "/account/")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Your account").wait_for()


@pytest.mark.usefixtures("_somebody")
def test_no_page_asks_for_what_the_policy_refuses(site: Site, new_page: NewPage, silence: Path) -> None:
    page = new_page(silence)
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    log_in(site, page)
    address = site.meeting_make(page, "Policy")
    site.speak(page, "Ada")
    site.leave(page)
    page.goto(address + "transcript/")
    page.goto(site.url + "/api/docs/")
    page.get_by_text("meeting_create").or_(page.get_by_text("/api/v1/meetings", exact=True)).first.wait_for()
    for path in ("/admin/", "/admin/meetings/meeting/", "/admin/meetings/membership/add/", "/admin/auth/user/add/"):
        page.goto(site.url + path)
    assert refused == []


@pytest.mark.usefixtures("_somebody")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_the_account_are_readable_on_a_phone(
    site: Site, new_page: NewPage, silence: Path, scheme: str
) -> None:
    page = new_page(silence)
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(site.url + "/login/")
    assert broken_rules(page) == []
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("There is no account").wait_for()
    assert broken_rules(page) == []
    log_in(site, page)
    page.get_by_label("What is it for?").fill("Minutes")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_text("clq_").wait_for()
    assert broken_rules(page) == []
    page.get_by_role("link", name="Change your password").click()
    page.wait_for_url("**/account/password/")
    assert broken_rules(page) == []
    site.meeting_make(page, "A meeting of mine with a rather long name")
    page.goto(site.url)
    page.get_by_role("heading", name="My meetings").wait_for()
    assert broken_rules(page) == []

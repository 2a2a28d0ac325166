"""Somebody makes a webhook, copies its secret, tries it, and reads what came of it, on a phone and with a keyboard."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.stored import person_store, work
from tests.browser.test_correcting import broken_anywhere
from tests.nodes import NodeProcess

pytestmark = pytest.mark.browser

NewPage = Callable[[Path], Page]
NOWHERE = "https://hooks.invalid/colloquy/" + "a-long-path/" * 20  # a name that is kept from ever being one (RFC 6761)
PASSWORD = "correct horse battery"


def logged_in(site: Site, page: Page, node: NodeProcess) -> None:
    name = f"ada-{uuid4().hex[:8]}"
    person_store(node, name=name, password=PASSWORD)
    page.goto(site.url + "/account/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Your webhooks").click()


def well(page: Page) -> None:
    """Readable in both colour schemes, on a phone and zoomed."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        assert broken_anywhere(page) == []


def test_one_is_made_with_the_keyboard_its_secret_copied_and_shown_no_more(
    site: Site, new_page: NewPage, running_node: NodeProcess, silence: Path
) -> None:
    page = new_page(silence)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    logged_in(site, page, running_node)
    well(page)
    page.get_by_label("Address").fill("https://hooks.example.com/colloquy")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Secret", exact=True)).to_have_value(re.compile("^whsec_"))
    well(page)
    secret = page.get_by_label("Secret", exact=True).input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.reload()
    expect(page.get_by_role("heading", name="https://hooks.example.com/colloquy")).to_be_visible()
    expect(page.get_by_label("Secret", exact=True)).to_have_count(0)
    page.get_by_role("link", name="All webhooks").click()
    expect(page.locator(".rows > li")).to_have_count(1)  # the reload has made no other
    page.get_by_role("link", name="https://hooks.example.com/colloquy").click()
    page.get_by_role("button", name="Make a new secret").click()
    assert page.get_by_label("Secret", exact=True).input_value() != secret
    page.reload()
    expect(page.get_by_label("Secret", exact=True)).to_have_count(0)


def test_events_are_chosen_and_a_test_says_by_itself_what_came_of_it(
    site: Site, new_page: NewPage, running_node: NodeProcess, silence: Path
) -> None:
    page = new_page(silence)
    logged_in(site, page, running_node)
    page.get_by_label("Address").fill(NOWHERE)
    page.get_by_label("What is it for?").fill("Archive of the board")
    expect(page.get_by_label("The host has ended it")).to_be_hidden()
    page.get_by_label("Everything, also what later versions tell of").uncheck()
    page.get_by_role("button", name="Make a webhook").click()
    expect(page.get_by_role("alert")).to_have_text("Choose what it is to be told of.")
    well(page)
    page.get_by_label("The host has ended it").check()
    page.get_by_role("button", name="Make a webhook").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Archive of the board")
    expect(page.get_by_label("The host has ended it")).to_be_checked()
    expect(page.get_by_label("A line was corrected")).not_to_be_checked()

    page.get_by_role("button", name="Send a test event").click()
    expect(page.locator(".delivery-state")).to_have_text("Waiting")
    expect(page.locator(".delivery-again")).to_be_hidden()
    well(page)
    work(running_node, task="webhooks_deliver")
    expect(page.locator(".delivery-state")).to_have_text("Failed, tried again")
    expect(page.locator(".delivery-outcome")).to_contain_text("It was tried once.")
    well(page)
    page.get_by_role("button", name=re.compile("^Send webhook.test of .* again$")).click()
    expect(page.locator(".delivery-state")).to_have_text("Waiting")
    page.get_by_role("link", name="Given up 0").click()
    expect(page.get_by_text("There is none.")).to_be_visible()

    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".badge").first).to_have_text("Paused")
    expect(page.get_by_role("button", name="Send a test event")).to_have_count(0)
    well(page)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Send a test event")).to_be_visible()
    page.get_by_label("I am sure").check()
    page.get_by_role("button", name="Remove the webhook").click()
    expect(page.get_by_text("The webhook is removed.")).to_be_visible()
    expect(page.locator(".rows > li")).to_have_count(0)

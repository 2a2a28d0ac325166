"""Who may see a meeting, organisations, and a forgotten password: as people do it in a browser, on any screen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_accessibility import PHONE, ZOOMED, broken_rules
from tests.nodes import NodeProcess

pytestmark = pytest.mark.browser

NewPage = Callable[[Path], Page]
PASSWORD = "correct horse battery"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
MAKE = f"""
from django.contrib.auth.models import User
from meetings.models import Organisation
make = User.objects.create_user
owner = make("people-owner", email="owner@people.example", password="{PASSWORD}")
make("people-grace", email="grace@people.example", password="{PASSWORD}", first_name="{LONG}", last_name="Hopper")
make("people-noor", password="{PASSWORD}", first_name="\u0646\u0648\u0631", last_name="\u6797")
for n in range(3):
    board = Organisation.objects.create(name="{LONG}"[:60] + f" {{n}}", slug=f"people-{{n}}")
    board.memberships.create(user=owner, role="owner")
"""
LINK = """
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.utils.http import urlsafe_base64_encode
user = User.objects.get(username="{name}")
print(urlsafe_base64_encode(str(user.pk).encode()) + "/" + default_token_generator.make_token(user))
"""
SCREENS = [("light", PHONE), ("dark", PHONE), ("light", ZOOMED), ("dark", {"width": 1280, "height": 800})]
on_every_screen = pytest.mark.parametrize(
    ("number", "scheme", "size"),
    [(number, *screen) for number, screen in enumerate(SCREENS)],
    ids=["light-phone", "dark-phone", "light-zoomed", "dark-wide"],
)


@pytest.fixture(scope="module")
def _people(running_node: NodeProcess) -> None:
    running_node.manage("shell", "-c", MAKE)


def log_in(site: Site, page: Page, name: str, password: str = PASSWORD) -> None:
    page.goto(site.url + "/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").wait_for()


def set_up(page: Page, scheme: str, size: dict[str, int]) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": size["width"], "height": size["height"]})


@pytest.mark.usefixtures("_people")
def test_the_header_of_a_transcript_is_one_line_on_a_small_laptop(site: Site, new_page: NewPage, silence: Path) -> None:
    page = new_page(silence)
    log_in(site, page, "people-owner")
    page.goto(site.meeting_make(page, "One line") + "transcript/")
    page.set_viewport_size({"width": 1100, "height": 800})
    tops = page.locator(".site-header .button").evaluate_all("all => all.map(each => each.getBoundingClientRect().top)")
    assert len(tops) == 4
    assert len(set(tops)) == 1


@pytest.mark.usefixtures("_people")
@on_every_screen
def test_an_owner_says_who_may_see_a_meeting(
    site: Site, new_page: NewPage, silence: Path, number: int, scheme: str, size: dict[str, int]
) -> None:
    page = new_page(silence)
    set_up(page, scheme, size)
    log_in(site, page, "people-owner")
    address = site.meeting_make(page, f"{LONG} {number}")
    assert broken_rules(page) == []
    page.get_by_role("link", name="Who may see this").click()
    assert broken_rules(page) == []
    expect(page.get_by_label("Link to this meeting")).to_have_value(address)
    for person, role in (("grace@people.example", "editor"), ("people-noor", "viewer")):
        page.get_by_label("Username or e-mail address").fill(person)
        page.get_by_label("They may").select_option(role)
        page.get_by_role("button", name="Give the role").click()
    expect(page.get_by_role("status")).to_contain_text("people-noor may read it.")
    assert broken_rules(page) == []
    page.get_by_label("Role of people-noor", exact=True).select_option("owner")
    page.get_by_role("button", name="Change the role of people-noor").click()
    expect(page.get_by_role("status")).to_contain_text("people-noor may do everything with it.")
    page.get_by_role("button", name="Take away the role of people-grace").click()
    expect(page.get_by_label("Role of people-grace", exact=True)).to_have_count(0)
    page.get_by_label("Username or e-mail address").fill("nobody-of-that-name")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nobody here has this username")).to_be_visible()
    assert broken_rules(page) == []
    page.get_by_label("Shared with").select_option(f"people-{number % 3}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("It is shared with")
    page.get_by_role("link", name="Transcript").click()
    expect(page.get_by_role("link", name="Who may see this")).to_be_visible()
    assert broken_rules(page) == []


@pytest.mark.usefixtures("_people")
def test_a_role_is_given_without_scripts_and_by_the_keyboard_and_given_up_by_whoever_has_it(
    site: Site, new_page: NewPage, silence: Path
) -> None:
    page = new_page(silence)
    log_in(site, page, "people-owner")
    address = site.meeting_make(page, "By keyboard")
    browser = page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state()).new_page()
    plain.goto(address + "sharing/")
    plain.get_by_label("Username or e-mail address").focus()
    plain.keyboard.type("people-noor")
    plain.keyboard.press("Tab")
    plain.keyboard.press("ArrowDown")
    plain.keyboard.press("Tab")
    plain.keyboard.press("Enter")
    expect(plain.get_by_text("people-noor may read and correct it.")).to_be_visible()

    editor = new_page(silence)
    log_in(site, editor, "people-noor")
    editor.goto(address + "transcript/")
    editor.get_by_role("link", name="Your role").click()
    expect(editor.get_by_text("You may read and correct it")).to_be_visible()
    assert broken_rules(editor) == []
    editor.get_by_role("button", name="Give the role up").click()
    editor.wait_for_url("**/transcript/")
    expect(editor.get_by_role("link", name="Your role")).to_have_count(0)


def test_a_guest_who_hosts_a_meeting_is_told_to_log_in(site: Site, new_page: NewPage, silence: Path) -> None:
    page = new_page(silence)
    set_up(page, "light", PHONE)
    page.goto(site.meeting_make(page, "By a guest") + "sharing/")
    expect(page.get_by_text("To give others rights in it, log in.")).to_be_visible()
    assert broken_rules(page) == []


@pytest.mark.usefixtures("_people")
@on_every_screen
def test_an_owner_looks_after_an_organisation(
    site: Site, new_page: NewPage, silence: Path, number: int, scheme: str, size: dict[str, int]
) -> None:
    page = new_page(silence)
    set_up(page, scheme, size)
    log_in(site, page, "people-owner")
    page.goto(site.url + "/account/")
    assert broken_rules(page) == []
    page.get_by_role("link", name="Organisations").click()
    assert broken_rules(page) == []
    page.get_by_role("link", name=f"{LONG[:60]} {number % 3}").click()
    expect(page.get_by_text("You are its only owner")).to_be_visible()
    page.get_by_label("Username or e-mail address").fill("grace@people.example")
    page.get_by_role("button", name="Take in").click()
    expect(page.get_by_role("status")).to_contain_text("people-grace belongs to")
    assert broken_rules(page) == []
    page.get_by_label("Role of people-grace", exact=True).select_option("owner")
    page.get_by_role("button", name="Change the role of people-grace").click()
    expect(page.get_by_role("button", name="Leave the organisation")).to_be_visible()
    page.get_by_role("button", name="Remove people-grace").click()
    expect(page.get_by_text("You are its only owner")).to_be_visible()
    page.get_by_label("Role of people-owner", exact=True).select_option("member")
    page.get_by_role("button", name="Change the role of people-owner").click()
    expect(page.get_by_role("status")).to_contain_text("An organisation keeps an owner")
    assert broken_rules(page) == []


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_forgotten_password_is_set_anew_by_a_link(
    site: Site, new_page: NewPage, silence: Path, running_node: NodeProcess, scheme: str
) -> None:
    """This server has no mail, and says so; the link is what its mail would hold."""
    page = new_page(silence)
    set_up(page, scheme, PHONE)
    page.goto(site.url + "/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    expect(page.get_by_text("This server sends no mail")).to_be_visible()
    assert broken_rules(page) == []
    page.goto(site.url + "/account/password/reset/sent/")
    assert broken_rules(page) == []
    place = running_node.manage("shell", "-c", LINK.format(name="people-grace")).split()[-1]
    page.goto(f"{site.url}/account/password/reset/{place}/")
    assert place not in page.url
    for first, second in (("12345678", "12345678"), (PASSWORD, "another")):
        page.get_by_label("New password", exact=True).fill(first)
        page.get_by_label("New password confirmation").fill(second)
        page.get_by_role("button", name="Set it").click()
        expect(page.locator(".problem").first).to_be_visible()
        assert broken_rules(page) == []
    page.get_by_label("New password", exact=True).fill(f"{PASSWORD} {scheme}")
    page.get_by_label("New password confirmation").fill(f"{PASSWORD} {scheme}")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("status")).to_contain_text("Your new password holds")
    assert broken_rules(page) == []
    log_in(site, page, "people-grace", f"{PASSWORD} {scheme}")
    page.goto(f"{site.url}/account/password/reset/{place}/")
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    assert broken_rules(page) == []

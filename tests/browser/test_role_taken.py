"""A viewer whose role was taken: the page says so, keeps what was read, and asks for nothing any more."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.faults import Network
from tests.nodes import NodeProcess

pytestmark = pytest.mark.browser

NewPage = Callable[[Path], Page]
PASSWORD = "correct horse battery"
WATCHED_MS = 6_000  # longer than the longest pause between attempts to reconnect

MEETING = """
from django.contrib.auth.models import User
from meetings.access import actor_for
from meetings.services.meetings import meeting_create
from meetings.services.roles import role_give
host = User.objects.create_user("takes-roles")
User.objects.create_user("loses-a-role", password=%r)
meeting = meeting_create(actor=actor_for(host), title="Taken")
role_give(meeting=meeting, actor=actor_for(host), person="loses-a-role", role="viewer")
print("made:" + meeting.code)
"""
TAKEN = """
from meetings.access import actor_for
from meetings.models import MeetingRole
from meetings.services.roles import role_take
role = MeetingRole.objects.select_related("meeting__host").get(user__username="loses-a-role")
assert role_take(role=role, actor=actor_for(role.meeting.host))
"""


def test_the_page_of_a_viewer_whose_role_was_taken_says_so_and_does_not_come_back(
    running_node: NodeProcess, site: Site, new_page: NewPage, silence: Path
) -> None:
    code = running_node.manage("shell", "--verbosity", "0", "-c", MEETING % PASSWORD).rpartition("made:")[2].strip()
    page = new_page(silence)
    page.goto(site.url + "/account/")
    page.get_by_label("Username").fill("loses-a-role")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Your account").wait_for()
    network = Network(page)
    page.goto(f"{site.url}/m/{code}/")
    site.watch(page)
    assert network.n_sockets == 1
    running_node.manage("shell", "--verbosity", "0", "-c", TAKEN)
    expect(page.get_by_text("you were removed from it")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    page.wait_for_timeout(WATCHED_MS)
    assert (network.n_sockets, asked) == (1, [])

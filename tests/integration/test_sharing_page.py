"""The page that says who may see a meeting: what its owners do there, and what everybody else is refused."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from meetings import sharing
from meetings.access import actor_for, meeting_to_read
from meetings.errors import NotFound
from meetings.models import AuditEvent, Meeting, Membership, Organisation
from meetings.services.roles import role_give
from tests.integration.made import admitted, meeting_made, user_made

pytestmark = pytest.mark.django_db


class Browser:
    """Somebody's, at the page of one meeting."""

    def __init__(self, meeting: Meeting, user: User | None) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)
        self.page = f"/m/{meeting.code}/sharing/"

    def text(self, *, status: int = 200, query: str = "") -> str:
        answer = self.client.get(self.page + query)
        assert answer.status_code == status
        return answer.content.decode()

    def does(self, act: str, *, status: int = 302, **fields: object) -> str:
        """The text of the page that one is led to, or of the refusal."""
        answer = self.client.post(self.page, {"act": act, **fields})
        assert answer.status_code == status, answer.content
        return self.client.get(answer["Location"]).content.decode() if status == 302 else answer.content.decode()


@pytest.fixture
def host() -> User:
    return user_made("host")


@pytest.fixture
def meeting(host: User) -> Meeting:
    return meeting_made(actor=actor_for(host), title="Board <b>")


def given(meeting: Meeting, host: User, name: str, role: str) -> User:
    user = user_made(name)
    role_give(meeting=meeting, actor=actor_for(host), person=name, role=role)
    return user


def test_a_role_is_given_changed_and_taken_and_the_trail_says_so(meeting: Meeting, host: User) -> None:
    browser = Browser(meeting, host)
    grace = User.objects.create_user("grace", email="grace@example.org", first_name="Grace", last_name="Hopper")
    assert "grace may read it." in browser.does("give", person="GRACE@example.org", role="viewer")
    page = browser.text()
    assert "Grace Hopper" in page
    assert "Board &lt;b&gt;" in page
    role = meeting.roles.get()
    assert "grace may read and correct it." in browser.does("change", role_id=role.pk, role="editor")
    assert re.search(r'value="editor"\s+selected', browser.text())
    assert "grace has no role in it any more." in browser.does("take", role_id=role.pk)
    assert not meeting.roles.exists()
    entries = AuditEvent.objects.filter(action__startswith="role.").order_by("number")
    assert [(entry.action, entry.actor, entry.target) for entry in entries] == [
        (action, f"user:{host.pk}", f"user:{grace.pk}") for action in ("role.given", "role.changed", "role.taken")
    ]


@pytest.mark.parametrize(
    ("person", "role", "status", "words"),
    [
        ("", "viewer", 422, "This field is required"),
        ("nobody", "viewer", 422, "Nobody here has this username"),
        ("host", "viewer", 409, "The host owns the meeting"),
        ("grace", "viewer", 409, "has a role in the meeting"),
        ("ada", "boss", 422, "Select a valid choice"),
        ("a\0b", "viewer", 422, "Null characters"),
        ("twice@example.org", "viewer", 409, "Several accounts"),
    ],
)
def test_what_cannot_be_given_is_told_beside_the_field_and_changes_nothing(
    meeting: Meeting, host: User, person: str, role: str, status: int, words: str
) -> None:
    given(meeting, host, "grace", "editor")
    user_made("ada")
    for name in ("one", "two"):
        User.objects.create_user(name, email="twice@example.org")
    page = Browser(meeting, host).does("give", person=person, role=role, status=status)
    assert words in page
    assert [(each.user.username, each.role) for each in meeting.roles.all()] == [("grace", "editor")]


def test_names_are_not_tried_without_end(meeting: Meeting, host: User, settings: Settings) -> None:
    settings.JOINS_PER_MINUTE = 2
    browser = Browser(meeting, host)
    for status in (422, 422, 429):
        page = browser.does("give", person="guessed", role="viewer", status=status)
    assert "Too many people were looked for" in page


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_has_a_role_sees_their_own_only_and_may_give_that_up_and_nothing_else(
    meeting: Meeting, host: User, role: str
) -> None:
    mine, other = given(meeting, host, "mia", role), given(meeting, host, "secret-name", "viewer")
    browser = Browser(meeting, mine)
    assert "secret-name" not in browser.text()
    theirs, own = meeting.roles.get(user=other), meeting.roles.get(user=mine)
    user_made("newcomer")
    Organisation.objects.create(name="Board", slug="board").memberships.create(user=mine, role="owner")
    browser.does("give", person="newcomer", role="viewer", status=403)
    browser.does("change", role_id=theirs.pk, role="owner", status=403)
    browser.does("change", role_id=own.pk, role="owner", status=403)
    browser.does("take", role_id=theirs.pk, status=403)
    browser.does("share", organisation="board", status=403)
    meeting.refresh_from_db()
    assert {(each.user_id, each.role) for each in meeting.roles.all()} == {(mine.pk, role), (other.pk, "viewer")}
    assert meeting.organisation is None
    browser.does("take", role_id=own.pk)
    browser.text(status=403)
    with pytest.raises(NotFound):
        meeting_to_read(actor_for(mine), meeting.pk)


@pytest.mark.parametrize("is_logged_in", [False, True])
def test_strangers_and_guests_see_and_do_nothing(meeting: Meeting, host: User, is_logged_in: bool) -> None:
    given(meeting, host, "secret-name", "viewer")
    browser = Browser(meeting, user_made("stranger") if is_logged_in else None)
    assert "secret-name" not in browser.text(status=403)
    browser.does("give", person="stranger", role="owner", status=403)
    for act in ("change", "take"):
        browser.does(act, role_id=meeting.roles.get().pk, role="owner", status=403)
    browser.does("share", organisation="", status=403)
    assert [each.role for each in meeting.roles.all()] == ["viewer"]


def test_an_owner_gives_their_own_role_up_and_is_led_where_they_may_still_go(meeting: Meeting, host: User) -> None:
    second = given(meeting, host, "second", "owner")
    browser = Browser(meeting, second)
    assert "Who may see <bdi>Board" in browser.text()
    answer = browser.client.post(browser.page, {"act": "take", "role_id": meeting.roles.get().pk})
    assert answer["Location"] == f"/m/{meeting.code}/transcript/"
    browser.text(status=403)


def test_the_link_is_renewed_and_the_one_before_tells_whom_to_ask(meeting: Meeting, host: User) -> None:
    browser, old = Browser(meeting, host), meeting.code
    role_give(meeting=meeting, actor=actor_for(host), person=user_made("mia").username, role="viewer")
    page = browser.does("renew_link", code=old)
    meeting.refresh_from_db()
    assert "The link was renewed" in page
    assert f"/m/{meeting.code}/" in page
    assert old not in page
    for path in ("", "transcript/", "history/", "sharing/", "keeping/"):
        refused = Client().get(f"/m/{old}/{path}")
        assert refused.status_code == 404
        assert "Ask whoever invited you" in refused.content.decode()
    assert "Ask whoever invited you" in Client().get("/join/", {"code": old}).content.decode()
    assert "Ask whoever invited you" in Client().get("/search/", {"q": "x", "meeting": old}).content.decode()
    assert Client().get(f"/m/{meeting.code}/").status_code == 200
    mia = Client()
    mia.force_login(User.objects.get(username="mia"))
    for path in ("", "transcript/"):
        assert mia.get(f"/m/{old}/{path}")["Location"] == f"/m/{meeting.code}/{path}"
    assert f'"former_codes": ["{old}"]' in mia.get(f"/m/{meeting.code}/").content.decode()


def test_who_renews_what_was_renewed_is_told_and_changes_nothing(meeting: Meeting, host: User) -> None:
    browser, old = Browser(meeting, host), meeting.code
    browser.does("renew_link", code=old)
    code = Meeting.objects.get().code
    answer = browser.client.post(browser.page, {"act": "renew_link", "code": old}, follow=True)
    assert "The link was renewed since" in answer.content.decode()
    assert Meeting.objects.get().code == code
    assert (
        "mia may read it."
        in browser.client.post(
            browser.page, {"act": "give", "person": user_made("mia"), "role": "viewer"}, follow=True
        ).content.decode()
    ), "a page that stood open still does what it says"


def test_joining_by_link_is_turned_off_and_on(meeting: Meeting, host: User) -> None:
    browser = Browser(meeting, host)
    page = browser.does("close_link")
    assert "Joining by link is turned off" in page
    assert 'value="close_link"' not in page
    assert Client().get(f"/m/{meeting.code}/").status_code == 404
    assert "turned off" in browser.client.get(f"/m/{meeting.code}/").content.decode()
    page = browser.does("open_link")
    assert 'value="open_link"' not in page
    assert Client().get(f"/m/{meeting.code}/").status_code == 200


def test_nobody_else_touches_the_link(meeting: Meeting, host: User) -> None:
    for user in (None, given(meeting, host, "mia", "editor"), user_made("stranger")):
        for act in ("renew_link", "close_link", "open_link"):
            Browser(meeting, user).does(act, status=403, code=meeting.code)
    found = Meeting.objects.get()
    assert (found.code, found.is_link_open) == (meeting.code, True)


def test_an_address_that_never_was_one_says_nothing_of_links(meeting: Meeting) -> None:
    refused = Client().get("/m/tamo-rivu-keso-bani/")
    assert refused.status_code == 404
    assert "No meeting has this code" in refused.content.decode()


def test_what_makes_no_sense_is_not_found(meeting: Meeting, host: User) -> None:
    browser = Browser(meeting, host)
    another = meeting_made(actor=actor_for(host)).roles.create(user=user_made("bob"), role="viewer")
    browser.does("dance", status=404)
    for role_id in ("", "x", another.pk):
        browser.does("take", role_id=role_id, status=404)
    grace = given(meeting, host, "grace", "viewer")
    page = browser.does("change", role_id=meeting.roles.get().pk, role="boss")
    assert "The role must be one of" in page
    assert meeting.roles.get(user=grace).role == "viewer"
    assert browser.client.get("/m/no-such-code/sharing/").status_code == 404
    assert browser.client.get(f"/m/{meeting.pk}/sharing/")["Location"] == browser.page


def test_it_is_shared_with_an_organisation_of_ones_own_and_taken_back(meeting: Meeting, host: User) -> None:
    browser = Browser(meeting, host)
    board, others = (Organisation.objects.create(name=name, slug=name.lower()) for name in ("Board", "Foreign"))
    assert "You belong to no organisation" in browser.text()
    Membership.objects.create(organisation=board, user=host)
    page = browser.text()
    assert "Board" in page
    assert "Foreign" not in page
    browser.does("share", organisation=others.slug, status=422)
    assert "It is shared with Board." in browser.does("share", organisation="board")
    meeting.refresh_from_db()
    assert meeting.organisation == board
    Membership.objects.all().delete()
    assert re.search(r'value="board" selected', browser.text()), "it is said whose it is, also when one has left"
    browser.does("share", organisation="board")
    assert "It is shared with no organisation." in browser.does("share", organisation="")
    meeting.refresh_from_db()
    assert meeting.organisation is None
    assert AuditEvent.objects.filter(action="meeting.organisation_set").count() == 2


def test_who_took_part_with_an_account_is_named_once_and_others_are_counted(
    meeting: Meeting, host: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "READERS_NAMED", 2)
    for user in (host, given(meeting, host, "with-a-role", "viewer"), *(user_made(f"ada-{n}") for n in range(4))):
        for _ in range(2):
            admitted(meeting, actor=actor_for(user))
    page = Browser(meeting, host).text()
    others = page[page.index("These took part") :]
    assert re.findall(r'class="person-name">([^<]*)<', others) == ["ada-0", "ada-1"]
    assert "and 2 more" in others


def test_many_roles_stand_on_several_pages(meeting: Meeting, host: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "ROLES_AT_ONCE", 2)
    for n in range(3):
        given(meeting, host, f"person-{n}", "viewer")
    browser = Browser(meeting, host)
    assert "person-2" not in browser.text()
    assert "person-2" in browser.text(query="?page=2")
    assert "Page 2 of 2" in browser.text(query="?page=99")


def test_a_guest_who_hosts_is_told_to_log_in_and_gives_nothing_until_then() -> None:
    client = Client()
    address = client.post("/", {"title": "Mine", "language": "en"})["Location"]
    page = client.get(f"{address}sharing/").content.decode()
    assert "To give others rights in it, log in." in page
    assert "Give the role" not in page
    grace = user_made("grace")
    give = {"act": "give", "person": "grace", "role": "viewer"}
    assert client.post(f"{address}sharing/", give).status_code == 403
    client.post("/login/", {"username": "grace", "password": "made-up"})
    assert client.post(f"{address}sharing/", give).status_code == 302, "this browser still hosts it"
    assert Meeting.objects.get().roles.get().user == grace


def test_the_page_is_reached_from_the_meetings_pages_by_those_whom_it_concerns(meeting: Meeting, host: User) -> None:
    viewer, stranger = given(meeting, host, "vera", "viewer"), user_made("stranger")
    link = f'href="/m/{meeting.code}/sharing/"'
    for user, pages in ((host, {"", "transcript/"}), (viewer, {"transcript/"}), (stranger, set[str]())):
        client = Browser(meeting, user).client
        assert {
            page for page in ("", "transcript/") if link in client.get(f"/m/{meeting.code}/{page}").content.decode()
        } == pages


def test_forms_of_the_page_are_protected_against_other_sites(meeting: Meeting, host: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(host)
    assert client.post(f"/m/{meeting.code}/sharing/", {"act": "give", "person": "x"}).status_code == 403

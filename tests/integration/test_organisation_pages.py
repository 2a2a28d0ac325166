"""The pages of organisations: making one, who belongs to it, leaving; and who is refused what."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from meetings import organisation_views
from meetings.models import AuditEvent, Membership, Organisation
from tests.integration.made import user_made

pytestmark = pytest.mark.django_db
PAGE = "/organisations/board/"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, path: str = PAGE, *, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def does(client: Client, act: str, *, status: int = 302, **fields: object) -> str:
    """The text of the page that one is led to, or of the refusal."""
    answer = client.post(PAGE, {"act": act, **fields})
    assert answer.status_code == status, answer.content
    return text(client, answer["Location"]) if status == 302 else answer.content.decode()


@pytest.fixture
def board() -> Organisation:
    return Organisation.objects.create(name="Board & Co", slug="board")


def member(board: Organisation, name: str, role: str = "member") -> Membership:
    return Membership.objects.create(organisation=board, user=user_made(name), role=role)


def roles(board: Organisation) -> dict[str, str]:
    return {each.user.get_username(): each.role for each in board.memberships.select_related("user")}


def test_staff_make_one_and_own_it_and_nobody_else_does() -> None:
    staff, ada = browser(user_made("root", is_staff=True)), browser(user_made("ada"))
    form = {"name": "Board", "slug": "Board"}
    assert "Make an organisation" not in text(ada, "/organisations/")
    assert ada.post("/organisations/", form).status_code == 403
    assert not Organisation.objects.exists()
    answer = staff.post("/organisations/", form, follow=True)
    assert answer.redirect_chain == [("/organisations/board/", 302)]
    assert "Board is made, and you own it." in answer.content.decode()
    assert Membership.objects.get().role == "owner"
    again = staff.post("/organisations/", form)
    assert again.status_code == 409
    assert "choose another one" in again.content.decode()
    for wrong in ({"name": "", "slug": "x"}, {"name": "X", "slug": "a b"}, {"name": "X\u202e", "slug": "x"}):
        assert staff.post("/organisations/", wrong).status_code == 422
    assert Organisation.objects.count() == 1


def test_ones_own_are_listed_with_ones_role_and_linked_from_the_account(board: Organisation) -> None:
    ada = browser(member(board, "ada", "admin").user)
    Organisation.objects.create(name="Others", slug="others")
    for path in ("/organisations/", "/account/"):
        page = text(ada, path)
        assert re.search(
            r'href="/organisations/board/"><bdi>Board &amp; Co</bdi></a>\s*<span class="soft">Admin<', page
        )
        assert "Others" not in page
    assert 'href="/organisations/"' in text(ada, "/")
    assert "You belong to none" in text(browser(user_made("bob")), "/organisations/")


def test_an_owner_takes_in_changes_and_removes_and_the_trail_says_so(board: Organisation) -> None:
    client = browser(member(board, "owner", "owner").user)
    grace = User.objects.create_user("grace", email="grace@example.org")
    assert "grace belongs to Board &amp; Co now." in does(client, "add", person="grace@example.org", role="member")
    place = Membership.objects.get(user=grace)
    assert "grace: Admin." in does(client, "change", membership_id=place.pk, role="admin")
    assert roles(board) == {"owner": "owner", "grace": "admin"}
    assert "grace does not belong to" in does(client, "remove", membership_id=place.pk)
    assert roles(board) == {"owner": "owner"}
    actions = AuditEvent.objects.filter(action__startswith="membership.").order_by("number")
    assert [entry.action for entry in actions] == ["membership.given", "membership.changed", "membership.taken"]


@pytest.mark.parametrize(
    ("person", "role", "status", "words"),
    [
        ("", "member", 422, "This field is required"),
        ("nobody", "member", 422, "Nobody here has this username"),
        ("owner", "member", 409, "belongs to the organisation"),
        ("grace", "boss", 422, "Select a valid choice"),
    ],
)
def test_who_cannot_be_taken_in_is_told_beside_the_field(
    board: Organisation, person: str, role: str, status: int, words: str
) -> None:
    client = browser(member(board, "owner", "owner").user)
    user_made("grace")
    assert words in does(client, "add", person=person, role=role, status=status)
    assert roles(board) == {"owner": "owner"}


def test_names_are_not_tried_without_end(board: Organisation, settings: Settings) -> None:
    settings.JOINS_PER_MINUTE = 2
    client = browser(member(board, "owner", "owner").user)
    for status in (422, 422, 429):
        page = does(client, "add", person="guessed", role="member", status=status)
    assert "Too many people were looked for" in page


def test_the_last_owner_stays_and_the_page_says_why(board: Organisation) -> None:
    own = member(board, "owner", "owner")
    client = browser(own.user)
    page = text(client)
    assert "You are its only owner" in page
    assert "Leave the organisation" not in page
    for act in ("remove", "change"):
        assert "An organisation keeps an owner" in does(client, act, membership_id=own.pk, role="member")
    assert roles(board) == {"owner": "owner"}
    member(board, "second", "owner")
    assert "You have left Board &amp; Co." in does(client, "remove", membership_id=own.pk)
    assert roles(board) == {"second": "owner"}
    text(client, status=404)


def test_a_member_sees_their_own_place_only_and_leaves(board: Organisation) -> None:
    member(board, "secret-name", "owner")
    own = member(board, "mia")
    client = browser(own.user)
    page = text(client)
    assert "secret-name" not in page
    assert "Take somebody in" not in page
    user_made("newcomer")
    does(client, "add", person="newcomer", role="member", status=403)
    does(client, "rename", name="Mine", status=403)
    does(client, "change", membership_id=own.pk, role="owner", status=403)
    for act in ("change", "remove"):
        does(client, act, membership_id=Membership.objects.get(role="owner").pk, role="member", status=403)
    assert roles(board) == {"secret-name": "owner", "mia": "member"}
    does(client, "remove", membership_id=own.pk)
    assert roles(board) == {"secret-name": "owner"}


def test_an_admin_names_members_and_touches_no_owner_or_admin(board: Organisation) -> None:
    owner, own = member(board, "owner", "owner"), member(board, "adam", "admin")
    client = browser(own.user)
    user_made("grace")
    assert "Select a valid choice" in does(client, "add", person="grace", role="admin", status=422)
    does(client, "add", person="grace", role="member")
    does(client, "change", membership_id=owner.pk, role="member", status=403)
    does(client, "remove", membership_id=owner.pk, status=403)
    does(client, "change", membership_id=own.pk, role="owner", status=403)
    assert roles(board) == {"owner": "owner", "adam": "admin", "grace": "member"}
    does(client, "remove", membership_id=Membership.objects.get(user__username="grace").pk)
    assert roles(board) == {"owner": "owner", "adam": "admin"}


def test_strangers_learn_nothing_and_guests_are_led_to_the_log_in(board: Organisation) -> None:
    place = member(board, "owner", "owner")
    stranger = browser(user_made("stranger"))
    assert "Board" not in text(stranger, status=404)
    text(stranger, "/organisations/no-such/", status=404)
    for act in ("add", "change", "remove", "rename"):
        does(stranger, act, person="stranger", role="owner", membership_id=place.pk, name="Mine", status=404)
    for path in ("/organisations/", PAGE):
        for answer in (Client().get(path), Client().post(path, {"act": "add"})):
            assert answer["Location"] == f"/login/?next={path}"
    assert roles(board) == {"owner": "owner"}


def test_it_is_renamed_by_those_who_manage_it(board: Organisation) -> None:
    client = browser(member(board, "adam", "admin").user)
    assert "<h1>Audit</h1>" in does(client, "rename", name="Audit")
    assert "This field is required" in does(client, "rename", name=" ", status=422)
    assert "control characters" in does(client, "rename", name="A\u202eb", status=422)
    board.refresh_from_db()
    assert (board.name, board.slug) == ("Audit", "board")


def test_what_makes_no_sense_is_not_found(board: Organisation) -> None:
    client = browser(member(board, "owner", "owner").user)
    elsewhere = Membership.objects.create(
        organisation=Organisation.objects.create(name="X", slug="x"), user=user_made("bob")
    )
    does(client, "dance", status=404)
    for membership_id in ("", "x", elsewhere.pk):
        does(client, "remove", membership_id=membership_id, status=404)
    assert client.get("/organisations/BOARD/")["Location"] == PAGE


def test_staff_act_as_owners_without_belonging_to_it(board: Organisation) -> None:
    place = member(board, "owner", "owner")
    client = browser(user_made("root", is_staff=True))
    page = text(client)
    assert "You see it because you run this server" in page
    user_made("grace")
    does(client, "add", person="grace", role="owner")
    does(client, "remove", membership_id=place.pk)
    assert roles(board) == {"grace": "owner"}


def test_many_members_stand_on_several_pages(board: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organisation_views, "AT_ONCE", 2)
    client = browser(member(board, "owner", "owner").user)
    for n in range(2):
        member(board, f"person-{n}")
    assert "person-1" not in text(client)
    assert "person-1" in text(client, PAGE + "?page=2")


def test_forms_of_the_pages_are_protected_against_other_sites(board: Organisation) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member(board, "owner", "owner").user)
    for path in ("/organisations/", PAGE):
        assert client.post(path, {"act": "rename", "name": "X"}).status_code == 403

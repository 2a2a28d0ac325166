"""Organisations and memberships in the admin: by the services, and so in the trail."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from meetings.models import AuditEvent, Membership, Organisation
from tests.integration.made import user_made

pytestmark = pytest.mark.django_db
ORGANISATIONS, MEMBERS = "/admin/meetings/organisation/", "/admin/meetings/membership/"


@pytest.fixture
def root() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="made-up"))
    return client


def test_an_organisation_is_made_and_renamed_and_the_trail_says_so(root: Client) -> None:
    assert root.post(f"{ORGANISATIONS}add/", {"name": "Board", "slug": "Board"}).status_code == 302
    made = Organisation.objects.get(slug="board")
    assert root.post(f"{ORGANISATIONS}{made.pk}/change/", {"name": "The board"}).status_code == 302
    made.refresh_from_db()
    assert made.name == "The board"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert actions == {"organisation.created", "membership.given", "organisation.renamed"}
    assert root.get(f"{ORGANISATIONS}{made.pk}/delete/").status_code == 403


def test_members_are_named_changed_and_taken_and_an_owner_stays(root: Client) -> None:
    organisation = Organisation.objects.create(name="Board", slug="board")
    ada = user_made("ada")
    answer = root.post(f"{MEMBERS}add/", {"organisation": str(organisation.pk), "user": ada.pk, "role": "owner"})
    assert answer.status_code == 302
    member = Membership.objects.get(user=ada)
    refused = root.post(f"{MEMBERS}{member.pk}/change/", {"role": "member"})
    assert "keeps an owner" in refused.content.decode()
    assert root.post(f"{MEMBERS}{member.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Membership.objects.get(user=ada).role == "owner"
    Membership.objects.create(organisation=organisation, user=user_made("bob"), role="owner")
    assert root.post(f"{MEMBERS}{member.pk}/change/", {"role": "admin"}).status_code == 302
    assert root.post(f"{MEMBERS}{member.pk}/delete/", {"post": "yes"}).status_code == 302
    actions = list(AuditEvent.objects.order_by("number").values_list("action", flat=True))
    assert actions == ["membership.given", "membership.changed", "membership.taken"]


@pytest.mark.parametrize("model", ["meetingrole", "signonidentity"])
def test_the_rest_is_looked_at_only(root: Client, model: str) -> None:
    assert root.get(f"/admin/meetings/{model}/").status_code == 200
    assert root.get(f"/admin/meetings/{model}/add/").status_code == 403


def test_what_happens_to_accounts_is_in_the_trail(root: Client) -> None:
    """Their names are not: the trail holds ids."""
    new = {"username": "carol", "password1": "correct horse battery", "password2": "correct horse battery"}
    assert root.post("/admin/auth/user/add/", {**new, "usable_password": "true"}).status_code == 302
    carol = User.objects.get(username="carol")
    page = f"/admin/auth/user/{carol.pk}/"
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    changed = root.post(f"{page}change/", {"username": "carol", "is_active": "on", "is_staff": "on", **joined})
    assert changed.status_code == 302
    assert root.post(f"{page}delete/", {"post": "yes"}).status_code == 302
    entries = list(AuditEvent.objects.filter(target=f"user:{carol.pk}").order_by("number"))
    assert [entry.action for entry in entries] == ["account.made", "account.changed", "account.deleted"]
    assert "Staff status" in entries[1].data["fields"]
    assert [entry.data["is_staff"] for entry in entries] == [False, True, True]
    assert "carol" not in str([entry.data for entry in entries])

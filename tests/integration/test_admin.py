"""The admin pages change little, and that by services."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from meetings.access import actor_for
from meetings.models import ApiToken, AuditEvent
from meetings.services.audit import audit_verify
from meetings.services.tokens import api_token_create, api_token_find, api_token_revoke
from tests.integration.made import user_made

pytestmark = pytest.mark.django_db
TOKENS = "/admin/meetings/apitoken/"


def admin_client(*permissions: str) -> Client:
    user = user_made("admin", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def revoke(client: Client) -> None:
    chosen = {"action": "revoke", "_selected_action": [str(token.pk) for token in ApiToken.objects.all()]}
    client.post(TOKENS, chosen)


def test_a_token_is_revoked_once_and_the_trail_says_by_whom() -> None:
    secret = api_token_create(name="program")
    token, actor = ApiToken.objects.get(), actor_for(user_made("admin"))
    assert api_token_revoke(token=token, actor=actor) is True
    assert api_token_find(token=secret) is None
    revoked_at = ApiToken.objects.get().revoked_at
    assert api_token_revoke(token=token, actor=actor) is False
    assert ApiToken.objects.get().revoked_at == revoked_at
    entry = AuditEvent.objects.get(action="token.revoked")
    assert (entry.actor, entry.target, entry.meeting_id) == (actor.label, f"token:{token.pk}", None)
    assert audit_verify(meeting_id=None) is None


def test_the_admin_revokes_and_cannot_take_it_back() -> None:
    secret = api_token_create(name="program")
    client = admin_client("view_apitoken", "change_apitoken")
    revoke(client)
    assert api_token_find(token=secret) is None
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1
    token = ApiToken.objects.get()
    page = f"{TOKENS}{token.pk}/change/"
    assert 'name="revoked_at' not in client.get(page).content.decode()
    assert client.post(page, {"revoked_at_0": "", "revoked_at_1": ""}).status_code == 403
    assert ApiToken.objects.get().revoked_at == token.revoked_at


def test_those_who_may_only_look_revoke_nothing() -> None:
    secret = api_token_create(name="program")
    revoke(admin_client("view_apitoken"))
    assert api_token_find(token=secret) is not None

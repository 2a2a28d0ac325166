"""Keys for telephone calls: made by hosts, shown once, kept as hashes, and of no use once revoked or expired."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from meetings.access import GUEST, actor_for
from meetings.errors import Conflict, Forbidden, Invalid, KeyInvalid, MeetingOver
from meetings.models import AuditEvent, IngestKey, Meeting
from meetings.services import ingest_keys
from meetings.services.audit import audit_verify
from meetings.services.ingest_keys import ingest_key_create, ingest_key_revoke, ingest_key_use
from meetings.services.meetings import meeting_end
from meetings.services.phone_calls import phone_key_check
from tests.integration.api_calls import API, Answer, assert_problem, get, guest, made, post, program
from tests.integration.made import host_made, meeting_made, user_made

pytestmark = pytest.mark.django_db

CONSENT = ["captions", "transcript"]


def key_posted(client: Client, meeting: dict[str, Any], **body: object) -> dict[str, Any]:
    response = post(client, f"/meetings/{meeting['id']}/ingest-keys", {"consent": CONSENT, **body})
    assert response.status_code == 201, response.content
    key: dict[str, Any] = response.json()
    return key


def deleted(client: Client, meeting: dict[str, Any], key_id: str) -> Answer:
    return client.delete(f"{API}/meetings/{meeting['id']}/ingest-keys/{key_id}")


def test_a_key_comes_with_the_addresses_to_give_to_the_services() -> None:
    client = program()
    key = key_posted(client, made(client), display_name="Hotline", language="en", expires_in_s=3_600)
    assert key["teler"] == {
        "flow_url": f"http://testserver/ingest/teler/{key['key']}/flow",
        "ws_url": f"ws://testserver/ws/v1/ingest/teler/{key['key']}",
    }
    assert key["twilio"] == {
        "twiml_url": f"http://testserver/ingest/twilio/{key['key']}/twiml",
        "ws_url": f"ws://testserver/ws/v1/ingest/twilio/{key['key']}",
    }
    assert (key["display_name"], key["language"], key["consent"]) == ("Hotline", "en", CONSENT)
    assert (key["revoked_at"], key["last_used_at"]) == (None, None)


def test_a_key_is_shown_once_and_stored_as_its_hash() -> None:
    client = program()
    meeting = made(client)
    key = key_posted(client, meeting)
    listed = get(client, f"/meetings/{meeting['id']}/ingest-keys").json()
    assert [each["id"] for each in listed["data"]] == [key["id"]]
    assert key["key"] not in str(listed)
    assert key["key"] not in str(IngestKey.objects.values().get())


def test_keys_are_listed_page_by_page() -> None:
    client = program()
    meeting = made(client)
    ids = [key_posted(client, meeting)["id"] for _ in range(3)]
    first = get(client, f"/meetings/{meeting['id']}/ingest-keys", limit=2).json()
    second = get(client, f"/meetings/{meeting['id']}/ingest-keys", limit=2, cursor=first["next_cursor"]).json()
    assert [each["id"] for each in first["data"] + second["data"]] == ids
    assert (first["has_more"], second["has_more"]) == (True, False)


def test_a_guest_who_hosts_the_meeting_makes_keys_and_one_who_only_knows_its_code_does_not() -> None:
    host = guest()
    meeting = made(host)
    key = key_posted(host, meeting)
    body = {"consent": CONSENT}
    assert_problem(post(guest(), f"/meetings/{meeting['code']}/ingest-keys", body), 403, "forbidden")
    assert_problem(get(guest(), f"/meetings/{meeting['code']}/ingest-keys"), 403, "forbidden")
    assert_problem(deleted(guest(), {"id": meeting["code"]}, key["id"]), 403, "forbidden")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"consent": []},
        {"consent": ["captions"]},
        {"consent": ["captions", "transcript", "everything"]},
        {"consent": CONSENT, "expires_in_s": 5},
        {"consent": CONSENT, "language": "tlh"},
        {"consent": CONSENT, "display_name": "\u202e"},
    ],
)
def test_without_the_declared_consent_and_with_anything_wrong_there_is_no_key(body: dict[str, object]) -> None:
    client = program()
    response = post(client, f"/meetings/{made(client)['id']}/ingest-keys", body)
    assert response.status_code == 422
    assert not IngestKey.objects.exists()


def test_a_revoked_key_is_of_no_use_and_revoking_it_again_changes_nothing() -> None:
    client = program()
    meeting = made(client)
    key = key_posted(client, meeting)
    assert ingest_key_use(key=key["key"]).meeting_id == Meeting.objects.get().pk
    assert deleted(client, meeting, key["id"]).status_code == 204
    revoked_at = IngestKey.objects.get().revoked_at
    assert deleted(client, meeting, key["id"]).status_code == 204
    assert IngestKey.objects.get().revoked_at == revoked_at
    with pytest.raises(KeyInvalid):
        ingest_key_use(key=key["key"])


def test_a_key_of_another_meeting_is_not_there_to_revoke() -> None:
    client = program()
    key = key_posted(client, made(client))
    assert_problem(deleted(client, made(client), key["id"]), 404, "not_found")
    assert IngestKey.objects.get().revoked_at is None


def test_an_expired_key_is_of_no_use() -> None:
    host = host_made()
    key = ingest_key_create(
        meeting=meeting_made(actor=host), actor=host, consent=CONSENT, expires_in=timedelta(seconds=60)
    )
    assert ingest_key_use(key=key.secret) == key.row
    IngestKey.objects.update(expires_at=timezone.now())
    with pytest.raises(KeyInvalid):
        ingest_key_use(key=key.secret)


@pytest.mark.parametrize("key", ["", "clqi_made-up", "\0", "\ud800"])
def test_an_unknown_key_is_of_no_use(key: str) -> None:
    with pytest.raises(KeyInvalid):
        ingest_key_use(key=key)


def test_the_use_of_a_key_is_remembered() -> None:
    host = host_made()
    key = ingest_key_create(meeting=meeting_made(actor=host), actor=host, consent=CONSENT)
    phone_key_check(key=key.secret)
    assert IngestKey.objects.get().last_used_at is not None


def test_a_meeting_that_has_ended_gets_no_keys_and_takes_no_calls() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    key = ingest_key_create(meeting=meeting, actor=host, consent=CONSENT)
    meeting_end(meeting=meeting, actor=host)
    with pytest.raises(MeetingOver):
        phone_key_check(key=key.secret)
    with pytest.raises(Conflict, match="ended"):
        ingest_key_create(meeting=meeting, actor=host, consent=CONSENT)


def test_a_meeting_has_only_so_many_keys_that_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_keys, "MOST_VALID_KEYS", 2)
    host = host_made()
    meeting = meeting_made(actor=host)
    first, _ = (ingest_key_create(meeting=meeting, actor=host, consent=CONSENT) for _ in range(2))
    with pytest.raises(Conflict) as refusal:
        ingest_key_create(meeting=meeting, actor=host, consent=CONSENT)
    assert refusal.value.code == "too_many_keys"
    ingest_key_revoke(key=first.row, actor=host)
    ingest_key_create(meeting=meeting, actor=host, consent=CONSENT)


def test_making_and_revoking_leave_their_trace_with_what_was_declared() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    key = ingest_key_create(meeting=meeting, actor=host, consent=["recording", *CONSENT])
    ingest_key_revoke(key=key.row, actor=host)
    trail = AuditEvent.objects.filter(target=f"ingest_key:{key.row.pk}").order_by("number")
    assert [(each.action, each.actor) for each in trail] == [
        ("ingest_key.created", host.label),
        ("ingest_key.revoked", host.label),
    ]
    assert trail[0].data == {"consent": [*CONSENT, "recording"]}
    assert audit_verify(meeting_id=meeting.pk) is None


def test_a_host_s_consent_alone_makes_no_key() -> None:
    with pytest.raises(Invalid):
        ingest_key_create(
            meeting=meeting_made(), actor=actor_for(user_made("root", is_staff=True)), consent=["captions"]
        )


def test_admins_see_keys_without_their_hash_and_revoke_them() -> None:
    user = user_made("boss", is_staff=True)
    user.is_superuser = True
    user.save()
    key = ingest_key_create(meeting=meeting_made(), actor=actor_for(user), consent=CONSENT)
    browser = Client()
    browser.force_login(user)
    page = browser.get(f"/admin/meetings/ingestkey/{key.row.pk}/change/")
    assert page.status_code == 200
    assert key.row.sha256 not in page.content.decode()
    browser.post("/admin/meetings/ingestkey/", {"action": "revoke", "_selected_action": [str(key.row.pk)]})
    assert IngestKey.objects.get().revoked_at is not None
    assert browser.get("/admin/meetings/phonecall/").status_code == 200


def test_nobody_but_a_manager_makes_keys_in_the_service_either() -> None:
    with pytest.raises(Forbidden):
        ingest_key_create(meeting=meeting_made(), actor=GUEST, consent=CONSENT)

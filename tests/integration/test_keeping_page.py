"""The host's page of what is kept; the lobby that tells people before they agree; who may remove lines."""

import pytest
from django.test import Client
from django.utils import timezone

from meetings.models import DeletionProof, LegalHold, Meeting, Segment
from meetings.purges import purges_work
from tests.integration.api_calls import guest, made
from tests.integration.made import commit, opened, speech

pytestmark = pytest.mark.django_db


def hosted(**policies: object) -> tuple[Client, Meeting, str]:
    host = guest()
    meeting = Meeting.objects.get(pk=made(host, policies=policies)["id"])
    return host, meeting, f"/m/{meeting.code}/keeping/"


def test_the_host_decides_how_long_it_is_kept_and_everybody_is_told_before_they_agree() -> None:
    host, meeting, page = hosted(colour="blue")
    form = {"act": "keep", "mode": "transcript_and_audio", "text_days": "30", "audio_days": "7", "purge_names": "on"}
    assert host.post(page, form).status_code == 302
    meeting.refresh_from_db()
    assert meeting.policies == {
        "colour": "blue",
        "mode": "transcript_and_audio",
        "recording": True,
        "retention_days": {"text": 30, "audio": 7},
        "purge_names": True,
    }
    lobby = Client().get(f"/m/{meeting.code}/").content.decode()
    assert "for 30 days after the meeting" in lobby
    assert "for 7 days after the meeting" in lobby
    assert 'value="30"' in host.get(page).content.decode()


def test_what_makes_no_sense_is_told_beside_its_field_and_changes_nothing() -> None:
    host, meeting, page = hosted()
    answer = host.post(page, {"act": "keep", "mode": "transcript", "text_days": "-3"})
    assert answer.status_code == 422
    assert "greater than or equal to 0" in answer.content.decode()
    assert host.post(page, {"act": "hold", "reason": ""}).status_code == 422
    assert host.post(page, {"act": "dance"}).status_code == 404
    meeting.refresh_from_db()
    assert meeting.policies == {}
    assert not LegalHold.objects.exists()


def test_an_ephemeral_meeting_says_that_nothing_is_kept_and_does_not_ask_for_more() -> None:
    _, meeting, _ = hosted(mode="ephemeral")
    lobby = Client().get(f"/m/{meeting.code}/").content.decode()
    assert "Nothing is kept" in lobby
    assert "consent-live-only" not in lobby
    assert "Listen without speaking" in lobby


def test_a_hold_and_a_deletion_from_the_page() -> None:
    host, meeting, page = hosted()
    commit(opened(meeting).owner, speech(0, 1_600))
    host.post(page, {"act": "hold", "reason": "Case 7"})
    assert "Case 7" in host.get(page).content.decode()
    refused = host.post(page, {"act": "purge_text", "sure": "on"}, follow=True).content.decode()
    assert "legal hold" in refused
    host.post(page, {"act": "lift"})
    assert "Tick that you are sure" in host.post(page, {"act": "purge_text"}, follow=True).content.decode()
    purges_work(clock=timezone.now)
    assert Segment.objects.get().text
    host.post(page, {"act": "purge_text", "sure": "on"})
    purges_work(clock=timezone.now)
    assert not Segment.objects.get().text
    told = " ".join(host.get(page).content.decode().split())
    proof = DeletionProof.objects.get()
    assert proof.digest in told
    assert f"UTC: all text, because somebody asked for it (entry {proof.audit_number} of the audit trail)" in told


def test_nobody_but_the_host_sees_the_page_or_may_remove_lines() -> None:
    host, meeting, page = hosted()
    commit(opened(meeting).owner, speech(0, 1_600))
    for client in (Client(), guest()):
        refused = client.get(page)
        assert refused.status_code == 403
        assert "Only the host and other owners of the meeting may do this." in refused.content.decode()
        assert client.post(page, {"act": "hold", "reason": "x"}).status_code == 403
        assert "data-redact" not in client.get(f"/m/{meeting.code}/transcript/").content.decode()
    transcript = host.get(f"/m/{meeting.code}/transcript/").content.decode()
    assert f'data-redact="{Segment.objects.get().pk}"' in transcript
    assert page in transcript

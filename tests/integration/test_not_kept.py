"""What its speaker agreed to have shown live, and no more, is stored nowhere else, and reaches nobody who stores it."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.test import Client

from meetings.access import Actor
from meetings.errors import Conflict
from meetings.models import Meeting, Segment
from meetings.selectors import events_after
from meetings.services.audit_proof import audit_proof
from meetings.services.consents import consent_record
from meetings.services.meetings import meeting_create
from meetings.services.replacements import replacement_propose
from meetings.services.segment_bounds import segment_merge
from meetings.verify_proof import proof_verify
from tests.integration.api_calls import get
from tests.integration.corrected import says
from tests.integration.made import opened
from tests.integration.webhooks_made import Clock, Receiver, body_of, webhook_made, worked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("exports_storage")]

KEPT, UNKEPT = "these words stay", "quicksilver words evaporate"


def revoked(host: Actor, **policies: Any) -> tuple[Meeting, Segment, Segment]:
    """Somebody says a line, takes back that it may be kept, and says another one."""
    meeting = meeting_create(actor=host, title="Board", policies=policies)
    who = opened(meeting)
    consent_record(participant_id=who.participant_id, granted=("captions", "transcript"))
    (kept,) = says(who, KEPT)
    consent_record(participant_id=who.participant_id, granted=("captions",))
    (unkept,) = says(who, UNKEPT, settled_from=kept.end)
    assert (kept.is_kept, unkept.is_kept) == (True, False)
    return meeting, kept, unkept


def client_of(host: Actor) -> Client:
    assert host.user is not None
    client = Client()
    client.force_login(host.user)
    return client


def test_it_is_not_joined_to_a_line_that_is_kept(host: Actor) -> None:
    _, kept, unkept = revoked(host)
    with pytest.raises(Conflict) as refused:
        segment_merge(segment_id=kept.pk, expected_rev=1, actor="user:1")
    assert refused.value.code == "kept_differently"
    unkept.refresh_from_db()
    kept.refresh_from_db()
    assert (kept.text, unkept.text, unkept.state) == (KEPT, UNKEPT, "final")


def test_find_and_replace_looks_at_the_transcript_only(host: Actor) -> None:
    meeting, kept, _ = revoked(host)
    asked = replacement_propose(meeting=meeting, actor="user:1", find="words", replace="letters")
    assert [hit["segment_id"] for hit in asked.hits] == [str(kept.pk)]


def test_feeds_say_so(host: Actor) -> None:
    meeting, kept, unkept = revoked(host)
    told = {
        message["segment"]["id"]: message["segment"].get("kept")
        for message in events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages
        if message["type"] == "segment"
    }
    assert told == {str(kept.pk): None, str(unkept.pk): False}
    page = get(client_of(host), f"/meetings/{meeting.pk}/events", after_seq=0).json()
    assert [each["segment"].get("kept") for each in page["data"] if each["type"] == "segment"] == [None, False]


def test_an_archive_has_its_numbers_and_not_its_words(host: Actor, storage: FileSystemStorage) -> None:
    meeting, _, unkept = revoked(host)
    Segment.objects.get(pk=unkept.pk).revisions.create(
        **{"rev": 0, "state": "final", "text": UNKEPT, "language": "en", "confidence": 1.0, "engine": "test"},
        **{"actor": "user:1", "at": unkept.created_at},
    )
    content = get(client_of(host), f"/meetings/{meeting.pk}/transcript.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            assert b"quicksilver" not in archive.read(name), name
            assert b"evaporate" not in archive.read(name), name
        events = [json.loads(line) for line in archive.read("events.jsonl").decode().splitlines()]
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        proof, transcript = (json.loads(archive.read(name)) for name in ("audit.json", "transcript.json"))
    assert KEPT in json.dumps(transcript)
    assert proof_verify(proof, transcript).problems == []


def test_a_proof_gives_nobody_what_its_words_could_be_guessed_by(host: Actor) -> None:
    meeting, kept, _ = revoked(host)
    proof: Any = audit_proof(meeting_id=meeting.pk)
    assert [text["segment_id"] for text in proof["texts"]] == [str(kept.pk)]
    transcript = get(client_of(host), f"/meetings/{meeting.pk}/transcript.json").json()
    assert proof_verify(json.loads(json.dumps(proof)), transcript).problems == []


@pytest.mark.parametrize("mode", ["transcript", "ephemeral"])
def test_webhooks_are_told_nothing_of_it(host: Actor, mode: str) -> None:
    webhook_made(host, "segment.final")
    meeting = meeting_create(actor=host, title="Board", policies={"mode": mode})
    who = opened(meeting)
    consent_record(participant_id=who.participant_id, granted=("captions",))
    says(who, UNKEPT)
    receiver = Receiver()
    worked(Clock(), receiver)
    assert [body_of(request) for request in receiver.requests] == []
    assert Segment.objects.get().text == UNKEPT

"""Transcripts to export, and what the tests of exports share."""

from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.test import Client
from django.utils import timezone

from meetings.exports.work import exports_work
from meetings.models import AuditEvent, Meeting, Segment
from meetings.services.events import events_append, segment_draft
from tests.integration.api_calls import API, made
from tests.integration.made import commit, gap, opened, silence, speech


def names_in(storage: FileSystemStorage) -> list[str]:
    return storage.listdir("")[1] if Path(storage.location).is_dir() else []


def talk_made(host: Client) -> dict[str, Any]:
    """Ada and Bob, who says something that looks like markup; Ada lost half a second."""
    meeting = made(host, title="Board")
    row = Meeting.objects.get(pk=meeting["id"])
    ada, bob = opened(row, display_name="Ada"), opened(row, display_name="Bob")
    commit(ada.owner, speech(0, 16_000, text="One."), speech(16_000, 32_000, text="Two."), gap(40_000))
    commit(bob.owner, silence(48_000), speech(48_000, 64_000, text="=Three <b>*"))
    return meeting


def redact(segment: Segment) -> None:
    """As it is stored, whoever does it."""
    Segment.objects.filter(pk=segment.pk).update(state="redacted", rev=segment.rev + 1, text="")
    with transaction.atomic():
        _event_of(segment)


def _event_of(segment: Segment) -> None:
    segment.refresh_from_db()
    events_append(meeting_id=segment.meeting_id, drafts=[segment_draft(segment)])


def work() -> int:
    return exports_work(clock=timezone.now)


def fetched(client: Client, path: str) -> bytes:
    answer = client.get(path if path.startswith(API) else f"{API}{path}")
    assert answer.status_code == 200, answer.status_code
    return b"".join(streamed(answer))


def streamed(answer: Any) -> list[bytes]:
    async def collect() -> list[bytes]:
        return [part async for part in answer.streaming_content]

    return async_to_sync(collect)()


def entries(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("number"))

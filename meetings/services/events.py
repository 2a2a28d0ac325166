"""Append to the durable event log of a meeting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from meetings.announce import announce
from meetings.errors import NotFound
from meetings.messages import log_message
from meetings.models import Meeting, MeetingEvent, Segment
from meetings.services.webhook_outbox import webhook_facts_note, webhook_is_wanted
from meetings.webhooks.catalogue import log_type


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """A fact before it has a number. `payload` is what the wire shows beside the type."""

    type: str
    payload: Mapping[str, object]
    segment: Segment | None = None
    audio_session_id: UUID | None = None


def segment_draft(segment: Segment) -> EventDraft:
    """That the line stands as it is now. The text is joined when the event is read."""
    payload = {"segment_id": str(segment.pk), "rev": segment.rev}
    return EventDraft(type=MeetingEvent.Type.SEGMENT, payload=payload, segment=segment)


def events_append(*, meeting_id: UUID, drafts: Sequence[EventDraft]) -> list[MeetingEvent]:
    """Number and store facts, in order; they are announced once the caller's transaction is committed.

    Moving `last_seq` is the lock: it is held to the end of the transaction, so numbers become visible in order and
    without gaps, and a rolled back transaction gives its numbers back.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("events are appended inside the transaction that makes them true")
    if not drafts:
        return []
    if Meeting.objects.filter(pk=meeting_id).update(last_seq=F("last_seq") + len(drafts)) != 1:
        raise NotFound
    types = [log_type(draft.type, draft.segment) for draft in drafts]
    meeting = Meeting.objects.annotate(is_wanted=webhook_is_wanted(types)).values_list("last_seq", "is_wanted")
    last_seq, is_wanted = meeting.get(pk=meeting_id)
    at = timezone.now()
    events = MeetingEvent.objects.bulk_create(
        MeetingEvent(
            meeting_id=meeting_id,
            seq=seq,
            type=draft.type,
            payload=dict(draft.payload),
            at=at,
            segment=draft.segment,
            audio_session_id=draft.audio_session_id,
        )
        for seq, draft in enumerate(drafts, start=last_seq - len(drafts) + 1)
    )
    if is_wanted:
        # Who takes webhooks stores them: what is only to be seen live is none of theirs.
        facts = [
            (type, event.seq)
            for type, event in zip(types, events, strict=True)
            if event.segment is None or event.segment.is_kept
        ]
        webhook_facts_note(meeting_id=meeting_id, facts=facts, at=at)
    messages = [log_message(event) for event in events]
    transaction.on_commit(partial(announce, meeting_id, messages), robust=True)
    return events


def event_append(*, meeting_id: UUID, type: str, payload: Mapping[str, object]) -> MeetingEvent:
    return events_append(meeting_id=meeting_id, drafts=[EventDraft(type=type, payload=payload)])[0]

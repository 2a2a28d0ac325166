"""Losses that recognizers were to blame for, made good from the recording, or given up with the reason."""

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from meetings.models import (
    AudioSession,
    GapRepair,
    Meeting,
    MeetingEvent,
    Recording,
    RecordingChunk,
    SecondPass,
    Segment,
)
from meetings.second_pass.choice import text_of
from meetings.second_pass.hearing import Heard
from meetings.services.audit import SYSTEM, audit_append, text_hash
from meetings.services.bleed import bleed_retract
from meetings.services.consents import is_kept
from meetings.services.events import EventDraft, events_append, segment_draft
from meetings.services.second_pass_leases import pass_advance
from meetings.services.second_pass_lines import words_wire
from meetings.session_clock import SessionClock

State = GapRepair.State
NOT_RECORDED = "not_recorded"


def gap_repaired(*, job: SecondPass, repair: GapRepair, heard: Heard, now: datetime) -> Segment | None:
    """A line in the place of the loss; none where nobody was heard after all. Events tell both, the line first.

    The ledger goes on counting the gap: it tells what became of the samples when they were settled.
    Raises LeaseLost.
    """
    with transaction.atomic():
        Meeting.objects.select_for_update(no_key=True).values_list("pk").get(pk=job.meeting_id)
        session = AudioSession.objects.select_related("participant__meeting").get(pk=repair.audio_session_id)
        pass_advance(job=job, done_to=repair.end, n_repaired=1, now=now)
        clock = session.clock
        if GapRepair.objects.filter(pk=repair.pk, state=State.WAITING).exists() and clock is not None:
            return _repair(repair, session, heard, clock=clock)
    return None


def gap_given_up(*, job: SecondPass, repair: GapRepair, problem: str, now: datetime) -> None:
    """The loss stays in the transcript. Raises LeaseLost."""
    with transaction.atomic():
        Meeting.objects.select_for_update(no_key=True).values_list("pk").get(pk=job.meeting_id)
        pass_advance(job=job, done_to=repair.end, now=now)
        waiting = GapRepair.objects.filter(pk=repair.pk, state=State.WAITING)
        if waiting.update(state=State.GIVEN_UP, problem=problem[:100], done_at=now) == 1:
            _audit(repair, action="gap.given_up", data={"problem": problem[:100]})


def gaps_unrecorded_give_up(*, ended_before: datetime) -> int:
    """Of meetings that are over, and sessions of which no sound is kept: nothing will make these losses good."""
    pieces = RecordingChunk.objects.filter(audio_session=OuterRef("audio_session")).exclude(file="")
    whole = Recording.objects.filter(audio_session=OuterRef("audio_session"), state=Recording.State.DONE)
    hopeless = GapRepair.objects.filter(
        ~Exists(pieces), ~Exists(whole), state=State.WAITING, meeting__ended_at__lt=ended_before
    )
    return GapRepair.objects.filter(pk__in=list(hopeless.values_list("pk", flat=True)), state=State.WAITING).update(
        state=State.GIVEN_UP, problem=NOT_RECORDED, done_at=timezone.now()
    )


def _repair(repair: GapRepair, session: AudioSession, heard: Heard, *, clock: SessionClock) -> Segment | None:
    segment = _segment(repair, session, heard, clock=clock) if heard.words else None
    drafts = [_repaired_draft(repair, session, segment, clock=clock)]
    if segment is not None:
        segment.save(force_insert=True)
        drafts.insert(0, segment_draft(segment))
    events_append(meeting_id=repair.meeting_id, drafts=drafts)
    GapRepair.objects.filter(pk=repair.pk).update(state=State.DONE, segment=segment, problem="", done_at=timezone.now())
    _audit(repair, action="gap.repaired", data={"segments": [] if segment is None else [_claim(segment)]})
    if segment is not None:
        bleed_retract([segment])
    return segment


def _segment(repair: GapRepair, session: AudioSession, heard: Heard, *, clock: SessionClock) -> Segment:
    confidence = sum(word.confidence for word in heard.words) / len(heard.words)
    words = words_wire(heard.words, start=repair.start, end=repair.end, clock=clock)
    return Segment(
        id=uuid4(),
        meeting_id=repair.meeting_id,
        participant=session.participant,
        audio_session=session,
        rev=1,
        start=repair.start,
        end=repair.end,
        start_ms=clock.meeting_ms(repair.start),
        end_ms=clock.meeting_ms(repair.end),
        text=text_of(words),
        words=words,
        language=heard.language,
        confidence=min(max(confidence, 0.0), 1.0),
        engine=heard.engine,
        is_kept=is_kept(session.participant, said_ms=clock.meeting_ms(repair.end)),
    )


def _repaired_draft(
    repair: GapRepair, session: AudioSession, segment: Segment | None, *, clock: SessionClock
) -> EventDraft:
    payload = {
        "participant_id": str(session.participant_id),
        "session_id": str(session.pk),
        "from": repair.start,
        "to": repair.end,
        "start_ms": clock.meeting_ms(repair.start),
        "end_ms": clock.meeting_ms(repair.end),
        "segment_id": str(segment.pk) if segment else None,
    }
    return EventDraft(type=MeetingEvent.Type.AUDIO_REPAIRED, payload=payload, audio_session_id=session.pk)


def _claim(segment: Segment) -> dict[str, object]:
    """As `meetings.audit_actions` asks for it: so the line is verified as others are."""
    return {
        "id": str(segment.pk),
        "rev": segment.rev,
        "participant": str(segment.participant_id),
        "text_hash": text_hash(salt=segment.text_salt, text=segment.text),
    }


def _audit(repair: GapRepair, *, action: str, data: Mapping[str, object]) -> None:
    audit_append(
        meeting_id=repair.meeting_id,
        actor=SYSTEM,
        action=action,
        target=f"session:{repair.audio_session_id}",
        data={"from": repair.start, "to": repair.end, **data},
    )

"""Commit what the samples of an audio session became: the one place where `settled` moves.

The update of `settled` is the lock. Two sockets or nodes may reach it with the same audio (a replay after a
reconnect, a zombie that woke up); only the current generation that still finds stored where it starts from goes on,
and everything else of the transaction follows from it: segments, numbered events, counters and the audit entry appear
together or not at all. Whoever finds no such row reads back: `settled` at our own end, in our own generation, with
our own segments means that this commit landed and only its answer was lost. Anything else means that another
connection owns the session, or that it has ended.

A node that could not reach the database for a while seems dead, and its sessions are abandoned although their sockets
live: a commit brings such a session and its participant back. One that was abandoned because its socket had gone
stays so: only what was in flight is committed then.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from meetings.errors import Invalid, Superseded
from meetings.gap_reasons import REPAIRABLE_REASONS
from meetings.levels_stored import levels_store
from meetings.messages import log_message
from meetings.models import AudioSession, GapRepair, MeetingEvent, Segment
from meetings.services.audit import audit_append, text_hash
from meetings.services.bleed import bleed_retract
from meetings.services.consents import is_kept
from meetings.services.events import EventDraft, events_append, segment_draft
from meetings.services.gaps import gap_draft, gap_repair
from meetings.services.leaks_redaction import late_leaks_redact
from meetings.services.presence import participant_joined
from meetings.services.recording_chunks import chunks_store
from meetings.services.spans import spans_check, spans_with_starts
from meetings.session_clock import ClockCorrection, SessionClock, corrections_to_store
from meetings.values import Committed, FinalSegment, SessionOwner, Span, WordTiming
from meetings.wire import WireMessage, WordWire

NODE_SILENT = "node_silent"  # close_reason of a session that was open on a node which seemed dead


def session_commit(
    *,
    owner: SessionOwner,
    settled_from: int,
    received: int,
    spans: Sequence[Span],
    correction: ClockCorrection | None = None,
) -> Committed:
    """Settle the samples from `settled_from` to the end of the last span.

    `correction` is what the session's clock is found to be off by (None: as it stands), from the end of the last
    segment or gap on. It is stored with what is the first to get its times by it: nobody maps that otherwise.

    `received` is the end of what the server has heard; it only grows. Silence leaves no audit entry: it asserts
    nothing that could be changed later.

    A gap that recognizers are to blame for is queued for repair here; files of recorded samples, which are there before
    this is called, begin to count. A line that says again what another participant says at that time is retracted.

    Raises Superseded: the caller stops and never skips ahead. Raises Invalid: a defect of the caller.
    """
    spans_check(settled_from=settled_from, spans=spans)
    with transaction.atomic():
        mine = AudioSession.objects.filter(pk=owner.session_id, generation=owner.generation)
        if not _settle(mine, settled_from=settled_from, received=received, spans=spans):
            return _already_committed(owner=owner, settled_from=settled_from, spans=spans)
        session = mine.select_related("participant__meeting").get()
        if session.state == AudioSession.State.ABANDONED and session.close_reason == NODE_SILENT:
            _bring_back(session)
        chunks_store(session, spans[-1].recorded)
        if correction is not None:
            _correct_clock(session, correction)
        levels_store(session.pk, settled_from=settled_from, spans=spans)
        events = _facts_store(session, settled_from=settled_from, spans=spans)
        if spans[-1].recorded:
            late_leaks_redact(session, start=settled_from, end=spans[-1].end)
    return Committed(settled=spans[-1].end, messages=_messages(events), was_already=False, counters=session.counters)


def _settle(mine: QuerySet[AudioSession], *, settled_from: int, received: int, spans: Sequence[Span]) -> bool:
    """False where the row does not stand at `settled_from`, or has ended: then nothing was changed."""
    settled_to, context = spans[-1].end, spans[-1].context
    open_there = mine.filter(settled=settled_from).exclude(state=AudioSession.State.ENDED)
    n_updated = open_there.update(
        settled=settled_to,
        received=Greatest(F("received"), Value(max(received, settled_to))),
        context=None if context is None else asdict(context),
        **_counter_updates(settled_from=settled_from, spans=spans),
    )
    return n_updated == 1


def _bring_back(session: AudioSession) -> None:
    session.state, session.close_reason, session.detached_at = AudioSession.State.OPEN, "", None
    session.save(update_fields=["state", "close_reason", "detached_at"])
    participant = session.participant
    participant_joined(participant=participant, meeting=participant.meeting, at=timezone.now())
    audit_append(
        meeting_id=participant.meeting_id,
        actor=f"participant:{participant.pk}",
        action="session.returned",
        target=f"session:{session.pk}",
        data={"generation": session.generation},
    )


def _correct_clock(session: AudioSession, correction: ClockCorrection) -> None:
    clock = session.clock
    if clock is not None and (corrected := clock.corrected(correction)) != clock:
        session.corrections = corrections_to_store(corrected.corrections)
        session.save(update_fields=["corrections"])


def _counter_updates(*, settled_from: int, spans: Sequence[Span]) -> dict[str, object]:
    n_samples: Counter[str] = Counter()
    for start, span in spans_with_starts(settled_from=settled_from, spans=spans):
        n_samples[span.kind] += span.end - start
    updates: dict[str, object] = {kind: F(kind) + n for kind, n in n_samples.items()}
    # Another's voice in this microphone is no line of this participant.
    if n_segments := sum(span.segment is not None and not span.segment.is_bleed for span in spans):
        updates["segments"] = F("segments") + n_segments
    return updates


def _facts_store(session: AudioSession, *, settled_from: int, spans: Sequence[Span]) -> list[MeetingEvent]:
    clock = session.clock
    drafts: list[EventDraft] = []
    segments: list[Segment] = []
    repairs: list[GapRepair] = []
    for start, span in spans_with_starts(settled_from=settled_from, spans=spans):
        if span.segment is not None:
            if clock is None:
                raise Invalid("A session with speech has an origin: set it at the first frame.")
            segments.append(_segment(session, span.segment, clock=clock))
            drafts.append(segment_draft(segments[-1]))
        elif span.kind == "gap":
            drafts.append(gap_draft(session, start=start, end=span.end, reason=span.reason))
            if span.reason in REPAIRABLE_REASONS:
                repairs.append(gap_repair(session, start=start, end=span.end, reason=span.reason))
    if not drafts:
        return []
    Segment.objects.bulk_create(segments)
    GapRepair.objects.bulk_create(repairs)
    events = events_append(meeting_id=session.participant.meeting_id, drafts=drafts)
    audit_append(
        meeting_id=session.participant.meeting_id,
        actor=f"participant:{session.participant_id}",
        action="session.committed",
        target=f"session:{session.pk}",
        data={
            "generation": session.generation,
            "from": settled_from,
            "to": spans[-1].end,
            "first_seq": events[0].seq,
            "segments": [
                {"id": str(s.pk), "rev": s.rev, "text_hash": text_hash(salt=s.text_salt, text=s.text)} for s in segments
            ],
            "n_gaps": len(drafts) - len(segments),
        },
    )
    bleed_retract(segments)
    return events


def _segment(session: AudioSession, final: FinalSegment, *, clock: SessionClock) -> Segment:
    return Segment(
        id=final.segment_id,
        meeting_id=session.participant.meeting_id,
        participant=session.participant,
        audio_session=session,
        rev=final.rev,
        state=Segment.State.RETRACTED if final.is_bleed else Segment.State.FINAL,
        start=final.start,
        end=final.end,
        start_ms=clock.meeting_ms(final.start),
        end_ms=clock.meeting_ms(final.end),
        text=final.text.strip(),
        words=[_word_wire(word, final=final, clock=clock) for word in final.words],
        language=final.language,
        confidence=final.confidence,
        engine=final.engine,
        is_kept=is_kept(session.participant, said_ms=clock.meeting_ms(final.end)),
    )


def _word_wire(word: WordTiming, *, final: FinalSegment, clock: SessionClock) -> WordWire:
    """Alignment may overshoot the utterance by a little; what is stored does not."""
    start = min(max(word.start, final.start), final.end)
    end = min(max(word.end, start), final.end)
    return {
        "w": word.text,
        "s": clock.meeting_ms(start),
        "e": clock.meeting_ms(end),
        "c": round(word.confidence, 3),
    }


def _already_committed(*, owner: SessionOwner, settled_from: int, spans: Sequence[Span]) -> Committed:
    settled_to = spans[-1].end
    session = AudioSession.objects.filter(pk=owner.session_id, generation=owner.generation, settled=settled_to).first()
    if session is None:
        raise Superseded
    segment_ids = {span.segment.segment_id for span in spans if span.segment}
    events = [
        *MeetingEvent.objects.filter(segment__in=segment_ids, segment__audio_session=owner.session_id),
        *MeetingEvent.objects.filter(
            audio_session=owner.session_id, payload__from__gte=settled_from, payload__to__lte=settled_to
        ),
    ]
    if {event.segment_id for event in events if event.segment_id} != segment_ids:
        raise Superseded
    stored = MeetingEvent.objects.select_related("segment__participant").filter(pk__in=[event.pk for event in events])
    messages = _messages(list(stored.order_by("seq")))
    return Committed(settled=spans[-1].end, messages=messages, was_already=True, counters=session.counters)


def _messages(events: Sequence[MeetingEvent]) -> tuple[WireMessage, ...]:
    return tuple(log_message(event) for event in events)

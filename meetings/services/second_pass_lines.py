"""Store what a second hearing made of one line: each in one transaction, with how far the pass has come."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meetings.models import Meeting, SecondPass, Segment
from meetings.plain_words import plain_words
from meetings.same_words import SLACK_MS, line_of
from meetings.second_pass.choice import Improvement, improvement
from meetings.second_pass.hearing import Heard
from meetings.second_pass.own_words import SaidWord, own_words
from meetings.second_pass.protection import Allowed, allowed_changes
from meetings.services.audit import SYSTEM, audit_append, text_hash
from meetings.services.events import events_append, segment_draft
from meetings.services.revisions import revision_of
from meetings.services.second_pass_leases import pass_advance
from meetings.session_clock import SessionClock
from meetings.values import WordTiming
from meetings.wire import WordWire

REASON = "second_pass"


def second_pass_line(
    *, job: SecondPass, segment_id: UUID, rev: int, heard: Heard | None, now: datetime
) -> Improvement | None:
    """One line further. `heard` is what was understood of it now, and `rev` what that is compared with.

    A line that was revised meanwhile stays as it is: whoever did that had a reason. What a person wrote keeps its
    text, what was taken out is not touched at all: `allowed_changes`. Raises LeaseLost: nothing is stored then.
    """
    with transaction.atomic():
        # The meeting's row first, as in every revision.
        Meeting.objects.select_for_update(no_key=True).values_list("pk").get(pk=job.meeting_id)
        found = Segment.objects.select_for_update(of=("self",)).select_related("participant", "audio_session")
        segment = found.filter(pk=segment_id).first()
        made = None
        if segment is not None and segment.rev == rev:
            made = _made(segment, heard)
        if segment is not None and made is not None:
            _revise(segment, made)
        end = segment.end if segment else job.done_to
        pass_advance(job=job, done_to=end, n_replaced=int(made is not None and made.is_new_text), now=now)
    return made


def words_wire(words: Sequence[WordTiming], *, start: int, end: int, clock: SessionClock) -> list[WordWire]:
    """As lines hold them: none reaches beyond its line."""
    wired: list[WordWire] = []
    for word in words:
        first = min(max(word.start, start), end)
        last = min(max(word.end, first), end)
        wired.append(
            {
                "w": word.text,
                "s": clock.meeting_ms(first),
                "e": clock.meeting_ms(last),
                "c": round(word.confidence, 3),
            }
        )
    return wired


def _made(segment: Segment, heard: Heard | None) -> Improvement | None:
    clock = segment.audio_session.clock
    allowed = allowed_changes(segment)
    if clock is None or allowed is Allowed.NOTHING or heard is None:
        return None
    own = own_words(heard.words, text=segment.text, others=_said_by_others(segment), meeting_ms=clock.meeting_ms)
    heard = replace(heard, words=own)
    return improvement(
        text=segment.text,
        words=cast("list[WordWire]", segment.words),
        confidence=segment.confidence,
        engine=segment.engine,
        heard=heard,
        may_replace=allowed is Allowed.EVERYTHING,
        has_guesses=allowed is Allowed.WORD_TIMES,
        wired=lambda words: words_wire(words, start=segment.start, end=segment.end, clock=clock),
    )


def _said_by_others(segment: Segment) -> list[SaidWord]:
    near = Segment.objects.filter(
        meeting=segment.meeting_id,
        start_ms__lt=segment.end_ms + SLACK_MS,
        end_ms__gt=segment.start_ms - SLACK_MS,
        state__in=(Segment.State.FINAL, Segment.State.CORRECTED),
    )
    return [word for line in near.exclude(participant=segment.participant_id) for word in _words_said(line)]


def _words_said(line: Segment) -> Iterator[SaidWord]:
    if not line.words:  # not every recognizer gives times
        for word in line_of(start_ms=line.start_ms, end_ms=line.end_ms, text=line.text).words:
            yield SaidWord(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms)
    for wire in cast("list[WordWire]", line.words):
        for text in plain_words(wire["w"]):
            yield SaidWord(text=text, start_ms=wire["s"], end_ms=wire["e"])


def _revise(segment: Segment, made: Improvement) -> None:
    revision_of(segment, actor=SYSTEM, reason=REASON, at=timezone.now()).save(force_insert=True)
    segment.rev += 1
    segment.words = made.words
    if made.is_new_text:
        segment.text, segment.confidence, segment.engine = made.text, made.confidence, made.engine
    segment.save(update_fields=["rev", "words", "text", "confidence", "engine"])
    events_append(meeting_id=segment.meeting_id, drafts=[segment_draft(segment)])
    audit_append(
        meeting_id=segment.meeting_id,
        actor=SYSTEM,
        action="segment.improved" if made.is_new_text else "segment.timed",
        target=f"segment:{segment.pk}",
        data={
            "rev": segment.rev,
            "reason": REASON,
            "text_hash": text_hash(salt=segment.text_salt, text=segment.text),
        },
    )

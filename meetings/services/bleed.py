"""The second judge of one voice in two microphones: what is stored twice is taken out once."""

from collections.abc import Sequence
from itertools import groupby

from django.db.models import Q
from django.utils import timezone

from meetings.correction_selectors import is_corrected_by_a_human
from meetings.levels import loudness_dbfs
from meetings.levels_stored import levels_between
from meetings.models import Segment, SegmentRevision
from meetings.same_words import SLACK_MS, HeardLine, line_of, said_twice
from meetings.services.audio_redaction import audio_redact
from meetings.services.audit import SYSTEM
from meetings.services.holds import hold_standing
from meetings.services.lines_deletion import lines_delete
from meetings.services.segments import BLEED, segment_retract

State = Segment.State


def bleed_retract(segments: Sequence[Segment]) -> None:
    """Judge lines that were just stored against those of the others. Inside the caller's transaction, after its events.

    The meeting's row is locked by then, so of two commits at once the second one sees what the first one stored. Of two
    lines that say the same at the same time the quieter one goes; where neither is clearly louder, the later one. A
    line that somebody has put back, or corrected, stays. What is heard again of a line that was redacted is forgotten.
    """
    for segment in segments:
        is_out = segment.state == State.RETRACTED or (segment.state == State.FINAL and _judge(segment))
        if is_out and _is_of_redacted(segment):
            _forget(segment)


def _judge(segment: Segment) -> bool:
    """Whether it is taken out."""
    near = Segment.objects.filter(
        meeting=segment.meeting_id,
        start_ms__lt=segment.end_ms + SLACK_MS,
        end_ms__gt=segment.start_ms - SLACK_MS,
        state__in=(State.FINAL, State.CORRECTED, State.REDACTED),
    ).exclude(text="")
    others = near.exclude(participant=segment.participant_id).order_by("participant", "start_ms")
    own = [*near.filter(participant=segment.participant_id).order_by("start_ms")]
    for _, group in groupby(others, key=lambda each: each.participant_id):
        twice = said_twice(segment, own=own, theirs=list(group), line=_line, louder_db=_louder_db)
        for each in twice:
            if each is segment or not _stays(each):
                _retract(each)
        if segment in twice:
            return True
    return False


def _retract(segment: Segment) -> None:
    segment_retract(segment_id=segment.pk, actor=SYSTEM, reason=BLEED)


def _is_of_redacted(segment: Segment) -> bool:
    redacted = Segment.objects.filter(
        meeting=segment.meeting_id, state=State.REDACTED, start_ms__lt=segment.end_ms, end_ms__gt=segment.start_ms
    )
    return redacted.exclude(audio_session=segment.audio_session_id).exists()


def _forget(segment: Segment) -> None:
    """As if it had been there when the line was redacted: text and sound, unless nothing may be deleted now."""
    if hold_standing(segment.meeting_id) is not None:
        return
    at = timezone.now()
    lines_delete([segment], at=at)
    session, meeting_id = segment.audio_session, segment.meeting_id
    audio_redact(session=session, meeting_id=meeting_id, start=segment.start, end=segment.end, at=at)


def _stays(segment: Segment) -> bool:
    was_restored = SegmentRevision.objects.filter(Q(segment=segment) & Q(state=State.RETRACTED)).exists()
    return segment.state == State.REDACTED or was_restored or is_corrected_by_a_human(segment)


def _louder_db(segment: Segment, other: Segment) -> float:
    """By how much `segment` is louder in its own microphone than that time is in the other's; 0 if it is not known."""
    mine, theirs = (
        loudness_dbfs(levels_between(session=each.audio_session, start_ms=segment.start_ms, end_ms=segment.end_ms))
        for each in (segment, other)
    )
    return 0.0 if mine is None or theirs is None else mine - theirs


def _line(segment: Segment) -> HeardLine:
    return line_of(start_ms=segment.start_ms, end_ms=segment.end_ms, text=segment.text)

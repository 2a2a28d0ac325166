"""Take a passage out of a line for good: from its text, every revision, its words, and the recorded sound."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meetings.errors import Conflict, NotFound
from meetings.models import Meeting, Segment, SegmentRevision
from meetings.models.segment import salt_new
from meetings.passages import MARK, Passage, words_cut
from meetings.services.audio_redaction import audio_redact
from meetings.services.audit import audit_append, text_hash
from meetings.services.events import events_append, segment_draft
from meetings.services.holds import hold_refuse
from meetings.services.leaks_redaction import leaks_redact
from meetings.services.lines_deletion import (
    contexts_delete,
    contexts_lock,
    copies_elsewhere_delete,
    copies_of,
    database_scrub,
    lines_delete,
)
from meetings.services.past_redaction import past_redact
from meetings.services.revisions import revision_of
from meetings.services.segments import must_not_stand_elsewhere

State = Segment.State


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What stays of a line. [start, end) are the samples, `from_ms` to `to_ms` the time, that are silenced."""

    text: str
    words: list[object]
    start: int
    end: int
    from_ms: int
    to_ms: int


def segment_redact(*, segment_id: UUID, actor: str, passage: Passage | None = None, rev: int | None = None) -> Segment:
    """`passage` None is the whole line; `rev` is the revision that the caller saw. There is no way back.

    Every earlier revision loses its text whole, since the passage stands elsewhere in it. What other microphones heard
    of the line and was taken out of the transcript goes as well, and so does its sound where they carry it without one.

    Raises NotFound, Invalid. Raises Conflict: the line was changed since, has no text any more, is on hold, or was
    taken out because its words stand in another one.
    """
    at = timezone.now()
    with transaction.atomic():
        segment, understood = _locked(segment_id)
        hold_refuse(segment.meeting_id)
        if segment.purged_at is not None:
            raise Conflict("The text of this segment was deleted already.", code="text_deleted")
        if rev is not None and rev != segment.rev:
            raise Conflict("The segment was changed since; look at it again.", code="segment_changed")
        if segment.state == State.RETRACTED:
            must_not_stand_elsewhere(segment, advice="redact that one")
        left = _left(segment, passage)
        copies = copies_of(
            meeting_id=segment.meeting_id,
            session_id=segment.audio_session_id,
            from_ms=left.from_ms,
            to_ms=left.to_ms,
        )
        copies += _joined(segment)
        lines_delete(copies, at=at)
        past_redact([segment], spared={segment.pk, *(copy.pk for copy in copies)}, actor=actor)
        copies_elsewhere_delete(segment.meeting_id)
        contexts_delete({segment.audio_session_id, *(copy.audio_session_id for copy in copies)} & understood)
        _history_redact(segment, actor=actor, at=at)
        _line_redact(segment, left, at=at)
        carried = _sound_redact(segment, left, copies, at=at)
        _tell(segment, left, copies, carried, actor=actor)
    database_scrub()
    return segment


def _locked(segment_id: UUID) -> tuple[Segment, set[UUID]]:
    """Under the meeting's lock no commit, correction or purge of it goes on. Also the sessions that were locked before.

    Of these a commit that is waiting for us may bring a context back; it goes with the next pause.
    """
    meeting_id = Segment.objects.values_list("meeting_id", flat=True).filter(pk=segment_id).first()
    if meeting_id is None:
        raise NotFound("There is no such segment.")
    understood = set(contexts_lock(meeting_id=meeting_id))
    Meeting.objects.select_for_update(no_key=True).values_list("pk").get(pk=meeting_id)
    locked = Segment.objects.select_for_update(of=("self",)).select_related("participant", "audio_session")
    return locked.get(pk=segment_id), understood


def _joined(segment: Segment) -> list[Segment]:
    """What was joined to a line, and is retracted since."""
    same = Segment.objects.filter(audio_session=segment.audio_session_id).exclude(pk=segment.pk)
    joined = same.filter(state=State.RETRACTED, start__lt=segment.end, end__gt=segment.start, purged_at__isnull=True)
    return list(joined.select_related("audio_session"))


def _left(segment: Segment, passage: Passage | None) -> _Left:
    whole = _Left(
        text="",
        words=[],
        start=segment.start,
        end=segment.end,
        from_ms=segment.start_ms,
        to_ms=segment.end_ms,
    )
    if passage is None or passage.checked(segment.text).is_all_of(segment.text):
        return whole
    text = passage.cut_from(segment.text)
    cut = words_cut(text=segment.text, words=segment.words, passage=passage)
    clock = segment.audio_session.clock
    if cut.from_ms is None or cut.to_ms is None or clock is None:  # it is not known when it was said
        return replace(whole, text=text, words=list(cut.left))
    return _Left(
        text=text,
        words=list(cut.left),
        start=min(max(clock.position_at(cut.from_ms), segment.start), segment.end - 1),
        end=max(min(clock.position_at(cut.to_ms), segment.end), segment.start + 1),
        from_ms=cut.from_ms,
        to_ms=cut.to_ms,
    )


def _history_redact(segment: Segment, *, actor: str, at: datetime) -> None:
    """The revision that this one replaces is told of, without its text."""
    revision_of(segment, actor=actor, reason="redacted", at=at).save(force_insert=True)
    SegmentRevision.objects.filter(segment=segment).update(text=MARK, words=[])


def _line_redact(segment: Segment, left: _Left, *, at: datetime) -> None:
    """With a new salt: the old one would still let a short passage be guessed from the trail's hash."""
    segment.rev += 1
    segment.text, segment.words, segment.text_salt = left.text, left.words, salt_new()
    if segment.state != State.RETRACTED:
        segment.state = State.REDACTED
    segment.purged_at = None if left.text else at
    segment.save(update_fields=["rev", "text", "words", "text_salt", "state", "purged_at"])


def _sound_redact(segment: Segment, left: _Left, copies: list[Segment], *, at: datetime) -> list[UUID]:
    """Also where other microphones carry it, which is returned."""
    spans = [(segment.audio_session, left.start, left.end), *((c.audio_session, c.start, c.end) for c in copies)]
    for session, start, end in spans:
        audio_redact(session=session, meeting_id=segment.meeting_id, start=start, end=end, at=at)
    return leaks_redact(
        session=segment.audio_session,
        meeting_id=segment.meeting_id,
        from_ms=left.from_ms,
        to_ms=left.to_ms,
        at=at,
    )


def _tell(segment: Segment, left: _Left, copies: list[Segment], carried: list[UUID], *, actor: str) -> None:
    events_append(meeting_id=segment.meeting_id, drafts=[segment_draft(segment)])
    audit_append(
        meeting_id=segment.meeting_id,
        actor=actor,
        action="segment.redacted",
        target=f"segment:{segment.pk}",
        data={
            "rev": segment.rev,
            "is_whole": not left.text,
            "from": left.start,
            "to": left.end,
            "copies": [str(copy.pk) for copy in copies],
            "carried_by": [str(session_id) for session_id in carried],
            "text_hash": text_hash(salt=segment.text_salt, text=segment.text),
        },
    )

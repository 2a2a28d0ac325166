"""Correct a line, take it out of the transcript, put it back: each a new revision, with its event and audit entry."""

from dataclasses import replace
from uuid import UUID

from django.db import transaction

from meetings.checks import line_checked
from meetings.corrections.content import content_of
from meetings.corrections.words_kept import words_realigned
from meetings.errors import Conflict, Invalid
from meetings.limits import REASON_MAX_CHARS, SEGMENT_TEXT_MAX_CHARS
from meetings.models import Correction, Participant, Segment
from meetings.services.revisions import Corrected, correction_make, must_stand, segment_lock

BLEED = "bleed"  # another participant's voice in this one's microphone
STANDS = (Segment.State.FINAL, Segment.State.CORRECTED, Segment.State.REDACTED)  # in the transcript


def segment_correct(
    *,
    segment_id: UUID,
    expected_rev: int,
    actor: str,
    text: str | None = None,
    participant_id: UUID | None = None,
    reason: str = "",
) -> Corrected:
    """What was said, or who said it; None leaves it. Saying nothing new makes no revision.

    The sound stays where it is: `audio_session`, `start` and `end` are facts.
    Raises NotFound, StaleRevision. Raises Conflict: the line is not in the transcript. Raises Invalid.
    """
    reason = reason_checked(reason)
    with transaction.atomic():
        segment = segment_lock(segment_id, expected_rev=expected_rev)
        must_stand(segment)
        before = content_of(segment)
        after = before.corrected()
        if text is not None:
            after = replace(after, text=text_checked(text))
            if after.text != before.text:
                after = replace(after, words=tuple(words_realigned(words=before.words, text=after.text)))
        if participant_id is not None and participant_id != before.participant_id:
            after = replace(after, participant_id=_of_meeting(segment, participant_id))
        if after.says_the_same(before):
            return Corrected(correction=None, segments=(segment,))
        return correction_make(
            meeting_id=segment.meeting_id,
            kind=Correction.Kind.CORRECTED,
            actor=actor,
            reason=reason,
            changes=[(segment, after)],
        )


def segment_restore(
    *, segment_id: UUID, actor: str, expected_rev: int | None = None, reason: str = "restored"
) -> Segment:
    """Put a retracted line back as it was. It is not judged again.

    Raises NotFound, StaleRevision. Raises Conflict: the line stands, was redacted, its text was deleted, or its words
    stand in another line.
    """
    reason = reason_checked(reason)
    with transaction.atomic():
        segment = segment_lock(segment_id, expected_rev=expected_rev)
        if segment.state != Segment.State.RETRACTED:
            raise Conflict("Only a retracted segment can be restored.")
        if segment.purged_at is not None:
            raise Conflict("The text of this segment was deleted.", code="text_deleted")
        if not segment.text:
            raise Conflict("There are no words to put back.", code="nothing_to_restore")
        must_not_stand_elsewhere(segment, advice="undo what put them there")
        before = segment.revisions.exclude(state=Segment.State.RETRACTED).order_by("rev").last()
        state = before.state if before else Segment.State.FINAL
        content = replace(content_of(segment), state=state)
        return correction_make(
            meeting_id=segment.meeting_id,
            kind=Correction.Kind.RESTORED,
            actor=actor,
            reason=reason,
            changes=[(segment, content)],
        ).segments[0]


def segment_retract(*, segment_id: UUID, actor: str, reason: str, expected_rev: int | None = None) -> Segment:
    """Take a line out of everything that is read. Its text stays in the row.

    Raises NotFound, StaleRevision. Raises Conflict: it is retracted or redacted already.
    """
    reason = reason_checked(reason)
    with transaction.atomic():
        segment = segment_lock(segment_id, expected_rev=expected_rev)
        if segment.state in (Segment.State.RETRACTED, Segment.State.REDACTED):
            raise Conflict("The segment is not in the transcript.")
        return correction_make(
            meeting_id=segment.meeting_id,
            kind=Correction.Kind.RETRACTED,
            actor=actor,
            reason=reason,
            changes=[(segment, replace(content_of(segment), state=Segment.State.RETRACTED))],
        ).segments[0]


def text_checked(text: str) -> str:
    return line_checked(text, what="The text", max_chars=SEGMENT_TEXT_MAX_CHARS)


def reason_checked(reason: str) -> str:
    return line_checked(reason, what="The reason", max_chars=REASON_MAX_CHARS) if reason.strip() else ""


def _of_meeting(segment: Segment, participant_id: UUID) -> UUID:
    if not Participant.objects.filter(pk=participant_id, meeting=segment.meeting_id).exists():
        raise Invalid("The speaker must be somebody of this meeting.", code="not_in_this_meeting")
    return participant_id


def must_not_stand_elsewhere(segment: Segment, *, advice: str) -> None:
    """Raises Conflict: what was merged into another line, or whose split was undone, is that line's."""
    if stands_elsewhere(segment):
        raise Conflict(f"These words stand in another line: {advice}.", code="words_stand_elsewhere")


def stands_elsewhere(segment: Segment) -> bool:
    """Of a line that was taken out: whether its sound is another line's by now, and its words with it."""
    standing = Segment.objects.filter(
        audio_session=segment.audio_session_id,
        start__lt=segment.end,
        end__gt=segment.start,
        state__in=STANDS,
    ).exclude(pk=segment.pk)
    return standing.exists()

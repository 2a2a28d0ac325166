"""One line becomes two, or two become one. No id is ever used for another utterance, and no sound changes its place."""

from dataclasses import replace
from uuid import UUID, uuid4

from django.db import transaction

from meetings.corrections.content import STANDING, Content, content_of, content_put
from meetings.corrections.cutting import line_cut, texts_joined
from meetings.errors import Conflict, Invalid
from meetings.models import Correction, Participant, Segment
from meetings.services.revisions import Corrected, correction_make, must_stand, segment_lock, segments_lock
from meetings.services.segments import reason_checked, text_checked
from meetings.session_clock import SessionClock

State = Segment.State


def segment_split(
    *,
    segment_id: UUID,
    expected_rev: int,
    at: int,
    actor: str,
    participant_id: UUID | None = None,
    reason: str = "",
) -> Corrected:
    """Before the character `at` (in code points): the line keeps what is before it, a new line gets the rest.

    `participant_id`: who said the rest, where that was somebody else.
    Raises NotFound, StaleRevision. Raises Conflict: the line is not in the transcript. Raises Invalid.
    """
    reason = reason_checked(reason)
    with transaction.atomic():
        segment = segment_lock(segment_id, expected_rev=expected_rev)
        must_stand(segment)
        clock = segment.audio_session.clock or SessionClock(origin_ms=0)
        before = content_of(segment).corrected()
        cut = line_cut(text=before.text, words=before.words, at=at, start=before.start, end=before.end, clock=clock)
        cut_ms = min(max(clock.meeting_ms(cut.position), before.start_ms), before.end_ms)
        first = replace(before, text=cut.first, words=cut.first_words, end=cut.position, end_ms=cut_ms)
        second = replace(before, text=cut.second, words=cut.second_words, start=cut.position, start_ms=cut_ms)
        return correction_make(
            meeting_id=segment.meeting_id,
            kind=Correction.Kind.SPLIT,
            actor=actor,
            reason=reason,
            changes=[(segment, first)],
            made=[_made(segment, second, participant_id)],
        )


def segment_merge(
    *, segment_id: UUID, expected_rev: int, actor: str, next_id: UUID | None = None, reason: str = ""
) -> Corrected:
    """With the next line of the same speaker, which is retracted. `next_id`: the one that the caller means, to be sure.

    Both come from one microphone, and nobody else's line of it lies between: so the line's sound is that of its words.
    Raises NotFound, StaleRevision. Raises Conflict: there is no such line, or it cannot be merged. Raises Invalid.
    """
    reason = reason_checked(reason)
    with transaction.atomic():
        segment = segment_lock(segment_id, expected_rev=expected_rev)
        must_stand(segment)
        following = _following(segment)
        if next_id is not None and following.pk != next_id:
            raise Conflict("Another line follows by now.", code="another_line_follows")
        first, second = content_of(segment).corrected(), content_of(following)
        if first.language != second.language:
            raise Conflict("The lines are in different languages.", code="languages_differ")
        if segment.is_kept != following.is_kept:
            raise Conflict("One of the lines is not to be kept.", code="kept_differently")
        merged = replace(
            first,
            text=text_checked(texts_joined(first.text, second.text)),
            words=(*first.words, *second.words),
            end=second.end,
            end_ms=second.end_ms,
            confidence=min(first.confidence, second.confidence),
        )
        return correction_make(
            meeting_id=segment.meeting_id,
            kind=Correction.Kind.MERGED,
            actor=actor,
            reason=reason,
            changes=[(segment, merged), (following, replace(second, state=State.RETRACTED.value))],
        )


def _following(segment: Segment) -> Segment:
    shown = Segment.objects.filter(
        audio_session=segment.audio_session_id, start__gte=segment.end, state__in=(*STANDING, State.REDACTED)
    )
    next_id = shown.order_by("start").values_list("pk", flat=True).first()
    found = segments_lock(segment.meeting_id, [] if next_id is None else [next_id])
    if not found or found[0].participant_id != segment.participant_id:
        raise Conflict("No line of the same speaker and connection follows.", code="nothing_to_merge")
    must_stand(found[0])
    return found[0]


def _made(segment: Segment, content: Content, participant_id: UUID | None) -> Segment:
    speaker = segment.participant
    if participant_id is not None:
        named = Participant.objects.filter(pk=participant_id, meeting=segment.meeting_id).first()
        if named is None:
            raise Invalid("The speaker must be somebody of this meeting.", code="not_in_this_meeting")
        speaker = named
    made = Segment(
        id=uuid4(),
        meeting_id=segment.meeting_id,
        audio_session_id=segment.audio_session_id,
        is_kept=segment.is_kept,
        rev=1,
    )
    content_put(made, replace(content, participant_id=speaker.pk))
    made.participant = speaker
    return made

"""Who speaks which language, from where on. What an utterance is decoded in is a function of what is stored here."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from meetings.checks import language_checked
from meetings.errors import Invalid, Superseded
from meetings.language_tags import code_of
from meetings.models import AudioSession, Meeting, MeetingEvent, Participant, SessionLanguage
from meetings.services.audit import audit_append
from meetings.services.events import event_append
from meetings.values import LanguageSpan, SessionOwner


def language_known(language: str) -> str:
    """The tag in its one spelling. Nothing would be written down in any other language. Raises Invalid."""
    tag = language_checked(language)
    if code_of(tag, settings.SPEECH_LANGUAGES) is None:
        raise Invalid(f"No speech model of this server knows the language {tag}.", code="language_unsupported")
    return tag


def participant_language_known(language: str) -> str:
    """As above; empty is the meeting's language."""
    return language and language_known(language)


def session_language_set(*, owner: SessionOwner, position: int, language: str | None) -> tuple[LanguageSpan, ...]:
    """From `position` on this session's participant speaks `language` (empty: the meeting's); all spans, in order.

    None takes up what was stored elsewhere meanwhile, for the participant or the meeting: it holds for what was never
    received before. Only the connection that owns the session may say where: it awaits this before it decodes anything
    that begins there. Saying the same again changes nothing. The caller has checked that the language is known.

    Raises Superseded.
    """
    with transaction.atomic():
        mine = AudioSession.objects.select_for_update(of=("self",), no_key=True)
        session = mine.filter(pk=owner.session_id, generation=owner.generation).first()
        if session is None:
            raise Superseded
        participant = participant_lock(session.participant_id)
        if language is not None and language != participant.language:
            participant_speaks(participant, language=language, actor=f"participant:{participant.pk}")
        if language is None:
            return session_takes_up(session, participant, position=position)
        return session_speaks(session, language=spoken_by(participant), position=position)


def session_speaks(session: AudioSession, *, language: str, position: int) -> tuple[LanguageSpan, ...]:
    """Inside the caller's transaction, under the session's row lock. What was planned from there on is forgotten."""
    session.languages.filter(start__gte=position).delete()
    spans = [LanguageSpan(start=each.start, language=each.language) for each in session.languages.order_by("start")]
    if not spans or spans[-1].language != language:
        SessionLanguage.objects.create(audio_session=session, start=position, language=language)
        spans.append(LanguageSpan(start=position, language=language))
    return tuple(spans)


def session_takes_up(session: AudioSession, participant: Participant, *, position: int = 0) -> tuple[LanguageSpan, ...]:
    """What was changed elsewhere, without saying where, holds for what comes new. Inside the caller's transaction.

    What an earlier connection received keeps its language, whether it was settled or has to be sent again; so does what
    this one received up to `position`.
    """
    spans = list(session.languages.order_by("start"))
    language = spoken_by(participant)
    if spans and spans[-1].language == language:
        return tuple(LanguageSpan(start=each.start, language=each.language) for each in spans)
    return session_speaks(session, language=language, position=max(position, session.received) if spans else 0)


def participant_speaks(participant: Participant, *, language: str, actor: str) -> None:
    """Inside the caller's transaction, under the participant's row lock."""
    participant.language = language
    participant.save(update_fields=["language"])
    event_append(
        meeting_id=participant.meeting_id,
        type=MeetingEvent.Type.PARTICIPANT_LANGUAGE,
        payload={
            "participant_id": str(participant.pk),
            "language": language,
            "at_ms": participant.meeting.at_ms(timezone.now()),
        },
    )
    audit_append(
        meeting_id=participant.meeting_id,
        actor=actor,
        action="participant.language",
        target=f"participant:{participant.pk}",
        data={"language": language},
    )


def participant_lock(participant_id: UUID) -> Participant:
    """After a session's row and before the meeting's, as everywhere."""
    locked = Participant.objects.select_for_update(of=("self",), no_key=True).select_related("meeting")
    return locked.get(pk=participant_id)


def spoken_by(participant: Participant) -> str:
    """The language as it is stored now: read under the participant's lock, so that no change is overlooked."""
    meeting = Meeting.objects.values_list("language", flat=True).get(pk=participant.meeting_id)
    return participant.language or meeting

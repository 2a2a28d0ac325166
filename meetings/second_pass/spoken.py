"""In which language something was said, as the session's rows tell."""

from uuid import UUID

from meetings.models import AudioSession, SessionLanguage
from meetings.values import LanguageSpan, language_at


def language_spoken(*, session_id: UUID, position: int) -> str:
    stored = SessionLanguage.objects.filter(audio_session=session_id).order_by("start")
    spans = [LanguageSpan(start=each.start, language=each.language) for each in stored]
    if spans:
        return language_at(spans, position)
    session = AudioSession.objects.select_related("participant__meeting").get(pk=session_id)
    return session.participant.language or session.participant.meeting.language

"""What is stored of languages: by position, for the owner of the session alone, and the same for every connection."""

import pytest

from meetings.access import actor_for
from meetings.errors import Invalid, Superseded
from meetings.models import AuditEvent, Meeting, MeetingEvent, Participant, SessionLanguage
from meetings.selectors import meeting_words, transcript
from meetings.services.languages import session_language_set
from meetings.services.meetings import meeting_create, meeting_update
from meetings.services.participants import participant_admit, participant_update
from meetings.services.sessions import session_open
from meetings.values import LanguageSpan, OpenedSession
from tests.integration.made import admitted, commit, host_made, meeting_made, opened, silence, speech

pytestmark = pytest.mark.django_db


def span(start: int, language: str) -> LanguageSpan:
    return LanguageSpan(start=start, language=language)


def again(session: OpenedSession) -> OpenedSession:
    return session_open(session_id=session.owner.session_id, node="node-2", resume_token=session.resume_token)


def changed(session: OpenedSession, position: int, language: str | None) -> tuple[LanguageSpan, ...]:
    return session_language_set(owner=session.owner, position=position, language=language)


def participant_of(session: OpenedSession) -> Participant:
    return Participant.objects.get(pk=session.participant_id)


def test_a_participant_speaks_the_meetings_language_or_their_own() -> None:
    meeting = meeting_made()
    assert opened(meeting).languages == (span(0, "en"),)
    admission = participant_admit(meeting=meeting, actor=host_made("bob"), display_name="Bob", language="DE-at")
    session = session_open(session_id=admission.session_id, node="node-1", resume_token=None)
    assert (session.language, session.languages) == ("de-AT", (span(0, "de-AT"),))


def test_a_change_is_stored_with_its_position_told_and_audited_once() -> None:
    session = opened(meeting_made())
    for _ in range(2):
        assert changed(session, 16_000, "de") == (span(0, "en"), span(16_000, "de"))
    assert participant_of(session).language == "de"
    events = MeetingEvent.objects.filter(type="participant.language").values_list("payload", flat=True)
    assert [(event["participant_id"], event["language"]) for event in events] == [(str(session.participant_id), "de")]
    audited = AuditEvent.objects.filter(action="participant.language")
    assert [(each.actor, each.data) for each in audited] == [
        (f"participant:{session.participant_id}", {"language": "de"})
    ]


def test_what_was_planned_behind_a_change_is_forgotten() -> None:
    session = opened(meeting_made())
    changed(session, 50_000, "de")
    assert changed(session, 30_000, "fr") == (span(0, "en"), span(30_000, "fr"))
    assert changed(session, 30_000, "en") == (span(0, "en"),)


def test_the_next_connection_finds_the_languages_of_the_one_before() -> None:
    session = opened(meeting_made())
    expected = changed(session, 16_000, "de")
    taken_over = again(session)
    assert (taken_over.language, taken_over.languages) == ("de", expected)


def test_a_connection_that_was_superseded_changes_nothing() -> None:
    session = opened(meeting_made())
    again(session)
    with pytest.raises(Superseded):
        changed(session, 16_000, "de")
    assert participant_of(session).language == ""
    assert list(SessionLanguage.objects.values_list("start", "language")) == [(0, "en")]


def test_a_change_without_a_connection_holds_for_what_was_not_received_yet() -> None:
    """What an earlier connection received is sent again, and decoded in the language that it had."""
    session = opened(meeting_made())
    commit(session.owner, silence(8_000), received=24_000)
    participant_update(participant=participant_of(session), by="user:1", language="de")
    assert again(session).languages == (span(0, "en"), span(24_000, "de"))
    assert again(session).languages == (span(0, "en"), span(24_000, "de"))


def test_a_change_of_the_meetings_language_moves_none_that_a_participant_planned() -> None:
    """Somebody says at 10 s that they change; what they said until then has not all arrived when the host acts."""
    host = host_made()
    meeting = meeting_made(actor=host)
    session = opened(meeting)
    changed(session, 0, "de")
    planned = changed(session, 160_000, "fr")
    meeting_update(meeting=meeting, actor=host, language="es")
    assert changed(session, 80_000, None) == planned


def test_what_was_received_before_keeps_its_language_when_another_is_taken_up() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    session = opened(meeting)
    commit(session.owner, silence(8_000), received=24_000)
    meeting_update(meeting=meeting, actor=host, language="es")
    assert changed(session, 8_000, None) == (span(0, "en"), span(24_000, "es"))


def test_the_meetings_language_is_followed_by_those_who_chose_none() -> None:
    host = host_made()
    meeting = meeting_made(actor=host)
    follower, other = opened(meeting), opened(meeting, display_name="Grace")
    changed(other, 0, "fr")
    meeting_update(meeting=meeting, actor=host, language="es")
    assert changed(follower, 16_000, None) == (span(0, "en"), span(16_000, "es"))
    assert changed(other, 16_000, None) == (span(0, "fr"),)
    assert changed(other, 32_000, "") == (span(0, "fr"), span(32_000, "es"))
    event = MeetingEvent.objects.get(type="meeting.changed").payload
    assert (event["changed"], event["language"], event["title"]) == (["language"], "es", "Board")


@pytest.mark.parametrize("language", ["english", "und", "en\n", "xx"])
def test_what_no_model_knows_is_refused_and_nothing_is_changed(language: str, settings: pytest.FixtureRequest) -> None:
    settings.SPEECH_LANGUAGES = ("en", "de")  # type: ignore[attr-defined]  # of our settings module
    session = opened(meeting_made())
    with pytest.raises(Invalid):
        participant_update(participant=participant_of(session), by="user:1", display_name="New", language=language)
    assert (participant_of(session).language, participant_of(session).display_name) == ("", "Ada")
    with pytest.raises(Invalid):
        meeting_create(actor=host_made("bob"), title="Board", language=language)


def test_the_words_in_force_are_the_vocabulary_and_the_names_of_speakers() -> None:
    host = host_made()
    meeting = meeting_create(actor=host, title="Board", vocabulary=["Kubernetes"])
    session = opened(meeting, display_name="Ada Lovelace")
    admitted(meeting, display_name="Viewer", role="viewer")
    admitted(meeting, display_name="Grace Hopper")
    assert session.vocabulary == ("Kubernetes", "Ada", "Lovelace")
    assert meeting_words(meeting_id=meeting.pk) == ("Kubernetes", "Ada", "Lovelace", "Grace", "Hopper")
    meeting_update(meeting=meeting, actor=host, vocabulary=["Ada"])
    participant_update(participant=participant_of(session), by="user:1", display_name="Byron")
    assert meeting_words(meeting_id=meeting.pk) == ("Ada", "Byron", "Grace", "Hopper")


def test_a_transcript_can_be_filtered_by_language_whatever_the_region() -> None:
    meeting = meeting_made()
    session = opened(meeting)
    commit(session.owner, speech(0, 8_000, text="hello"), silence(9_000))
    found = Meeting.objects.get(pk=meeting.pk)
    assert len(transcript(meeting=found, language="en").segments) == 1
    assert transcript(meeting=found, language="en-GB").segments == ()
    assert transcript(meeting=found, language="de").segments == ()


def test_an_account_is_named_in_the_audit_trail() -> None:
    session = opened(meeting_made())
    actor = actor_for(None)
    participant_update(participant=participant_of(session), by=actor.label, display_name="Grace")
    assert AuditEvent.objects.get(action="participant.renamed").actor == "guest"

"""The life of an audio session: opened, taken over, detached, left, ended. Commits are in `session_commits`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from meetings.capacity import capacity_expect, capacity_reserve
from meetings.errors import Conflict, Forbidden, MeetingOver, NotFound, NotResumable, Superseded
from meetings.levels_stored import levels_of_meeting
from meetings.limits import DELIVERY_WINDOW_S
from meetings.models import AudioSession, Meeting, MeetingEvent
from meetings.selectors import meeting_words
from meetings.services.audit import audit_append
from meetings.services.events import event_append
from meetings.services.languages import participant_lock, session_takes_up
from meetings.services.presence import participant_joined, presence_lock, session_left
from meetings.services.recording_policy import recording_announce
from meetings.services.recording_switches import session_records
from meetings.services.resume import resume_token as resume_token_of
from meetings.services.resume import resume_token_is_valid
from meetings.services.session_commits import NODE_SILENT, session_commit
from meetings.session_clock import corrections_stored
from meetings.values import EndedSession, LanguageSpan, OpenedSession, RecordingSwitch, SessionOwner, StoredLevels

__all__ = [
    "session_commit",
    "session_counters",
    "session_detach",
    "session_end",
    "session_leave",
    "session_open",
    "session_origin_set",
    "sessions_received_note",
]

State = AudioSession.State
LEARNED_FROM_MS = 61_000  # `history` and `memory` of the gate's settings, and the widest lag


def session_open(*, session_id: UUID, node: str, resume_token: str | None) -> OpenedSession:
    """Give the session to a new connection.

    Raising the generation is the lock: `settled` is read under it, so a commit of the connection before either is in
    what we read or finds our generation and is refused. Sockets that race for a session are served one after the
    other; the last one owns it. An ended session keeps its generation: there is nothing left to own.

    Raises Forbidden (wrong resume token), NotResumable (no such session), MeetingOver, Full (for the first connection
    only: whoever has begun may always come back).
    """
    if resume_token is not None and not resume_token_is_valid(session_id, resume_token):
        raise Forbidden("The resume token does not belong to this audio session.")
    at = timezone.now()
    with transaction.atomic():
        sessions = AudioSession.objects.filter(pk=session_id)
        is_ended = not sessions.exclude(state=State.ENDED).update(
            generation=F("generation") + 1,
            state=State.OPEN,
            node=node,
            begun_at=Coalesce(F("begun_at"), Value(at, output_field=DateTimeField())),
            connected_at=at,
            detached_at=None,
            close_reason="",
        )
        session = sessions.select_related("participant__meeting").first()
        if session is None:
            raise NotResumable
        meeting = session.participant.meeting
        _refuse_when_over(meeting, at=at)
        languages: tuple[LanguageSpan, ...] = ()
        recording: tuple[RecordingSwitch, ...] = ()
        if not is_ended:
            capacity_reserve(session.pk) if session.generation == 1 else capacity_expect(session.pk)
            _arrive(session, meeting=meeting, at=at)
            participant = participant_lock(session.participant_id)
            languages = session_takes_up(session, participant)
            recording = session_records(session, participant, received=session.settled, not_before=session.received)
        opened = _opened(session, meeting=meeting, is_ended=is_ended, languages=languages, recording=recording)
    return replace(opened, levels=_levels_around(session, meeting))  # outside: nobody else waits while it is read


def _refuse_when_over(meeting: Meeting, *, at: datetime) -> None:
    if meeting.ended_at is None:
        return
    if meeting.started_at is None:
        raise MeetingOver("The meeting was ended before it began.")
    if at - meeting.ended_at > timedelta(seconds=DELIVERY_WINDOW_S):
        raise MeetingOver("The meeting ended more than 24 hours ago.")


def _arrive(session: AudioSession, *, meeting: Meeting, at: datetime) -> None:
    """The first hello of all starts the meeting and its clock; of two at once, one finds it scheduled."""
    presence_lock(session.participant)
    scheduled = Meeting.objects.filter(pk=meeting.pk, state=Meeting.State.SCHEDULED)
    is_first = scheduled.update(state=Meeting.State.LIVE, started_at=at) == 1
    if meeting.started_at is None:
        meeting.refresh_from_db()
    if is_first:
        event_append(
            meeting_id=meeting.pk,
            type=MeetingEvent.Type.MEETING_STARTED,
            payload={"at": at.isoformat(timespec="milliseconds"), "at_ms": 0},
        )
        recording_announce(meeting, was_recorded=False, at=at)
    participant_joined(participant=session.participant, meeting=meeting, at=at)
    _audit(session, action="session.opened", node=session.node)


def _opened(
    session: AudioSession,
    *,
    meeting: Meeting,
    is_ended: bool,
    languages: tuple[LanguageSpan, ...],
    recording: tuple[RecordingSwitch, ...],
) -> OpenedSession:
    participant = session.participant
    return OpenedSession(
        owner=SessionOwner(session_id=session.pk, generation=session.generation),
        meeting_id=meeting.pk,
        meeting_started_at=meeting.started_at or timezone.now(),
        participant_id=participant.pk,
        display_name=participant.display_name,
        role=participant.role,
        resumed=is_ended or session.generation > 1,
        settled=session.settled,
        received=session.received,
        origin_ms=session.origin_ms,
        consent=tuple(participant.consent),
        language=languages[-1].language if languages else participant.language or meeting.language,
        languages=languages,
        vocabulary=meeting_words(meeting_id=meeting.pk),
        last_seq=Meeting.objects.values_list("last_seq", flat=True).get(pk=meeting.pk),
        is_ended=is_ended,
        resume_token=resume_token_of(session.pk),
        is_meeting_ended=meeting.is_ended,
        begun_at=session.begun_at,
        counters=session.counters,
        context=session.speech_context,
        recording=recording,
        corrections=corrections_stored(session.corrections),
    )


def _levels_around(session: AudioSession, meeting: Meeting) -> tuple[StoredLevels, ...]:
    """What a replay decides by whose voice its microphone hears: the levels of what it hears, and of a while before."""
    clock = session.clock
    if clock is None or session.generation == 1:
        return ()
    return tuple(
        levels_of_meeting(
            meeting_id=meeting.pk,
            since_ms=clock.meeting_ms(session.settled) - LEARNED_FROM_MS,
            until_ms=clock.meeting_ms(max(session.settled, session.received)) + 1_000,
        )
    )


def session_origin_set(*, owner: SessionOwner, origin_ms_from_meeting_start: int) -> int:
    """Fix the meeting time of position 0 once; the stored value is returned, whoever set it.

    It is never before the meeting's start, although the first frame may reach a little behind it. Every connection
    that owned the session may have set it, so the update asks for null and for our generation at once.
    """
    with transaction.atomic():
        mine = AudioSession.objects.filter(pk=owner.session_id, generation=owner.generation)
        mine.filter(origin_ms__isnull=True).update(origin_ms=max(0, origin_ms_from_meeting_start))
        origin_ms = mine.values_list("origin_ms", flat=True).first()
    if origin_ms is None:
        raise Superseded
    return origin_ms


def sessions_received_note(*, progress: Sequence[tuple[SessionOwner, int]]) -> int:
    """Let the stored ledger show what is in flight while utterances are still open. Returns how many took it.

    A superseded or ended session takes nothing. In the order of ids, so that two that note at once cannot wait for
    each other. No audit entry: it asserts nothing that could be changed later.
    """
    n_noted = 0
    with transaction.atomic():
        for owner, received in sorted(progress, key=lambda each: each[0].session_id):
            mine = AudioSession.objects.filter(pk=owner.session_id, generation=owner.generation)
            unended = mine.exclude(state=State.ENDED)
            n_noted += unended.update(received=Greatest(F("received"), Value(received)))
    return n_noted


def session_counters(*, session_id: UUID) -> EndedSession:
    session = AudioSession.objects.select_related("participant__meeting").filter(pk=session_id).first()
    if session is None:
        raise NotFound
    return EndedSession(
        received=session.received,
        speech=session.speech,
        nonspeech=session.nonspeech,
        muted=session.muted,
        gap=session.gap,
        segments=session.segments,
        last_seq=session.participant.meeting.last_seq,
    )


def session_detach(*, owner: SessionOwner, received: int = 0) -> bool:
    """The socket is gone. False, and nothing touched, when a newer connection has the session already.

    `received` is the end of what came through it: whoever takes over sees by that what is still to be committed.
    A session whose node only seemed dead has lost its socket now: what is still in flight does not bring it back.
    """
    had_socket = Q(state=State.OPEN) | Q(state=State.ABANDONED, close_reason=NODE_SILENT)
    with transaction.atomic():
        mine = AudioSession.objects.filter(had_socket, pk=owner.session_id, generation=owner.generation)
        detached = {"state": State.DETACHED, "detached_at": timezone.now()}
        if mine.update(received=Greatest(F("received"), Value(received)), **detached) != 1:
            return False
        _audit(_session(owner.session_id), action="session.detached")
    return True


def session_leave(*, owner: SessionOwner, reason: str, only_if: Q | None = None) -> bool:
    """The resume window is over: the participant is shown as gone. Kept audio may still be delivered by resuming.

    False, and nothing touched, when the generation moved, when the session is not waiting any more, or when `only_if`,
    which is what the caller saw, does not hold any more.
    """
    at = timezone.now()
    with transaction.atomic():
        mine = AudioSession.objects.filter(
            only_if or Q(), pk=owner.session_id, generation=owner.generation, state__in=(State.OPEN, State.DETACHED)
        )
        if mine.update(state=State.ABANDONED, close_reason=reason[:100], detached_at=at) != 1:
            return False
        session = _session(owner.session_id)
        session_left(session=session, at=at)
        _audit(session, action="session.left", reason=session.close_reason)
    return True


def session_end(*, owner: SessionOwner, reason: str = "client") -> EndedSession:
    """Close the books. Safe to repeat: the second call answers like the first.

    Raises Conflict when audio is still in flight: an ended session takes no commit, so its words would be lost.
    """
    at = timezone.now()
    with transaction.atomic():
        mine = AudioSession.objects.filter(pk=owner.session_id, generation=owner.generation)
        unended = mine.exclude(state=State.ENDED)
        n_updated = unended.filter(settled=F("received")).update(
            state=State.ENDED, close_reason=reason[:100], ended_at=at, context=None
        )
        if n_updated == 1:
            session = _session(owner.session_id)
            session_left(session=session, at=at)
            _audit(session, action="session.ended", reason=session.close_reason, settled=session.settled)
        elif unended.exists():
            raise Conflict("The audio session has samples in flight.", code="session_unsettled")
        elif not mine.exists():
            raise Superseded
    return session_counters(session_id=owner.session_id)


def _session(session_id: UUID) -> AudioSession:
    return AudioSession.objects.select_related("participant__meeting").get(pk=session_id)


def _audit(session: AudioSession, *, action: str, **data: object) -> None:
    audit_append(
        meeting_id=session.participant.meeting_id,
        actor=f"participant:{session.participant_id}",
        action=action,
        target=f"session:{session.pk}",
        data={"generation": session.generation, **data},
    )

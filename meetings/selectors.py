"""What can be read: pages of the log, transcripts, presence, ledgers. No transaction is needed, see `_log_messages`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from meetings.codes import code_normalise
from meetings.gaps_repaired import gaps_repaired
from meetings.language_tags import tag_matches
from meetings.meeting_codes import named_by
from meetings.messages import gap_wire, log_message, participant_wire, segment_wire
from meetings.models import (
    AudioSession,
    Meeting,
    MeetingEvent,
    Participant,
    Segment,
    SegmentRevision,
)
from meetings.session_clock import ClockCorrection, SessionClock, corrections_stored
from meetings.vocabulary import MOST_WORDS, words_in_force
from meetings.wire import GapWire, ParticipantWire, SegmentWire, WireMessage

__all__ = [
    "EventsPage",
    "Gap",
    "ParticipantWire",
    "SessionLedger",
    "Transcript",
    "events_after",
    "ledger",
    "meeting_is",
    "meeting_words",
    "meetings_last_seq",
    "participants_present",
    "session_clock",
    "transcript",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsPage:
    """`next_after_seq` is where the next page begins, also when this one is empty."""

    messages: tuple[WireMessage, ...]
    next_after_seq: int
    has_more: bool
    last_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """The lines that stand after event `as_of_seq`, by start; retracted ones are left out, and so are those that were
    shown live and are not to be kept. `gaps`: what was lost.
    """

    meeting: Meeting
    as_of_seq: int
    participants: tuple[ParticipantWire, ...]
    segments: tuple[SegmentWire, ...]
    gaps: tuple[GapWire, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Lost samples [start, end) of a session; on the wire they are called from and to.

    `is_repaired`: what was said there was understood afterwards, from the recording.
    """

    start: int
    end: int
    reason: str
    is_repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLedger:
    """received = speech + nonspeech + muted + gap + in_flight, in samples.

    `origin_ms` and `corrections` map positions to meeting time: see `SessionClock`.
    """

    session_id: UUID
    participant_id: UUID
    display_name: str
    state: str
    origin_ms: int | None
    corrections: tuple[ClockCorrection, ...]
    received: int
    settled: int
    speech: int
    nonspeech: int
    muted: int
    gap: int
    in_flight: int
    gaps: tuple[Gap, ...]


def events_after(*, meeting_id: UUID, after_seq: int, limit: int) -> EventsPage:
    last_seq = Meeting.objects.values_list("last_seq", flat=True).filter(pk=meeting_id).first() or 0
    after_seq = max(0, after_seq)
    messages: tuple[WireMessage, ...] = ()
    if after_seq < last_seq:
        messages = _log_messages(meeting_id, after_seq=after_seq, limit=max(1, limit))
    next_after_seq = messages[-1]["seq"] or after_seq if messages else after_seq
    return EventsPage(
        messages=messages,
        next_after_seq=next_after_seq,
        has_more=next_after_seq < last_seq,
        last_seq=max(last_seq, next_after_seq if messages else 0),
    )


def _log_messages(meeting_id: UUID, *, after_seq: int, limit: int) -> tuple[WireMessage, ...]:
    """Events first, then the revisions they name: a correction that lands between has stored the old text by then."""
    found = MeetingEvent.objects.filter(meeting=meeting_id, seq__gt=after_seq)
    events = list(found.select_related("segment__participant").order_by("seq")[:limit])
    stale = [event for event in events if event.segment and event.segment.rev != event.payload["rev"]]
    revisions = _revisions({event.segment_id for event in stale if event.segment_id})
    return tuple(log_message(event, revisions.get((event.segment_id, event.payload.get("rev", 0)))) for event in events)


def _revisions(segment_ids: Iterable[UUID]) -> dict[tuple[UUID | None, int], SegmentRevision]:
    found = SegmentRevision.objects.filter(segment__in=list(segment_ids)).select_related("participant")
    return {(revision.segment_id, revision.rev): revision for revision in found}


def meetings_last_seq(*, meeting_ids: Collection[UUID]) -> dict[UUID, int]:
    return dict(Meeting.objects.filter(pk__in=list(meeting_ids)).values_list("pk", "last_seq"))


def meeting_is_over(*, meeting_id: UUID) -> bool:
    """Whether it has ended, and nobody is here to deliver what they still hold."""
    here = AudioSession.objects.filter(participant__meeting=OuterRef("pk"), state=AudioSession.State.OPEN)
    over = Meeting.objects.filter(pk=meeting_id, state=Meeting.State.ENDED)
    return over.exclude(Exists(here.filter(generation__gt=0))).exists()


def meeting_is(*, meeting_id: UUID, reference: str) -> bool:
    """Whether an address names this meeting, by id or by a code, which may be a former one."""
    if (code := code_normalise(reference)) is not None:
        return Meeting.objects.filter(named_by(code), pk=meeting_id).exists()
    return reference.lower() in (str(meeting_id), meeting_id.hex)


def meeting_words(*, meeting_id: UUID) -> tuple[str, ...]:
    """What recognizers are told to expect in this meeting. Viewers are often nobody in particular."""
    vocabulary = Meeting.objects.values_list("vocabulary", flat=True).filter(pk=meeting_id).first() or ()
    speakers = Participant.objects.filter(meeting=meeting_id).exclude(role=Participant.Role.VIEWER)
    names = speakers.order_by("created_at", "id").values_list("display_name", flat=True)
    return words_in_force(vocabulary=vocabulary, names=names[:MOST_WORDS])


def participants_present(*, meeting_id: UUID) -> list[ParticipantWire]:
    present = Participant.objects.filter(meeting=meeting_id, joined_at__isnull=False, left_at__isnull=True)
    return [participant_wire(participant) for participant in present.order_by("joined_at", "id")]


def transcript(
    *,
    meeting: Meeting,
    as_of_seq: int | None = None,
    speakers: Collection[str] | None = None,
    language: str = "",
    has_words: bool = True,
) -> Transcript:
    """`speakers` are participants' ids or display names. `as_of_seq` beyond the log means: all of it.

    Lost audio has no language, so it shows in every one. Without the times of single words (`has_words`) a long
    transcript is read in half the time.
    """
    last_seq = Meeting.objects.values_list("last_seq", flat=True).get(pk=meeting.pk)
    until_seq = last_seq if as_of_seq is None else max(0, min(as_of_seq, last_seq))
    participants = [participant_wire(participant) for participant in _heard(meeting, is_past=as_of_seq is not None)]
    if speakers is not None:
        participants = [one for one in participants if _is_named(one, speakers)]
    names = {one["id"]: one["display_name"] for one in participants}
    segments = [
        segment
        for segment in _segments_at(meeting.pk, until_seq=until_seq, has_words=has_words)
        if segment["state"] != Segment.State.RETRACTED
        and segment["participant_id"] in names
        and (not language or tag_matches(segment["language"], language))
    ]
    segments.sort(key=lambda segment: (segment["start_ms"], segment["end_ms"], segment["id"]))
    return Transcript(
        meeting=meeting,
        as_of_seq=until_seq,
        participants=tuple(participants),
        segments=tuple(segments),
        gaps=tuple(_gaps_at(meeting.pk, until_seq=until_seq, names=names)),
    )


def _heard(meeting: Meeting, *, is_past: bool) -> QuerySet[Participant]:
    """Who came, and who only has lines by a correction; in the past also who had some until the next one."""
    mine = {"participant": OuterRef("pk")}
    was_heard = Q(joined_at__isnull=False) | Q(Exists(Segment.objects.filter(meeting=meeting, **mine)))
    if is_past:
        was_heard |= Q(Exists(SegmentRevision.objects.filter(**mine)))
    found = Participant.objects.filter(was_heard, meeting=meeting)
    return found.order_by("joined_at", "id")


def _gaps_at(meeting_id: UUID, *, until_seq: int, names: Mapping[str, str]) -> list[GapWire]:
    """By start; what has no time comes last. `names` of those whose gaps are asked for, by id.

    What was made good by then is none any more.
    """
    events = MeetingEvent.objects.filter(meeting=meeting_id, type=MeetingEvent.Type.AUDIO_GAP, seq__lte=until_seq)
    repaired = gaps_repaired(meeting_id=meeting_id, until_seq=until_seq)
    gaps = [
        gap_wire(event, speaker=names[event.payload["participant_id"]])
        for event in events.order_by("seq")
        if event.payload["participant_id"] in names
        and (event.payload["session_id"], event.payload["from"]) not in repaired
    ]
    gaps.sort(key=lambda gap: (gap["start_ms"] is None, gap["start_ms"] or 0, gap["session_id"], gap["from"]))
    return gaps


def _segments_at(meeting_id: UUID, *, until_seq: int, has_words: bool) -> list[SegmentWire]:
    events = MeetingEvent.objects.filter(meeting=meeting_id, type=MeetingEvent.Type.SEGMENT, seq__lte=until_seq)
    revs: dict[UUID, int] = {}
    for segment_id, payload in events.order_by("seq").values_list("segment_id", "payload"):
        if segment_id is not None:
            revs[segment_id] = payload["rev"]
    participants = Participant.objects.in_bulk(
        Segment.objects.filter(meeting=meeting_id).order_by().values_list("participant", flat=True).distinct()
    )
    found = Segment.objects.filter(meeting=meeting_id, is_kept=True)
    segments = [segment for segment in (found if has_words else found.defer("words")) if segment.pk in revs]
    for segment in segments:
        segment.participant = participants[segment.participant_id]  # one for all their lines, not one for each
        if not has_words:
            segment.words = []
    revisions = _revisions(segment.pk for segment in segments if segment.rev != revs[segment.pk])
    return [segment_wire(segment, revisions.get((segment.pk, revs[segment.pk]))) for segment in segments]


def _is_named(participant: ParticipantWire, speakers: Collection[str]) -> bool:
    names = {speaker.casefold() for speaker in speakers}
    return participant["id"] in names or participant["display_name"].casefold() in names


def ledger(*, meeting_id: UUID) -> list[SessionLedger]:
    gaps: dict[UUID | None, list[Gap]] = {}
    repaired = gaps_repaired(meeting_id=meeting_id)
    for event in MeetingEvent.objects.filter(meeting=meeting_id, type=MeetingEvent.Type.AUDIO_GAP).order_by("seq"):
        start, is_repaired = event.payload["from"], (event.payload["session_id"], event.payload["from"]) in repaired
        gap = Gap(start=start, end=event.payload["to"], reason=event.payload["reason"], is_repaired=is_repaired)
        gaps.setdefault(event.audio_session_id, []).append(gap)
    found = AudioSession.objects.filter(participant__meeting=meeting_id)
    sessions = found.select_related("participant").order_by("created_at", "id")
    return [_session_ledger(session, gaps.get(session.pk, ())) for session in sessions]


def _session_ledger(session: AudioSession, gaps: Sequence[Gap]) -> SessionLedger:
    return SessionLedger(
        session_id=session.pk,
        participant_id=session.participant_id,
        display_name=session.participant.display_name,
        state=session.state,
        origin_ms=session.origin_ms,
        corrections=corrections_stored(session.corrections),
        received=session.received,
        settled=session.settled,
        speech=session.speech,
        nonspeech=session.nonspeech,
        muted=session.muted,
        gap=session.gap,
        in_flight=session.received - session.settled,
        gaps=tuple(gaps),
    )


def session_clock(*, session_id: UUID) -> SessionClock | None:
    """What maps positions of the session to meeting time and back; None: there is none, or no frame came yet.

    For what was said or lost, and is settled, it never changes any more.
    """
    session = AudioSession.objects.only("origin_ms", "corrections").filter(pk=session_id).first()
    return None if session is None else session.clock

"""Which meetings have something that is not to be kept any longer."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from meetings.models import AudioSession, LegalHold, Meeting, MeetingEvent, Purge, Recording, RecordingChunk, Segment
from meetings.policies import EPHEMERAL, mode_of
from meetings.retention import meeting_retention, retention_default
from meetings.services.audit import SYSTEM
from meetings.services.purge_jobs import purge_ask

# A meeting that nobody ended and nobody came back to is over all the same, or it would be kept for ever.
SILENT_FOR = timedelta(days=1)
What, Reason = Purge.What, Purge.Reason


def purges_plan(*, now: datetime) -> int:
    """Ask for what is due; returns how much. Asking twice is asking once.

    While somebody is here, or may still come back within the resume window, a meeting waits: their last words are still
    to be delivered, and read. What is delivered later than that is deleted by the next run.
    """
    of_server = retention_default({})
    is_limited = Q(policies__has_key="retention_days") | Q(default_policies__has_key="retention_days")
    if of_server.text_days is not None or of_server.audio_days is not None:
        is_limited = Q()
    over = _left(now=now).filter(~Exists(_holds()))
    fleeting = over.filter(Q(has_unkept=True) | Q(Q(has_text=True) | Q(has_audio=True), policies__mode=EPHEMERAL))
    n_asked = sum(_fleeting_ask(meeting) for meeting in list(fleeting))
    limited = over.filter(is_limited).filter(Q(has_text=True) | Q(has_audio=True) | Q(is_text_purged=False))
    return n_asked + sum(_due_ask(each, now=now) for each in list(limited))


def meeting_over_at(meeting_id: UUID) -> datetime | None:
    """From when on retention counts; None while somebody is there."""
    meeting = _left().filter(pk=meeting_id).first()
    return None if meeting is None else _over_at(meeting)


def _over_at(meeting: Meeting) -> datetime:
    found: datetime = getattr(meeting, "over_at")  # noqa: B009 - annotated by the query
    return found


def _fleeting_ask(meeting: Meeting) -> int:
    """What was only to be seen live: of an ephemeral meeting all, else the lines of those who agreed to no more."""
    is_ephemeral = mode_of(meeting.policies) == EPHEMERAL
    asked = []
    if is_ephemeral and _is(meeting, "has_text"):
        asked.append((What.TEXT, Reason.EPHEMERAL))
    elif _is(meeting, "has_unkept"):
        asked.append((What.UNKEPT, Reason.CAPTIONS_ONLY))
    if is_ephemeral and _is(meeting, "has_audio"):
        asked.append((What.AUDIO, Reason.EPHEMERAL))
    return _ask(meeting, asked)


def _due_ask(meeting: Meeting, *, now: datetime) -> int:
    retention, over_at = meeting_retention(meeting), _over_at(meeting)
    asked = []
    if (due_at := retention.text_due_at(over_at)) is not None and due_at <= now:
        has_names = retention.has_names_purged and not _is(meeting, "is_text_purged")
        if _is(meeting, "has_text") or has_names:
            asked.append((What.TEXT, Reason.RETENTION))
    if (due_at := retention.audio_due_at(over_at)) is not None and due_at <= now and _is(meeting, "has_audio"):
        asked.append((What.AUDIO, Reason.RETENTION))
    return _ask(meeting, asked)


def _ask(meeting: Meeting, asked: list[tuple[Purge.What, Purge.Reason]]) -> int:
    for what, reason in asked:
        purge_ask(meeting=meeting, what=what, reason=reason, by=SYSTEM)
    return len(asked)


def _is(meeting: Meeting, annotation: str) -> bool:
    return bool(getattr(meeting, annotation))


def _holds() -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(meeting=OuterRef("pk"), lifted_at__isnull=True)


def _left(*, now: datetime | None = None) -> QuerySet[Meeting]:
    """Meetings that nobody is in, with what is left of them; `now`: only those that are over by then."""
    segments = Segment.objects.filter(meeting=OuterRef("pk"), purged_at__isnull=True)
    chunks = RecordingChunk.objects.filter(audio_session__participant__meeting=OuterRef("pk"))
    here = AudioSession.objects.filter(
        participant__meeting=OuterRef("pk"),
        generation__gt=0,
        state__in=(AudioSession.State.OPEN, AudioSession.State.DETACHED),
    )
    last = MeetingEvent.objects.filter(meeting=OuterRef("pk")).order_by("-seq").values("at")[:1]
    left = Meeting.objects.filter(~Exists(here)).annotate(
        over_at=Coalesce("ended_at", Subquery(last), "created_at", output_field=DateTimeField()),
        has_text=Exists(segments),
        has_unkept=Exists(segments.filter(is_kept=False)),
        has_audio=Exists(chunks) | Exists(Recording.objects.filter(meeting=OuterRef("pk"))),
        is_text_purged=Exists(Purge.objects.filter(meeting=OuterRef("pk"), what=What.TEXT, done_at__isnull=False)),
    )
    return left if now is None else left.filter(Q(state=Meeting.State.ENDED) | Q(over_at__lt=now - SILENT_FOR))

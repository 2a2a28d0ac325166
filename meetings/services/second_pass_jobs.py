"""Which sessions are heard a second time, and who is at work on it: rows with a lease, as recordings have."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from meetings.errors import Conflict
from meetings.models import AudioSession, GapRepair, Meeting, Recording, RecordingChunk, SecondPass, Segment
from meetings.second_pass.policy import is_wanted
from meetings.services.audit import audit_append
from meetings.services.gap_repairs import gaps_unrecorded_give_up
from meetings.services.second_pass_leases import LEASE, LeaseLost, pass_of

LONGEST_AGO = timedelta(days=7)  # older meetings are heard again when somebody asks for it
MOST_ATTEMPTS = 8
WAITING, DONE, FAILED = SecondPass.State.WAITING, SecondPass.State.DONE, SecondPass.State.FAILED
FREE = {"lease": None, "lease_until": None}


def second_passes_plan(*, now: datetime) -> int:
    """Ask for what is not there yet, of meetings that ended lately; returns how many sessions are to be heard.

    While somebody still delivers, the meeting waits. Who comes back and delivers more afterwards has the rest heard.
    """
    if not settings.SECOND_PASS:
        return 0
    lately = Meeting.objects.filter(state=Meeting.State.ENDED, ended_at__gte=now - LONGEST_AGO)
    n_planned = 0
    for meeting in lately.filter(Exists(_sessions_to_hear(OuterRef("pk"))), ~Exists(_delivering(OuterRef("pk")))):
        if is_wanted(meeting.policies):
            n_planned += _meeting_plan(meeting.pk)
    gaps_unrecorded_give_up(ended_before=now - timedelta(minutes=1))
    return n_planned


def second_pass_start(*, meeting: Meeting, actor: str) -> int:
    """By hand, from the beginning, also where it was done before; returns how many sessions are to be heard.

    What is under way goes on. Raises Conflict: turned off, not over yet, or nothing was recorded.
    """
    if not settings.SECOND_PASS:
        raise Conflict("The second pass is turned off on this server.", code="second_pass_off")
    if not meeting.is_ended:
        raise Conflict("The meeting has not ended yet.", code="meeting_not_ended")
    with transaction.atomic():
        _meeting_lock(meeting.pk)
        recorded = list(_recorded(meeting.pk).values_list("pk", flat=True))
        if not recorded:
            raise Conflict("Nothing of this meeting is recorded.", code="nothing_recorded")
        over = SecondPass.objects.filter(meeting=meeting, audio_session__in=recorded).exclude(state=WAITING)
        GapRepair.objects.filter(
            audio_session__in=list(over.values_list("audio_session_id", flat=True)), state=GapRepair.State.GIVEN_UP
        ).update(state=GapRepair.State.WAITING, problem="", done_at=None)
        over.delete()
        n_planned = _sessions_plan(meeting.pk)
        audit_append(
            meeting_id=meeting.pk,
            actor=actor,
            action="second_pass.started",
            target=f"meeting:{meeting.pk}",
            data={"n_sessions": n_planned},
        )
    return n_planned


def second_pass_claim(*, now: datetime) -> SecondPass | None:
    """A session to hear, ours until its lease is over. Of two that find the same row, one update still finds it free.

    What workers died of again and again without coming any further has failed.
    """
    free = SecondPass.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now), state=WAITING)
    free.filter(n_attempts__gte=MOST_ATTEMPTS).update(state=FAILED, problem="interrupted", done_at=now, **FREE)
    for pk in list(free.order_by("created_at").values_list("pk", flat=True)):
        if free.filter(pk=pk).update(lease=uuid4(), lease_until=now + LEASE, n_attempts=F("n_attempts") + 1) == 1:
            return SecondPass.objects.get(pk=pk)
    return None


def second_pass_release(*, job: SecondPass) -> None:
    """Let somebody go on later, from where it stands: the machine is needed for people, or our time is over."""
    pass_of(job).update(n_attempts=0, **FREE)


def second_pass_put_off(*, job: SecondPass, problem: str, now: datetime) -> None:
    """It did not work out: later again, with growing pauses, or, tried enough, never."""
    is_over = job.n_attempts >= MOST_ATTEMPTS
    until = None if is_over else now + LEASE * 2 ** min(job.n_attempts, 6)
    pass_of(job).update(
        state=FAILED if is_over else WAITING,
        problem=problem[:100],
        done_at=now if is_over else None,
        lease=None if is_over else uuid4(),
        lease_until=until,
    )


def second_pass_done(*, job: SecondPass, now: datetime) -> None:
    """Raises LeaseLost."""
    with transaction.atomic():
        _meeting_lock(job.meeting_id)
        if pass_of(job).update(state=DONE, n_done=F("n_lines"), done_to=job.end, problem="", done_at=now, **FREE) != 1:
            raise LeaseLost("The second pass is not ours any more.")
        done = SecondPass.objects.get(pk=job.pk)
        audit_append(
            meeting_id=job.meeting_id,
            actor="system",
            action="second_pass.done",
            target=f"session:{job.audio_session_id}",
            data={"n_lines": done.n_lines, "n_replaced": done.n_replaced, "n_repaired": done.n_repaired},
        )


def _meeting_plan(meeting_id: UUID) -> int:
    with transaction.atomic():
        _meeting_lock(meeting_id)
        return _sessions_plan(meeting_id)


def _sessions_plan(meeting_id: UUID) -> int:
    """Inside the caller's transaction, under the meeting's lock."""
    n_planned = 0
    for session in _sessions_to_hear(meeting_id):
        known = SecondPass.objects.filter(audio_session=session).first()
        since = known.end if known else 0
        n_more = _n_lines(session, since=since)
        if known is None:
            SecondPass.objects.create(meeting_id=meeting_id, audio_session=session, end=session.settled, n_lines=n_more)
        else:
            fresh = {"state": WAITING, "n_attempts": 0, "problem": "", "done_at": None}
            more = {"end": session.settled, "n_lines": F("n_lines") + n_more}
            SecondPass.objects.filter(pk=known.pk).update(**more, **fresh)
        n_planned += 1
    return n_planned


def _n_lines(session: AudioSession, *, since: int) -> int:
    lines = Segment.objects.filter(audio_session=session, start__gte=since, start__lt=session.settled)
    repairs = GapRepair.objects.filter(audio_session=session, start__gte=since, state=GapRepair.State.WAITING)
    return lines.count() + repairs.count()


def _recorded(meeting_id: UUID | OuterRef) -> QuerySet[AudioSession]:
    pieces = RecordingChunk.objects.filter(audio_session=OuterRef("pk")).exclude(file="")
    whole = Recording.objects.filter(audio_session=OuterRef("pk"), state=Recording.State.DONE)
    return AudioSession.objects.filter(Exists(pieces) | Exists(whole), participant__meeting=meeting_id)


def _sessions_to_hear(meeting_id: UUID | OuterRef) -> QuerySet[AudioSession]:
    """Recorded ones with something to hear that nobody has asked for, or more of it than was asked for."""
    lines = Segment.objects.filter(audio_session=OuterRef("pk"))
    repairs = GapRepair.objects.filter(audio_session=OuterRef("pk"), state=GapRepair.State.WAITING)
    asked = SecondPass.objects.filter(audio_session=OuterRef("pk"), end__gte=OuterRef("settled"))
    return _recorded(meeting_id).filter(Exists(lines) | Exists(repairs)).exclude(Exists(asked)).order_by("created_at")


def _delivering(meeting_id: UUID | OuterRef) -> QuerySet[AudioSession]:
    return AudioSession.objects.filter(participant__meeting=meeting_id, state=AudioSession.State.OPEN)


def _meeting_lock(meeting_id: UUID) -> None:
    """Before the rows of the pass, here and where lines are stored."""
    Meeting.objects.select_for_update(no_key=True).filter(pk=meeting_id).first()

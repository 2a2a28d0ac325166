"""What is to be made of recorded audio after a meeting: rows with a lease, of which a message is only a hint."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from meetings.models import AudioSession, Meeting, Recording, RecordingChunk, RedactedRange
from meetings.recordings.making import LeaseLost, Made, SavedFile
from meetings.services.audit import SYSTEM, audit_append
from meetings.services.recording_files import files_delete
from meetings.services.webhook_outbox import webhook_event_append
from meetings.webhooks.catalogue import RECORDING_READY

LEASE = timedelta(minutes=2)  # renewed while the work goes on
MOST_ATTEMPTS = 8
SESSION, MIX = Recording.Kind.SESSION, Recording.Kind.MIX
WAITING = Recording.State.WAITING
FRESH = {"lease": None, "lease_until": None, "n_attempts": 0, "problem": ""}


def recordings_plan() -> int:
    """Ask for what is not there yet, of meetings that have ended; returns how many sessions are to be made.

    Who comes back after the end and delivers more moves `settled`: then the recording is made again. While somebody
    still delivers, the meeting waits.
    """
    chunks = RecordingChunk.objects.filter(audio_session__participant__meeting=OuterRef("pk"))
    delivering = AudioSession.objects.filter(participant__meeting=OuterRef("pk"), state=AudioSession.State.OPEN)
    ended = Meeting.objects.filter(Exists(chunks), ~Exists(delivering), state=Meeting.State.ENDED)
    return sum(_meeting_plan(meeting_id) for meeting_id in list(ended.values_list("pk", flat=True)))


def _meeting_plan(meeting_id: UUID) -> int:
    with transaction.atomic():
        _meeting_lock(meeting_id)
        recorded = AudioSession.objects.filter(participant__meeting=meeting_id).filter(
            Exists(RecordingChunk.objects.filter(audio_session=OuterRef("pk")))
        )
        n_asked = sum(
            _ask(meeting_id, kind=SESSION, session_id=session_id, made_from=str(settled))
            for session_id, settled in recorded.values_list("pk", "settled")
        )
        if n_asked:
            _ask(meeting_id, kind=MIX, session_id=None, made_from=str(uuid4()))
        for recording in Recording.objects.filter(meeting=meeting_id, kind=SESSION, state=Recording.State.DONE):
            # Its session may have ended since, with nothing more to deliver.
            transaction.on_commit(partial(files_delete, _pieces_let_go(recording, recording.n_samples)), robust=True)
    return n_asked


def _ask(meeting_id: UUID, *, kind: str, session_id: UUID | None, made_from: str) -> bool:
    """False when it is, or is being, made from just that."""
    known = Recording.objects.filter(meeting=meeting_id, kind=kind, audio_session=session_id)
    if not known.exists():
        Recording.objects.create(meeting_id=meeting_id, kind=kind, audio_session_id=session_id, made_from=made_from)
        return True
    changed = known.exclude(made_from=made_from)
    return changed.update(made_from=made_from, state=WAITING, **FRESH) == 1


def recording_claim(*, now: datetime) -> Recording | None:
    """Something to make, ours until its lease is over. A mix waits for the sessions it is made of.

    Of two that find the same row, one update still finds it free. What its workers died of again and again has failed.
    """
    unmade = Recording.objects.filter(meeting=OuterRef("meeting"), kind=SESSION, state=WAITING)
    free = Recording.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now), state=WAITING)
    given_up = {"problem": "interrupted", "lease": None, "lease_until": None}
    free.filter(n_attempts__gte=MOST_ATTEMPTS, file="").update(state=Recording.State.FAILED, **given_up)
    free.filter(n_attempts__gte=MOST_ATTEMPTS).update(state=Recording.State.DONE, **given_up)
    for pk in list(free.exclude(Q(Exists(unmade), kind=MIX)).order_by("created_at").values_list("pk", flat=True)):
        if free.filter(pk=pk).update(lease=uuid4(), lease_until=now + LEASE, n_attempts=F("n_attempts") + 1) == 1:
            return Recording.objects.get(pk=pk)
    return None


def recording_lease_renew(*, recording: Recording, now: datetime) -> None:
    """Raises LeaseLost."""
    if _mine(recording).update(lease_until=now + LEASE) != 1:
        raise LeaseLost("The recording is not ours to make any more.")


def recording_done(*, recording: Recording, made: Made) -> None:
    """Let the file count, and let go of what it replaces: an older one, and the pieces of a session that has ended.

    Raises LeaseLost.
    """
    with transaction.atomic():
        _meeting_lock(recording.meeting_id)
        replaced = list(_mine(recording).exclude(file__in=("", made.saved.file)).values_list("file", flat=True))
        n_updated = _mine(recording).update(
            state=Recording.State.DONE,
            problem=made.problem,
            made_from=made.made_from,
            file=made.saved.file,
            sha256=made.saved.sha256,
            n_samples=made.saved.n_samples,
            n_bytes=made.saved.n_bytes,
            spans=made.spans,
            missing=made.missing,
            lease=None,
            lease_until=None,
            done_at=timezone.now(),
        )
        if n_updated != 1:
            raise LeaseLost("The recording is not ours to make any more.")
        replaced += _pieces_let_go(recording, made.saved.n_samples)
        # Had anything been redacted since this was begun, the lease would be lost.
        RedactedRange.objects.filter(audio_session__recording=recording).update(is_in_recording=False)
        audit_append(
            meeting_id=recording.meeting_id,
            actor=SYSTEM,
            action="recording.made",
            target=f"recording:{recording.pk}",
            data={"kind": recording.kind, "sha256": made.saved.sha256, "n_samples": made.saved.n_samples},
        )
        webhook_event_append(
            meeting_id=recording.meeting_id,
            type=RECORDING_READY,
            data={"recording": {"id": str(recording.pk), "kind": recording.kind, "n_samples": made.saved.n_samples}},
        )
        transaction.on_commit(partial(files_delete, replaced), robust=True)


def recording_discard(*, recording: Recording, saved: SavedFile) -> None:
    """Delete a file that was made in vain: purged, or asked for otherwise, meanwhile.

    Unless it counts, or may yet: whoever has the lease now makes a file of the same name. Then the sweep judges it.
    """
    with transaction.atomic():
        _meeting_lock(recording.meeting_id)
        rows = Recording.objects.filter(meeting=recording.meeting_id)
        if not rows.filter(Q(state=WAITING) | Q(file=saved.file)).exists():
            files_delete([saved.file])


def recording_put_off(*, recording: Recording, problem: str, is_final: bool, now: datetime) -> None:
    """It did not work out: later again, with growing pauses, or (what cannot get better, or was tried enough) never.

    Then an older file, made before more was delivered, goes on to count, with the problem beside it.
    """
    is_over = is_final or recording.n_attempts >= MOST_ATTEMPTS
    at_last = Recording.State.DONE if recording.file else Recording.State.FAILED
    state = at_last if is_over else WAITING
    until = None if is_over else now + LEASE * 2 ** min(recording.n_attempts, 6)
    _mine(recording).update(state=state, problem=problem[:100], lease=None, lease_until=until)


def recording_retry(*, recording: Recording, actor: str) -> None:
    """Try once more what could not be made at all, and the mix that lacks it.

    Of a session that was made the pieces may be gone: that is left alone.
    """
    with transaction.atomic():
        _meeting_lock(recording.meeting_id)
        again = Recording.objects.filter(pk=recording.pk, state=Recording.State.FAILED)
        if again.update(state=WAITING, **FRESH) == 1:
            _ask(recording.meeting_id, kind=MIX, session_id=None, made_from=str(uuid4()))
            audit_append(
                meeting_id=recording.meeting_id,
                actor=actor,
                action="recording.retried",
                target=f"recording:{recording.pk}",
            )


def _meeting_lock(meeting_id: UUID) -> None:
    """Before the rows of recordings, here and when they are purged: planners, makers and purges follow one another."""
    Meeting.objects.select_for_update(no_key=True).filter(pk=meeting_id).first()


def _mine(recording: Recording) -> QuerySet[Recording]:
    return Recording.objects.filter(pk=recording.pk, lease=recording.lease, state=WAITING)


def _pieces_let_go(recording: Recording, n_samples: int) -> list[str]:
    """An ended session takes no commit: its pieces are in the finished file, all of them."""
    ended = AudioSession.objects.filter(state=AudioSession.State.ENDED, settled=n_samples)
    session = ended.filter(recording=recording).first()
    if session is None:
        return []
    files = list(session.recording_chunks.exclude(file="").values_list("file", flat=True))
    session.recording_chunks.all().delete()
    return files

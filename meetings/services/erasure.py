"""Erase one person from a meeting: what they said, how they sounded, what they were called. There is no way back."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from meetings.errors import Conflict, NotFound
from meetings.models import AudioSession, DeletionProof, GapRepair, Meeting, MeetingEvent, Participant, Segment
from meetings.services.audio_redaction import audio_redact, mix_make_anew
from meetings.services.deletion_proofs import Deleted, digest_on, proof_store
from meetings.services.events import event_append
from meetings.services.holds import hold_refuse
from meetings.services.leaks_redaction import leaks_redact
from meetings.services.lines_deletion import (
    contexts_delete,
    contexts_lock,
    copies_elsewhere_delete,
    copies_of,
    database_scrub,
    lines_delete,
)
from meetings.services.names_deletion import ERASED_NAME, participant_name_delete
from meetings.services.past_redaction import past_redact
from meetings.services.recording_purge import session_sound_let_go
from meetings.services.segments import stands_elsewhere

ERASED = "participant"
# Lines that follow each other so soon are one passage, up to this length, to those who look for them elsewhere.
TURN_PAUSE_MS, TURN_MS = 2_000, 40_000


def participant_erase(*, participant: Participant, by: str) -> DeletionProof:
    """The ledger's counters, their consents and the audit trail stay: numbers, times and ids.

    Where nothing has come since they were erased before, the proof of that time is the answer.

    Raises NotFound. Raises Conflict: they are still connected, or the meeting is on legal hold.
    """
    at = timezone.now()
    with transaction.atomic():
        understood = contexts_lock(meeting_id=participant.meeting_id)
        locked = Participant.objects.select_for_update(of=("self",), no_key=True).filter(pk=participant.pk).first()
        if locked is None:
            raise NotFound("There is no such participant.")
        meeting = Meeting.objects.select_for_update(no_key=True).get(pk=locked.meeting_id)
        hold_refuse(meeting.pk)
        sessions = list(locked.audio_sessions.all())
        if any(each.state == AudioSession.State.OPEN for each in sessions):
            raise Conflict("They are still connected; ask again when they have left.", code="participant_present")
        deleted = _all_delete(locked, sessions, meeting=meeting, by=by)
        contexts_delete(understood)
        earlier = DeletionProof.objects.filter(meeting_id=meeting.pk, target=deleted.target).order_by("at").last()
        if earlier is not None and locked.display_name == ERASED_NAME and not any(deleted.counts.values()):
            return earlier
        participant_name_delete(locked)
        copies_elsewhere_delete(meeting.pk)  # also where they said nothing: files name who was there
        proof = proof_store(meeting_id=meeting.pk, deleted=deleted, by=by, reason="asked", action="participant.erased")
        event_append(
            meeting_id=meeting.pk,
            type=MeetingEvent.Type.CONTENT_PURGED,
            payload={"what": ERASED, "participant_id": str(locked.pk), "reason": "asked", "at_ms": meeting.at_ms(at)},
        )
    database_scrub()
    return proof


def _all_delete(participant: Participant, sessions: list[AudioSession], *, meeting: Meeting, by: str) -> Deleted:
    at = timezone.now()
    said = Segment.objects.filter(participant=participant, purged_at__isnull=True)
    lines = list(said.select_related("audio_session").order_by("pk"))
    copies = {
        copy.pk: copy
        for line in lines
        for copy in copies_of(
            meeting_id=meeting.pk, session_id=line.audio_session_id, from_ms=line.start_ms, to_ms=line.end_ms
        )
        if copy.participant_id != participant.pk
    }
    gone = lines_delete([*lines, *copies.values()], at=at)
    own = [line for line in lines if line.state != Segment.State.RETRACTED or not stands_elsewhere(line)]
    past_redact(own, spared={*copies, *(line.pk for line in lines)}, actor=by)
    # Whoever hears a loss of theirs just now stores nothing of it.
    GapRepair.objects.filter(audio_session__in=sessions).exclude(state=GapRepair.State.DONE).delete()
    elsewhere = [line for line in own if line.audio_session not in sessions]
    for line in (*elsewhere, *copies.values()):  # what others' microphones heard of this voice
        audio_redact(session=line.audio_session, meeting_id=meeting.pk, start=line.start, end=line.end, at=at)
    _leaks_silence([line for line in own if line.audio_session in sessions], meeting=meeting, at=at)
    sounds = [sha256 for session in sessions for sha256 in session_sound_let_go(session)]
    if sounds:
        mix_make_anew(meeting.pk)
    for session in sessions:
        session.levels.all().delete()
    return Deleted(
        what=ERASED,
        target=f"participant:{participant.pk}",
        counts={"segments": gone.n_segments, "revisions": gone.n_revisions, "files": len(sounds)},
        digest=digest_on(digest_on("", gone.hashes), sounds),
    )


def _leaks_silence(lines: Sequence[Segment], *, meeting: Meeting, at: datetime) -> None:
    """What others' microphones carry of this voice without a line that would say so."""
    for session, of_session in groupby(sorted(lines, key=_in_order), key=lambda line: line.audio_session):
        for from_ms, to_ms in _turns(of_session):
            leaks_redact(session=session, meeting_id=meeting.pk, from_ms=from_ms, to_ms=to_ms, at=at)


def _in_order(line: Segment) -> tuple[str, int]:
    return str(line.audio_session_id), line.start_ms


def _turns(lines: Iterator[Segment]) -> Iterator[tuple[int, int]]:
    """In meeting time, from lines of one session in order."""
    first = next(lines)
    from_ms, to_ms = first.start_ms, first.end_ms
    for line in lines:
        if line.start_ms - to_ms > TURN_PAUSE_MS or line.end_ms - from_ms > TURN_MS:
            yield from_ms, to_ms
            from_ms = line.start_ms
        to_ms = line.end_ms
    yield from_ms, to_ms

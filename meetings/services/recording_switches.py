"""From where on a session may be recorded: by its meeting's policy and its participant's consent, as they stand."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from meetings.errors import Superseded
from meetings.models import AudioSession, Meeting, MeetingEvent, Participant, RecordingSwitch
from meetings.recordings import switches
from meetings.services.audit import SYSTEM, audit_append
from meetings.services.languages import participant_lock
from meetings.values import RecordingSwitch as Switch
from meetings.values import SessionOwner

SCOPE = "recording"


def session_recording_set(*, owner: SessionOwner, received: int, position: int = 0) -> tuple[Switch, ...]:
    """Take up what policy and consent say now; all switches, in order.

    Only the connection that owns the session may say where: it awaits this before it keeps anything beyond `received`.
    Off holds from there, also for what an earlier connection received and is sent again. On never reaches back: it
    holds from `position` (when it was agreed to, by the client's clock) or from what any connection has received. What
    was captured while everybody was told that nothing is recorded is not, whenever it comes.

    Raises Superseded.
    """
    with transaction.atomic():
        mine = AudioSession.objects.select_for_update(of=("self",), no_key=True)
        session = mine.filter(pk=owner.session_id, generation=owner.generation).first()
        if session is None:
            raise Superseded
        return session_records(
            session, participant_lock(session.participant_id), received=received, not_before=max(received, position)
        )


def session_records(
    session: AudioSession, participant: Participant, *, received: int, not_before: int
) -> tuple[Switch, ...]:
    """Inside the caller's transaction, under the session's and the participant's row locks."""
    stored = [Switch(start=each.start, is_on=each.is_on) for each in session.recording_switches.order_by("start")]
    # Read under the lock, so that no change is overlooked.
    policies = Meeting.objects.values_list("policies", flat=True).get(pk=participant.meeting_id)
    is_policy, is_agreed = switches.is_recorded(policies), SCOPE in participant.consent
    is_on = is_policy and is_agreed
    start, wanted = None, stored
    if is_on != switches.may_record(stored):
        never_received = max([not_before, session.received, *(each.start for each in stored)])
        start = never_received if is_on else received
        wanted = [*(each for each in stored if each.start < start), Switch(start=start, is_on=is_on)]
    told_off = _told_off(session, meeting_id=participant.meeting_id, since=max(received, session.received))
    without = [each for each in told_off if switches.ranges_on(wanted, *each)]
    found = switches.switches_without(wanted, without)
    if found == tuple(stored):
        return found
    _store(session, stored=stored, found=found)
    changed = "recording.on" if is_on else "recording.off"
    audit_append(
        meeting_id=participant.meeting_id,
        actor=SYSTEM,  # it follows from what people did, which has entries of its own
        action=changed if start is not None else "recording.left_out",
        target=f"session:{session.pk}",
        data={
            "generation": session.generation,
            "from": start if start is not None else without[0][0],
            "without": without,
            "policy": is_policy,
            "consent": is_agreed,
        },
    )
    return found


def _told_off(session: AudioSession, *, meeting_id: UUID, since: int) -> list[switches.Range]:
    """What was captured, from `since` on, while everybody was told that the meeting is not recorded, and is over.

    What was received before needs no such look back: its connection was told at once.
    """
    if (clock := session.clock) is None:
        return []
    ranges, off_ms = [], 0
    told = MeetingEvent.objects.filter(meeting=meeting_id, type=MeetingEvent.Type.MEETING_RECORDING)
    for payload in told.order_by("seq").values_list("payload", flat=True):
        if not payload["on"]:
            off_ms = payload["at_ms"]
            continue
        start, end = max(since, clock.position_at(off_ms)), clock.position_at(payload["at_ms"])
        if start < end:
            ranges.append((start, end))
    return ranges


def _store(session: AudioSession, *, stored: Sequence[Switch], found: Sequence[Switch]) -> None:
    gone = [each.start for each in stored if each not in found]
    session.recording_switches.filter(start__in=gone).delete()
    RecordingSwitch.objects.bulk_create(
        RecordingSwitch(audio_session=session, start=each.start, is_on=each.is_on)
        for each in found
        if each not in stored
    )

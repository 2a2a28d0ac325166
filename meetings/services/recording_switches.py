"""From where on a session may be recorded: by its meeting's policy and its participant's consent, as they stand."""

from django.db import transaction

from meetings.errors import Superseded
from meetings.models import AudioSession, Meeting, Participant, RecordingSwitch
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
    holds from `position` (when it was agreed to, by the client's clock) or from what any connection has received.

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
    if is_on == switches.may_record(stored):
        return tuple(stored)
    never_received = max([not_before, session.received, *(each.start for each in stored)])
    start = never_received if is_on else received
    session.recording_switches.filter(start__gte=start).delete()
    kept = [each for each in stored if each.start < start]
    if is_on != switches.may_record(kept):
        RecordingSwitch.objects.create(audio_session=session, start=start, is_on=is_on)
        kept.append(Switch(start=start, is_on=is_on))
    audit_append(
        meeting_id=participant.meeting_id,
        actor=SYSTEM,  # it follows from what people did, which has entries of its own
        action="recording.on" if is_on else "recording.off",
        target=f"session:{session.pk}",
        data={"generation": session.generation, "from": start, "policy": is_policy, "consent": is_agreed},
    )
    return tuple(kept)

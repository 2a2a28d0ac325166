"""Changing for how long a meeting is kept deletes it sooner, or keeps what was to go: it needs what deleting needs."""

from meetings.actors import Actor
from meetings.errors import Forbidden
from meetings.models import Meeting
from meetings.policies import EPHEMERAL, mode_of
from meetings.retention import meeting_retention

Kept = dict[str, object]


def keeping_change(*, before: Meeting, after: Meeting, actor: Actor) -> Kept:
    """What the audit trail tells of it, which is nothing where nothing of the kind changed.

    Inside the caller's transaction, which ends with a refusal. Raises Forbidden (scope_missing): the actor's API token
    may change a meeting, and may not delete what was said in it.
    """
    was, now = _kept(before), _kept(after)
    if was == now:
        return {}
    if not actor.can_delete:
        raise Forbidden(
            "To change for how long a meeting is kept an API token needs the scope admin, as for deleting it.",
            code="scope_missing",
        )
    return {"was_kept": was, "kept": now}


def _kept(meeting: Meeting) -> Kept:
    retention = meeting_retention(meeting)
    return {
        "is_ephemeral": mode_of(meeting.policies) == EPHEMERAL,
        "text_days": retention.text_days,
        "audio_days": retention.audio_days,
        "purge_names": retention.has_names_purged,
    }

"""Make, change and end meetings."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from meetings.access import Actor, is_manager
from meetings.checks import policies_checked, title_checked, vocabulary_checked
from meetings.errors import Forbidden
from meetings.meeting_codes import code_unused
from meetings.models import Meeting, MeetingEvent, Organisation
from meetings.policies import mode_is_said, policies_with
from meetings.recordings.switches import is_recorded
from meetings.retention import policies_taken
from meetings.services.audit import audit_append
from meetings.services.events import event_append
from meetings.services.keeping_changes import keeping_change
from meetings.services.languages import language_known
from meetings.services.recording_policy import recording_announce
from meetings.services.webhook_outbox import webhook_event_append
from meetings.webhooks.catalogue import MEETING_CREATED


def meeting_create(
    *,
    actor: Actor,
    title: str,
    language: str = "en",
    policies: Mapping[str, Any] | None = None,
    vocabulary: Sequence[str] = (),
    organisation: Organisation | None = None,
) -> Meeting:
    """The user becomes the host; a guest's browser session has to remember that it hosts the meeting.

    `organisation` is one that the actor belongs to, which the door has seen. Raises Forbidden when guests may not make
    meetings, Invalid.
    """
    if actor.user is None and not settings.GUEST_MEETINGS:
        raise Forbidden("Sign in to make a meeting.")
    chosen = policies_checked(policies or {})
    with transaction.atomic():
        taken = policies_taken(chosen, organisation.policies if organisation else {})
        meeting = Meeting.objects.create(
            code=code_unused(),
            title=title_checked(title),
            host=actor.user,
            language=language_known(language),
            organisation=organisation,
            policies=policies_with(chosen, taken),
            default_policies=taken,
            vocabulary=vocabulary_checked(vocabulary),
        )
        webhook_event_append(meeting_id=meeting.pk, type=MEETING_CREATED, data={})
        of = {"organisation": str(organisation.pk)} if organisation else {}
        _audit(meeting, actor=actor, action="meeting.created", **of)
    return meeting


def meeting_update(
    *,
    meeting: Meeting,
    actor: Actor,
    title: str | None = None,
    language: str | None = None,
    policies: Mapping[str, Any] | None = None,
    vocabulary: Sequence[str] | None = None,
) -> Meeting:
    """None leaves a field as it is, also if somebody else changes it meanwhile.

    `policies` replace those before; where they name no mode, the one that was taken from a default holds again. Who
    changes for how long the meeting is kept needs what deleting it needs. Raises Forbidden, Invalid.
    """
    _refuse_others(actor, meeting)
    changes: dict[str, Any] = {}
    if title is not None:
        changes["title"] = title_checked(title)
    if language is not None:
        changes["language"] = language_known(language)
    if policies is not None:
        changes["policies"] = policies_checked(policies)
    if vocabulary is not None:
        changes["vocabulary"] = vocabulary_checked(vocabulary)
    if changes:
        with transaction.atomic():
            before = Meeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)
            changed = meeting_change(before, changes)
            kept = keeping_change(before=before, after=changed, actor=actor)
            if changed.state == Meeting.State.LIVE:
                recording_announce(changed, was_recorded=is_recorded(before.policies), at=timezone.now())
            _audit(meeting, actor=actor, action="meeting.updated", fields=sorted(changes), **kept)
    return Meeting.objects.get(pk=meeting.pk)


def meeting_change(locked: Meeting, changes: Mapping[str, Any]) -> Meeting:
    """Inside the caller's transaction, under the meeting's lock: store these fields, and tell everybody in it."""
    stored = dict(changes)
    if "policies" in changes and "default_policies" not in changes:
        chosen, taken = changes["policies"], dict(locked.default_policies)
        stored["policies"] = policies_with(chosen, taken)
        if mode_is_said(chosen):
            taken.pop("mode", None)
        stored["default_policies"] = taken
    Meeting.objects.filter(pk=locked.pk).update(**stored)
    changed = Meeting.objects.get(pk=locked.pk)
    event_append(
        meeting_id=changed.pk,
        type=MeetingEvent.Type.MEETING_CHANGED,
        payload={
            "changed": sorted(changes.keys() - {"default_policies"}),
            "title": changed.title,
            "language": changed.language,
            "at_ms": changed.at_ms(timezone.now()),
        },
    )
    return changed


def meeting_end(*, meeting: Meeting, actor: Actor) -> Meeting:
    """Everybody's last words are still to come: rooms drain on the event. Ending twice changes nothing.

    Raises Forbidden.
    """
    _refuse_others(actor, meeting)
    at = timezone.now()
    with transaction.atomic():
        unended = Meeting.objects.filter(pk=meeting.pk).exclude(state=Meeting.State.ENDED)
        if unended.update(state=Meeting.State.ENDED, ended_at=at) == 1:
            ended = Meeting.objects.get(pk=meeting.pk)
            event_append(
                meeting_id=meeting.pk,
                type=MeetingEvent.Type.MEETING_ENDED,
                payload={"at": at.isoformat(timespec="milliseconds"), "at_ms": ended.at_ms(at)},
            )
            _audit(meeting, actor=actor, action="meeting.ended")
    return Meeting.objects.get(pk=meeting.pk)


def _refuse_others(actor: Actor, meeting: Meeting) -> None:
    if not is_manager(actor, meeting):
        raise Forbidden("Only the host and other owners of the meeting may do this.")


def _audit(meeting: Meeting, *, actor: Actor, action: str, **data: object) -> None:
    audit_append(meeting_id=meeting.pk, actor=actor.label, action=action, target=f"meeting:{meeting.pk}", data=data)

"""The second pass on the transcript page: how far it has come, and its button."""

from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from meetings.access import meeting_to_manage
from meetings.api.credentials import actor_of_session
from meetings.errors import Conflict
from meetings.models import Meeting
from meetings.recordings.reading import recorded_ranges
from meetings.refused_pages import refusals_as_pages
from meetings.second_pass.progress import Progress, second_pass_progress
from meetings.services.second_pass_jobs import second_pass_start


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPass:
    """`may_start`: the button is there."""

    progress: Progress
    may_start: bool

    @property
    def is_shown(self) -> bool:
        return bool(self.progress.words) or self.may_start


def second_pass_shown(meeting: Meeting, *, is_host: bool) -> ShownPass:
    progress = second_pass_progress(meeting_id=meeting.pk, now=timezone.now())
    may_start = (
        is_host
        and settings.SECOND_PASS
        and meeting.is_ended
        and not progress.is_under_way
        and bool(recorded_ranges(meeting_id=meeting.pk))
    )
    return ShownPass(progress=progress, may_start=may_start)


@require_POST
def second_pass_started(request: HttpRequest, code: str) -> HttpResponse:
    """For the host. Where it cannot be started any more the page, read again, says how things are."""
    actor = actor_of_session(request)
    with refusals_as_pages(), suppress(Conflict):
        second_pass_start(meeting=meeting_to_manage(actor, code), actor=actor.label)
    return redirect("meetings:transcript", code=code)

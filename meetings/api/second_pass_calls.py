"""How far the second pass over a meeting has come, and starting it by hand."""

from dataclasses import asdict

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from ninja.responses import Status

from meetings.access import meeting_to_manage, meeting_to_read
from meetings.api.credentials import actor_of
from meetings.api.parameters import Ref
from meetings.api.second_pass_schemas import SecondPassOut
from meetings.api.shapes import Shape
from meetings.models import Meeting
from meetings.second_pass.progress import second_pass_progress
from meetings.services.second_pass_jobs import second_pass_start

router = Router(tags=["transcripts"])


@router.get("/meetings/{ref}/second-pass", response=SecondPassOut, operation_id="second_pass_read")
def second_pass(request: HttpRequest, ref: Ref) -> Shape:
    """After the meeting what was recorded is heard again: how many lines of how many are done."""
    return _shape(meeting_to_read(actor_of(request), ref))


@router.post("/meetings/{ref}/second-pass", response={202: SecondPassOut}, operation_id="second_pass_start")
def start(request: HttpRequest, ref: Ref) -> Status[Shape]:
    """For the host: hear the recordings again, from the beginning where that was done before.

    409 `nothing_recorded`, `meeting_not_ended`, or `second_pass_off` where the server does not do it at all.
    """
    actor = actor_of(request)
    meeting = meeting_to_manage(actor, ref)
    second_pass_start(meeting=meeting, actor=actor.label)
    return Status(202, _shape(meeting))


def _shape(meeting: Meeting) -> Shape:
    progress = second_pass_progress(meeting_id=meeting.pk, now=timezone.now())
    return {
        "state": progress.state,
        "n_lines": progress.n_lines,
        "n_done": progress.n_done,
        "n_replaced": progress.n_replaced,
        "n_repaired": progress.n_repaired,
        "sessions": [asdict(each) for each in progress.sessions],
    }

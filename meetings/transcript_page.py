"""What the transcript page's own script is told: from where to follow the log, who speaks, and whether one may edit."""

from django.http import HttpRequest
from django.middleware.csrf import get_token

from meetings.access import Actor, meeting_to_edit
from meetings.errors import Forbidden
from meetings.models import Meeting
from meetings.selectors import Transcript
from meetings.taken_out import lines_taken_out


def may_edit(actor: Actor, meeting: Meeting) -> bool:
    """Of somebody who may read it."""
    try:
        meeting_to_edit(actor, meeting.code)
    except Forbidden:
        return False
    return True


def transcript_page_data(request: HttpRequest, actor: Actor, read: Transcript) -> dict[str, object]:
    """The speakers stand in the order that gives them their colours. Readers are not told that lines were taken out."""
    is_editor = may_edit(actor, read.meeting)
    return {
        "code": read.meeting.code,
        "meeting_id": str(read.meeting.pk),
        "as_of_seq": read.as_of_seq,
        "speakers": [{"id": each["id"], "name": each["display_name"]} for each in read.participants],
        "may_edit": is_editor,
        "n_taken_out": lines_taken_out(meeting_id=read.meeting.pk).count() if is_editor else 0,
        "csrf_token": get_token(request),
    }

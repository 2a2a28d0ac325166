"""Which meeting a code names, and whether it is the link by which everybody may come in now."""

from dataclasses import dataclass

from django.db.models import Q

from meetings.codes import code_new
from meetings.models import FormerCode, Meeting

N_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """`invites`: whoever knows this code may come in. Else it is an address for those who have a right."""

    meeting: Meeting
    invites: bool


def meeting_named(code: str) -> Named | None:
    """`code` is normalised: the present one of a meeting, or one that it had before its link was renewed."""
    meeting = Meeting.objects.filter(code=code).first()
    if meeting is not None:
        return Named(meeting=meeting, invites=meeting.is_link_open)
    former = FormerCode.objects.select_related("meeting").filter(code=code).first()
    return None if former is None else Named(meeting=former.meeting, invites=False)


def named_by(code: str) -> Q:
    """Of meetings: the one with this code, now or formerly."""
    return Q(code=code) | Q(former_codes__code=code)


def code_unused() -> str:
    """With 50 bits a collision is news; the unique constraint refuses the one that slips between."""
    for _ in range(N_ATTEMPTS):
        code = code_new()
        if not Meeting.objects.filter(named_by(code)).exists():
            return code
    raise RuntimeError("no unused meeting code was found")

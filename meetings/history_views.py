"""The page on which hosts read what was done in a meeting, by whom, and whether the record of it still holds."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from meetings.access import meeting_to_manage
from meetings.api.credentials import actor_of_session
from meetings.audit_selectors import audit_head, audit_trail_back
from meetings.history_lines import history_lines
from meetings.models import Meeting
from meetings.refused_pages import refusals_as_pages
from meetings.services.audit_check import audit_check, audit_check_guards

ENTRIES_AT_ONCE = 200
CHECKED_AT_ONCE = (
    2_000  # so that the page comes at once; longer histories show what the last regular verification found
)
FINDINGS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`at` is None where nobody has looked yet."""

    at: datetime | None
    n_findings: int = 0
    findings: tuple[str, ...] = ()


@require_safe
@never_cache
def history(request: HttpRequest, code: str) -> HttpResponse:
    with refusals_as_pages():
        found = meeting_to_manage(actor_of_session(request), code)
    if found.code != code:
        return redirect("meetings:history", code=found.code)
    before = _number(request.GET.get("before"))
    events = audit_trail_back(meeting_id=found.pk, before_number=before, limit=ENTRIES_AT_ONCE + 1)
    shown = events[:ENTRIES_AT_ONCE]
    context = {
        "meeting": found,
        "lines": history_lines(shown),
        "is_newest": before is None,
        "older": shown[-1].number if len(events) > ENTRIES_AT_ONCE else None,
        "verdict": _verdict(found),
        "proof_href": f"/api/v1/meetings/{found.code}/audit/proof",
    }
    return render(request, "history.html", context)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise Http404
    return int(text)


def _verdict(meeting: Meeting) -> Verdict:
    head = audit_head(meeting_id=meeting.pk)
    if head is not None and head.number > CHECKED_AT_ONCE:
        return Verdict(at=head.checked_at, n_findings=head.n_findings)
    found = [*audit_check_guards(), *audit_check(meeting_id=meeting.pk)]
    words = tuple(finding.words for finding in found[:FINDINGS_SHOWN])
    return Verdict(at=timezone.now(), n_findings=len(found), findings=words)

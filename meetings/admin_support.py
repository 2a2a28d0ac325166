"""Help people with their meeting without becoming them: facts, and speech only for a reason that is kept."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils.cache import patch_cache_control
from unfold.widgets import UnfoldAdminTextareaWidget

from meetings.access import actor_for
from meetings.admin_audit import AnyAdmin
from meetings.admin_dashboard import clock_words
from meetings.models import Meeting
from meetings.selectors import ledger, transcript
from meetings.services.audit import audit_append
from meetings.transcript_lines import transcript_lines

LEAST_REASON_CHARS = 10
MOST_REASON_CHARS = 500


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why do you need to read what was said?",
        help_text="It is kept in the meeting's audit trail, with your account. Its host can read it there.",
        min_length=LEAST_REASON_CHARS,
        max_length=MOST_REASON_CHARS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


class SupportView(AnyAdmin):
    """For the admin of meetings: one more page for each."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.support)
        return [path("<uuid:pk>/support/", view, name="meetings_meeting_support"), *super().get_urls()]

    def support(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """What was said is in the answer to a reason, and in no other: the next look needs the next reason."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        meeting = get_object_or_404(Meeting, pk=pk)
        form = ReasonForm(request.POST or None)
        lines = None
        if request.method == "POST" and form.is_valid():
            user = request.user
            assert user.is_authenticated  # `admin_view` lets nobody else in
            audit_append(
                meeting_id=meeting.pk,
                actor=actor_for(user).label,
                action="support.transcript_read",
                target=f"meeting:{meeting.pk}",
                data={"reason": form.cleaned_data["reason"]},
            )
            lines = transcript_lines(transcript(meeting=meeting))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Support: {meeting.title}",
            "opts": self.opts,
            "meeting": meeting,
            "people_table": _people(meeting),
            "ledger_table": _ledger(meeting),
            "n_segments": meeting.segments.count(),
            "form": form,
            "lines": lines,
        }
        response = render(request, "admin/meetings/meeting/support.html", context)
        patch_cache_control(response, no_store=True, private=True)
        return response


def _people(meeting: Meeting) -> dict[str, list[Any]]:
    people = meeting.participants.order_by("created_at")
    return {
        "headers": ["name", "role", "joined", "left", "agreed to"],
        "rows": [
            [each.display_name, each.role, _at(each.joined_at), _at(each.left_at), ", ".join(each.consent)]
            for each in people
        ],
    }


def _ledger(meeting: Meeting) -> dict[str, list[Any]]:
    return {
        "headers": ["who", "state", "received", "in flight", "speech", "other sound", "muted", "lost"],
        "rows": [
            [
                each.display_name,
                each.state,
                *map(
                    clock_words,
                    (each.received, each.in_flight, each.speech, each.nonspeech, each.muted, each.gap),
                ),
            ]
            for each in ledger(meeting_id=meeting.pk)
        ],
    }


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""

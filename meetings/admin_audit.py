"""Looking at a meeting's content in the admin leaves an entry in its audit trail, before the page is shown."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import unfold.admin
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from meetings.access import actor_for
from meetings.models import Meeting
from meetings.services.audit_views import admin_searched, admin_viewed

if TYPE_CHECKING:  # the class is generic in the stubs only
    AnyAdmin = admin.ModelAdmin[Any]
else:
    AnyAdmin = unfold.admin.ModelAdmin

# From a row to its meeting's id; what is not listed belongs to none.
MEETING_OF = ("meeting_id", "participant.meeting_id", "segment.meeting_id", "audio_session.participant.meeting_id")


class AuditedViews(AnyAdmin):
    """Pages of one row, and searches, which find by what is in the rows. Lists show no content."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        found = self.get_object(request, object_id, None)
        if found is not None and self.has_view_permission(request, found):
            kind = self.opts.model_name
            admin_viewed(meeting_id=_meeting_id(found), actor=_label(request), target=f"{kind}:{found.pk}")
        return super().change_view(request, object_id, form_url, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.GET.get("q") and self.has_view_permission(request):
            admin_searched(actor=_label(request), kind=str(self.opts.model_name))
        return super().changelist_view(request, extra_context)


def _label(request: HttpRequest) -> str:
    return actor_for(request.user if isinstance(request.user, User) else None).label


def _meeting_id(row: Model) -> UUID | None:
    if isinstance(row, Meeting):
        return row.pk
    for path in MEETING_OF:
        value: object = row
        for name in path.split("."):
            value = getattr(value, name, None)
        if isinstance(value, UUID):
            return value
    return None

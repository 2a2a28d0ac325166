"""What every admin page of ours is made of: looked at and never changed, and who looks is on record."""

from typing import TYPE_CHECKING, Any

import unfold.admin
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from meetings.admin_audit import AuditedViews

if TYPE_CHECKING:  # the class is generic in the stubs only
    AnyInline = admin.TabularInline[Any, Any]
else:
    AnyInline = unfold.admin.TabularInline


class LookedAtOnly:
    """Rows that the admin shows and nobody makes, changes or deletes there."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(LookedAtOnly, AuditedViews):
    """The same, and who opens one is in the audit trail."""

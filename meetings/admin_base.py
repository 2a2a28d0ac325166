"""What every admin page of ours is made of: looked at and never changed, and who looks is on record."""

from django.db.models import Model
from django.http import HttpRequest

from meetings.admin_audit import AuditedViews


class ReadOnlyAdmin(AuditedViews):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

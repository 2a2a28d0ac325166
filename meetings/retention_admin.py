"""What is kept and deleted, in the admin: purges, holds and proofs. They are made by services only."""

from django.contrib import admin

from meetings.admin_base import ReadOnlyAdmin
from meetings.models import DeletionProof, LegalHold, Purge


@admin.register(Purge)
class PurgeAdmin(ReadOnlyAdmin):
    list_display = ("meeting", "what", "reason", "state", "asked_by", "created_at", "done_at", "lease_until")
    list_filter = ("state", "what", "reason")
    list_select_related = ("meeting",)
    search_fields = ("meeting__code",)
    date_hierarchy = "created_at"


@admin.register(LegalHold)
class LegalHoldAdmin(ReadOnlyAdmin):
    list_display = ("meeting", "placed_by", "placed_at", "lifted_by", "lifted_at")
    list_select_related = ("meeting",)
    search_fields = ("meeting__code", "placed_by")


@admin.register(DeletionProof)
class DeletionProofAdmin(ReadOnlyAdmin):
    list_display = ("meeting_id", "what", "target", "reason", "by", "at", "audit_number")
    list_filter = ("what", "reason")
    search_fields = ("meeting_id", "target", "digest")
    date_hierarchy = "at"

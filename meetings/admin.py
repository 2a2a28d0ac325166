"""Django admin: looking at everything, changing little. What others rely on is changed by services only."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from meetings.access import actor_for
from meetings.models import (
    ApiToken,
    AudioSession,
    AuditEvent,
    ConsentRecord,
    GapRepair,
    IngestKey,
    Meeting,
    MeetingEvent,
    Node,
    Participant,
    PhoneCall,
    Recording,
    RecordingChunk,
    SecondPass,
    Segment,
    SegmentRevision,
)
from meetings.services.ingest_keys import ingest_key_revoke
from meetings.services.tokens import api_token_revoke

if TYPE_CHECKING:  # the classes are generic in the stubs only
    AnyAdmin = admin.ModelAdmin[Any]
    AnyInline = admin.TabularInline[Any, Any]
else:
    AnyAdmin = admin.ModelAdmin
    AnyInline = admin.TabularInline


class ReadOnlyAdmin(AnyAdmin):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Meeting)
class MeetingAdmin(ReadOnlyAdmin):
    list_display = ("title", "code", "state", "host", "language", "created_at", "last_seq")
    list_filter = ("state", "language")
    list_select_related = ("host",)
    search_fields = ("title", "code")
    date_hierarchy = "created_at"


@admin.register(Participant)
class ParticipantAdmin(ReadOnlyAdmin):
    list_display = ("display_name", "role", "meeting", "joined_at", "left_at")
    list_filter = ("role",)
    list_select_related = ("meeting",)
    search_fields = ("display_name", "meeting__code")


@admin.register(AudioSession)
class AudioSessionAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "participant",
        "state",
        "generation",
        "received",
        "settled",
        "speech",
        "nonspeech",
        "muted",
        "gap",
        "node",
    )
    list_filter = ("state", "node")
    search_fields = ("id", "participant__meeting__code")


class SegmentRevisionInline(AnyInline):
    model = SegmentRevision
    extra = 0
    can_delete = False


@admin.register(Segment)
class SegmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "meeting", "participant", "start_ms", "state", "rev", "engine")
    list_filter = ("state", "language", "engine")
    list_select_related = ("meeting", "participant")
    search_fields = ("text", "meeting__code")
    inlines = (SegmentRevisionInline,)


@admin.register(MeetingEvent)
class MeetingEventAdmin(ReadOnlyAdmin):
    list_display = ("meeting", "seq", "type", "at")
    list_filter = ("type",)
    list_select_related = ("meeting",)
    search_fields = ("meeting__code",)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("meeting_id", "number", "at", "actor", "action", "target")
    list_filter = ("action",)
    search_fields = ("meeting_id", "actor", "target")


@admin.register(GapRepair)
class GapRepairAdmin(ReadOnlyAdmin):
    list_display = ("meeting", "audio_session", "start", "end", "reason", "state", "problem", "created_at", "done_at")
    list_filter = ("state", "reason")
    list_select_related = ("meeting", "audio_session")
    search_fields = ("audio_session__id", "meeting__code")


@admin.register(SecondPass)
class SecondPassAdmin(ReadOnlyAdmin):
    list_display = ("meeting", "audio_session", "state", "n_done", "n_lines", "n_replaced", "n_repaired", "problem")
    list_filter = ("state",)
    list_select_related = ("meeting", "audio_session")
    search_fields = ("audio_session__id", "meeting__code")


@admin.register(Recording)
class RecordingAdmin(ReadOnlyAdmin):
    list_display = ("meeting", "kind", "audio_session", "state", "problem", "n_samples", "n_bytes", "done_at")
    list_filter = ("kind", "state")
    list_select_related = ("meeting", "audio_session")
    search_fields = ("audio_session__id", "meeting__code")


@admin.register(RecordingChunk)
class RecordingChunkAdmin(ReadOnlyAdmin):
    list_display = ("audio_session", "start", "end", "missing", "created_at")
    list_filter = ("missing",)
    list_select_related = ("audio_session",)
    search_fields = ("audio_session__id",)


@admin.register(ConsentRecord)
class ConsentRecordAdmin(ReadOnlyAdmin):
    list_display = ("participant", "granted", "ingest_key", "at")
    list_select_related = ("participant", "ingest_key")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """A token is revoked here, for good, and made by `manage.py api_token`."""

    list_display = ("name", "user", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    exclude = ("sha256",)
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        actor = actor_for(request.user if isinstance(request.user, User) else None)
        n_revoked = sum(api_token_revoke(token=token, actor=actor) for token in tokens)
        self.message_user(request, f"Revoked: {n_revoked}")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("meetings.change_apitoken")


@admin.register(IngestKey)
class IngestKeyAdmin(ReadOnlyAdmin):
    """A key is revoked here, for good, and made over the REST interface."""

    list_display = (
        "id",
        "meeting",
        "display_name",
        "created_by",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    list_select_related = ("meeting", "created_by")
    search_fields = ("meeting__code",)
    exclude = ("sha256",)
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[IngestKey]) -> None:
        actor = actor_for(request.user if isinstance(request.user, User) else None)
        n_revoked = sum(ingest_key_revoke(key=key, actor=actor) for key in keys)
        self.message_user(request, f"Revoked: {n_revoked}")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("meetings.change_ingestkey")


@admin.register(PhoneCall)
class PhoneCallAdmin(ReadOnlyAdmin):
    list_display = ("service", "call_id", "participant", "audio_session", "created_at")
    list_filter = ("service",)
    list_select_related = ("participant", "audio_session")
    search_fields = ("call_id", "participant__meeting__code")


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    list_display = ("name", "seen_at")

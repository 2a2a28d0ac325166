"""Django admin: looking at everything, changing little. What others rely on is changed by services only."""

from uuid import UUID

import unfold.admin
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from meetings import (  # noqa: F401 - each registers its models
    access_admin,
    admin_names,
    retention_admin,
    webhook_admin,
)
from meetings.access import actor_for
from meetings.admin_base import AnyInline, ReadOnlyAdmin
from meetings.admin_dashboard import clock_words
from meetings.admin_search import SearchedByMeeting
from meetings.admin_support import SupportView
from meetings.models import (
    ApiToken,
    AudioSession,
    AuditEvent,
    AuditHead,
    ConsentRecord,
    Export,
    GapRepair,
    IngestKey,
    Meeting,
    MeetingEvent,
    Node,
    NodeReading,
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

admin.site.unregister(Group)


@admin.register(Group)
class AccountGroupAdmin(GroupAdmin, unfold.admin.ModelAdmin):
    pass


@admin.register(Meeting)
class MeetingAdmin(SupportView, ReadOnlyAdmin):
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
    list_display = ("id", "participant", "state", "heard", "in_flight", "spoken", "silent", "muted_for", "lost", "node")
    list_filter = ("state", "node")
    list_select_related = ("participant",)
    search_fields = ("id", "participant__meeting__code")

    @admin.display(description="received", ordering="received")
    def heard(self, session: AudioSession) -> str:
        return clock_words(session.received)

    @admin.display(description="in flight")
    def in_flight(self, session: AudioSession) -> str:
        return clock_words(session.received - session.settled)

    @admin.display(description="speech", ordering="speech")
    def spoken(self, session: AudioSession) -> str:
        return clock_words(session.speech)

    @admin.display(description="other sound", ordering="nonspeech")
    def silent(self, session: AudioSession) -> str:
        return clock_words(session.nonspeech)

    @admin.display(description="muted", ordering="muted")
    def muted_for(self, session: AudioSession) -> str:
        return clock_words(session.muted)

    @admin.display(description="lost", ordering="gap")
    def lost(self, session: AudioSession) -> str:
        return clock_words(session.gap)


class SegmentRevisionInline(AnyInline):
    model = SegmentRevision
    exclude = ("text", "words")
    extra = 0
    can_delete = False


@admin.register(Segment)
class SegmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "meeting", "participant", "start_ms", "state", "rev", "engine")
    list_filter = ("state", "language", "engine")
    list_select_related = ("meeting", "participant")
    search_fields = ("id", "meeting__code")
    exclude = ("text", "words", "text_salt")  # what was said is shown by the support view, to those who say why
    inlines = (SegmentRevisionInline,)


@admin.register(MeetingEvent)
class MeetingEventAdmin(ReadOnlyAdmin):
    list_display = ("meeting", "seq", "type", "at")
    list_filter = ("type",)
    list_select_related = ("meeting",)
    search_fields = ("meeting__code",)


@admin.register(AuditEvent)
class AuditEventAdmin(SearchedByMeeting):
    list_display = ("meeting_id", "number", "at", "actor", "action", "target")
    list_filter = ("action", "at")
    search_fields = ("meeting_id", "actor", "action", "target")
    date_hierarchy = "at"


@admin.register(AuditHead)
class AuditHeadAdmin(SearchedByMeeting):
    list_display = ("chain", "number", "checked_at", "n_findings")
    list_filter = ("n_findings",)
    search_fields = ("chain",)

    def of_meetings(self, ids: list[UUID]) -> Q:
        return Q(chain__in=[number.hex for number in ids])


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


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """Without the options: chosen speakers are names."""

    list_display = ("meeting", "format", "state", "progress", "problem", "actor", "n_bytes", "created_at", "expires_at")
    list_filter = ("format", "state")
    list_select_related = ("meeting",)
    search_fields = ("meeting__code",)
    exclude = ("options",)


@admin.register(ConsentRecord)
class ConsentRecordAdmin(ReadOnlyAdmin):
    list_display = ("participant", "granted", "ingest_key", "at")
    list_select_related = ("participant", "ingest_key")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """A token is revoked here, for good, and made by `manage.py api_token`."""

    list_display = ("name", "user", "scope", "is_service", "created_at", "expires_at", "last_used_at", "revoked_at")
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


@admin.register(NodeReading)
class NodeReadingAdmin(ReadOnlyAdmin):
    list_display = (
        "node",
        "at",
        "is_recognizing",
        "sessions",
        "sockets",
        "load_level",
        "finals",
        "final_wait_p95_ms",
        "failures",
        "refused",
    )
    list_filter = ("node", "is_recognizing")
    date_hierarchy = "at"

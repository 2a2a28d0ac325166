"""A meeting and the voices and viewers in it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.db import models

from meetings.limits import DISPLAY_NAME_MAX_CHARS, TITLE_MAX_CHARS

if TYPE_CHECKING:
    from datetime import datetime


class Meeting(models.Model):
    """`last_seq` is the head of the event log; only `services.events` moves it, under the row's lock.

    `code` stands in addresses, for everybody; while `is_link_open` it is also the invitation of whoever has no right of
    their own. Renewing the link gives another code and raises `link_number`, with which ends what it let in before.

    `default_policies` are those that it took from its organisation or the server, and holds where `policies` say
    nothing; a mode that it took stands in both.
    """

    class State(models.TextChoices):
        SCHEDULED = "scheduled"
        LIVE = "live"
        ENDED = "ended"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    code = models.CharField(max_length=40, unique=True)
    is_link_open = models.BooleanField(default=True)
    link_number = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=TITLE_MAX_CHARS)
    host = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="meetings"
    )
    organisation = models.ForeignKey(
        "meetings.Organisation", null=True, blank=True, on_delete=models.SET_NULL, related_name="meetings"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.SCHEDULED)
    language = models.CharField(max_length=35, default="en")
    policies = models.JSONField(default=dict, blank=True)
    default_policies = models.JSONField(default=dict, blank=True)
    vocabulary = models.JSONField(default=list, blank=True)
    last_seq = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "id")
        indexes = (models.Index(fields=("-created_at", "id"), name="meeting_newest_first"),)
        constraints = (
            models.CheckConstraint(
                name="meeting_live_has_started_at",
                condition=~models.Q(state="live") | models.Q(started_at__isnull=False),
            ),
            models.CheckConstraint(
                name="meeting_ended_iff_ended_at",
                condition=models.Q(state="ended", ended_at__isnull=False)
                | (~models.Q(state="ended") & models.Q(ended_at__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return self.code

    @property
    def is_ended(self) -> bool:
        return self.state == self.State.ENDED

    def at_ms(self, at: datetime) -> int:
        """Meeting time of a moment; 0 until the first hello has started the meeting's clock."""
        if self.started_at is None:
            return 0
        return max(0, round((at - self.started_at).total_seconds() * 1000))


class FormerCode(models.Model):
    """What a meeting's code was before its link was renewed: no invitation any more, still an address for its people.

    That no meeting's present code is among them is looked for when one is drawn; with 50 bits it is news anyway.
    """

    code = models.CharField(max_length=40, unique=True)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="former_codes")
    replaced_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-replaced_at", "-id")

    def __str__(self) -> str:
        return f"former code {self.pk}"


class Participant(models.Model):
    """One voice or viewer in one meeting. Present from the first `hello` (`joined_at`) until `left_at`.

    An empty `language` is the meeting's. `is_by_right`: when they were let in they had a right to the meeting by a
    role, an organisation or their place on this server; `api_token`: the one they came with; `link_number`: which link
    of the meeting let them in, where nothing else did.
    """

    class Role(models.TextChoices):
        HOST = "host"
        SPEAKER = "speaker"
        VIEWER = "viewer"
        AGENT = "agent"
        PHONE = "phone"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="participants"
    )
    display_name = models.CharField(max_length=DISPLAY_NAME_MAX_CHARS)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.SPEAKER)
    language = models.CharField(max_length=35, blank=True, default="")
    consent = models.JSONField(default=list, blank=True)
    is_by_right = models.BooleanField(default=False)
    link_number = models.PositiveIntegerField(null=True, blank=True)
    api_token = models.ForeignKey("meetings.ApiToken", null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(
                name="participant_left_only_after_joined",
                condition=models.Q(left_at__isnull=True) | models.Q(joined_at__isnull=False),
            ),
            models.CheckConstraint(name="participant_has_a_name", condition=~models.Q(display_name="")),
        )

    def __str__(self) -> str:
        return str(self.id)

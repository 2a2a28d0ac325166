"""Who may do what: organisations and their members, and roles in single meetings. `meetings/access.py` reads them."""

from uuid import uuid4

from django.conf import settings
from django.db import models

from meetings.limits import ORGANISATION_NAME_MAX_CHARS, SUBJECT_MAX_CHARS
from meetings.models.meeting import Meeting


class Organisation(models.Model):
    """People who share meetings. The slug stands in addresses, in small letters, and never changes.

    `policies` is what meetings take from it that come to it before they begin (`meetings.policies.KEEPING`).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=ORGANISATION_NAME_MAX_CHARS)
    slug = models.SlugField(max_length=50, unique=True)
    policies = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("slug",)
        constraints = (models.CheckConstraint(name="organisation_has_a_name", condition=~models.Q(name="")),)

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """Owners and admins manage the organisation's meetings, members read them; only owners name owners and admins."""

    class Role(models.TextChoices):
        OWNER = "owner"
        ADMIN = "admin"
        MEMBER = "member"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("organisation", "user"), name="membership_once"),
            models.CheckConstraint(
                name="membership_role_is_known", condition=models.Q(role__in=("owner", "admin", "member"))
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class MeetingRole(models.Model):
    """What somebody with an account may do in one meeting. Its host is an owner without a row here."""

    class Role(models.TextChoices):
        OWNER = "owner"
        EDITOR = "editor"
        VIEWER = "viewer"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="meeting_roles")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("meeting", "user"), name="meetingrole_once"),
            models.CheckConstraint(
                name="meetingrole_role_is_known", condition=models.Q(role__in=("owner", "editor", "viewer"))
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class SignOnIdentity(models.Model):
    """Whom a provider of single sign-on means by a subject: the only thing that logs somebody in again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_on_identities")
    issuer = models.CharField(max_length=SUBJECT_MAX_CHARS)
    subject = models.CharField(max_length=SUBJECT_MAX_CHARS)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at",)
        constraints = (models.UniqueConstraint(fields=("issuer", "subject"), name="signonidentity_once"),)

    def __str__(self) -> str:
        return f"identity {self.pk}"

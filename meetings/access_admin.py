"""Organisations, their members and roles in the admin. What is changed here goes through services, and so the trail."""

from typing import TYPE_CHECKING, Any

import unfold.admin
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from meetings.access import Actor, actor_for
from meetings.admin_audit import AnyAdmin
from meetings.admin_base import LookedAtOnly
from meetings.errors import MeetingsError
from meetings.models import MeetingRole, Membership, Organisation, SignOnIdentity
from meetings.organisation_admin_form import OrganisationForm
from meetings.services.accounts import account_note
from meetings.services.organisations import (
    membership_change,
    membership_give,
    membership_take,
    organisation_create,
    organisation_update,
)

if TYPE_CHECKING:  # the classes are generic in the stubs only
    AnyForm = forms.ModelForm[Any]
    AnyUserAdmin = UserAdmin[User]
else:
    AnyUserAdmin = UserAdmin
    AnyForm = forms.ModelForm


class ServiceAdmin(AnyAdmin):
    """Saves by a service; a refusal that only the service can give stands on a page of its own."""

    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        try:
            saved = self.save_by_service(actor_of_admin(request), obj, change=change)
        except MeetingsError as refusal:
            raise PermissionDenied(refusal.detail) from refusal
        obj.pk = saved.pk

    def save_by_service(self, actor: Actor, obj: Any, *, change: bool) -> Model:
        """Each admin has its own (Django's metaclass leaves no room for an abstract class). Raises MeetingsError."""
        raise NotImplementedError


def actor_of_admin(request: HttpRequest) -> Actor:
    return actor_for(request.user if isinstance(request.user, User) else None)


@admin.register(Organisation)
class OrganisationAdmin(ServiceAdmin):
    """Made and renamed here; never deleted, because its meetings would silently lose their readers."""

    form = OrganisationForm
    list_display = ("slug", "name", "created_at")
    search_fields = ("slug", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_by_service(self, actor: Actor, obj: Organisation, *, change: bool) -> Organisation:
        made = obj if change else organisation_create(actor=actor, name=obj.name, slug=obj.slug)
        return organisation_update(
            organisation=made, actor=actor, name=obj.name if change else None, policies=obj.policies
        )


class MembershipForm(AnyForm):
    def clean(self) -> dict[str, Any] | None:
        """What `membership_change` would refuse, said beside the form."""
        cleaned = super().clean()
        was = Membership.objects.filter(pk=self.instance.pk).first()
        if was is not None and was.role == Membership.Role.OWNER and (cleaned or {}).get("role") != was.role:
            owners = Membership.objects.filter(organisation=was.organisation, role=Membership.Role.OWNER)
            if owners.count() == 1:
                raise forms.ValidationError("An organisation keeps an owner; name another one first.")
        return cleaned


@admin.register(Membership)
class MembershipAdmin(ServiceAdmin):
    form = MembershipForm
    list_display = ("organisation", "user", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("organisation", "user")
    search_fields = ("organisation__slug", "user__username")
    autocomplete_fields = ("organisation", "user")
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("organisation", "user") if obj else ()

    def save_by_service(self, actor: Actor, obj: Membership, *, change: bool) -> Membership:
        if change:
            return membership_change(membership=obj, actor=actor, to=obj.role)
        return membership_give(organisation=obj.organisation, actor=actor, user=obj.user, role=obj.role)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        try:
            membership_take(membership=obj, actor=actor_of_admin(request))
        except MeetingsError as refusal:
            raise PermissionDenied(refusal.detail) from refusal


class AccountAdmin(AnyUserAdmin, unfold.admin.ModelAdmin):
    """Django's own page of accounts; who is made staff, locked or deleted is in the trail as well."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._note(request, obj, action="account.made")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        fields = [
            name for part in message if isinstance(part, dict) for name in part.get("changed", {}).get("fields", [])
        ]
        self._note(request, obj, action="account.changed", fields=[str(name) for name in fields])
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for account in queryset:
            self._note(request, account, action="account.deleted")
        return super().log_deletions(request, queryset)

    def _note(self, request: HttpRequest, account: User, *, action: str, fields: list[str] | None = None) -> None:
        account_note(actor=actor_of_admin(request), account=account, action=action, fields=fields or [])


admin.site.unregister(User)
admin.site.register(User, AccountAdmin)


@admin.register(MeetingRole)
class MeetingRoleAdmin(LookedAtOnly, AnyAdmin):
    """Given and taken by the owners of the meeting: on its page, or over the REST interface."""

    list_display = ("meeting", "user", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("meeting", "user")
    search_fields = ("meeting__code", "user__username")


@admin.register(SignOnIdentity)
class SignOnIdentityAdmin(LookedAtOnly, AnyAdmin):
    list_display = ("user", "issuer", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)

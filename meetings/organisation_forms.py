"""The forms of the pages of organisations."""

from typing import Any

from django import forms

from meetings.limits import ORGANISATION_NAME_MAX_CHARS
from meetings.models import Membership
from meetings.services.organisations import SLUG_MAX_CHARS
from meetings.sharing_forms import person_field

Role = Membership.Role
ROLE_WORDS = (
    (Role.MEMBER.value, "member: reads its meetings"),
    (Role.ADMIN.value, "admin: manages its meetings, names members"),
    (Role.OWNER.value, "owner: names admins and owners, too"),
)
FOR_ADMINS = ROLE_WORDS[:1]


def _name_field() -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label="Name", max_length=ORGANISATION_NAME_MAX_CHARS, widget=widget)


class NewOrganisationForm(forms.Form):
    name = _name_field()
    slug = forms.CharField(
        label="Short name",
        max_length=SLUG_MAX_CHARS,
        help_text="Stands in addresses, and stays: letters, digits, hyphens and underscores.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class NameForm(forms.Form):
    name = _name_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "organisation-%s", **kwargs})


class MemberForm(forms.Form):
    person = person_field()
    role = forms.ChoiceField(label="As", choices=ROLE_WORDS, initial=Role.MEMBER.value)

    def __init__(self, *args: Any, is_for_owner: bool, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "member-%s", **kwargs})
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = ROLE_WORDS if is_for_owner else FOR_ADMINS

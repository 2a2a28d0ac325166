"""The forms of the page that says who may see a meeting."""

from collections.abc import Sequence
from typing import Any

from django import forms

from meetings.models import MeetingRole
from meetings.people import MAX_CHARS

ROLE_WORDS = (
    (MeetingRole.Role.VIEWER.value, "read it"),
    (MeetingRole.Role.EDITOR.value, "read and correct it"),
    (MeetingRole.Role.OWNER.value, "do everything with it"),
)
ROLE_SENTENCES = dict(ROLE_WORDS)
NO_ORGANISATION = ("", "No organisation")


def person_field() -> forms.CharField:
    """Somebody with an account on this server."""
    return forms.CharField(
        label="Username or e-mail address",
        max_length=MAX_CHARS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class RoleForm(forms.Form):
    person = person_field()
    role = forms.ChoiceField(label="They may", choices=ROLE_WORDS, initial=MeetingRole.Role.VIEWER.value)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "give-%s", **kwargs})


class OrganisationChoiceForm(forms.Form):
    organisation = forms.ChoiceField(label="Shared with", required=False)

    def __init__(self, *args: Any, offered: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "share-%s", **kwargs})
        chosen = self.fields["organisation"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [NO_ORGANISATION, *offered]

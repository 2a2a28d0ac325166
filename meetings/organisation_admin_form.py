"""The form of an organisation in the admin: its name, and what meetings take from it that say nothing themselves."""

from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from meetings.errors import Invalid
from meetings.keeping_forms import MODE_WORDS
from meetings.models import Organisation
from meetings.policies import MOST_DAYS, default_policies_known

if TYPE_CHECKING:  # the class is generic in the stubs only
    AnyForm = forms.ModelForm[Organisation]
else:
    AnyForm = forms.ModelForm

AS_THE_SERVER = "As the server says"
FOR_EVER = "for ever"
NAMES_CHOICES = (("", AS_THE_SERVER), ("yes", "Deleted with the text"), ("no", "Kept"))


class DaysField(forms.CharField):
    """A number of days, `for ever` (None), or nothing, which leaves it to the server (an empty text)."""

    widget = UnfoldAdminTextInputWidget
    help_text = f"Days after the end of the meeting, or \u201c{FOR_EVER}\u201d. Empty: as the server says."

    def __init__(self, *, label: str) -> None:
        super().__init__(label=label, required=False, max_length=10, help_text=self.help_text)

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value)).strip().lower()
        if text in ("", FOR_EVER):
            return None if text else ""
        if not (text.isascii() and text.isdecimal() and int(text) <= MOST_DAYS):
            raise forms.ValidationError(f"A whole number of days up to {MOST_DAYS}, or \u201c{FOR_EVER}\u201d.")
        return int(text)


class OrganisationForm(AnyForm):
    """Meetings take it that come to the organisation before they begin; a change holds for those that come later."""

    mode = forms.ChoiceField(
        label="What its meetings keep",
        choices=(("", AS_THE_SERVER), *MODE_WORDS),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="For meetings that say nothing themselves, and come to the organisation before they begin.",
    )
    text_days = DaysField(label="Text is kept")
    audio_days = DaysField(label="Sound is kept")
    names = forms.ChoiceField(
        label="Titles and people's names", choices=NAMES_CHOICES, required=False, widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = Organisation
        fields = ("name", "slug")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = self.instance.policies
        said = policies.get("retention_days", {})
        days = said if isinstance(said, dict) else {"text": said, "audio": said}
        for name in ("text", "audio"):
            if name in days:
                self.initial[f"{name}_days"] = FOR_EVER if days[name] is None else str(days[name])
        self.initial["mode"] = policies.get("mode", "")
        if "purge_names" in policies:
            self.initial["names"] = "yes" if policies["purge_names"] else "no"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        policies: dict[str, Any] = {}
        if said.get("mode"):
            policies["mode"] = said["mode"]
        days = {name: said[f"{name}_days"] for name in ("text", "audio") if said.get(f"{name}_days", "") != ""}
        if days:
            policies["retention_days"] = days
        if said.get("names"):
            policies["purge_names"] = said["names"] == "yes"
        try:
            self.instance.policies = default_policies_known(policies)
        except Invalid as refusal:
            raise forms.ValidationError(refusal.detail) from refusal
        return said

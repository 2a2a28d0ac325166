"""The start page's two forms."""

from typing import Any

from django import forms
from django.conf import settings

from meetings.codes import code_normalise
from meetings.limits import TITLE_MAX_CHARS

LANGUAGES = (
    ("en", "English"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("hi", "हिन्दी"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("pt", "Português"),
)


class NewMeetingForm(forms.Form):
    title = forms.CharField(
        label="What is it about?",
        max_length=TITLE_MAX_CHARS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Weekly planning"}),
    )
    language = forms.ChoiceField(
        label="Spoken language",
        help_text="Offered is what this server's speech model knows.",
        error_messages={"invalid_choice": "This server's speech model does not know this language."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = settings.SPEECH_LANGUAGES
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)
        language.choices = [(code, words) for code, words in LANGUAGES if "*" in known or code in known]


class JoinForm(forms.Form):
    code = forms.CharField(
        label="Meeting code or link",
        max_length=400,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "placeholder": "tamo-rivu-keso-bani"}
        ),
    )

    def clean_code(self) -> str:
        """The code in whatever was pasted or typed: a link, capitals, blanks for hyphens."""
        typed: str = self.cleaned_data["code"]
        _, is_link, rest = typed.partition("/m/")
        code = code_normalise(rest.partition("/")[0] if is_link else typed)
        if code is None:
            raise forms.ValidationError("That is neither a code nor a link to a meeting.")
        return code

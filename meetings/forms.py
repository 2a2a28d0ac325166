"""The start page's two forms."""

from typing import Any

from django import forms
from django.conf import settings

from meetings.checks import vocabulary_checked
from meetings.codes import code_typed
from meetings.errors import Invalid
from meetings.language_names import languages_offered
from meetings.limits import TITLE_MAX_CHARS, VOCABULARY_MAX_TERMS, VOCABULARY_TERM_MAX_CHARS

DEFAULT_LANGUAGE = "en"


class NewMeetingForm(forms.Form):
    title = forms.CharField(
        label="What is it about?",
        max_length=TITLE_MAX_CHARS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Weekly planning"}),
    )
    language = forms.ChoiceField(
        label="Spoken language",
        help_text="Everybody can choose another one for themselves.",
        error_messages={"invalid_choice": "This server's speech model does not know this language."},
    )
    vocabulary = forms.CharField(
        label="Names and terms",
        required=False,
        max_length=VOCABULARY_MAX_TERMS * (VOCABULARY_TERM_MAX_CHARS + 2),
        help_text="Easily misheard words, with commas between them. The names of those who join need not be here.",
        widget=forms.Textarea(
            attrs={"rows": 2, "autocomplete": "off", "placeholder": "Kubernetes, Dvořák, Q3 forecast"}
        ),
    )

    recording = forms.BooleanField(
        label="Record the sound",
        required=False,
        help_text="Of those who agree to it when they join. Everybody sees that the meeting is recorded.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)
        language.choices = languages_offered(settings.SPEECH_LANGUAGES)
        codes = [code for code, _ in language.choices]
        language.initial = DEFAULT_LANGUAGE if DEFAULT_LANGUAGE in codes else next(iter(codes), "")

    @property
    def choices(self) -> dict[str, Any]:
        """What `meeting_create` is told, of a valid form."""
        chosen = dict(self.cleaned_data)
        policies = {"recording": True} if chosen.pop("recording") else {}
        return {**chosen, "policies": policies}

    def clean_vocabulary(self) -> list[str]:
        """Terms stand between commas or on lines of their own."""
        terms = self.cleaned_data["vocabulary"].replace("\n", ",").split(",")
        try:
            return vocabulary_checked([term.strip() for term in terms if term.strip()])
        except Invalid as refusal:
            raise forms.ValidationError(refusal.detail) from refusal


class JoinForm(forms.Form):
    code = forms.CharField(
        label="Meeting code or link",
        max_length=400,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "placeholder": "tamo-rivu-keso-bani"}
        ),
    )

    def clean_code(self) -> str:
        code = code_typed(self.cleaned_data["code"])
        if code is None:
            raise forms.ValidationError("That is neither a code nor a link to a meeting.")
        return code

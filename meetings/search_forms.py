"""The form of the search page."""

from django import forms

from meetings.checks import language_checked
from meetings.codes import code_typed
from meetings.errors import Invalid
from meetings.limits import DISPLAY_NAME_MAX_CHARS
from meetings.search.asking import CURSOR_MAX_CHARS, Asked
from meetings.search.query import QUERY_MAX_CHARS
from meetings.search.reading import SearchFilters

# What the interface calls them, and no name of Python's may.
PARAMETERS = {"since": "from", "until": "to"}


def _text(**attributes: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **attributes})


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class SearchForm(forms.Form):
    q = forms.CharField(
        label="Search for",
        max_length=QUERY_MAX_CHARS,
        help_text='All of the words. "A phrase" in quotes, begin* with a star, -without with a minus.',
        widget=_text(type="search", enterkeyhint="search", placeholder='budget "next year"'),
        error_messages={"required": "Give at least one word to look for."},
    )
    speaker = forms.CharField(label="Said by", required=False, max_length=DISPLAY_NAME_MAX_CHARS, widget=_text())
    meeting = forms.CharField(
        label="Meeting code or link",
        required=False,
        max_length=400,
        widget=_text(autocapitalize="none"),
    )
    since = forms.DateField(label="From", required=False, input_formats=["%Y-%m-%d"], widget=_day())
    until = forms.DateField(label="To", required=False, input_formats=["%Y-%m-%d"], widget=_day())
    language = forms.CharField(label="Language (en, pt-BR)", required=False, max_length=35, widget=_text())

    def add_prefix(self, field_name: str) -> str:
        return super().add_prefix(PARAMETERS.get(field_name, field_name))

    def clean_meeting(self) -> str:
        typed: str = self.cleaned_data["meeting"]
        code = code_typed(typed) if typed else ""
        if code is None:
            raise forms.ValidationError("That is neither a code nor a link to a meeting.")
        return code

    def clean_language(self) -> str:
        typed: str = self.cleaned_data["language"]
        try:
            return language_checked(typed) if typed else ""
        except Invalid as refusal:
            raise forms.ValidationError(refusal.detail) from refusal

    @property
    def has_filters(self) -> bool:
        return any(self[name].value() for name in ("speaker", "meeting", "since", "until", "language"))

    def asked(self, *, cursor: str | None) -> Asked:
        """Of a valid form."""
        typed = self.cleaned_data
        return Asked(
            text=typed["q"],
            meeting=typed["meeting"],
            filters=SearchFilters(
                speakers=(typed["speaker"],) if typed["speaker"] else (),
                from_day=typed["since"],
                to_day=typed["until"],
                language=typed["language"],
            ),
            cursor=cursor[: CURSOR_MAX_CHARS + 1] if cursor else None,
        )

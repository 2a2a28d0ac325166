"""The forms of the page that says what is kept of a meeting."""

from collections.abc import Mapping
from typing import Any

from django import forms

from meetings.models import Meeting
from meetings.policies import EPHEMERAL, MOST_DAYS, TRANSCRIPT, TRANSCRIPT_AND_AUDIO, mode_of
from meetings.retention import meeting_retention
from meetings.services.holds import REASON_MAX_CHARS

MODE_WORDS = (
    (EPHEMERAL, "Captions only: nothing is kept once the meeting is over"),
    (TRANSCRIPT, "The words"),
    (TRANSCRIPT_AND_AUDIO, "The words, and the sound of those who agree to it"),
)


class KeepingForm(forms.Form):
    mode = forms.ChoiceField(
        label="What is kept", choices=MODE_WORDS, help_text="People see it before they agree. It holds from now on."
    )
    text_days = forms.IntegerField(
        label="Days until the text is deleted",
        required=False,
        min_value=0,
        max_value=MOST_DAYS,
        help_text="After the end of the meeting. Empty: until somebody deletes it.",
    )
    audio_days = forms.IntegerField(
        label="Days until the sound is deleted",
        required=False,
        min_value=0,
        max_value=MOST_DAYS,
        help_text="It never outlives the text.",
    )
    purge_names = forms.BooleanField(label="Delete the title and people's names with the text", required=False)

    @classmethod
    def of(cls, meeting: Meeting) -> "KeepingForm":
        retention = meeting_retention(meeting)
        return cls(
            initial={
                "mode": mode_of(meeting.policies),
                "text_days": retention.text_days,
                "audio_days": retention.audio_days,
                "purge_names": retention.has_names_purged,
            }
        )

    def policies(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """Of a valid form: what else the policies hold stays."""
        said = self.cleaned_data
        others = {name: value for name, value in before.items() if name != "recording"}
        days = {"text": said["text_days"], "audio": said["audio_days"]}
        return {**others, "mode": said["mode"], "retention_days": days, "purge_names": said["purge_names"]}


class HoldForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=REASON_MAX_CHARS, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

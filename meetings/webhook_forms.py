"""The form of a webhook: where to, and which events."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from meetings.errors import MeetingsError
from meetings.limits import WEBHOOK_DESCRIPTION_MAX_CHARS, WEBHOOK_URL_MAX_CHARS
from meetings.models import WebhookEndpoint
from meetings.webhooks.catalogue import EVERYTHING, TYPES
from meetings.webhooks.words import EVENT_GROUPS

FIELD_OF_CODE = {"webhook_url_invalid": "url", "address_not_allowed": "url", "event_type_unknown": "types"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventChoice:
    type: str
    words: str
    is_chosen: bool


class WebhookForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=WEBHOOK_URL_MAX_CHARS,
        help_text="Where the requests go: https:// or http://, and reachable from the internet.",
        widget=forms.URLInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "https://hooks.example.com/colloquy"}
        ),
        error_messages={"required": "Say where the requests are to go."},
    )
    description = forms.CharField(
        label="What is it for? (optional)",
        required=False,
        max_length=WEBHOOK_DESCRIPTION_MAX_CHARS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    everything = forms.BooleanField(label="Everything, also what later versions tell of", required=False)
    types = forms.MultipleChoiceField(label="Events", required=False, choices=[(type, type) for type in TYPES])

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> "WebhookForm":
        types = endpoint.event_types
        return cls(
            initial={
                "url": endpoint.url,
                "description": endpoint.description,
                "everything": EVERYTHING in types,
                "types": types,
            }
        )

    @property
    def event_groups(self) -> Iterator[tuple[str, list[EventChoice]]]:
        """What can be chosen, in groups; what has no words of its own goes by its name."""
        chosen = set(self["types"].value() or ())
        known = {type for group in EVENT_GROUPS.values() for type in group}
        others = {type: type for type in TYPES if type not in known}
        for heading, group in {**EVENT_GROUPS, "Other events": others}.items():
            if group:
                yield heading, [EventChoice(type=t, words=w, is_chosen=t in chosen) for t, w in group.items()]

    @property
    def choices(self) -> dict[str, Any]:
        """What the services are told, of a valid form."""
        said = self.cleaned_data
        types = [EVERYTHING] if said["everything"] else said["types"]
        return {"url": said["url"], "description": said["description"], "event_types": types}

    def refuse(self, refusal: MeetingsError) -> None:
        """What a service refused, beside its field."""
        self.add_error(FIELD_OF_CODE.get(refusal.code), refusal.detail)

    def clean(self) -> dict[str, Any] | None:
        said = super().clean()
        if said is not None and not said.get("everything") and not said.get("types") and "types" not in self.errors:
            self.add_error("types", "Choose what it is to be told of.")
        return said

"""Webhooks to begin from, a clock that tests move, and a sender that answers as they say."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from meetings.access import Actor
from meetings.models import Meeting
from meetings.services.meetings import meeting_update
from meetings.services.webhook_endpoints import MadeWebhook, webhook_create
from meetings.webhooks.sending import Answer, Request
from meetings.webhooks.work import webhooks_work

URL = "https://hooks.example.com/colloquy"


@dataclass(slots=True, kw_only=True)
class Clock:
    """Stands until it is moved; a moment ahead, so that what is made now is due."""

    now: datetime = field(default_factory=lambda: timezone.now() + timedelta(seconds=1))

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


@dataclass(slots=True, kw_only=True)
class Receiver:
    """Takes the place of the network. `answers` are used up one after the other, the last one stays."""

    answers: list[int | None] = field(default_factory=lambda: [204])
    requests: list[Request] = field(default_factory=list)
    retry_after_s: float | None = None

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        status = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        error = "timeout" if status is None else "" if 200 <= status < 300 else "refused"
        return Answer(status=status, error=error, duration_ms=7, retry_after_s=self.retry_after_s)


def webhook_made(actor: Actor, *types: str, url: str = URL) -> MadeWebhook:
    return webhook_create(actor=actor, url=url, event_types=types or ("*",))


def renamed(meeting: Meeting, host: Actor, *titles: str) -> None:
    """Each title is an event."""
    for title in titles:
        meeting_update(meeting=meeting, actor=host, title=title)


def worked(clock: Clock, receiver: Receiver) -> int:
    return webhooks_work(clock=clock, sender=receiver)


def types_of(requests: Sequence[Request]) -> list[str]:
    return [body_of(request)["type"] for request in requests]


def body_of(request: Request) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(request.body)
    return said


def told(request: Request) -> Any:
    return body_of(request)["data"]

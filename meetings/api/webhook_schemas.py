"""What the interface says of webhooks and their deliveries."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from meetings.api.schemas import Page, Schema
from meetings.limits import WEBHOOK_DESCRIPTION_MAX_CHARS, WEBHOOK_URL_MAX_CHARS
from meetings.webhooks.catalogue import EVERYTHING, TYPES

DeliveryState = Literal["pending", "delivered", "failed", "dead"]
Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=WEBHOOK_URL_MAX_CHARS,
        description="https:// or http://, a public address, no user name or password",
        examples=["https://example.com/hooks/colloquy"],
    ),
]
EventTypes = Annotated[
    list[Annotated[str, Field(json_schema_extra={"enum": [EVERYTHING, *TYPES]})]],
    Field(
        min_length=1,
        max_length=100,
        description="`*` stands for all, those of later versions too",
        examples=[["meeting.ended", "segment.final"]],
    ),
]
Description = Annotated[str, Field(max_length=WEBHOOK_DESCRIPTION_MAX_CHARS, examples=["Archive"])]


class WebhookIn(Schema):
    url: Url
    event_types: EventTypes
    description: Description = ""


class WebhookPatch(Schema):
    """What is left out stays."""

    url: Url | None = None
    event_types: EventTypes | None = None
    description: Description | None = None
    is_enabled: bool | None = None


class WebhookOut(Schema):
    id: UUID
    url: str
    description: str
    event_types: list[str]
    is_enabled: bool
    disabled_reason: Literal["", "owner", "failing", "gone"] = Field(
        description="`failing`: nothing but failures for three days; `gone`: the address answered 410"
    )
    disabled_at: datetime | None
    failing_since: datetime | None = Field(description="no delivery has succeeded since")
    previous_secret_until: datetime | None = Field(description="until then requests are signed with the old one too")
    created_at: datetime


class WebhookMadeOut(WebhookOut):
    secret: str = Field(description="shown once, here", examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class WebhooksPage(Page):
    data: list[WebhookOut]


class AttemptOut(Schema):
    at: datetime
    status: int | None = Field(description="of the answer; null when there was none")
    error: str = Field(
        description="empty when it was taken; else `refused`, `redirect`, `timeout`, `no_connection`, `tls`, "
        "`name_unknown`, `address_not_allowed`, `bad_answer` or `internal`"
    )
    duration_ms: int


class DeliveryOut(Schema):
    id: UUID
    webhook_id: UUID
    event_id: str = Field(description="the header `webhook-id` of its requests", examples=["msg_0123456789abcdef"])
    event_type: str
    event_at: datetime
    meeting_id: UUID | None
    state: DeliveryState = Field(description="`failed` is tried again; `dead` was given up")
    n_attempts: int
    next_attempt_at: datetime | None
    last_status: int | None
    last_error: str = Field(
        description="as of attempts; or `not_allowed` (the meeting is no longer yours to read), `event_gone` or "
        "`secret_unreadable` (rotate it)"
    )
    last_duration_ms: int | None
    created_at: datetime
    done_at: datetime | None
    attempts: list[AttemptOut] = Field(description="the newest first, at most 20")


class DeliveriesPage(Page):
    data: list[DeliveryOut]


class RedeliveredOut(Schema):
    n_deliveries: int = Field(description="how many are on their way again")

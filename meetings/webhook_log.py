"""What a webhook's page shows of its deliveries: a page of them, how each went, and how many are in which state."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from meetings.access import Actor, meetings_to_read
from meetings.api.cursors import Cursor
from meetings.models import Meeting, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from meetings.webhooks.words import STATES, attempt_words, outcome_words

LISTING = "deliveries"
SHOWN_AT_ONCE = 25
ATTEMPTS_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAttempt:
    at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDelivery:
    """`meeting` is None where there is none, or where it is not the owner's to read any more."""

    id: UUID
    type: str
    at: datetime
    meeting: Meeting | None
    state: str
    state_words: str
    outcome: str
    attempts: tuple[ShownAttempt, ...]

    @property
    def is_waiting(self) -> bool:
        return self.state == WebhookDelivery.State.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChoice:
    """`value` is empty for all of them."""

    value: str
    words: str
    n_deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLog:
    """`cursor` leads to the next page, and is empty where this is the last."""

    deliveries: tuple[ShownDelivery, ...]
    states: tuple[StateChoice, ...]
    cursor: str

    @property
    def n_dead(self) -> int:
        return next(each.n_deliveries for each in self.states if each.value == WebhookDelivery.State.DEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Empty and None mean all."""

    state: str = ""
    delivery_id: UUID | None = None
    cursor: str = ""


def delivery_log(endpoint: WebhookEndpoint, actor: Actor, wanted: LogFilter, *, now: datetime) -> DeliveryLog:
    """`endpoint` is one that the actor may manage. The newest first. Raises Invalid for a bad cursor."""
    found = endpoint.deliveries.select_related("event").prefetch_related("attempts").order_by("-created_at", "id")
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.delivery_id is not None:
        found = found.filter(pk=wanted.delivery_id)
    if wanted.cursor:
        last = Cursor.unpack(wanted.cursor, listing=LISTING)
        found = found.filter(Q(created_at__lt=last.moment) | Q(created_at=last.moment, id__gt=last.id))
    rows = list(found[: SHOWN_AT_ONCE + 1])
    shown, has_more = rows[:SHOWN_AT_ONCE], len(rows) > SHOWN_AT_ONCE
    meetings = _meetings(actor, {row.event.meeting_id for row in shown if row.event.meeting_id is not None})
    last_shown = Cursor.at(shown[-1].created_at, id=shown[-1].pk, listing=LISTING).pack() if has_more else ""
    return DeliveryLog(
        deliveries=tuple(_shown(row, endpoint, meetings, now=now) for row in shown),
        states=_states(endpoint),
        cursor=last_shown,
    )


def _meetings(actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, Meeting]:
    return meetings_to_read(actor).in_bulk(ids) if ids else {}


def _states(endpoint: WebhookEndpoint) -> tuple[StateChoice, ...]:
    counted = endpoint.deliveries.order_by().values("state").annotate(n=Count("pk"))
    n_by_state: dict[str, int] = {row["state"]: row["n"] for row in counted}
    whole = StateChoice(value="", words="All", n_deliveries=sum(n_by_state.values()))
    return whole, *(
        StateChoice(value=str(state), words=words, n_deliveries=n_by_state.get(state, 0))
        for state, words in STATES.items()
    )


def _shown(
    row: WebhookDelivery, endpoint: WebhookEndpoint, meetings: Mapping[UUID, Meeting], *, now: datetime
) -> ShownDelivery:
    meeting_id = row.event.meeting_id
    return ShownDelivery(
        id=row.pk,
        type=row.event.type,
        at=row.event.at,
        meeting=None if meeting_id is None else meetings.get(meeting_id),
        state=row.state,
        state_words=STATES[row.state],
        outcome=outcome_words(row, endpoint, now=now),
        attempts=_attempts(list(row.attempts.all())),
    )


def _attempts(rows: Sequence[WebhookAttempt]) -> tuple[ShownAttempt, ...]:
    """The newest first."""
    newest = sorted(rows, key=lambda attempt: (attempt.at, attempt.pk), reverse=True)[:ATTEMPTS_SHOWN]
    return tuple(ShownAttempt(at=each.at, words=attempt_words(each)) for each in newest)

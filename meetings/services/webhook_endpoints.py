"""Make, change, rotate and remove webhooks. Each act leaves its entry in the audit trail, without address or secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from meetings.access import Actor
from meetings.checks import line_checked
from meetings.errors import Conflict, Invalid
from meetings.limits import WEBHOOK_DESCRIPTION_MAX_CHARS
from meetings.models import WebhookDelivery, WebhookEndpoint, WebhookEvent, WebhookSubscription
from meetings.services.audit import SYSTEM, audit_append
from meetings.webhook_access import webhook_owner
from meetings.webhooks.addresses import url_checked
from meetings.webhooks.catalogue import EVERYTHING, TEST, TYPES
from meetings.webhooks.retrying import GIVE_UP_AFTER
from meetings.webhooks.sealing import sealed
from meetings.webhooks.signing import secret_new

MOST_ENDPOINTS = 20  # of one owner
OLD_SECRET_KEPT = timedelta(hours=24)
ENABLED = {"is_enabled": True, "disabled_reason": "", "disabled_at": None}
WELL = {"n_failures": 0, "failing_since": None, "paused_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeWebhook:
    """`secret` is shown once, here."""

    row: WebhookEndpoint
    secret: str


def webhook_create(*, actor: Actor, url: str, event_types: Sequence[str], description: str = "") -> MadeWebhook:
    """Raises Forbidden (guests), Invalid, Conflict (too_many_webhooks)."""
    owner, types, secret = webhook_owner(actor), _types_checked(event_types), secret_new()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # two at once are counted one after the other
        if WebhookEndpoint.objects.filter(owner=owner).count() >= MOST_ENDPOINTS:
            raise Conflict(f"You have {MOST_ENDPOINTS} webhooks; remove one.", code="too_many_webhooks")
        row = WebhookEndpoint.objects.create(
            owner=owner, url=_url_checked(url), description=_description_checked(description), secret=sealed(secret)
        )
        _subscribe(row, types)
        _audit(row, actor=actor.label, action="webhook.created", types=types)
    return MadeWebhook(row=row, secret=secret)


def webhook_update(
    *,
    endpoint: WebhookEndpoint,
    actor: Actor,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    description: str | None = None,
    is_enabled: bool | None = None,
) -> None:
    """None leaves a field as it is. What waits while an endpoint is disabled is sent once it is enabled again, if that
    is within three days. Raises Invalid.
    """
    changes: dict[str, object] = {}
    if url is not None:
        changes |= {"url": _url_checked(url), **WELL}
    if description is not None:
        changes["description"] = _description_checked(description)
    types = None if event_types is None else _types_checked(event_types)
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        if is_enabled is True and not row.is_enabled:
            changes |= {**ENABLED, **WELL}
        elif is_enabled is False and row.is_enabled:
            reason = WebhookEndpoint.DisabledReason.OWNER
            changes |= {"is_enabled": False, "disabled_reason": reason, "disabled_at": timezone.now()}
        WebhookEndpoint.objects.filter(pk=row.pk).update(**changes)
        if types is not None:
            row.subscriptions.all().delete()
            _subscribe(row, types)
        changed = sorted({*changes, *(() if types is None else ("event_types",))})
        _audit(row, actor=actor.label, action="webhook.updated", fields=changed)


def webhook_delete(*, endpoint: WebhookEndpoint, actor: Actor) -> None:
    """With its deliveries; a request that is on its way still arrives."""
    with transaction.atomic():
        _audit(endpoint, actor=actor.label, action="webhook.deleted")
        WebhookEndpoint.objects.filter(pk=endpoint.pk).delete()


def webhook_rotate(*, endpoint: WebhookEndpoint, actor: Actor) -> MadeWebhook:
    """A new secret; for 24 hours requests are signed with the old one too. One from before that stops at once."""
    secret = secret_new()
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        row.previous_secret, row.previous_until = row.secret, timezone.now() + OLD_SECRET_KEPT
        row.secret = sealed(secret)
        row.save(update_fields=["secret", "previous_secret", "previous_until"])
        _audit(row, actor=actor.label, action="webhook.rotated")
    return MadeWebhook(row=row, secret=secret)


def webhook_test(*, endpoint: WebhookEndpoint, actor: Actor) -> WebhookDelivery:
    """An event of no meeting, on its way at once. Raises Conflict (webhook_disabled)."""
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        if not row.is_enabled:
            raise Conflict("The webhook is disabled.", code="webhook_disabled")
        WebhookEndpoint.objects.filter(pk=row.pk).update(paused_until=None)
        now = timezone.now()
        event = WebhookEvent.objects.create(type=TEST, data={"webhook_id": str(row.pk)}, at=now, is_spread=True)
        _audit(row, actor=actor.label, action="webhook.tested")
        return WebhookDelivery.objects.create(
            endpoint=row, event=event, next_attempt_at=now, give_up_at=now + GIVE_UP_AFTER
        )


def webhook_disable(*, endpoint: WebhookEndpoint, reason: str, now: datetime) -> None:
    """By the system, in the caller's transaction: the address has failed for long, or says that it is gone."""
    enabled = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_enabled=True)
    if enabled.update(is_enabled=False, disabled_reason=reason, disabled_at=now) != 1:
        return
    _audit(endpoint, actor=SYSTEM, action="webhook.disabled", reason=reason)
    if settings.EMAIL_HOST and endpoint.owner.email:
        transaction.on_commit(partial(_tell, endpoint.owner.email, description=endpoint.description), robust=True)


def _tell(address: str, *, description: str) -> None:
    about = f' "{description}"' if description else ""
    send_mail(
        subject="Colloquy: a webhook was disabled",
        message=(
            f"Your webhook{about} has not been taking events for days, or answered that it is gone (410), and was "
            "disabled. Nothing more is sent to it. Its page, under your account's webhooks, says what was wrong and "
            "resumes it; so does PATCH /api/v1/webhooks/{id}.\n"
        ),
        from_email=None,
        recipient_list=[address],
    )


def _subscribe(row: WebhookEndpoint, types: Sequence[str]) -> None:
    WebhookSubscription.objects.bulk_create(WebhookSubscription(endpoint=row, type=type) for type in types)


def _types_checked(types: Sequence[str]) -> list[str]:
    known = {EVERYTHING, *TYPES}
    if not types or not known.issuperset(types):
        raise Invalid("The event types must be some of: " + ", ".join(sorted(known)) + ".", code="event_type_unknown")
    return sorted(set(types))


def _url_checked(url: str) -> str:
    return url_checked(url, is_private_allowed=settings.WEBHOOK_ALLOW_PRIVATE)


def _description_checked(text: str) -> str:
    return text and line_checked(text, what="The description", max_chars=WEBHOOK_DESCRIPTION_MAX_CHARS)


def _audit(row: WebhookEndpoint, *, actor: str, action: str, **data: object) -> None:
    audit_append(meeting_id=None, actor=actor, action=action, target=f"webhook:{row.pk}", data=data)

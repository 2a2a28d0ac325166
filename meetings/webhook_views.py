"""The pages of one's webhooks: make one, choose its events, pause it, renew its secret, see what it was sent."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from meetings.access import Actor
from meetings.api.credentials import actor_of_session
from meetings.errors import Conflict, Invalid
from meetings.models import WebhookDelivery, WebhookEndpoint
from meetings.refused_pages import refusals_as_pages
from meetings.services.webhook_deliveries import deliveries_redeliver, delivery_redeliver
from meetings.services.webhook_endpoints import (
    MOST_ENDPOINTS,
    webhook_create,
    webhook_delete,
    webhook_rotate,
    webhook_test,
    webhook_update,
)
from meetings.webhook_access import delivery_to_manage, webhook_to_manage, webhooks_to_manage
from meetings.webhook_forms import WebhookForm
from meetings.webhook_log import LogFilter, delivery_log


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def webhooks(request: HttpRequest) -> HttpResponse:
    """One's webhooks. The answer to making one is the only page that ever shows its secret."""
    actor = actor_of_session(request)
    if request.method != "POST":
        return _list_page(request, actor, WebhookForm(initial={"everything": True}))
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _list_page(request, actor, form, status=422)
    try:
        made = webhook_create(actor=actor, **form.choices)
    except (Invalid, Conflict) as refusal:
        form.refuse(refusal)
        return _list_page(request, actor, form, status=refusal.status)
    return _page(request, actor, webhook_to_manage(actor, made.row.pk), secret=made.secret, status=201)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    actor = actor_of_session(request)
    with refusals_as_pages():
        endpoint = webhook_to_manage(actor, webhook_id)
    if request.method != "POST":
        return _page(request, actor, endpoint)
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    try:
        answer = act(request, actor, endpoint)
    except Conflict as refusal:
        messages.error(request, refusal.detail)
        answer = None
    return answer or redirect("account:webhook", webhook_id)


@require_POST
@login_required
def delivery_again(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    actor = actor_of_session(request)
    with refusals_as_pages():
        delivery = delivery_to_manage(actor, delivery_id)
    try:
        delivery_redeliver(delivery=delivery, actor=actor)
    except Conflict as refusal:
        messages.error(request, refusal.detail)
    return redirect(_delivery_href(delivery))


def _change(request: HttpRequest, actor: Actor, endpoint: WebhookEndpoint) -> HttpResponse | None:
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _page(request, actor, endpoint, form=form, status=422)
    choices = form.choices
    if choices["url"] == endpoint.url:
        choices["url"] = None  # another address forgives what the old one did
    try:
        webhook_update(endpoint=endpoint, actor=actor, **choices)
    except Invalid as refusal:
        form.refuse(refusal)
        return _page(request, actor, endpoint, form=form, status=refusal.status)
    messages.success(request, "Saved.")
    return None


def _pause(request: HttpRequest, actor: Actor, endpoint: WebhookEndpoint) -> None:
    webhook_update(endpoint=endpoint, actor=actor, is_enabled=False)
    messages.success(request, "The webhook is paused.")


def _resume(request: HttpRequest, actor: Actor, endpoint: WebhookEndpoint) -> None:
    webhook_update(endpoint=endpoint, actor=actor, is_enabled=True)
    messages.success(request, "The webhook is told of events again.")


def _rotate(request: HttpRequest, actor: Actor, endpoint: WebhookEndpoint) -> HttpResponse:
    made = webhook_rotate(endpoint=endpoint, actor=actor)
    return _page(request, actor, webhook_to_manage(actor, endpoint.pk), secret=made.secret)


def _test(request: HttpRequest, actor: Actor, endpoint: WebhookEndpoint) -> HttpResponse:
    return redirect(_delivery_href(webhook_test(endpoint=endpoint, actor=actor)))


def _send_dead(request: HttpRequest, actor: Actor, endpoint: WebhookEndpoint) -> None:
    n_sent = deliveries_redeliver(endpoint=endpoint, actor=actor)
    messages.success(request, f"To be sent again: {n_sent}.")


def _remove(request: HttpRequest, actor: Actor, endpoint: WebhookEndpoint) -> HttpResponse | None:
    if request.POST.get("sure") != "on":
        messages.error(request, "Tick that you are sure: what waits for it is lost.")
        return None
    webhook_delete(endpoint=endpoint, actor=actor)
    messages.success(request, "The webhook is removed.")
    return redirect("account:webhooks")


ACTS: dict[str, Callable[[HttpRequest, Actor, WebhookEndpoint], HttpResponse | None]] = {
    "change": _change,
    "pause": _pause,
    "resume": _resume,
    "rotate": _rotate,
    "test": _test,
    "send_dead": _send_dead,
    "remove": _remove,
}


def _delivery_href(delivery: WebhookDelivery) -> str:
    """The webhook's page with this delivery alone, to see what comes of it."""
    return f"{reverse('account:webhook', args=[delivery.endpoint_id])}?delivery={delivery.pk}#deliveries"


def _list_page(request: HttpRequest, actor: Actor, form: WebhookForm, *, status: int = 200) -> HttpResponse:
    endpoints = list(webhooks_to_manage(actor).order_by("created_at", "id"))
    context = {"webhooks": endpoints, "form": form, "may_make": len(endpoints) < MOST_ENDPOINTS}
    return render(request, "webhooks/list.html", context, status=status)


def _page(
    request: HttpRequest,
    actor: Actor,
    endpoint: WebhookEndpoint,
    *,
    form: WebhookForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    wanted = _log_filter(request)
    try:
        log = delivery_log(endpoint, actor, wanted, now=now)
    except Invalid as error:
        raise Http404 from error
    context = {
        "webhook": endpoint,
        "form": form or WebhookForm.of(endpoint),
        "log": log,
        "wanted": wanted,
        "secret": secret,
        "has_old_secret": endpoint.previous_until is not None and endpoint.previous_until > now,
    }
    return render(request, "webhooks/webhook.html", context, status=status)


def _log_filter(request: HttpRequest) -> LogFilter:
    """Raises Http404: nobody was led here by us."""
    state, delivery_id = request.GET.get("state", ""), request.GET.get("delivery")
    if state and state not in WebhookDelivery.State.values:
        raise Http404
    try:
        chosen = UUID(delivery_id) if delivery_id else None
    except ValueError as error:
        raise Http404 from error
    return LogFilter(state=state, delivery_id=chosen, cursor=request.GET.get("cursor", ""))

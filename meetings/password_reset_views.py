"""A forgotten password: ask for a link by mail, and set a new one by it. Django's own views and tokens."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from meetings.account_forms import NewPasswordForm, ResetAskForm
from meetings.api import throttling
from meetings.password_resets import password_reset_ask
from meetings.services.password_resets import password_reset_note
from meetings.wrong_passwords import flooding, wrong_passwords_forget


@method_decorator(never_cache, name="dispatch")
class PasswordResetAsk(auth_views.PasswordResetView):
    """Where the server has no mail server, the page says so and takes nothing."""

    template_name = "account/password_reset.html"
    form_class = ResetAskForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not throttling.logins.allow_request(request):
            return flooding(request)
        if not settings.EMAIL_HOST:
            return self.render_to_response(self.get_context_data(), status=503)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        site_url = self.request.build_absolute_uri("/")
        if password_reset_ask(address=form.cleaned_data["email"], site_url=site_url):
            return redirect("account:password-reset-sent")
        form.add_error(None, "No mail can be sent at the moment. Try again in some minutes.")
        return self.render_to_response(self.get_context_data(form=form), status=503)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, has_mail=bool(settings.EMAIL_HOST))


class PasswordResetSent(auth_views.PasswordResetDoneView):
    template_name = "account/password_reset_sent.html"


class PasswordResetSet(auth_views.PasswordResetConfirmView):
    """The link works once, for an hour, and not after another log-in. Every session of the account ends."""

    template_name = "account/password_reset_set.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("account:login")

    def get_user(self, uidb64: str) -> User | None:
        found = super().get_user(uidb64)
        return found if isinstance(found, User) and found.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            password_reset_note(user=form.user)
        wrong_passwords_forget(self.request, form.user)
        messages.success(self.request, "Your new password holds. Log in with it.")
        return response

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:
        status = 200 if self.validlink else 404
        return super().render_to_response(context, **{"status": status, **response_kwargs})

"""Log in, log out, and look after one's account: password and API tokens."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from meetings.account_forms import LogInForm, OwnPasswordForm, TokenForm
from meetings.api import throttling
from meetings.api.credentials import actor_of_session
from meetings.errors import Conflict, Invalid
from meetings.organisation_access import memberships_of
from meetings.refused_pages import refusals_as_pages
from meetings.services.accounts import password_changed_note
from meetings.services.tokens import MadeToken, api_token_create_own, api_token_revoke
from meetings.token_access import token_to_revoke, tokens_to_read
from meetings.wrong_passwords import flooding, wrong_passwords_forget


class LogIn(auth_views.LoginView):
    """Too many wrong passwords for one account from one address lock that address out of it for a while (axes)."""

    template_name = "account/login.html"
    authentication_form = LogInForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if throttling.logins.allow_request(request):
            return super().post(request, *args, **kwargs)
        return flooding(request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs, sign_on_name=settings.OIDC_NAME if settings.OIDC_ISSUER else "", next_page=self.get_redirect_url()
        )


class LogOut(auth_views.LogoutView):
    next_page = "/"


@method_decorator(login_required, name="dispatch")
class PasswordChange(auth_views.PasswordChangeView):
    template_name = "account/password.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("account:account")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if isinstance(request.user, User) and not request.user.has_usable_password():
            raise Http404  # who logs in elsewhere changes the password there
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if throttling.logins.allow_request(request):
            return super().post(request, *args, **kwargs)
        return flooding(request)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            password_changed_note(actor=actor_of_session(self.request))
        wrong_passwords_forget(self.request, form.user)
        messages.success(self.request, "Your password is changed. Other devices must log in again.")
        return response


@require_safe
@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    return _account_page(request)


@require_POST
@never_cache
@login_required
def token_create(request: HttpRequest) -> HttpResponse:
    """The page that answers is the only one that ever shows the token, so there is no redirect to another."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account_page(request, form=form, status=422)
    try:
        made = api_token_create_own(actor=actor_of_session(request), **form.choices)
    except (Invalid, Conflict) as refusal:
        form.add_error(None, refusal.detail)
        return _account_page(request, form=form, status=refusal.status)
    return _account_page(request, made=made, status=201)


@require_POST
@login_required
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    actor = actor_of_session(request)
    with refusals_as_pages():
        token = token_to_revoke(actor, token_id)
    api_token_revoke(token=token, actor=actor)
    messages.success(request, "The token is revoked.")
    return redirect("account:account")


def _account_page(
    request: HttpRequest, *, form: TokenForm | None = None, made: MadeToken | None = None, status: int = 200
) -> HttpResponse:
    user, actor = request.user, actor_of_session(request)
    context = {
        "form": form or TokenForm(),
        "made": made,
        "tokens": tokens_to_read(actor),
        "memberships": memberships_of(actor),
        "has_password": isinstance(user, User) and user.has_usable_password(),
    }
    return render(request, "account/account.html", context, status=status)

"""Single sign-on: to the provider that the settings name, and back. Authlib does the protocol."""

import logging
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth, OAuthError
from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from joserfc.errors import JoseError

from meetings.api import throttling
from meetings.errors import Forbidden
from meetings.limits import SUBJECT_MAX_CHARS
from meetings.services.sign_on import SignedOn, sign_on_user
from meetings.wrong_passwords import flooding

logger = logging.getLogger(__name__)

NEXT_KEY = "sign_on_next"
TIMEOUT_S = 10
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
BACKEND = "django.contrib.auth.backends.ModelBackend"
# What a provider, a network or somebody who tampers can make go wrong, in whatever way Authlib puts it.
FAILURES = (AuthlibBaseError, JoseError, requests.RequestException, ValueError, KeyError, TypeError, RuntimeError)
# OAuth 2.0 and OpenID Connect: the provider works, and the person said no there, or did not finish.
GIVEN_UP = frozenset(
    {"access_denied", "login_required", "consent_required", "interaction_required", "account_selection_required"}
)


@require_safe
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    if not settings.OIDC_ISSUER:
        raise Http404
    if not throttling.logins.allow_request(request):
        return flooding(request)
    request.session[NEXT_KEY] = request.GET.get("next", "")[:2_000]
    callback_url = request.build_absolute_uri(reverse("account:sign-on-callback"))
    try:
        answer: HttpResponse = _provider().authorize_redirect(request, callback_url)
    except FAILURES as problem:
        return _failed(request, problem)
    return answer


@require_safe
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Where the provider sends the browser back to. The state in this browser's session says that we sent it there."""
    if not settings.OIDC_ISSUER:
        raise Http404
    if not throttling.logins.allow_request(request):
        return flooding(request)
    try:
        person = _signed_on(_provider().authorize_access_token(request))
    except FAILURES as problem:
        return _failed(request, problem)
    next_page = request.session.pop(NEXT_KEY, "")
    try:
        login(request, sign_on_user(person=person), backend=BACKEND)
    except Forbidden as refusal:
        return render(request, "account/sign_on_failed.html", {"reason": refusal.detail}, status=403)
    is_ours = url_has_allowed_host_and_scheme(
        next_page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(next_page if is_ours else settings.LOGIN_REDIRECT_URL)


def _provider() -> Any:
    """Asks the provider for its addresses each time: logging in is rare, and they and its keys may change.

    Only signatures that the provider's public keys can check are taken, whatever else it says that it supports.
    """
    client = OAuth().register(
        "provider",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        server_metadata_url=settings.OIDC_ISSUER.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_S,
        },
    )
    metadata = client.load_server_metadata()
    if metadata["issuer"].rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
        raise ValueError("the provider says that it is another one")
    offered = metadata.get("id_token_signing_alg_values_supported") or []
    metadata["id_token_signing_alg_values_supported"] = [name for name in offered if name in ALGORITHMS] or ["RS256"]
    return client


def _signed_on(token: dict[str, Any]) -> SignedOn:
    """Raises KeyError: the answer had no identity, or none that is bound to what we asked for."""
    claims = token["userinfo"]
    subject = str(claims["sub"])
    if not 0 < len(subject) <= SUBJECT_MAX_CHARS:
        raise ValueError("the subject is too long")
    return SignedOn(
        issuer=str(claims["iss"]),
        subject=subject,
        username=_text(claims.get("preferred_username")),
        email=_text(claims.get("email")) if claims.get("email_verified") is True else "",
        first_name=_text(claims.get("given_name")),
        last_name=_text(claims.get("family_name")),
    )


def _text(value: object) -> str:
    return value.replace("\0", "")[:254] if isinstance(value, str) else ""


def _failed(request: HttpRequest, problem: Exception) -> HttpResponse:
    if isinstance(problem, OAuthError) and problem.error in GIVEN_UP:
        reason = "The log-in was refused or given up on the other server. You can try again."
        return render(request, "account/sign_on_failed.html", {"reason": reason}, status=403)
    logger.warning("single sign-on failed", extra={"kind": type(problem).__name__})
    reason = (
        "The other server did not confirm who you are. Try again; if it happens again, tell whoever runs this server."
    )
    return render(request, "account/sign_on_failed.html", {"reason": reason}, status=502)

"""Who is asking: the bearer of a token, somebody logged in, or a guest with what this browser session hosts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from meetings.access import GUEST, Actor, actor_for, actor_of_token
from meetings.api.problems import UNAUTHENTICATED, Problem, ProblemError
from meetings.models import ApiToken
from meetings.services.tokens import api_token_find

P = ParamSpec("P")
T = TypeVar("T")

HOSTED_KEY = "hosted"
HOSTED_MAX = 100
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
N_READERS = 4

CSRF_FAILED = Problem(
    code="csrf_failed",
    status=403,
    detail="Send the CSRF token of this browser session as `X-CSRFToken`, or use an API token.",
)

SCOPE_MISSING = Problem(
    code="scope_missing",
    status=403,
    title="The API token's scope does not include this call.",
    detail="This API token may not do this: use one with a wider scope.",
)

# Waiting requests look into the log from here: a thread for each of them would be a database connection for each.
_readers = ThreadPoolExecutor(N_READERS, thread_name_prefix="api-read")


def credentials(request: HttpRequest) -> Actor:
    """What every call is authenticated by. A credential that is presented and wrong is refused, never ignored.

    Of a token, reading needs the scope `read`, everything else `write`: a new call has that without asking for it.
    """
    return _asking(request, ApiToken.Scope.READ if request.method in SAFE_METHODS else ApiToken.Scope.WRITE)


def credentials_admin(request: HttpRequest) -> Actor:
    """For calls that say who may do what, or show it, that let others in, or that keep or delete for good."""
    return _asking(request, ApiToken.Scope.ADMIN)


def credentials_account_admin(request: HttpRequest) -> Actor:
    """The same where knowing a link opens nothing: a guest is told to log in."""
    return _with_account(credentials_admin(request))


def _asking(request: HttpRequest, needed: ApiToken.Scope) -> Actor:
    header = request.headers.get("Authorization")
    if header is not None:
        return _of_token(header, needed)
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return GUEST
    if request.method not in SAFE_METHODS and not _is_from_our_pages(request):
        raise ProblemError(CSRF_FAILED)
    return actor_of_session(request)


def credentials_or_resume_token(request: HttpRequest) -> Actor:
    """For calls that carry a secret of their own: a browser session that is not proved ours just gives no rights.

    So a page that was open when its CSRF token was rotated (by logging in beside it) still reconnects.
    """
    return _guest_where_unproved(credentials, request)


def credentials_admin_or_resume_token(request: HttpRequest) -> Actor:
    """The same for a call that deletes for good."""
    return _guest_where_unproved(credentials_admin, request)


def _guest_where_unproved(judge: Callable[[HttpRequest], Actor], request: HttpRequest) -> Actor:
    try:
        return judge(request)
    except ProblemError as refusal:
        if refusal.problem is CSRF_FAILED:
            return GUEST
        raise


async def credentials_read(request: HttpRequest) -> Actor:
    """The same for asynchronous views."""
    return await read(credentials, request)


async def read(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a synchronous reader of the database from an asynchronous view."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=_readers)
    result: T = await call(*args, **kwargs)
    return result


def credentials_anew(request: HttpRequest) -> Actor:
    """Who asks, as of now, for a call that has waited: a token may be revoked since, an account locked."""
    if request.headers.get("Authorization") is None and settings.SESSION_COOKIE_NAME in request.COOKIES:
        request.user = get_user(request)
    return credentials(request)


def actor_of(request: HttpRequest) -> Actor:
    actor = getattr(request, "auth", None)
    assert isinstance(actor, Actor), "every operation is authenticated"
    return actor


def actor_logged_in(request: HttpRequest) -> Actor:
    """For calls that nobody reaches by knowing a link: a guest is told to log in."""
    return _with_account(actor_of(request))


def _with_account(actor: Actor) -> Actor:
    if actor.user is None:
        raise ProblemError(UNAUTHENTICATED)
    return actor


def actor_of_session(request: HttpRequest) -> Actor:
    """Somebody logged in, or a guest with what this browser session hosts. CSRF is for the caller to check."""
    user = request.user if isinstance(request.user, User) and request.user.is_active else None
    return actor_for(user, hosted=frozenset(_hosted(request)))


def hosted_remember(request: HttpRequest, meeting_id: UUID) -> None:
    """A guest hosts what they made for as long as this browser session lasts."""
    others = [hosted for hosted in _hosted(request) if hosted != meeting_id]
    request.session[HOSTED_KEY] = [str(hosted) for hosted in [*others, meeting_id][-HOSTED_MAX:]]


def _of_token(header: str, needed: ApiToken.Scope) -> Actor:
    scheme, _, secret = header.partition(" ")
    token = api_token_find(token=secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise ProblemError(UNAUTHENTICATED)
    if not token.allows(needed):
        raise ProblemError(SCOPE_MISSING)
    return actor_of_token(token)


def _hosted(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(hosted) for hosted in request.session.get(HOSTED_KEY, [])]
    except (TypeError, ValueError, AttributeError):
        return []


def _is_from_our_pages(request: HttpRequest) -> bool:
    def unreached(request: HttpRequest) -> HttpResponse:
        raise AssertionError("the middleware only judges")

    judge = CsrfViewMiddleware(unreached)
    request.csrf_processing_done = False  # type: ignore[attr-defined]  # Django's own flag: the views are exempt
    judge.process_request(request)
    view: Callable[..., Any] = unreached
    return judge.process_view(request, view, (), {}) is None

"""Wrong passwords are counted for an account and an address together (axes); who has proved themselves begins anew."""

from math import ceil

from axes.utils import reset
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from meetings.api import throttling


def wrong_passwords_forget(request: HttpRequest, user: User) -> None:
    reset(ip=throttling.client_address(request), username=user.get_username())


def locked_out(request: HttpRequest, *_of_axes: object) -> HttpResponse:
    """The answer to too many wrong passwords for one account (AXES_LOCKOUT_CALLABLE)."""
    cool_off_s: float = settings.AXES_COOLOFF_TIME.total_seconds()
    return _try_later(request, wait_s=cool_off_s, is_flood=False)


def flooding(request: HttpRequest) -> HttpResponse:
    """The answer to a log-in that `throttling.logins` has just refused in this thread."""
    return _try_later(request, wait_s=throttling.logins.wait() or throttling.PERIOD_S, is_flood=True)


def _try_later(request: HttpRequest, *, wait_s: float, is_flood: bool) -> HttpResponse:
    answer = render(request, "account/locked_out.html", {"is_flood": is_flood}, status=429)
    answer["Retry-After"] = str(ceil(wait_s))
    return answer

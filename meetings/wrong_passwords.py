"""Wrong passwords are counted for an account and an address together (axes); who has proved themselves begins anew."""

from axes.utils import reset
from django.contrib.auth.models import User
from django.http import HttpRequest

from meetings.api.throttling import client_address


def wrong_passwords_forget(request: HttpRequest, user: User) -> None:
    reset(ip=client_address(request), username=user.get_username())

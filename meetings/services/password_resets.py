"""Passwords that are set anew by a link from a mail."""

import logging
from smtplib import SMTPException

from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from meetings.access import GUEST
from meetings.services.audit import audit_append

logger = logging.getLogger(__name__)


def password_reset_mail(*, address: str, site_url: str) -> int:
    """To each account with this address that has a password here; whoever logs in elsewhere has none. How many."""
    users = list(PasswordResetForm().get_users(address))
    for user in users:
        with transaction.atomic():
            audit_append(meeting_id=None, actor=GUEST.label, action="password.reset_asked", target=f"user:{user.pk}")
        _send(user, site_url)
    return len(users)


def password_reset_note(*, user: User) -> None:
    with transaction.atomic():
        label = f"user:{user.pk}"
        audit_append(meeting_id=None, actor=label, action="password.reset", target=label)


def _send(user: User, site_url: str) -> None:
    place = [urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)]
    context = {
        "username": user.get_username(),
        "site_url": site_url,
        "link": site_url.rstrip("/") + reverse("account:password-reset-set", args=place),
    }
    try:
        send_mail(
            subject="Colloquy: a new password",
            message=render_to_string("account/password_reset_mail.txt", context),
            from_email=None,
            recipient_list=[user.email],
        )
    except (SMTPException, OSError) as problem:  # the answer may hold the address, so it is not logged
        logger.warning("a link for a new password could not be mailed", extra={"kind": type(problem).__name__})

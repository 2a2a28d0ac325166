"""Ask the worker to mail a link that sets a new password. Who asks learns nothing of who has an account."""

import logging
import unicodedata
from hashlib import sha256

from django.core.cache import cache
from kombu.exceptions import OperationalError

ASKED_AGAIN_AFTER_S = 120
EXPIRES_S = 900

logger = logging.getLogger(__name__)


def password_reset_ask(*, address: str, site_url: str) -> bool:
    """False when the queue does not answer.

    Nothing is looked up here, so the answer and the time that it takes are the same for every address. Asked again
    within two minutes (on this node), nothing more is sent: nobody fills somebody else's mailbox.
    """
    from meetings.tasks import password_reset_mail  # which needs all that tasks are made of

    key = _key(address)
    if not cache.add(key, True, timeout=ASKED_AGAIN_AFTER_S):
        return True
    try:
        # Told without their values: a worker's log may show what a task was called with.
        password_reset_mail.apply_async(
            kwargs={"address": address, "site_url": site_url},
            argsrepr="()",
            kwargsrepr="{}",
            expires=EXPIRES_S,
            retry=False,
        )
    except (OperationalError, OSError):
        cache.delete(key)
        logger.warning("the queue does not answer; nobody was sent a link for a new password")
        return False
    return True


def _key(address: str) -> str:
    """Of all spellings for which Django finds the same account."""
    plain = unicodedata.normalize("NFKC", address).casefold()
    return "password-reset:" + sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()

"""Tell a worker that there is something to make. Only a hint: beat finds what it did not reach."""

import logging

from kombu.exceptions import OperationalError

HINT_EXPIRES_S = 15

logger = logging.getLogger(__name__)


def exports_hint() -> None:
    from meetings.tasks import exports_make  # which needs all that exports are made of

    try:
        exports_make.apply_async(expires=HINT_EXPIRES_S, retry=False)
    except (OperationalError, OSError):
        logger.warning("the queue does not answer; beat will find the export")

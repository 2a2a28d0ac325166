"""Delete all that is due, one meeting after the other."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import connection

from meetings.models import Purge
from meetings.search.index import index_scrub
from meetings.services.lines_deletion import database_scrub
from meetings.services.purge_jobs import PurgeStopped, purge_claim, purge_put_off, purge_step
from meetings.services.purge_plan import purges_plan

logger = logging.getLogger(__name__)


def purges_work(*, clock: Callable[[], datetime]) -> int:
    """Returns how many purges were finished. Any number of workers may run it at once."""
    purges_plan(now=clock())
    n_done = 0
    while (purge := purge_claim(now=clock())) is not None:
        n_done += _work_on(purge, clock=clock)
    if n_done:
        index_scrub(connection)
        database_scrub()
    return n_done


def _work_on(purge: Purge, *, clock: Callable[[], datetime]) -> bool:
    fields = {"purge_id": str(purge.pk), "what": purge.what}
    try:
        while not purge_step(purge=purge, now=clock()):
            pass
    except PurgeStopped:
        return False
    except Exception as error:  # noqa: BLE001 - the others go on; its text could hold what was stored: not logged
        logger.error("a purge failed; tried again later", extra={**fields, "error": type(error).__name__})
        purge_put_off(purge=purge, now=clock())
        return False
    return True

"""Make all exports that are asked for, one after the other."""

import logging
from collections.abc import Callable
from datetime import datetime

from meetings.errors import MeetingsError
from meetings.exports.making import export_make
from meetings.models import Export, Meeting
from meetings.services.export_jobs import (
    ExportLeaseLost,
    export_claim,
    export_done,
    export_progress,
    export_put_off,
)

logger = logging.getLogger(__name__)


def exports_work(*, clock: Callable[[], datetime]) -> int:
    """Returns how many were made. Any number of workers may run it at once: each row is made by one of them."""
    n_made = 0
    while (export := export_claim(now=clock())) is not None:
        n_made += _work_on(export, clock=clock)
    return n_made


def _work_on(export: Export, *, clock: Callable[[], datetime]) -> bool:
    fields = {"export_id": str(export.pk), "format": export.format}

    def progress(percent: int) -> None:
        export_progress(export=export, percent=percent, now=clock())

    try:
        made = export_make(export, progress=progress)
        export_done(
            export=export,
            file=made.file,
            sha256=made.sha256,
            n_bytes=made.n_bytes,
            made_seq=made.made_seq,
            now=clock(),
        )
    except (ExportLeaseLost, Meeting.DoesNotExist):
        return False
    except Exception as error:  # noqa: BLE001 - of one export: it must neither stop the others nor go uncounted
        # Its class only: what a writer complains of may quote what was said.
        logger.warning("an export could not be made", extra={**fields, "problem": type(error).__name__})
        export_put_off(export=export, problem=_problem(error), is_final=False, now=clock())
        return False
    return True


def _problem(error: Exception) -> str:
    if isinstance(error, OSError):
        return "storage_unavailable"
    return error.code if isinstance(error, MeetingsError) else "internal"

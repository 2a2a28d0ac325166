"""Make all recordings that are asked for, one after the other."""

import logging
from collections.abc import Callable
from datetime import datetime

from meetings.errors import MeetingsError
from meetings.models import Recording
from meetings.recordings.flac import UnreadableAudio
from meetings.recordings.making import NothingToMix, recording_make
from meetings.services.recording_jobs import (
    LEASE,
    LeaseLost,
    recording_claim,
    recording_done,
    recording_lease_renew,
    recording_put_off,
    recordings_plan,
)

logger = logging.getLogger(__name__)


def recordings_work(*, clock: Callable[[], datetime]) -> int:
    """Returns how many were made. Any number of workers may run it at once: each row is made by one of them."""
    recordings_plan()
    n_made = 0
    while (recording := recording_claim(now=clock())) is not None:
        n_made += _work_on(recording, clock=clock)
    return n_made


def _work_on(recording: Recording, *, clock: Callable[[], datetime]) -> bool:
    fields = {"recording_id": str(recording.pk), "kind": recording.kind}
    try:
        made = recording_make(recording, keep_lease=_lease_keeper(recording, clock=clock))
    except LeaseLost:
        return False
    except (UnreadableAudio, NothingToMix) as error:  # another attempt would find the same
        logger.error("a recording cannot be made", extra={**fields, "problem": error.code})
        recording_put_off(recording=recording, problem=error.code, is_final=True, now=clock())
        return False
    except (OSError, MeetingsError) as error:
        logger.warning("a recording could not be made; tried again later", extra=fields, exc_info=True)
        problem = "storage_unavailable" if isinstance(error, OSError) else error.code
        recording_put_off(recording=recording, problem=problem, is_final=False, now=clock())
        return False
    try:
        recording_done(recording=recording, made=made)
    except LeaseLost:
        return False  # asked for otherwise, or purged, while it was being made: its file is swept
    return True


def _lease_keeper(recording: Recording, *, clock: Callable[[], datetime]) -> Callable[[], None]:
    """Renews the lease when a quarter of it is over. Raises LeaseLost."""
    renewed_at = clock()

    def keep() -> None:
        nonlocal renewed_at
        if (now := clock()) - renewed_at > LEASE / 4:
            recording_lease_renew(recording=recording, now=now)
            renewed_at = now

    return keep

"""Make all recordings that are asked for, one after the other."""

import logging
from collections.abc import Callable
from datetime import datetime

import soundfile

from meetings.errors import MeetingsError
from meetings.models import Recording
from meetings.recordings.flac import UnreadableAudio
from meetings.recordings.making import LeaseLost, NothingToMix, recording_make
from meetings.services.recording_jobs import (
    LEASE,
    recording_claim,
    recording_discard,
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
        made = recording_make(recording, lease=_Lease(recording, clock=clock))
    except LeaseLost:
        return False
    except (UnreadableAudio, NothingToMix) as error:  # another attempt would find the same
        logger.error("a recording cannot be made", extra={**fields, "problem": error.code})
        recording_put_off(recording=recording, problem=error.code, is_final=True, now=clock())
        return False
    except Exception as error:  # of one recording: it must neither stop the others nor go uncounted
        logger.warning("a recording could not be made; tried again later", extra=fields, exc_info=True)
        recording_put_off(recording=recording, problem=_problem(error), is_final=False, now=clock())
        return False
    try:
        recording_done(recording=recording, made=made)
    except LeaseLost:
        recording_discard(recording=recording, saved=made.saved)
        return False
    return True


def _problem(error: Exception) -> str:
    if isinstance(error, OSError | soundfile.SoundFileError):  # the latter: a full disk, in the middle of a file
        return "storage_unavailable"
    return error.code if isinstance(error, MeetingsError) else "internal"


class _Lease:
    """Renewed when a quarter of it is over."""

    def __init__(self, recording: Recording, *, clock: Callable[[], datetime]) -> None:
        self._recording = recording
        self._clock = clock
        self._renewed_at = clock()

    def keep(self) -> None:
        if self._clock() - self._renewed_at > LEASE / 4:
            self.renew()

    def renew(self) -> None:
        now = self._clock()
        recording_lease_renew(recording=self._recording, now=now)
        self._renewed_at = now

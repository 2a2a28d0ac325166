"""Keep what one session captured, where it may be recorded: in durable files, before its samples are settled."""

import asyncio
import logging
from collections.abc import Callable

from meetings.recordings.switches import may_record, ranges_on
from meetings.values import OpenedSession, RecordedChunk
from streaming import metrics
from streaming.audio.pcm import Float32
from streaming.clocks import Clock
from streaming.errors import ShelfUnavailable
from streaming.patience import FIRST_PAUSE_S, LONGEST_PAUSE_S, until_stored
from streaming.recording_shelf import RecordingMeans
from streaming.session_items import Record
from streaming.tape import Run, Tape

logger = logging.getLogger(__name__)

# Less than a client may hold unsettled: until then it goes on sending, and its captions go on growing.
PATIENCE_S = 30.0
PROBE_EVERY_S = 5.0
PROBE_WITHIN_S = 1.0  # captions wait for it
STORAGE_UNAVAILABLE = "storage_unavailable"


class Recorder:
    """The tape of one audio session on this node.

    Storage that does not answer is asked again, and nothing is settled meanwhile: the client keeps its audio. After
    PATIENCE_S words matter more than sound: from then on what cannot be stored is settled as missing from the
    recording, which its row, the audit trail and a warning say, until a write succeeds again.
    """

    def __init__(
        self, *, opened: OpenedSession, means: RecordingMeans | None, clock: Clock, warn: Callable[[str], None]
    ) -> None:
        """`means` is None where nothing is recorded."""
        self._opened = opened
        self._means = means
        self._clock = clock
        self._warn = warn
        self._switches = opened.recording if means is not None else ()
        self._tape = Tape()
        self._probe_at_s: float | None = None  # set while storage has been given up

    @property
    def is_on(self) -> bool:
        return may_record(self._switches)

    async def switch(self, item: Record, *, received: int) -> None:
        """Policy or consent has changed. Waits for the database: nothing further is kept before it knows.

        Raises Superseded.
        """
        means, owner = self._means, self._opened.owner
        if means is not None:
            self._switches = await until_stored(
                lambda: means.store.session_recording_set(owner, received=received, position=item.position)
            )

    def hear(self, position: int, samples: Float32) -> None:
        """Captured samples that are not settled."""
        for start, end in ranges_on(self._switches, position, position + samples.size):
            self._tape.add(start, samples[start - position : end - position])

    async def keep(self, start: int, end: int) -> tuple[RecordedChunk, ...]:
        """What is recorded of [start, end), durable by now."""
        return tuple([await self._put(run) for run in self._tape.runs(start, end)])

    def settled(self, position: int) -> None:
        """A commit has taken everything before it."""
        self._tape.forget(position)

    async def _put(self, run: Run) -> RecordedChunk:
        missing = RecordedChunk(start=run.start, end=run.end, missing=STORAGE_UNAVAILABLE)
        if self._probe_at_s is not None and self._clock.monotonic_s() < self._probe_at_s:
            metrics.RECORDING_MISSED.inc()
            return missing
        chunk = await self._try(run)
        if chunk is None:
            self._give_up()
            return missing
        if self._probe_at_s is not None:
            self._probe_at_s = None
            self._warn("recording_resumed")
        return chunk

    async def _try(self, run: Run) -> RecordedChunk | None:
        """None when patience is over, which it is at once while storage has been given up."""
        assert self._means is not None  # a tape without means holds nothing
        began_s, pause_s, is_told = self._clock.monotonic_s(), FIRST_PAUSE_S, False
        while True:
            try:
                async with asyncio.timeout(None if self._probe_at_s is None else PROBE_WITHIN_S):
                    owner, meeting_id = self._opened.owner, self._opened.meeting_id
                    return await self._means.shelf.put(run, owner=owner, meeting_id=meeting_id)
            except (ShelfUnavailable, TimeoutError):
                metrics.RECORDING_RETRIES.inc()
                waited_s = self._clock.monotonic_s() - began_s
                logger.warning("recorded audio could not be stored", extra={"waited_s": round(waited_s, 1)})
                if self._probe_at_s is not None or waited_s >= PATIENCE_S:
                    return None
                if not is_told:
                    self._warn("recording_unavailable")
                is_told = True
                await asyncio.sleep(pause_s)
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def _give_up(self) -> None:
        metrics.RECORDING_MISSED.inc()
        if self._probe_at_s is None:
            logger.error("recorded audio could not be stored for too long; it is missing from the recording")
            self._warn("recording_incomplete")
        self._probe_at_s = self._clock.monotonic_s() + PROBE_EVERY_S

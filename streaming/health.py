"""Whether speech is being transcribed right now: what readiness is made of.

Living processes prove nothing: they may be suspended, starved or decode nonsense. What proves something is an answer.
While finals and partials are answered, that is proof enough that the recognizers move; when none was for a while, and
now and then in any case, known speech (the canary) goes through them and has to be understood.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from streaming.clocks import Clock
from streaming.tasks import TaskScope

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
STILL_S = (4.0, 15.0)  # without any answer for so long the canary is sent: by what it costs, within these bounds
CANARY_COST = 0.04  # the share of one recognizer that it may take on an idle node
PROVE_EVERY_S = 30.0  # answers alone do not prove that they are right
UNWELL_AFTER_S = 4.0  # a canary on its way for longer means that nothing is transcribed
GIVE_UP_AFTER_S = 15.0  # then its process is replaced: a busy machine is slow, but not that slow
FAILURES_OF_ALL = 2  # canaries in a row; one alone may have been in a process that died


class Canaries(Protocol):
    """The seam to `recognizers.pool`."""

    @property
    def n_processes(self) -> int: ...

    @property
    def n_ready(self) -> int: ...

    async def check(self, *, timeout_s: float) -> bool: ...


class RecognitionHealth:
    """`is_ok` turns false within seconds of the moment when no speech is recognized any more.

    `on_change` hears of each turn. While it is false every process is asked, so that all that hang are replaced.
    """

    def __init__(self, *, pool: Canaries, clock: Clock, on_change: Callable[[bool], None]) -> None:
        self._pool = pool
        self._clock = clock
        self._on_change = on_change
        self._answered_s = self._proved_s = self._asked_s = clock.monotonic_s()
        self._still_s = STILL_S[0]
        self._n_failures = 0
        self._canaries: set[asyncio.Task[None]] = set()
        self._scope = TaskScope("health")
        self.is_ok = True

    def start(self) -> None:
        self._scope.spawn(self._keep_looking(), name="look")

    async def close(self) -> None:
        await self._scope.close()

    def note_answered(self) -> None:
        """A recognizer has answered somebody. It does not mend what canaries found: only they do."""
        self._answered_s = self._clock.monotonic_s()

    async def _keep_looking(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Judge by what is known now, and send a canary when one is due."""
        now_s = self._clock.monotonic_s()
        self._canaries = {canary for canary in self._canaries if not canary.done()}
        waits_s = now_s - max(self._asked_s, self._answered_s) if self._canaries else 0.0
        if self._pool.n_ready == 0 or waits_s > UNWELL_AFTER_S or self._n_failures >= FAILURES_OF_ALL:
            self._turn(False)
        if len(self._canaries) < (1 if self.is_ok else self._pool.n_processes) and self._is_due(now_s):
            self._asked_s = now_s if not self._canaries else self._asked_s
            self._canaries.add(self._scope.spawn(self._ask(now_s), name="canary"))

    def _is_due(self, now_s: float) -> bool:
        if not self.is_ok or self._n_failures:
            return True
        return now_s - self._answered_s > self._still_s or now_s - self._proved_s > PROVE_EVERY_S

    async def _ask(self, asked_s: float) -> None:
        is_understood = await self._pool.check(timeout_s=GIVE_UP_AFTER_S)
        if not is_understood:
            self._n_failures += 1
            return
        now_s = self._clock.monotonic_s()
        self._answered_s = self._proved_s = now_s
        self._still_s = min(max((now_s - asked_s) / CANARY_COST, STILL_S[0]), STILL_S[1])
        self._n_failures = 0
        self._turn(True)

    def _turn(self, is_ok: bool) -> None:
        if is_ok == self.is_ok:
            return
        self.is_ok = is_ok
        if is_ok:
            logger.warning("speech is transcribed again")
        else:
            logger.error("no speech is transcribed: the recognizers do not answer, or not rightly")
        self._on_change(is_ok)

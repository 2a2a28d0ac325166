"""Answers about pauses that come late or early, as those of a recognizer do."""

from collections.abc import Iterator

import numpy as np

from streaming.listener import Finding, Listener, Pause


def likelihood(pause: Pause) -> float:
    """A recognizer's opinion that a sentence is finished: a function of the audio, as unforeseeable as one."""
    return (0.0, 0.98, 1.0)[int(1_000 * float(np.abs(pause.audio).sum())) % 3]


class Asker:
    """Hears a listener out, and answers after so many calls, or when nothing else can be done any more."""

    def __init__(self, listener: Listener, *, max_windows: int, late_by: int) -> None:
        self._listener = listener
        self._max_windows = max_windows
        self._late_by = late_by
        self._asked: list[tuple[int, Pause]] = []
        self._n_calls = 0

    def hear_out(self) -> Iterator[Finding]:
        while not self._listener.is_idle or self._listener.is_waiting:
            yield from self._told(self._listener.advance(self._max_windows))
            yield from self._answers()

    def flush(self) -> Iterator[Finding]:
        yield from self.hear_out()
        yield from self._told(self._listener.flush())
        while self._listener.is_waiting:
            yield from self._answers()
            yield from self._told(self._listener.flush())

    def _told(self, findings: list[Finding]) -> Iterator[Finding]:
        self._n_calls += 1
        for finding in findings:
            if isinstance(finding, Pause):
                self._asked.append((self._n_calls + self._late_by, finding))
            else:
                yield finding

    def _answers(self) -> Iterator[Finding]:
        while self._asked and (self._asked[0][0] <= self._n_calls or self._listener.is_waiting):
            _, pause = self._asked.pop(0)
            yield from self._told(self._listener.answer(pause, finished=likelihood(pause)))

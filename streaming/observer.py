"""Who hears what the scheduler measures: nobody, or all of a node that acts on it."""

from streaming import metrics
from streaming.admission import Admission
from streaming.conditions import Conditions
from streaming.health import RecognitionHealth


class Observer:
    """Hears what the scheduler measures. This one keeps nothing of it."""

    def spoken(self, *, audio_s: float) -> None:
        """An utterance was closed."""

    def decoded(self, *, audio_s: float, took_s: float, waited_s: float) -> None:
        """A final was decoded, `waited_s` after its utterance was closed."""

    def answered(self) -> None:
        """A recognizer answered."""

    def level(self, level: int) -> None:
        """Partials come at another pace from now on, see `load`."""

    def suspected(self) -> None:
        """An utterance's recognizer died or hung."""

    def failed(self, *, reason: str) -> None:
        """An utterance was given up."""


class NodeObserver(Observer):
    """Passes on what the scheduler measures to whom it concerns."""

    def __init__(self, *, conditions: Conditions) -> None:
        self._conditions = conditions
        self.health: RecognitionHealth | None = None
        self.admission: Admission | None = None

    def spoken(self, *, audio_s: float) -> None:
        if self.admission is not None:
            self.admission.note_spoken(audio_s)

    def decoded(self, *, audio_s: float, took_s: float, waited_s: float) -> None:
        metrics.FINAL_WAIT_S.observe(waited_s)
        if self.admission is not None:
            self.admission.note_decoded(audio_s=audio_s, took_s=took_s, waited_s=waited_s)

    def answered(self) -> None:
        if self.health is not None:
            self.health.note_answered()

    def level(self, level: int) -> None:
        metrics.LOAD_LEVEL.set(level)
        self._conditions.busy(level > 0)

    def suspected(self) -> None:
        metrics.SUSPECTS.inc()

    def failed(self, *, reason: str) -> None:
        metrics.RECOGNITION_FAILURES.labels(reason=reason).inc()

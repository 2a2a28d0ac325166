"""The caption of an utterance while it is spoken: one id, rising revisions, a prefix that stands still."""

from typing import Any
from uuid import UUID, uuid4

from streaming.recognizers.base import Hypothesis
from streaming.stabilizer import Stabilizer


class OpenCaption:
    """A segment between its first partial and its final. Its id is never used for another utterance."""

    def __init__(self, *, participant_id: UUID, speaker: str, start_ms: int, engine: str) -> None:
        self.segment_id = uuid4()
        self.rev = 0
        self._participant_id = participant_id
        self._speaker = speaker
        self._start_ms = start_ms
        self._engine = engine
        self._stabilizer = Stabilizer()

    def update(self, hypothesis: Hypothesis, *, end_ms: int) -> dict[str, Any]:
        """The next partial as a wire message."""
        partial = self._stabilizer.update(hypothesis.text)
        return self._message("partial", partial.text, partial.stable_chars, hypothesis, end_ms)

    def retract(self) -> dict[str, Any] | None:
        """Withdraw what was shown of an utterance that came to nothing; None when nothing was shown."""
        if self.rev == 0:
            return None
        nothing = Hypothesis(text="", confidence=0.0, language="")
        return self._message("retracted", "", 0, nothing, self._start_ms)

    def _message(self, state: str, text: str, stable_chars: int, hypothesis: Hypothesis, end_ms: int) -> dict[str, Any]:
        self.rev += 1
        segment = {
            "id": str(self.segment_id),
            "rev": self.rev,
            "state": state,
            "participant_id": str(self._participant_id),
            "speaker": self._speaker,
            "start_ms": self._start_ms,
            "end_ms": end_ms,
            "text": text,
            "stable_chars": stable_chars,
            "language": hypothesis.language,
            "confidence": round(hypothesis.confidence, 3),
            "words": [],
            "engine": self._engine,
        }
        return {"type": "segment", "seq": None, "segment": segment}

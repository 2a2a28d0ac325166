"""What the second pass asks of a recognizer: the seam to the live half, which knows the models."""

from dataclasses import dataclass
from typing import Protocol

from meetings.recordings.flac import Int16
from meetings.values import WordTiming


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was understood of a stretch of samples. Its words stand at positions of the session."""

    engine: str
    language: str
    words: tuple[WordTiming, ...]


class HearingFailed(Exception):
    """The samples could not be heard. `is_everything`: nothing can be at the moment, whatever the samples are."""

    def __init__(self, code: str, *, is_everything: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.is_everything = is_everything


class Ear(Protocol):
    """A recognizer of its own, beside the live ones and behind them. It ends with its context."""

    def hear(self, samples: Int16, *, start: int, language: str, vocabulary: tuple[str, ...]) -> Heard:
        """`start` is the position of the first sample. Raises HearingFailed."""
        ...

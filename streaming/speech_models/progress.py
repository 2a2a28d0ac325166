"""What is being done to get a speech model, told to whoever waits for it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`done` of `total` (0: unknown) in `unit` of the work that `text` names; one text is one bar."""

    text: str
    done: int
    total: int
    unit: str = "B"


ProgressCallback = Callable[[Progress], None]


def progress_ignore(progress: Progress) -> None:
    """For callers that wait in silence."""

"""Lost audio as cues of their own: a hole that is not told of would look like silence. Values in, values out."""

from collections.abc import Iterable
from dataclasses import dataclass

from meetings.exports.cues import Cue, speaker_of
from meetings.gap_reasons import gap_sentence
from meetings.wire import GapWire


@dataclass(slots=True)
class _Loss:
    """One stretch that was lost for one reason, however many commits it took."""

    first: GapWire
    start_ms: int
    end_ms: int
    to: int


def gap_cues(gaps: Iterable[GapWire], *, has_names: bool = True) -> list[Cue]:
    """One for each stretch, in time; neighbours with the same reason are one. Without times there is no place."""
    return [
        Cue(
            id=f"gap-{loss.first['session_id']}-{loss.first['from']}",
            start_ms=loss.start_ms,
            end_ms=loss.end_ms,
            speaker=None,
            text=gap_sentence(
                speaker=speaker_of(loss.first["speaker"]) if has_names else None,
                n_samples=loss.to - loss.first["from"],
                reason=loss.first["reason"],
            ),
            kind="lost",
        )
        for loss in _losses(gaps)
    ]


def _losses(gaps: Iterable[GapWire]) -> list[_Loss]:
    losses: list[_Loss] = []
    for gap in sorted(gaps, key=lambda gap: (gap["session_id"], gap["from"])):
        if gap["start_ms"] is None or gap["end_ms"] is None:
            continue
        if losses and _is_continued(losses[-1], gap):
            losses[-1].to, losses[-1].end_ms = gap["to"], gap["end_ms"]
        else:
            losses.append(_Loss(first=gap, start_ms=gap["start_ms"], end_ms=gap["end_ms"], to=gap["to"]))
    return sorted(losses, key=lambda loss: (loss.start_ms, loss.end_ms, loss.first["session_id"]))


def _is_continued(loss: _Loss, gap: GapWire) -> bool:
    first = loss.first
    return (first["session_id"], loss.to, first["reason"]) == (gap["session_id"], gap["from"], gap["reason"])

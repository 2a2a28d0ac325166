"""Which samples of a session may be recorded, by the switches that stand in its row. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from meetings.values import RecordingSwitch

Range = tuple[int, int]  # [start, end), sample counts at 16 kHz


def is_recorded(policies: Mapping[str, Any]) -> bool:
    """Whether a meeting's policy asks for its sound; each participant's consent is another matter."""
    return policies.get("recording") is True


def may_record(switches: Sequence[RecordingSwitch]) -> bool:
    """Whether what comes next may be kept. Without any switch it may not."""
    return bool(switches) and switches[-1].is_on


def ranges_on(switches: Sequence[RecordingSwitch], start: int, end: int) -> list[Range]:
    """The parts of [start, end) that may be kept, in order. `switches` stand in the order of their starts."""
    ranges: list[Range] = []
    for index, switch in enumerate(switches):
        until = switches[index + 1].start if index + 1 < len(switches) else end
        first, last = max(start, switch.start), min(end, until)
        if switch.is_on and first < last:
            ranges.append((first, last))
    return ranges_joined(ranges)


def switches_without(switches: Sequence[RecordingSwitch], ranges: Iterable[Range]) -> tuple[RecordingSwitch, ...]:
    """The same switches, but off in each of the ranges, which are in order and do not overlap."""
    for start, end in ranges:
        if not ranges_on(switches, start, end):
            continue
        after = may_record([each for each in switches if each.start <= end])
        switches = [
            *(each for each in switches if each.start < start),
            RecordingSwitch(start=start, is_on=False),
            RecordingSwitch(start=end, is_on=after),
            *(each for each in switches if each.start > end),
        ]
    return tuple(each for each, before in zip(switches, (None, *switches), strict=False) if _is_news(each, before))


def _is_news(switch: RecordingSwitch, before: RecordingSwitch | None) -> bool:
    return switch.is_on != (before is not None and before.is_on)


def ranges_joined(ranges: Iterable[Range]) -> list[Range]:
    """The same samples in as few ranges as hold them, in order."""
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def overlaps(ranges: Sequence[Range], start: int, end: int) -> bool:
    """Whether any sample of [start, end) is in one of the ranges."""
    return any(max(first, start) < min(last, end) for first, last in ranges)

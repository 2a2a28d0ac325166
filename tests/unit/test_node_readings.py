"""A node's readings count what came since the last one, and waits are read between the bounds of buckets."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streaming.node_readings import NodeReadings, wait_ms


@pytest.mark.parametrize(
    ("buckets", "share", "expected"),
    [
        ([], 0.5, None),
        ([(0.1, 0.0), (float("inf"), 0.0)], 0.5, None),
        ([(0.1, 10.0), (float("inf"), 10.0)], 0.5, 50),
        ([(0.1, 0.0), (0.3, 10.0), (float("inf"), 10.0)], 0.5, 200),
        ([(0.1, 1.0), (0.3, 1.0), (float("inf"), 10.0)], 0.95, 300),
    ],
)
def test_which_wait_a_share_did_not_exceed(
    buckets: list[tuple[float, float]], share: float, expected: int | None
) -> None:
    assert wait_ms(buckets, share=share) == expected


def test_a_reading_counts_what_came_since_the_last_one() -> None:
    registry = CollectorRegistry()
    waits = Histogram("colloquy_final_wait_seconds", "", buckets=(0.1, 0.5, 1), registry=registry)
    failures = Counter("colloquy_recognition_failures_total", "", ["reason"], registry=registry)
    Gauge("colloquy_recognition_ok", "", registry=registry).set(1)
    Gauge("colloquy_sessions", "", registry=registry).set(4)
    waits.observe(0.9)
    readings = NodeReadings(registry)
    for wait_s in (0.2, 0.2, 0.4, 0.7):
        waits.observe(wait_s)
    failures.labels(reason="killed").inc(2)
    first, second = readings.take(), readings.take()
    assert (first.finals, first.failures, first.sessions, first.is_recognizing) == (4, 2, 4, True)
    assert first.final_wait_p95_ms is not None
    assert 500 < first.final_wait_p95_ms <= 1_000
    assert (second.finals, second.failures, second.final_wait_p95_ms) == (0, 0, None)

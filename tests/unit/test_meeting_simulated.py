"""Two hours of a meeting: what people said is stored at the time at which they said it, within 50 ms."""

import random
from itertools import pairwise

import pytest

from tests.unit.simulated_meeting import Network, Outage, Participant, Stretch

MINUTE_MS = 60_000.0
MOST_ERROR_MS = 50.0


def voice(minutes: float) -> Stretch:
    return Stretch(kind="voice", ms=minutes * MINUTE_MS)


def muted(minutes: float) -> Stretch:
    return Stretch(kind="muted", ms=minutes * MINUTE_MS)


def silent(minutes: float) -> Stretch:
    return Stretch(kind="silent", ms=minutes * MINUTE_MS)


def lost(seconds: float) -> Stretch:
    return Stretch(kind="lost", ms=seconds * 1_000)


def outage(minute: float, *, seconds: float, node_off_ms: float = 0.0) -> Outage:
    start_ms = minute * MINUTE_MS
    return Outage(start_ms=start_ms, end_ms=start_ms + seconds * 1_000, node_off_ms=node_off_ms)


def ada(seed: int) -> Participant:
    """A fast clock, a good line, bursts of a batching client, long mutes in which nothing is sent."""
    network = Network(random=random.Random(seed), base_ms=4, jitter_ms=30)
    talk = (voice(20), silent(6), voice(20), muted(15), voice(20), silent(7), voice(32))
    return Participant(network=network, drift_ppm=100, frame_ms=20, n_in_batch=10, stretches=talk)


def grace(seed: int) -> Participant:
    """A slow clock, mobile, a minute without a connection; then a train's tunnel, and a node that takes over."""
    network = Network(random=random.Random(seed), base_ms=45, jitter_ms=200)
    outages = (outage(25, seconds=60), outage(70, seconds=20, node_off_ms=4), outage(100, seconds=3))
    talk = (voice(55), silent(5), voice(60))
    return Participant(network=network, drift_ppm=-100, begins_ms=40_000, stretches=talk, outages=outages)


def linus(seed: int) -> Participant:
    """A slow clock; a tab that is suspended again and again; his first seconds wait for a slow network."""
    stalls = tuple((minute * MINUTE_MS, minute * MINUTE_MS + 900, 900.0) for minute in range(2, 120, 4))
    waits = ((0.0, 1_500.0, 700.0), *stalls)
    network = Network(random=random.Random(seed), base_ms=20, jitter_ms=120, waits=waits)
    talk = (voice(11), lost(45), voice(30), lost(400), voice(20), muted(20), voice(30))
    return Participant(network=network, drift_ppm=-100, begins_ms=900, stretches=talk)


def edith(seed: int) -> Participant:
    """A fast clock, far away, frames of 200 ms; uploads fill her line for a minute now and then."""
    waits = tuple((minute * MINUTE_MS, (minute + 1) * MINUTE_MS, 180.0) for minute in range(6, 120, 9))
    network = Network(random=random.Random(seed), base_ms=95, jitter_ms=200, waits=waits)
    outages = (outage(48, seconds=75, node_off_ms=-4),)
    return Participant(
        network=network, drift_ppm=100, begins_ms=600_000, frame_ms=200, stretches=(voice(110),), outages=outages
    )


@pytest.mark.parametrize("seed", range(3))
def test_in_two_hours_everything_is_stored_within_50_ms_of_when_it_was_said(seed: int) -> None:
    """Clocks that are 100 ppm off, jitter, batches, outages, a takeover, suspended tabs, mutes, queues."""
    for who in (ada, grace, linus, edith):
        node = who(seed).attend()
        assert len(node.errors_ms) > 1_000
        assert max(map(abs, node.errors_ms)) <= MOST_ERROR_MS, who.__name__
        assert all(before <= after for before, after in pairwise(node.times_ms)), f"{who.__name__}: time went back"
        assert node.stored is not None
        assert len(node.stored.corrections) < 300

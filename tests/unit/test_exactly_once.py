"""Whatever fails, in whatever order: every sample becomes one thing, once. COLLOQUY_EXAMPLES asks for more examples."""

import os

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.exactly_once_machine import ExactlyOnce

N_EXAMPLES = int(os.environ.get("COLLOQUY_EXAMPLES") or 100)


def test_no_schedule_of_faults_loses_or_doubles_a_sample() -> None:
    """Drops, repeats, zombies, takeovers, kills, lost answers, late commits, uneven decoding, clocks that jump."""
    run_state_machine_as_test(
        ExactlyOnce,
        settings=settings(
            max_examples=N_EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )

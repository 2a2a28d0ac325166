"""A soak tells growth from noise, over the half in which nothing warms up any more."""

from random import Random

import pytest

from bench.soak_figures import Measurement, fit, fits_table


def measurements(web_mib: list[float]) -> list[Measurement]:
    return [
        Measurement(
            at_s=60.0 * index, meeting_h=index / 10, web_mib=each, recognizers_mib=500.0, n_fds=30, n_threads=9,
            final_s=None, lag_ms=0, database_mib=1.0,
        )
        for index, each in enumerate(web_mib)
    ]  # fmt: skip


def test_a_leak_grows_and_its_slope_is_per_hour_of_the_meeting() -> None:
    found = fit(measurements([100 + 2.0 * index for index in range(20)]), lambda each: each.web_mib)
    assert found is not None
    assert found.slope == pytest.approx(20)
    assert not found.is_flat


def test_noise_is_flat() -> None:
    random = Random(1)
    found = fit(measurements([100 + random.uniform(-1, 1) for _ in range(100)]), lambda each: each.web_mib)
    assert found is not None
    assert found.is_flat
    assert found.mean == pytest.approx(100, abs=0.5)


def test_what_only_warms_up_does_not_count_as_growth() -> None:
    found = fit(measurements([*range(50, 100), *[100] * 50]), lambda each: each.web_mib)
    assert found is not None
    assert found.slope == pytest.approx(0)
    assert found.is_flat


def test_a_measure_without_enough_values_is_left_out() -> None:
    table = fits_table(measurements([100.0] * 20))
    assert "memory of the web node" in table
    assert "latency of finals" not in table

"""How many connections fit into the files that a process may open."""

import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.file_limit import FILES_PER_CONNECTION, SPARE_FILES, connections_most, connections_within


@given(n_files=st.integers(64, 2_000_000), wanted=st.integers(1, 100_000))
def test_connections_never_need_more_files_than_there_are(n_files: int, wanted: int) -> None:
    most = connections_within(n_files=n_files, wanted=wanted)
    assert 1 <= most <= wanted
    assert most * FILES_PER_CONNECTION + min(SPARE_FILES, n_files // 2) <= n_files


@pytest.mark.parametrize(("n_files", "most"), [(1_024, 192), (20_000, 4_936), (1_000_000, 10_000)])
def test_the_default_is_reached_where_files_allow_it(n_files: int, most: int) -> None:
    assert connections_within(n_files=n_files, wanted=10_000) == most


def test_the_soft_limit_is_raised_to_what_is_needed_and_no_further() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
        assert connections_most(wanted=100) == 100
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == SPARE_FILES + 100 * FILES_PER_CONNECTION
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

"""How many connections fit into the files that a process may open."""

import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.file_limit import (
    FILES_PER_REQUEST,
    FILES_PER_SOCKET,
    SPARE_FILES,
    budget_within,
    file_budget,
)


@given(n_files=st.integers(64, 100_000), wanted=st.integers(1, 20_000), becomes_socket=st.lists(st.booleans()))
def test_connections_never_need_more_files_than_there_are(
    n_files: int, wanted: int, becomes_socket: list[bool]
) -> None:
    budget = budget_within(n_files=n_files, wanted=wanted)
    n_connections = n_sockets = 0
    for is_socket in becomes_socket:
        if budget.has_room(n_connections=n_connections, n_sockets=n_sockets):
            n_connections += 1
            n_sockets += is_socket
    needed = FILES_PER_SOCKET * n_sockets + FILES_PER_REQUEST * (n_connections - n_sockets)
    assert n_connections <= wanted
    assert needed + min(SPARE_FILES, n_files // 2) <= n_files or n_connections == 1


@pytest.mark.parametrize("n_files", [64, 1_024, 20_000])
def test_there_is_always_room_for_the_first(n_files: int) -> None:
    assert budget_within(n_files=n_files, wanted=1).has_room(n_connections=0, n_sockets=0)


def test_ten_thousand_sockets_fit_into_the_files_of_a_common_server() -> None:
    budget = budget_within(n_files=20_000, wanted=10_001)
    assert budget.has_room(n_connections=10_000, n_sockets=10_000)
    assert not budget.has_room(n_connections=10_001, n_sockets=10_001)


def test_requests_are_counted_with_the_files_that_answering_them_takes() -> None:
    budget = budget_within(n_files=1_024, wanted=10_000)
    assert budget.has_room(n_connections=191, n_sockets=0)
    assert not budget.has_room(n_connections=192, n_sockets=0)


def test_the_soft_limit_is_raised_to_what_is_needed_and_no_further() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
        assert file_budget(wanted=100).most_connections == 100
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == SPARE_FILES + 100 * FILES_PER_REQUEST
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

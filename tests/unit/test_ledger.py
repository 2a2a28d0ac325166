"""The account of an audio session balances, or says what is wrong."""

from dataclasses import replace

import pytest

from streaming.ledger import Ledger

BALANCED = Ledger(received=100, settled=80, speech=40, nonspeech=30, muted=7, gap=3)


def test_received_is_everything_settled_plus_what_is_in_flight() -> None:
    assert BALANCED.problem is None
    assert BALANCED.in_flight == 20


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (replace(BALANCED, speech=41), "do not add up"),
        (replace(BALANCED, received=79), "more is settled"),
        (replace(BALANCED, gap=-1, muted=11), "negative"),
    ],
)
def test_an_account_that_does_not_balance_says_why(broken: Ledger, problem: str) -> None:
    assert problem in (broken.problem or "")

"""How callers are named: never by more than the end of their number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.checks import display_name_checked
from meetings.phone import caller_name, last_digits


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+15551231234", "1234"),
        ("+49 (30) 123-4567", "4567"),
        ("1001", "1001"),
        ("", ""),
        ("123", ""),
        ("anonymous", ""),
        ("sip:4711@example.org", ""),
        ("client:ada", ""),
        ("+1555123123400000000000000000000000", ""),
    ],
)
def test_of_a_number_four_digits_show_and_of_anything_else_nothing(number: str, shown: str) -> None:
    assert last_digits(number) == shown


def test_the_key_names_callers_before_the_service_does_and_the_number_comes_last() -> None:
    assert caller_name(of_key="Hotline", of_service="Ada", number="+15551231234") == "Hotline"
    assert caller_name(of_key="", of_service="Ada", number="+15551231234") == "Ada"
    assert caller_name(of_key="", of_service=" ", number="+15551231234") == "Phone …1234"
    assert caller_name(of_key="", of_service="", number="anonymous") == "Phone"


@given(st.text(max_size=200), st.text(max_size=40))
def test_whatever_a_service_says_the_name_is_one_that_may_be_shown(of_service: str, number: str) -> None:
    name = caller_name(of_key="", of_service=of_service, number=number)
    assert display_name_checked(name) == name

"""Meeting codes survive being said, typed and pasted."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.codes import N_GROUPS, code_new, code_normalise


def test_codes_are_too_many_to_guess() -> None:
    assert N_GROUPS * 2 * math.log2(16 * 5) >= 40
    assert len({code_new() for _ in range(1_000)}) == 1_000


def test_a_code_however_it_is_typed_is_the_same_code() -> None:
    code = code_new()
    spelled = (code, code.upper(), code.replace("-", ""), code.replace("-", " "), f" {code}\n", " ".join(code))
    assert {code_normalise(text) for text in spelled} == {code}


@pytest.mark.parametrize("text", ["", "tamo", "tamo-rivu-keso", "xxxx-xxxx-xxxx-xxxx", "tamo-rivu-keso-nal1"])
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    assert code_normalise(text) is None


@given(st.text())
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = code_normalise(text)
    assert code is None or code_normalise(code) == code


@given(st.uuids())
def test_an_id_is_never_taken_for_a_code(reference: object) -> None:
    assert code_normalise(str(reference)) is None

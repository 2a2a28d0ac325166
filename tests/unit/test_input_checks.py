"""What people type is trimmed, or refused in one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.checks import display_name_checked, language_checked, policies_checked, vocabulary_checked
from meetings.errors import Invalid


@given(st.text(max_size=200))
def test_a_name_is_shown_as_one_short_line_or_refused(text: str) -> None:
    try:
        name = display_name_checked(text)
    except Invalid:
        return
    assert name == name.strip()
    assert 1 <= len(name) <= 80
    assert len(name.splitlines()) == 1
    assert display_name_checked(name) == name


@pytest.mark.parametrize("name", ["Ada Lovelace", "Łukasz", "محمد", "さくら", "Zoë 👩\u200d🚀", "O'Neill, J."])
def test_names_of_the_world_are_accepted(name: str) -> None:
    assert display_name_checked(f" {name} ") == name


@pytest.mark.parametrize("tag", ["en", "de-AT", "zh-Hant-TW", "yue"])
def test_language_tags(tag: str) -> None:
    assert language_checked(tag) == tag


@pytest.mark.parametrize("tag", ["", "e", "english", "en_US", "en-", "en\n"])
def test_other_languages_are_refused(tag: str) -> None:
    with pytest.raises(Invalid):
        language_checked(tag)


def test_policies_and_vocabulary() -> None:
    assert policies_checked({"retention_days": 30}) == {"retention_days": 30}
    assert vocabulary_checked([" Colloquy "]) == ["Colloquy"]
    for refused in ({"x": float("nan")}, {"x": object()}, {"x": "y" * 9_000}):
        with pytest.raises(Invalid):
            policies_checked(refused)

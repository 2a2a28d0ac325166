"""Language tags: one spelling each, and what they mean to a model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.language_tags import code_of, tag_matches, tag_normalise


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("en", "en"),
        ("DE-at", "de-AT"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("iw", "he"),
        ("nb-NO", "no-NO"),
        ("sl-rozaj", "sl-rozaj"),
    ],
)
def test_a_tag_has_one_spelling(typed: str, tag: str) -> None:
    assert tag_normalise(typed) == tag


@pytest.mark.parametrize("typed", ["", "e", "english", "de_AT", "de-", "-de", "en\n", "und", "mul-DE", "dé", "a" * 36])
def test_what_names_no_language_is_no_tag(typed: str) -> None:
    assert tag_normalise(typed) is None


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    tag = tag_normalise(text)
    assert tag is None or tag_normalise(tag) == tag


@pytest.mark.parametrize(
    ("tag", "codes", "code"),
    [
        ("de-AT", ("en", "de"), "de"),
        ("nb", ("en", "no", "nn"), "no"),
        ("nn-NO", ("en", "no", "nn"), "nn"),
        ("jv", ("jw",), "jw"),
        ("fil", ("tl",), "tl"),
        ("de", ("en",), None),
        ("de", ("*",), "de"),
        ("", ("*",), None),
    ],
)
def test_a_models_own_code_is_found(tag: str, codes: tuple[str, ...], code: str | None) -> None:
    assert code_of(tag, codes) == code


def test_a_filter_takes_the_regions_of_its_language() -> None:
    assert tag_matches("de-AT", "de")
    assert tag_matches("de-AT", "DE-at")
    assert not tag_matches("de", "de-AT")
    assert not tag_matches("den", "de")

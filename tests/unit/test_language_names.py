"""Languages are offered under the names that those who speak them use."""

import pytest

from meetings.language_names import NAMES, language_name, languages_offered
from meetings.language_tags import tag_normalise
from streaming.speech_models.catalog import MODELS


def test_names_are_those_of_the_unicode_cldr() -> None:
    babel = pytest.importorskip("babel")
    for tag, name in NAMES.items():
        known = babel.Locale.parse(tag).get_language_name(tag)
        assert name == known[:1].upper() + known[1:]


def test_every_language_of_our_models_has_a_name() -> None:
    codes = {tag_normalise(code) for model in MODELS.values() for code in model.languages}
    assert codes <= set(NAMES)


def test_what_is_offered_is_in_one_spelling_each_once_and_by_name() -> None:
    assert languages_offered(["jw", "de", "en", "de"], also="de-AT") == [
        ("de", "Deutsch"),
        ("de-AT", "Deutsch (AT)"),
        ("en", "English"),
        ("jv", "Jawa"),
    ]
    assert len(languages_offered(["*"])) == len(NAMES)
    assert language_name("tlh") == "tlh"

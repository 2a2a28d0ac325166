"""What a recognizer may be asked for."""

import pytest

from streaming.recognizers.base import language_is_supported


@pytest.mark.parametrize(
    ("languages", "language", "is_supported"),
    [
        (("en",), "en", True),
        (("en",), "en-GB", True),
        (("en",), "EN", True),
        (("en",), "", False),
        (("*",), "", False),
        (("en",), "de", False),
        (("en", "de"), "de-AT", True),
        (("*",), "tlh", True),
    ],
)
def test_region_and_case_do_not_matter_and_no_language_is_never_guessed(
    languages: tuple[str, ...], language: str, is_supported: bool
) -> None:
    assert language_is_supported(languages, language) is is_supported

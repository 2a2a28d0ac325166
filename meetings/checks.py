"""Check what people type: one clear sentence for each refusal. Pure."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from meetings.errors import Invalid
from meetings.language_tags import tag_normalise
from meetings.limits import (
    DISPLAY_NAME_MAX_CHARS,
    POLICIES_MAX_BYTES,
    TITLE_MAX_CHARS,
    VOCABULARY_MAX_TERMS,
    VOCABULARY_TERM_MAX_CHARS,
)
from meetings.policies import policies_known
from meetings.second_pass.policy import AUTO, is_policy

# Control characters, lone surrogates, and the marks that make text show in another order than it was typed.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def line_checked(value: str, *, what: str, max_chars: int) -> str:
    """One line of text, trimmed, in composed form. Raises Invalid."""
    line = unicodedata.normalize("NFC", value).strip()
    if not line:
        raise Invalid(f"{what} must not be empty.")
    if len(line) > max_chars:
        raise Invalid(f"{what} must not be longer than {max_chars} characters.")
    if any(unicodedata.category(char) in _REFUSED_CATEGORIES or char in _REORDERING for char in line):
        raise Invalid(f"{what} must not contain control characters.")
    return line


def display_name_checked(value: str) -> str:
    """A name that shows: words under nothing visible would have no owner."""
    name = line_checked(value, what="The display name", max_chars=DISPLAY_NAME_MAX_CHARS)
    if all(unicodedata.category(char)[0] in "CZM" for char in name):
        raise Invalid("The display name must have a visible character.")
    return name


def title_checked(value: str) -> str:
    return line_checked(value, what="The title", max_chars=TITLE_MAX_CHARS)


def language_checked(value: str) -> str:
    """The tag in its one spelling. Raises Invalid."""
    tag = tag_normalise(value)
    if tag is None:
        raise Invalid('The language must be a tag such as "en" or "pt-BR".')
    return tag


def policies_checked(value: Mapping[str, Any]) -> dict[str, Any]:
    try:
        text = json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Invalid("The policies must be a JSON object.") from error
    if len(text) > POLICIES_MAX_BYTES:
        raise Invalid(f"The policies must not be longer than {POLICIES_MAX_BYTES} bytes.")
    if not is_policy(value.get("second_pass", AUTO)):
        raise Invalid('The policy second_pass is true, false or "auto".')
    return policies_known(dict(value))


def vocabulary_checked(value: Sequence[str]) -> list[str]:
    if len(value) > VOCABULARY_MAX_TERMS:
        raise Invalid(f"The vocabulary must not have more than {VOCABULARY_MAX_TERMS} terms.")
    return [line_checked(term, what="A vocabulary term", max_chars=VOCABULARY_TERM_MAX_CHARS) for term in value]

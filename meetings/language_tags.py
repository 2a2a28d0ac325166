"""Language tags (BCP 47): one spelling for each, and which of a list of codes a tag means. Pure."""

import re
from collections.abc import Iterable

MAX_CHARS = 35
ANY = "*"  # in a list of codes: every one is known

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
# Codes that BCP 47 and CLDR have replaced, and those that speech models still use for one of them.
_PRESENT_CODES = {
    **{"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "cmn": "zh", "tl": "fil", "nb": "no"},
    **{"eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "por": "pt"},
}
_NO_LANGUAGE = frozenset({"und", "mul", "mis", "zxx"})  # undetermined, several, not coded, none


def tag_normalise(text: str) -> str | None:
    """The tag as RFC 5646 writes it ("DE-at" is "de-AT"); None for what is no tag, or names no language."""
    if len(text) > MAX_CHARS or not _TAG.fullmatch(text):
        return None
    language, *others = text.lower().split("-")
    if language in _NO_LANGUAGE:
        return None
    subtags = [each.title() if len(each) == 4 and each.isalpha() else each for each in others]
    subtags = [each.upper() if len(each) == 2 else each for each in subtags]
    return "-".join([_PRESENT_CODES.get(language, language), *subtags])


def code_of(tag: str, codes: Iterable[str]) -> str | None:
    """That of `codes` which is the tag's language, whatever its region and script; None: it is not among them."""
    known = tuple(codes)
    wanted = _primary(tag)
    if not wanted:
        return None
    found = next((code for code in known if _primary(code) == wanted), None)
    return wanted if found is None and ANY in known else found


def tag_matches(tag: str, wanted: str) -> bool:
    """Basic filtering of RFC 4647: "de" takes "de-AT" too, "de-AT" does not take "de"."""
    found, asked = (tag_normalise(each) or each for each in (tag, wanted))
    return found == asked or found.startswith(f"{asked}-")


def _primary(tag: str) -> str:
    language = tag.partition("-")[0].lower()
    return _PRESENT_CODES.get(language, language)

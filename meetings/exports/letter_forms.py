"""In which of its forms a Chinese character is printed: 直 and 骨 look different in Japanese and in Chinese. Pure."""

from collections.abc import Iterable

# Families of Noto Sans CJK: all of them have all letters, each in the forms of its own readers.
JAPANESE, KOREAN = "Noto Sans CJK JP", "Noto Sans CJK KR"
SIMPLIFIED, TRADITIONAL, HONG_KONG = "Noto Sans CJK SC", "Noto Sans CJK TC", "Noto Sans CJK HK"
_OF_LANGUAGE = {"ja": JAPANESE, "ko": KOREAN, "zh": SIMPLIFIED, "cmn": SIMPLIFIED, "yue": HONG_KONG}
_OF_CHINESE = {"hant": TRADITIONAL, "tw": TRADITIONAL, "hk": HONG_KONG, "mo": HONG_KONG}


def family_of(language: str) -> str:
    """Of a language tag; empty where the language has no forms of its own."""
    first, *rest = language.lower().split("-")
    family = _OF_LANGUAGE.get(first, "")
    if family != SIMPLIFIED or "hans" in rest:
        return family
    # A region says more than the script: Hong Kong writes traditional characters in its own forms.
    return next((_OF_CHINESE[part] for part in reversed(rest) if part in _OF_CHINESE), family)


def family_of_all(languages: Iterable[str]) -> str:
    """Of what is in no language: titles and names, and what somebody quotes. The first that has forms decides."""
    return next(filter(None, map(family_of, languages)), JAPANESE)

"""Meeting codes: easy to say over the telephone, too many to guess. Pure."""

import re
from secrets import choice

_CONSONANTS = "bdfghjklmnprstvz"  # no c, q, w, x, y: heard or spelled differently
_VOWELS = "aeiou"
N_GROUPS = 4  # two syllables of 80 each per group: 50 bits
_CODE = re.compile(rf"(?:[{_CONSONANTS}][{_VOWELS}]){{2}}(?:-(?:[{_CONSONANTS}][{_VOWELS}]){{2}}){{{N_GROUPS - 1}}}")


def code_new() -> str:
    return "-".join(_syllable() + _syllable() for _ in range(N_GROUPS))


def code_normalise(text: str) -> str | None:
    """The code that somebody meant: any case, with spaces, without hyphens. None when it cannot be one."""
    letters = re.sub(r"[\s\-_.]+", "", text[:100].lower())
    code = "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
    return code if _CODE.fullmatch(code) else None


def code_typed(text: str) -> str | None:
    """The code in whatever was pasted or typed: a link, capitals, blanks for hyphens."""
    _, is_link, rest = text.partition("/m/")
    return code_normalise(rest.partition("/")[0] if is_link else text)


def _syllable() -> str:
    return choice(_CONSONANTS) + choice(_VOWELS)

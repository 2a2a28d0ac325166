"""What somebody typed, as terms. No database ever sees it: terms hold letters and digits only. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from meetings.errors import Invalid
from meetings.search.words import is_unspaced, words_of

QUERY_MAX_CHARS: Final = 400
TERMS_MAX: Final = 16
WORDS_MAX: Final = 64
PREFIX_MIN_CHARS: Final = 2  # fewer begin a tenth of all words

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂〝〞", '"'))
_CHUNK = re.compile(r'(?P<without>-*)"(?P<phrase>[^"]*)"?(?P<star>\*?)|(?P<bare>[^\s"]+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words that follow each other; with `is_prefix` the last one only has to begin so."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """Lines that hold all of `wanted`, and none of `unwanted`."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()


def query_parse(text: str) -> SearchQuery:
    """Words, "phrases", begin* and -without. Signs that mean nothing here are spaces.

    Raises Invalid (`bad_query`): there is no word to look for, or there are too many.
    """
    if len(text) > QUERY_MAX_CHARS:
        raise _bad(f"At most {QUERY_MAX_CHARS} characters can be searched for at once.")
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for chunk in _CHUNK.finditer(unicodedata.normalize("NFC", _cleaned(text))):
        without = chunk["without"] or ""
        said = chunk["phrase"] if chunk["bare"] is None else chunk["bare"].lstrip("-")
        if chunk["bare"] is not None:
            without = chunk["bare"][: len(chunk["bare"]) - len(said)]
        term = _term(said, has_star=bool(chunk["star"]) or (chunk["bare"] is not None and said.endswith("*")))
        if term is not None:
            (unwanted if without else wanted).append(term)
    if not wanted:
        raise _bad("Give at least one word to look for.")
    n_words = sum(len(term.words) for term in [*wanted, *unwanted])
    if len(wanted) + len(unwanted) > TERMS_MAX:
        raise _bad(f"At most {TERMS_MAX} words or phrases can be searched for at once.")
    if n_words > WORDS_MAX:
        raise _bad(f"At most {WORDS_MAX} words (or characters of scripts without spaces) can be searched for at once.")
    return SearchQuery(wanted=tuple(dict.fromkeys(wanted)), unwanted=tuple(dict.fromkeys(unwanted)))


def _cleaned(text: str) -> str:
    """Control characters (NUL among them) and halves of surrogate pairs are spaces; all quotes are the same."""
    return "".join(" " if unicodedata.category(each) in ("Cc", "Cs") else each for each in text).translate(_QUOTES)


def _term(text: str, *, has_star: bool) -> Term | None:
    words = tuple(word.form for word in words_of(text))
    if not words:
        return None
    if has_star and len(words[-1]) < PREFIX_MIN_CHARS and not is_unspaced(words[-1]):
        raise _bad(f"Give at least {PREFIX_MIN_CHARS} letters before a *.")
    return Term(words=words, is_prefix=has_star and not is_unspaced(words[-1][0]))


def _bad(detail: str) -> Invalid:
    return Invalid(detail, code="bad_query")

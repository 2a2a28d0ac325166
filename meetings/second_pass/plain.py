"""The words of a text as two hearings of it are compared. Pure."""

from meetings.same_words import WORD


def plain_words(text: str) -> list[str]:
    """Without case and marks: a comma or a capital more is no other text."""
    return WORD.findall(text.casefold())

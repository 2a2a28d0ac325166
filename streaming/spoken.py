"""What a session's participant speaks, and from where on."""

from collections.abc import Callable
from typing import Protocol

from meetings.checks import language_checked
from meetings.errors import Invalid
from meetings.values import LanguageSpan, OpenedSession, SessionOwner, language_at
from streaming.patience import until_stored
from streaming.protocol.client_messages import Language
from streaming.session_items import Speak


class LanguageStore(Protocol):
    async def session_language_set(
        self, owner: SessionOwner, *, position: int, language: str | None
    ) -> tuple[LanguageSpan, ...]: ...


def speak_item(message: Language, *, knows: Callable[[str], bool]) -> Speak:
    """What a client asks for, if the recognizers here know it. Raises Invalid."""
    language = message.language and language_checked(message.language)
    if language and not knows(language):
        raise Invalid(f"No speech model of this node knows the language {language}.", code="language_unsupported")
    return Speak(language=language, position=message.position)


class SpokenLanguages:
    """The languages of one session by position.

    A change is stored before the pipeline goes on, so nothing that begins behind it can have been committed in the
    language before: whoever replays from the settled position finds each utterance in the language of the first run.
    """

    def __init__(self, *, opened: OpenedSession, store: LanguageStore) -> None:
        self._owner = opened.owner
        self._store = store
        self._spans = opened.languages or (LanguageSpan(start=0, language=opened.language),)

    @property
    def latest(self) -> str:
        return self._spans[-1].language

    def at(self, position: int) -> str:
        return language_at(self._spans, position)

    async def change(self, item: Speak, *, received: int) -> None:
        """It holds for utterances that begin at `item.position`, or at what was `received` if that is later.

        Raises Superseded.
        """
        position = max(item.position, received)
        self._spans = await until_stored(
            lambda: self._store.session_language_set(self._owner, position=position, language=item.language)
        )

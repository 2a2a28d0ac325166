"""What somebody missed: the captions of the others of the last two minutes, turn by turn. Pure."""

import re
from collections import deque
from dataclasses import dataclass

from streaming.client.events import Caption

QUESTION = re.compile(r"\bwhat (did|have|had) i (just )?miss(ed)?\b", re.IGNORECASE)
LAST_MS = 120_000
MOST_CAPTIONS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one person said without being interrupted."""

    text: str
    caption_ids: tuple[str, ...]


class Missed:
    """Remembers captions, and what of them was told to whom: who asks again is told the rest."""

    def __init__(self) -> None:
        self._captions: deque[Caption] = deque(maxlen=MOST_CAPTIONS)
        self._told: dict[str, set[str]] = {}

    def remember(self, caption: Caption) -> None:
        self._captions.append(caption)
        while self._captions[0].end_ms < caption.end_ms - LAST_MS:
            self._captions.popleft()

    def turns(self, asker_id: str) -> list[Turn]:
        """By whom and in which order it was said, without what the asker knows."""
        known = {each.id for each in self._captions}
        told = self._told[asker_id] = self._told.get(asker_id, set()) & known
        news = [each for each in self._captions if each.participant_id != asker_id and each.id not in told]
        turns: list[Turn] = []
        while news:
            speaker = news[0].speaker
            n = next((at for at, each in enumerate(news) if each.speaker != speaker), len(news))
            said, news = news[:n], news[n:]
            text = " ".join(each.text for each in said)
            turns.append(Turn(text=f"{speaker} said: {text}", caption_ids=tuple(each.id for each in said)))
        return turns

    def told(self, asker_id: str, turn: Turn) -> None:
        """The asker has heard it to its end."""
        self._told.setdefault(asker_id, set()).update(turn.caption_ids)

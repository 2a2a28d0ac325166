"""What one session's listeners see of it: captions that grow while it speaks, and whether it speaks at all."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID, uuid4

from meetings.limits import SAMPLES_PER_MS
from meetings.values import OpenedSession
from streaming.clocks import Clock
from streaming.listener import OpenUtterance, Pause
from streaming.protocol.server_messages import speech_message
from streaming.recognizers.base import Hypothesis
from streaming.stabilizer import Stabilizer, capitalized, tokens_of
from streaming.unfolding import Outlook, Plan, Unfolding

FIRST_PARTIAL_AFTER_SAMPLES = 200 * SAMPLES_PER_MS
UNTIL_SHOWN_EVERY_SAMPLES = 200 * SAMPLES_PER_MS
PARTIAL_EVERY_SAMPLES = 800 * SAMPLES_PER_MS
LONGEST_SILENCE_SAMPLES = 96 * SAMPLES_PER_MS  # a pause is decoded as such soon
BETWEEN_PARTIALS_S = 0.1
IS_OVER = 0.75  # a sentence that is so likely finished: its final will follow at once

Publish = Callable[[UUID, str, Mapping[str, Any]], None]


class OpenCaption:
    """A segment between its first partial and its final. Its id is never used for another utterance."""

    def __init__(self, *, participant_id: UUID, speaker: str, start_ms: int) -> None:
        self.segment_id = uuid4()
        self.rev = 0
        self._participant_id = participant_id
        self._speaker = speaker
        self._start_ms = start_ms
        self._stabilizer = Stabilizer()
        self._text = ""
        self.unfolding = Unfolding()
        self.opens_sentence = False

    @property
    def is_shown(self) -> bool:
        return self.rev > 0

    def update(self, outlook: Outlook, hypothesis: Hypothesis, *, end_ms: int) -> dict[str, Any] | None:
        """The next partial as a wire message; None when there is nothing new to see."""
        partial = self._stabilizer.update(
            outlook.tokens, n_stable=outlook.n_stable, n_shown=outlook.n_shown, is_over=outlook.is_over
        )
        if partial.text == self._text:
            return None
        self._text = partial.text
        return self._message("partial", partial.text, partial.stable_chars, hypothesis, end_ms)

    def final(self, hypothesis: Hypothesis) -> Hypothesis:
        """The final, in which words that were shown look as they did.

        Words with times are those of the text, unless the recognizer parts it otherwise: then they stay as they are.
        """
        heard, words = tokens_of(hypothesis.text), hypothesis.words
        tokens = self._stabilizer.final(heard)
        if tokens and self.opens_sentence:
            tokens[0] = capitalized(tokens[0])
        if [token.strip() for token in heard] == [word.w for word in words]:
            words = tuple(replace(word, w=token.strip()) for word, token in zip(words, tokens, strict=True))
        return replace(hypothesis, text="".join(tokens).strip(), words=words)

    def retract(self) -> dict[str, Any] | None:
        """Withdraw what was shown of an utterance that came to nothing; None when nothing was shown."""
        if not self.is_shown:
            return None
        nothing = Hypothesis(text="", confidence=0.0, language="")
        return self._message("retracted", "", 0, nothing, self._start_ms)

    def _message(self, state: str, text: str, stable_chars: int, hypothesis: Hypothesis, end_ms: int) -> dict[str, Any]:
        self.rev += 1
        segment = {
            "id": str(self.segment_id),
            "rev": self.rev,
            "state": state,
            "participant_id": str(self._participant_id),
            "speaker": self._speaker,
            "start_ms": self._start_ms,
            "end_ms": end_ms,
            "text": text,
            "stable_chars": stable_chars,
            "language": hypothesis.language,
            "confidence": round(hypothesis.confidence, 3),
            "words": [],
            "engine": hypothesis.engine,
        }
        return {"type": "segment", "seq": None, "segment": segment}


@dataclass(slots=True)
class _Open:
    """The caption of the utterance that is being spoken."""

    caption: OpenCaption
    next_partial_at: int

    @property
    def partial_every(self) -> int:
        """In samples: soon, until there is a first word to see."""
        return PARTIAL_EVERY_SAMPLES if self.caption.is_shown else UNTIL_SHOWN_EVERY_SAMPLES


class SessionCaptions:
    """Publishes what may be lost: partials and `speech`. Finals are published by their commit, not here."""

    def __init__(
        self, *, opened: OpenedSession, publish: Publish, clock: Clock, meeting_ms: Callable[[int], int]
    ) -> None:
        """`meeting_ms` of a position, as far as is known now; that of a final is decided by its commit."""
        self.speaker = opened.display_name
        self._opened = opened
        self._publish = publish
        self._clock = clock
        self._meeting_ms = meeting_ms
        self._shown_s = -math.inf
        self._open: _Open | None = None

    def unseen(self, start: int) -> OpenCaption:
        """A caption from `start` on of which nothing is shown yet."""
        return OpenCaption(
            participant_id=self._opened.participant_id,
            speaker=self.speaker,
            start_ms=self._meeting_ms(start),
        )

    def start(self, start: int, *, at: int) -> None:
        """An utterance begins at `start`; the voice itself was found at `at`."""
        caption = self.unseen(start)
        self._open = _Open(caption=caption, next_partial_at=at + FIRST_PARTIAL_AFTER_SAMPLES)
        self._say_speech("start", at)

    def stop(self, *, at: int) -> None:
        self._say_speech("stop", at)

    def close(self) -> OpenCaption:
        """The utterance is over; no partial of it is shown any more. Its final takes the caption's id."""
        caption, self._open = self._opened_now.caption, None
        return caption

    def silence(self) -> None:
        """What is still being decoded of an open utterance will not be shown."""
        self._open = None

    @property
    def open_id(self) -> str:
        return str(self._opened_now.caption.segment_id)

    def plan(self, *, is_brisk: bool = False) -> Plan:
        """`is_brisk`: there is room to decode more of what is known already."""
        return self._opened_now.caption.unfolding.plan(is_brisk=is_brisk)

    def settled(self) -> tuple[int, ...]:
        """What the last pause of the open utterance was heard as: see `Unfolding.settled`."""
        return self._opened_now.caption.unfolding.settled()

    def is_due(self, utterance: OpenUtterance) -> bool:
        is_late = self._open is not None and utterance.end >= self._open.next_partial_at
        return is_late and utterance.silence <= LONGEST_SILENCE_SAMPLES

    def shower(self, utterance: OpenUtterance, plan: Plan, *, every_x: float = 1) -> Callable[[Hypothesis], None]:
        """Takes what is heard of the open utterance by `plan`, and shows it if it is still open by then.

        `every_x` stretches the time to the next partial, which a busy node asks for.
        """
        opened = self._opened_now
        opened.next_partial_at = utterance.end + round(every_x * opened.partial_every)

        def show(hypothesis: Hypothesis) -> None:
            if self._open is not opened:
                return
            outlook = opened.caption.unfolding.hear(hypothesis, plan, end=utterance.end - utterance.start)
            if outlook is not None:
                self._show(outlook, hypothesis, at=utterance.end)

        return show

    def settle(self, hypothesis: Hypothesis, pause: Pause) -> None:
        """Show what was heard of the whole open utterance up to the pause."""
        if self._open is not None:
            unfolding = self._open.caption.unfolding
            if pause.is_silence:
                outlook = unfolding.settle(hypothesis, is_over=hypothesis.finished >= IS_OVER)
            else:
                outlook = unfolding.reach(hypothesis, end=pause.end - pause.start)
            self._show(outlook, hypothesis, at=pause.end)
            self._open.next_partial_at = pause.end + self._open.partial_every

    def _show(self, outlook: Outlook, hypothesis: Hypothesis, *, at: int) -> None:
        """Audio that is caught up on comes faster than real time; what is shown still must be readable."""
        now_s = self._clock.monotonic_s()
        if self._open is None or not outlook.n_shown or now_s - self._shown_s < BETWEEN_PARTIALS_S:
            return
        if (message := self._open.caption.update(outlook, hypothesis, end_ms=self._meeting_ms(at))) is not None:
            self._shown_s = now_s
            self._publish_segment(message)

    @property
    def _opened_now(self) -> _Open:
        assert self._open is not None  # the listener says SpeechStarted before everything about an utterance
        return self._open

    def retract(self, caption: OpenCaption) -> None:
        if (message := caption.retract()) is not None:
            self._publish_segment(message)

    def _publish_segment(self, message: Mapping[str, Any]) -> None:
        self._publish(self._opened.meeting_id, message["segment"]["id"], message)

    def _say_speech(self, state: Literal["start", "stop"], at: int) -> None:
        participant_id = self._opened.participant_id
        message = speech_message(participant_id=participant_id, state=state, at_ms=self._meeting_ms(at))
        self._publish(self._opened.meeting_id, f"speech {participant_id}", message)

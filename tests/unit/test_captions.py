"""Finals read as the recognizer wrote them, however it parts words; partials come soon until one is seen."""

from uuid import uuid4

import numpy as np
import pytest

from streaming.captions import PARTIAL_EVERY_SAMPLES, UNTIL_SHOWN_EVERY_SAMPLES, OpenCaption, SessionCaptions
from streaming.listener import OpenUtterance, Pause
from streaming.recognizers.base import Hypothesis, Word
from streaming.unfolding import Outlook
from tests.unit.session_fakes import MemoryDatabase, TickingClock


def hypothesis(text: str, *words: str) -> Hypothesis:
    timed = tuple(Word(w=word, s=float(at), e=at + 0.5, c=0.9) for at, word in enumerate(words))
    return Hypothesis(text=text, confidence=0.9, language="xx", words=timed)


def caption() -> OpenCaption:
    return OpenCaption(participant_id=uuid4(), speaker="Ada", start_ms=0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("l'homme est là", ("l", "'homme", "est", "là")),
        ("3,5 E-Mails", ("3", ",5", "E", "-Mails")),
        ("你好世界", ("你", "好", "世", "界")),
        ("สวัสดี", ("สวัส", "ดี")),
        ("no words at all", ()),
    ],
)
def test_spaces_are_those_of_the_text(text: str, words: tuple[str, ...]) -> None:
    final = caption().final(hypothesis(text, *words))
    assert final.text == text
    assert tuple(word.w for word in final.words) == words


def test_a_word_that_was_shown_looks_as_it_did_in_the_text_and_among_the_words() -> None:
    shown = caption()
    outlook = Outlook(tokens=(" Hello", " there"), n_stable=2, n_shown=2)
    shown.update(outlook, hypothesis("Hello there", "Hello", "there"), end_ms=100)
    final = shown.final(hypothesis("hello there friend.", "hello", "there", "friend."))
    assert final.text == "Hello there friend."
    assert [word.w for word in final.words] == ["Hello", "there", "friend."]


@pytest.mark.parametrize(
    ("text", "opens", "looks"),
    [
        ("in all our blood.", True, "In all our blood."),
        ("in all our blood.", False, "in all our blood."),
        ("iPhones, they say.", True, "iPhones, they say."),
        ("“écoute”, dit-il.", True, "“Écoute”, dit-il."),
        ("3,5 mails", True, "3,5 mails"),
        ("…", True, "…"),
        ("", True, ""),
    ],
)
def test_what_opens_a_sentence_has_a_capital(text: str, looks: str, *, opens: bool) -> None:
    opened = caption()
    opened.opens_sentence = opens
    final = opened.final(hypothesis(text, *text.split()))
    assert final.text == looks
    assert [word.w for word in final.words] == looks.split()


@pytest.mark.parametrize(("text", "samples"), [("", UNTIL_SHOWN_EVERY_SAMPLES), ("hello there", PARTIAL_EVERY_SAMPLES)])
def test_who_goes_on_after_a_pause_in_which_nothing_was_understood_is_heard_again_soon(text: str, samples: int) -> None:
    captions = SessionCaptions(
        opened=MemoryDatabase().opened(),
        publish=lambda meeting_id, key, message: None,
        clock=TickingClock(),
        meeting_ms=lambda position: position // 16,
    )
    captions.start(0, at=0)
    pause = Pause(is_silence=True, start=0, end=16_000, speech_share=0.5, audio=np.zeros(16_000, np.float32))
    captions.settle(hypothesis(text, *text.split()), pause)
    assert not captions.is_due(OpenUtterance(start=0, end=16_000 + samples - 1, silence=0))
    assert captions.is_due(OpenUtterance(start=0, end=16_000 + samples, silence=0))

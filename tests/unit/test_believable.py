"""Text of noises is not believed, text of voices is: on figures that were measured with the real models."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.recognizers.base import Hypothesis
from streaming.recognizers.believable import BOUNDS, believed, compression_ratio, is_believable, speech_share

# (text, confidence, speech share) as Moonshine gave them
SAID = [
    ("Mm-hmm,", 0.93, 0.0),
    ("Right?", 0.78, 0.0),
    ("Answered he.", 0.78, 0.0),
    ("It's a treaty.", 0.63, 0.10),
    ("Bye.", 0.74, 0.31),
    ("Alone.", 0.79, 0.33),
    ("You usually, the boys are using them in Parisville.", 0.54, 0.63),
    ("Then set the uniq", 0.63, 0.56),
    ("But the whole is", 0.43, 0.94),
]
INVENTED = [("H. H.", 0.55, 0.21), ("How? How?", 0.41, 0.17), ("The action test is not really done.", 0.42, 0.34)]


def heard(text: str, confidence: float) -> Hypothesis:
    return Hypothesis(text=text, confidence=confidence, language="en", tokens=(1,))


@pytest.mark.parametrize(("text", "confidence", "share"), SAID)
def test_what_was_said_is_believed(text: str, confidence: float, share: float) -> None:
    hypothesis = heard(text, confidence)
    assert believed(hypothesis, engine="moonshine", share=share) is hypothesis


@pytest.mark.parametrize(("text", "confidence", "share"), INVENTED)
def test_what_noises_were_taken_for_is_not_believed(text: str, confidence: float, share: float) -> None:
    left = believed(heard(text, confidence), engine="moonshine", share=share)
    assert (left.text, left.words, left.tokens) == ("", (), ())


@pytest.mark.parametrize("confidence", [0.10, 0.14, 0.24])
def test_whispers_inventions_are_not_believed(confidence: float) -> None:
    assert not is_believable(heard("I'm sorry.", confidence), engine="whisper")


def test_a_language_that_whisper_knows_badly_is_not_silenced() -> None:
    """Hindi, of which the base model gives something like the sounds, at 0.32."""
    assert is_believable(heard("Luna wasaati", 0.32), engine="whisper", share=0.78)
    assert is_believable(heard("Alright.", 0.51), engine="whisper", share=0.0)


def test_a_loop_is_cut_and_the_rest_is_judged() -> None:
    assert believed(heard("Such such such such such", 0.6), engine="moonshine", share=0.9).text == "Such"
    assert believed(heard("Such such such such such", 0.39), engine="moonshine", share=0.9).text == ""


def test_text_that_compresses_like_a_loop_is_not_believed_whoever_wrote_it() -> None:
    text = "the one of the world and the " + "other one of the world and the " * 2 + "ab, abc, abd, abe, " * 9
    assert compression_ratio(text) > 2.4
    assert not is_believable(heard(text, 1.0), engine="sherpa")


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.sampled_from(list(BOUNDS)))
def test_more_certainty_and_more_speech_are_never_held_against_a_text(
    a: float, b: float, share: float, engine: str
) -> None:
    low, high = sorted((a, b))
    if is_believable(heard("Yes.", low), engine=engine, share=share):
        assert is_believable(heard("Yes.", high), engine=engine, share=share)
        assert is_believable(heard("Yes.", low), engine=engine, share=1.0)


def test_the_share_counts_windows_that_are_more_likely_speech_than_not() -> None:
    assert speech_share(np.array([0.1, 0.6, 0.9, 0.4], dtype=np.float32)) == 0.5
    assert speech_share(np.zeros(0, dtype=np.float32)) == 1.0

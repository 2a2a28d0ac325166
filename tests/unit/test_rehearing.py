"""A final that the model doubts is heard in other ways, and what it is surest of is kept."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from streaming.recognizers.base import Context, DecodeOptions, Float32, Hypothesis, Word
from streaming.recognizers.rehearing import MOST_FINISHED, SURE, WAYS, Rehearing, Way, heard_out, levelled

SECOND = 16_000
PLAIN = DecodeOptions(language="en")


@dataclass
class Model:
    """Answers one call after the other, and remembers what it was asked."""

    answers: list[Hypothesis]
    asked: list[tuple[Float32, DecodeOptions]] = field(default_factory=list)
    engine: str = "fake"
    languages: tuple[str, ...] = ("en",)

    def transcribe(self, audio: Float32, options: DecodeOptions) -> Hypothesis:
        self.asked.append((audio, options))
        return self.answers[len(self.asked) - 1]


def heard(text: str, confidence: float, *, at_s: float = 1.0, finished: float = 0.0) -> Hypothesis:
    words = (Word(w=text, s=at_s, e=at_s + 0.5, c=confidence),) if text else ()
    return Hypothesis(text=text, confidence=confidence, language="en", words=words, finished=finished)


def voice(n_samples: int = 2 * SECOND, level: float = 0.1) -> Float32:
    return np.random.default_rng(1).standard_normal(n_samples, dtype=np.float32) * np.float32(level)


def out(model: Model, audio: Float32 | None = None, options: DecodeOptions = PLAIN) -> Hypothesis:
    return heard_out(Rehearing(model), voice() if audio is None else audio, options)


def test_what_is_sure_is_heard_once() -> None:
    model = Model([heard("yes", SURE, finished=0.99)])
    assert out(model) == heard("yes", SURE, finished=0.99)
    assert len(model.asked) == 1


def test_what_is_doubted_is_said_to_be_and_heard_again_only_when_that_is_asked_for() -> None:
    model = Model([heard("no", 0.5)])
    assert Rehearing(model).transcribe(voice(), PLAIN) == replace(heard("no", 0.5), is_doubted=True)
    assert len(model.asked) == 1


def test_the_surest_of_all_hearings_is_kept() -> None:
    confidences = (0.5, 0.6, 0.8, 0.7, 0.4)
    model = Model([heard(str(confidence), confidence) for confidence in confidences])
    assert out(model).text == "0.8"
    assert len(model.asked) == 1 + len(WAYS)


def test_it_ends_with_the_first_hearing_that_is_sure() -> None:
    model = Model([heard("no", 0.5), heard("yes", 0.95)])
    assert out(model).text == "yes"
    assert len(model.asked) == 2


def test_what_is_hardly_doubted_is_not_heard_in_every_way() -> None:
    model = Model([heard("maybe", 0.86)] * 5)
    assert out(model) == replace(heard("maybe", 0.86), is_doubted=True)
    assert len(model.asked) == 1 + sum(way.below > 0.86 for way in WAYS) < 1 + len(WAYS)


@pytest.mark.parametrize(("share", "n_asked"), [(0.34, 1), (0.35, 2)])
def test_speech_that_gave_no_words_is_heard_again_and_what_is_no_speech_is_not(share: float, n_asked: int) -> None:
    model = Model([heard("", 0.35), heard("there", 0.91)])
    assert out(model, options=replace(PLAIN, speech_share=share)).text == ("there" if n_asked == 2 else "")
    assert len(model.asked) == n_asked


def test_silence_that_is_sure_is_believed() -> None:
    model = Model([heard("", 0.97)])
    assert out(model).text == ""


def test_words_are_not_given_up_for_a_silence_that_is_surer() -> None:
    model = Model([heard("there", 0.5), *[heard("", 0.99)] * len(WAYS)])
    assert out(model).text == "there"


@pytest.mark.parametrize(
    ("n_words", "n_left", "is_taken"), [(10, 8, True), (10, 7, False), (3, 2, True), (3, 1, False)]
)
def test_a_hearing_is_not_surer_for_the_words_that_it_lost(n_words: int, n_left: int, is_taken: bool) -> None:
    first, again = (replace(heard("x", c), words=heard("x", c).words * n) for n, c in ((n_words, 0.8), (n_left, 0.95)))
    assert len(out(Model([first, *[again] * len(WAYS)])).words) == (n_left if is_taken else n_words)


def test_who_is_not_sure_of_the_words_is_not_sure_that_they_end_a_sentence() -> None:
    model = Model([heard("well", 0.6, finished=0.98)])
    assert Rehearing(model).transcribe(voice(), PLAIN).finished == MOST_FINISHED


def test_what_was_heard_before_is_no_draft_of_another_hearing() -> None:
    model = Model([heard("no", 0.5), heard("yes", 0.95)])
    out(model, options=replace(PLAIN, draft=(5, 6), n_kept=2))
    [(_, first), (_, second)] = model.asked
    assert (first.draft, first.n_kept) == ((5, 6), 2)
    assert (second.draft, second.n_kept) == ((), 0)


@pytest.mark.parametrize(
    ("way", "n_samples", "at_s"),
    [
        (Way(level_dbfs=-20, n_before=192), 2 * SECOND + 192, 1.0 - 192 / SECOND),
        (Way(level_dbfs=-20, n_cut=1_600, is_alone=True), 2 * SECOND - 1_600, 1.1),
        (Way(level_dbfs=-20, n_behind=4_800), 2 * SECOND + 4_800, 1.0),
    ],
)
def test_times_of_words_are_those_of_the_audio_that_was_asked_about(way: Way, n_samples: int, at_s: float) -> None:
    model = Model([heard("no", 0.5), heard("yes", 0.95)])
    [word] = heard_out(Rehearing(model, [way]), voice(), PLAIN).words
    assert model.asked[1][0].size == n_samples
    assert (word.s, word.e) == pytest.approx((at_s, at_s + 0.5))


def test_what_was_said_before_stays_before_what_is_asked_about() -> None:
    """Words behind a context are timed from its end: it grows by what is put before it."""
    model = Model([heard("no", 0.5), heard("yes", 0.95)])
    options = DecodeOptions(language="en", context=Context(n_samples=SECOND, tokens=(7,)))
    [word] = heard_out(Rehearing(model, [Way(level_dbfs=-26, n_before=192)]), voice(3 * SECOND), options).words
    audio, asked = model.asked[1]
    assert (audio.size, asked.context) == (3 * SECOND + 192, Context(n_samples=SECOND + 192, tokens=(7,)))
    assert word.s == 1.0


def test_a_hearing_alone_is_of_what_is_asked_about() -> None:
    sound = np.concatenate([voice(SECOND), voice(2 * SECOND, level=0.01)])
    model = Model([heard("no", 0.5), heard("yes", 0.95)])
    options = DecodeOptions(language="en", context=Context(n_samples=SECOND, tokens=(7,)))
    [word] = heard_out(Rehearing(model, [Way(level_dbfs=-20, n_cut=1_600, is_alone=True)]), sound, options).words
    audio, asked = model.asked[1]
    assert asked.context == Context()
    np.testing.assert_allclose(audio, levelled(sound[SECOND + 1_600 :], -20))
    assert word.s == pytest.approx(1.1)


def test_a_short_word_keeps_its_begin() -> None:
    model = Model([heard("no", 0.5), heard("yes", 0.95)])
    heard_out(Rehearing(model, [Way(level_dbfs=-20, n_cut=1_600, is_alone=True)]), voice(3_200), PLAIN)
    assert model.asked[1][0].size == 3_200


def test_levels() -> None:
    sound = voice()
    assert 20 * np.log10(np.sqrt(np.square(levelled(sound, -30)).mean())) == pytest.approx(-30, abs=0.01)
    assert np.abs(levelled(sound, 0)).max() == pytest.approx(0.99)
    np.testing.assert_array_equal(levelled(np.zeros(100, np.float32), -20), np.zeros(100, np.float32))
    assert levelled(np.zeros(0, np.float32), -20).size == 0

"""Where utterances begin and end, told by speech decisions alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.segmenter import (
    Opened,
    Paused,
    Quiet,
    Reached,
    Segmenter,
    SegmenterSettings,
    SpeechWindow,
    Spoken,
    Verdict,
)

# One window is 10 samples, so that the numbers below can be read.
SETTINGS = SegmenterSettings(
    window_samples=10,
    preroll_samples=40,
    preroll_slack_samples=20,
    tail_samples=30,
    finished_silence_samples=40,
    likely_silence_samples=40,
    end_silence_samples=50,
    longest_samples=300,
    cut_search_samples=150,
    silence_step_samples=100,
)
windows = st.builds(SpeechWindow, probability=st.sampled_from([0.0, 0.3, 0.9]), power=st.floats(0, 1))


def verdicts(
    probabilities: list[float], powers: list[float] | None = None, *, is_finished: bool = False
) -> list[tuple[int, Verdict]]:
    """The verdicts up to the one that ends the epoch, each with the number of windows heard by then.

    Every pause is answered at once, and left out.
    """
    found: list[tuple[int, Verdict]] = []
    segmenter = Segmenter(SETTINGS)
    for index, probability in enumerate(probabilities):
        power = powers[index] if powers else 0.0
        verdict = segmenter.hear(SpeechWindow(probability=probability, power=power))
        if isinstance(verdict, Paused):
            verdict = segmenter.answer(verdict.end, finished=is_finished)
        if verdict is not None:
            found.append((index + 1, verdict))
        if isinstance(verdict, Quiet | Spoken):
            break
    return found


def test_an_utterance_ends_after_the_end_silence_and_keeps_its_tail() -> None:
    assert verdicts([0.0] * 4 + [0.9] * 6 + [0.0] * 9) == [(6, Opened(40)), (15, Spoken(130))]


def test_a_pause_shorter_than_the_end_silence_is_inside_the_utterance() -> None:
    assert verdicts([0.9] * 3 + [0.0] * 4 + [0.9] * 3 + [0.0] * 9)[-1] == (15, Spoken(130))


def test_a_finished_sentence_ends_an_utterance_sooner_and_at_the_same_place() -> None:
    spoken = [0.0] * 4 + [0.9] * 6 + [0.0] * 9
    assert verdicts(spoken, is_finished=True) == [(6, Opened(40)), (14, Spoken(130))]


def test_a_pause_asks_once_whether_its_sentence_is_finished() -> None:
    segmenter = Segmenter(SETTINGS)
    heard = [segmenter.hear(SpeechWindow(probability=p, power=0.0)) for p in [0.9] * 3 + [0.0] * 4]
    assert [verdict for verdict in heard if isinstance(verdict, Paused)] == [Paused(60)]


def test_speech_after_a_long_pause_waits_for_the_answer_and_a_late_answer_decides() -> None:
    for is_finished, verdict in ((True, Spoken(60)), (False, None)):
        segmenter = Segmenter(SETTINGS)
        for probability in [0.9] * 3 + [0.0] * 4:
            segmenter.hear(SpeechWindow(probability=probability, power=0.0))
        assert segmenter.must_wait(SpeechWindow(probability=0.9, power=0.0))
        assert not segmenter.must_wait(SpeechWindow(probability=0.0, power=0.0))
        assert segmenter.answer(60, finished=is_finished) == verdict
        assert not segmenter.must_wait(SpeechWindow(probability=0.9, power=0.0))


def test_a_long_utterance_without_a_pause_is_looked_at_in_even_steps() -> None:
    segmenter = Segmenter(replace(SETTINGS, checkpoint_samples=70))
    heard = [segmenter.hear(SpeechWindow(probability=0.9, power=0.0)) for _ in range(20)]
    assert [verdict for verdict in heard if isinstance(verdict, Reached)] == [Reached(70), Reached(140)]
    assert not segmenter.must_wait(SpeechWindow(probability=0.9, power=0.0))


def test_an_answer_about_an_earlier_pause_changes_nothing() -> None:
    segmenter = Segmenter(SETTINGS)
    for probability in [0.9] * 3 + [0.0] * 3 + [0.9] + [0.0] * 4:
        assert not segmenter.must_wait(SpeechWindow(probability=probability, power=0.0))
        segmenter.hear(SpeechWindow(probability=probability, power=0.0))
    assert segmenter.answer(60, finished=1) is None


def test_weak_speech_keeps_an_utterance_open_but_does_not_open_one() -> None:
    assert verdicts([0.9] * 2 + [0.3] * 10 + [0.0] * 5)[-1] == (17, Spoken(150))
    assert verdicts([0.3] * 14) == [(14, Quiet(100))]


def test_one_loud_window_is_a_click() -> None:
    assert verdicts([0.0, 0.9, 0.0] + [0.0] * 11) == [(14, Quiet(100))]


def test_silence_is_settled_in_steps_that_leave_the_preroll_unsettled() -> None:
    ((n_windows, verdict),) = verdicts([0.0] * 20)
    assert verdict == Quiet(SETTINGS.silence_step_samples)
    assert n_windows * 10 - SETTINGS.silence_step_samples == SETTINGS.preroll_samples


def test_a_candidate_at_the_end_of_a_step_is_waited_for() -> None:
    assert verdicts([0.0] * 13 + [0.9, 0.9]) == [(15, Quiet(90))]
    assert verdicts([0.0] * 13 + [0.9, 0.0]) == [(15, Quiet(100))]


def test_speech_well_inside_an_epoch_settles_what_lies_before_its_preroll() -> None:
    assert verdicts([0.0] * 8 + [0.9] * 2) == [(10, Quiet(80 - SETTINGS.preroll_samples))]


def test_a_long_utterance_is_cut_at_the_quietest_point() -> None:
    powers = [1.0] * 40
    powers[19:25] = [0.1] * 6
    powers[5:11] = [0.0] * 6  # quieter, but before the last 150 samples
    assert verdicts([0.9] * 40, powers)[-1] == (30, Spoken(220))


def test_of_equally_quiet_points_the_latest_is_cut() -> None:
    assert verdicts([0.9] * 40)[-1] == (30, Spoken(270))


@pytest.mark.parametrize(
    ("probabilities", "end", "verdict"),
    [
        ([0.0] * 5, 53, Quiet(53)),
        ([0.0] * 5 + [0.9], 63, Spoken(63)),
        ([0.9] * 5, 53, Spoken(53)),
        ([0.9] * 5 + [0.0] * 4, 93, Spoken(80)),
        ([0.0] * 7 + [0.9], 83, Quiet(30)),
    ],
)
def test_what_is_open_when_nothing_follows_is_closed_there(
    probabilities: list[float], end: int, verdict: Verdict
) -> None:
    segmenter = Segmenter(SETTINGS)
    for probability in probabilities:
        segmenter.hear(SpeechWindow(probability=probability, power=0.0))
    assert segmenter.finish(end) == verdict


@given(st.lists(windows, min_size=60, max_size=60))
def test_every_epoch_ends_and_gets_on(all_windows: list[SpeechWindow]) -> None:
    segmenter = Segmenter(SETTINGS)
    for index, window in enumerate(all_windows):
        verdict = segmenter.hear(window)
        if isinstance(verdict, Quiet | Spoken):
            assert 0 < verdict.end <= (index + 1) * SETTINGS.window_samples
            assert verdict.end <= SETTINGS.longest_samples
            return
    pytest.fail("no epoch is longer than the longest utterance and its onset")


def test_the_usual_settings_keep_the_promises_of_the_protocol() -> None:
    settings = SegmenterSettings()
    assert settings.preroll_samples >= 4_800
    assert settings.tail_samples < settings.finished_silence_samples < settings.end_silence_samples <= 16_000
    assert settings.longest_samples <= 20 * 16_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"preroll_samples": 4_800},
        {"silence_step_samples": 0},
        {"silence_step_samples": 1_000},
        {"cut_search_samples": 320_000},
        {"tail_samples": 10_753},
    ],
)
def test_settings_that_could_stall_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"window|epoch|tail"):
        SegmenterSettings(**wrong)

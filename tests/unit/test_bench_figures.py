"""The figures of the benchmark, on histories made by hand: what was said when, and what was shown when."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.corpus import SpeakerStream, Spoken
from bench.figures import Shown, erasure, error_rate, finals_of, latencies, percentile, speech_s, updates_s
from bench.word_times import SpokenWord


def stream(*utterances: str, at_s: float = 1.0, pause_s: float = 2.0) -> SpeakerStream:
    """Words of half a second each, one after another."""
    spoken = []
    for text in utterances:
        words = tuple(
            SpokenWord(text=word, start_s=at_s + index / 2, end_s=at_s + (index + 1) / 2)
            for index, word in enumerate(text.split())
        )
        spoken.append(Spoken(name="", start_s=at_s, end_s=words[-1].end_s, reference=text, words=words))
        at_s = words[-1].end_s + pause_s
    return SpeakerStream(name="A", audio=np.zeros(16_000, np.float32), utterances=tuple(spoken))


def shown(at_s: float, text: str, *, rev: int, state: str = "partial", **more: Any) -> Shown:
    segment = {"id": "one", "rev": rev, "state": state, "text": text, "start_ms": 900, "end_ms": 3_100}
    return Shown(at_s=at_s, segment=segment | more)


def history(*messages: tuple[float, str], **more: Any) -> list[Shown]:
    """The last one is the final."""
    found = [shown(at_s, text, rev=rev, **more) for rev, (at_s, text) in enumerate(messages, start=1)]
    return [*found[:-1], Shown(at_s=found[-1].at_s, segment=found[-1].segment | {"state": "final"})]


def test_latencies_count_from_the_onset_of_the_first_word_and_the_ends_of_the_others() -> None:
    found = latencies(
        stream("one two three four"),
        history((1.8, "one"), (2.5, "one two"), (3.4, "One two three"), (4.0, "One two three four.")),
    )
    assert found.first_partial_s == pytest.approx([0.8])
    assert found.word_s == pytest.approx([0.3, 0.5, 0.9, 1.0])
    assert found.final_s == pytest.approx([1.0])
    assert (found.n_words, found.n_words_missed, found.n_words_uncovered) == (4, 0, 0)


def test_a_word_that_comes_and_goes_was_shown_early_and_kept_late() -> None:
    found = latencies(stream("one two"), history((2.1, "one two"), (2.4, "one too"), (3.0, "one two"), end_ms=2_100))
    assert found.word_s == pytest.approx([0.6, 0.1])
    assert found.word_kept_s == pytest.approx([0.6, 1.0])


def test_a_word_that_the_final_lacks_was_shown_but_never_kept() -> None:
    found = latencies(stream("one two"), history((2.1, "one two"), (3.0, "one"), end_ms=2_100))
    assert len(found.word_s) == 2
    assert found.word_kept_s == pytest.approx([0.6])


def test_words_that_nobody_saw_are_counted_as_missed_and_have_no_latency() -> None:
    found = latencies(
        stream("one two three"),
        history(
            (3.0, "one free"),
        ),
    )
    assert found.word_s == pytest.approx([1.5])
    assert found.n_words_missed == 2


def test_a_word_that_is_said_twice_is_shown_at_its_own_place() -> None:
    found = latencies(stream("the cat the dog"), history((1.9, "the"), (2.9, "the cat the"), (4.0, "the cat the dog")))
    assert found.word_s == pytest.approx([0.4, 0.9, 0.4, 1.0])


def test_the_same_words_said_later_are_not_shown_before_they_are_said() -> None:
    """A hypothesis that runs ahead of the speaker proves nothing."""
    found = latencies(stream("no no no"), history((1.2, "no no no"), (3.0, "no no no"), end_ms=2_600))
    assert found.word_s == pytest.approx([-0.3, 1.0, 0.5])


def test_case_punctuation_and_spelling_make_no_other_word() -> None:
    found = latencies(
        stream("mister brown's colour"),
        history(
            (3.0, "Mr. Brown's color."),
        ),
    )
    assert found.n_words_missed == 0


def test_an_utterance_in_two_segments_has_two_first_partials_and_two_finals() -> None:
    first = history((2.3, "one two"), (2.6, "one two"), id="a", end_ms=2_050)
    second = history((3.3, "three"), (4.2, "three four"), id="b", start_ms=2_050, end_ms=3_050)
    found = latencies(stream("one two three four"), [*first, *second])
    assert found.first_partial_s == pytest.approx([1.3, 1.3])
    assert found.final_s == pytest.approx([0.6, 1.2])
    assert found.n_words_missed == 0


def test_two_utterances_in_one_segment_have_one_first_partial_and_the_last_words_final() -> None:
    found = latencies(
        stream("one two", "three four", pause_s=0.3),
        history((1.9, "one"), (3.2, "one two three"), (4.0, "one two three four"), end_ms=3_400),
    )
    assert found.first_partial_s == pytest.approx([0.9])
    assert found.final_s == pytest.approx([0.7])
    assert found.n_utterances_missing == 0


def test_a_cut_beside_the_aligners_border_costs_no_word() -> None:
    """The server heard "two" in the second segment, the aligner places it in the first."""
    first = history((2.6, "one"), id="a", start_ms=900, end_ms=1_900)
    second = history((3.2, "two three"), id="b", start_ms=1_900, end_ms=2_600)
    assert latencies(stream("one two three"), [*first, *second]).n_words_missed == 0


def test_what_is_shown_before_the_voice_is_no_partial_of_it() -> None:
    found = latencies(stream("one two"), history((0.9, "Hm"), (1.7, "one"), (3.0, "one two"), end_ms=2_100))
    assert found.first_partial_s == pytest.approx([0.7])


def test_an_empty_partial_shows_no_word() -> None:
    found = latencies(stream("one two"), history((1.2, ""), (1.7, "one"), (3.0, "one two"), end_ms=2_100))
    assert found.first_partial_s == pytest.approx([0.7])


def test_a_segment_without_partials_is_first_shown_by_its_final() -> None:
    assert latencies(
        stream("one two"),
        history(
            (3.0, "one two"),
        ),
    ).first_partial_s == pytest.approx([2.0])


def test_an_utterance_without_a_final_is_missing_and_its_words_are_uncovered() -> None:
    found = latencies(stream("one two", "three four five"), history((3.0, "one two"), end_ms=2_100))
    assert found.n_utterances_missing == 1
    assert found.n_words_uncovered == 3
    assert latencies(stream("one two"), []).n_utterances_missing == 1


def test_partials_alone_cover_nothing() -> None:
    found = latencies(stream("one two"), [shown(1.9, "one", rev=1)])
    assert (found.n_utterances_missing, found.n_words_missed) == (1, 2)


def test_noise_that_became_a_final_has_no_latency() -> None:
    noise = history((9.0, "Thank you."), id="noise", start_ms=8_000, end_ms=8_500)
    found = latencies(stream("one two"), [*history((3.0, "one two")), *noise])
    assert len(found.final_s) == len(found.first_partial_s) == 1


def test_a_correction_after_the_final_changes_no_figure_of_it() -> None:
    corrected = shown(60.0, "one too", rev=9, state="corrected")
    plain = history((1.9, "one"), (3.0, "one two"))
    assert latencies(stream("one two"), [*plain, corrected]) == latencies(stream("one two"), plain)


def test_a_final_that_comes_twice_counts_once() -> None:
    final = history((3.0, "one two"))
    again = [Shown(at_s=9.0, segment=final[0].segment)]
    assert [each.at_s for each in finals_of([*final, *again])] == [3.0]


def test_growing_text_erases_nothing() -> None:
    assert erasure(history((1.0, "one"), (2.0, "one two"), (3.0, "one two three"))) == (0, 3)


def test_all_words_from_the_first_change_on_are_retracted() -> None:
    assert erasure(history((1.0, "one too three"), (2.0, "one two three"))) == (2, 3)


@pytest.mark.parametrize(
    ("after", "n_retracted"), [("one, two three", 2), ("One two three", 2), ("one twos three", 1), ("one two three", 0)]
)
def test_case_and_punctuation_are_seen_to_change(after: str, n_retracted: int) -> None:
    assert erasure(history((1.0, "one two"), (2.0, after))) == (n_retracted, 3)


@pytest.mark.parametrize("after", ["one two, three", "one two. Three", "one two?"])
def test_a_mark_behind_what_was_shown_takes_nothing_back(after: str) -> None:
    assert erasure(history((1.0, "one two"), (2.0, after))) == (0, len(after.split()))


def test_a_withdrawn_segment_takes_all_its_words_back() -> None:
    withdrawn = [shown(1.0, "thank you", rev=1, id="x"), shown(2.0, "", rev=2, state="retracted", id="x")]
    assert erasure([*history((3.0, "one two")), *withdrawn]) == (2, 2)


def test_erasure_follows_revisions_not_arrival() -> None:
    late = [shown(3.0, "one two", rev=2, state="final"), shown(3.1, "one", rev=1)]
    assert erasure(late) == (0, 2)


WORDS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=6)


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_words_shown_are_words_kept_and_words_retracted(texts: list[list[str]]) -> None:
    """What was put up in all, less what was taken back, is what stands in the end."""
    messages = history(*((float(at), " ".join(text)) for at, text in enumerate(texts)))
    retracted, total = erasure(messages)
    put_up, before = 0, list[str]()
    for text in texts:
        n_same = next(
            (n for n, (a, b) in enumerate(zip(before, text, strict=False)) if a != b), min(len(before), len(text))
        )
        put_up, before = put_up + len(text) - n_same, text
    assert put_up - retracted == total == len(texts[-1])


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.integers(0, 4))
def test_a_recognizer_that_is_always_late_by_the_same_time_has_that_latency(cuts: list[int], delay: int) -> None:
    """Whatever the cadence: nothing is seen before it is said, kept words are seen, and all is bounded by the final."""
    said = stream("one two three four")
    words = ["one", "two", "three", "four"]
    steps = sorted({cut for cut in cuts if cut > 0} | {4})
    late_s = delay / 10
    found = latencies(said, history(*((1 + n / 2 + late_s, " ".join(words[:n])) for n in steps)))
    assert found.final_s == pytest.approx([late_s])
    assert found.n_words_missed == 0
    assert found.word_s == found.word_kept_s
    seen_with = [next(n for n in steps if n > index) for index in range(4)]
    assert found.word_s == pytest.approx([(n - index - 1) / 2 + late_s for index, n in enumerate(seen_with)])


def test_the_error_rate_is_that_of_all_finals_in_the_order_of_speaking() -> None:
    first = history((9.0, "The cat"), id="a")
    second = history((3.0, "saw a fog."), id="b", start_ms=4_000, end_ms=5_000)
    assert error_rate(stream("the cat", "saw a dog"), [*second, *first]) == (1, 5)


def test_updates_are_the_times_between_messages_of_one_segment() -> None:
    other = history((50.0, "x"), id="b", start_ms=4_000, end_ms=5_000)
    assert updates_s([*history((1.0, "a"), (1.5, "a b"), (3.0, "a b c")), *other]) == pytest.approx([0.5, 1.5])


def test_speech_does_not_count_pauses() -> None:
    assert speech_s(stream("one two", "three four", pause_s=5.0)) == pytest.approx(2.0)


def test_a_percentile_of_nothing_is_unknown() -> None:
    assert percentile([], 95) is None
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0

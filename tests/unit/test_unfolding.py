"""What of an open utterance is decoded again, what is sure, and what may be shown."""

from hypothesis import given
from hypothesis import strategies as st

from meetings.limits import SAMPLE_RATE_HZ
from streaming.recognizers.base import Hypothesis, Word
from streaming.unfolding import CONTEXT_SAMPLES, HOLD_SAMPLES, SHOWN, SURE, SURE_WHEN_AGREED, Outlook, Plan, Unfolding

SECOND = SAMPLE_RATE_HZ


def heard(*words: tuple[str, float, float, float]) -> Hypothesis:
    """(word, start and end in seconds of the decoded audio, confidence); each word is one token, its letters' sum."""
    return Hypothesis(
        text=" ".join(word for word, *_ in words),
        confidence=0.9,
        language="en",
        words=tuple(Word(w=word, s=start, e=end, c=sure, n=1) for word, start, end, sure in words),
        tokens=tuple(token(word) for word, *_ in words),
    )


def token(word: str) -> int:
    return sum(map(ord, word))


def evenly(text: str, *, first_s: float = 0.0, sure: float = 0.99) -> Hypothesis:
    """Half a second a word."""
    words = text.split()
    return heard(*((word, first_s + i / 2, first_s + i / 2 + 0.4, sure) for i, word in enumerate(words)))


def shown(outlook: Outlook | None) -> str:
    assert outlook is not None
    return "".join(outlook.tokens[: outlook.n_shown]).strip()


def test_the_first_word_is_shown_when_it_is_more_likely_than_not_to_be_one() -> None:
    outlook = Unfolding().hear(heard(("Maybe", 0.0, 0.3, 0.4), ("so", 0.3, 0.5, 0.4)), Unfolding().plan(), end=SECOND)
    assert shown(outlook) == "Maybe"
    assert outlook is not None
    assert outlook.n_stable == 0


def test_a_word_at_the_end_of_the_audio_is_held_unless_it_is_likely() -> None:
    unfolding = Unfolding()
    unfolding.hear(evenly("The cat"), unfolding.plan(), end=SECOND)
    near = heard(("The", 0, 0.4, 0.99), ("cat", 0.5, 0.9, 0.99), ("sat", 1.0, 1.3, SHOWN - 0.01))
    assert shown(unfolding.hear(near, unfolding.plan(), end=round(1.4 * SECOND))) == "The cat"


def test_what_was_shown_and_is_still_heard_stays_although_it_has_become_less_likely() -> None:
    unfolding = Unfolding()
    unfolding.hear(evenly("The cat sat"), unfolding.plan(), end=4 * SECOND)
    assert shown(unfolding.hear(evenly("The cat sat", sure=0.2), unfolding.plan(), end=4 * SECOND)) == "The cat sat"


def test_two_hypotheses_in_a_row_make_a_word_sure_that_one_would_not() -> None:
    unfolding = Unfolding()
    sure = (SURE_WHEN_AGREED + SURE) / 2
    unfolding.hear(evenly("The cat", sure=sure), unfolding.plan(), end=4 * SECOND)
    assert unfolding.plan().n_kept == 0
    unfolding.hear(evenly("The cat", sure=sure), unfolding.plan(), end=4 * SECOND)
    assert unfolding.plan().n_kept == 2


def test_only_the_end_of_a_long_utterance_is_decoded_again_and_words_before_it_are_stable() -> None:
    unfolding = Unfolding()
    text = "one two three four five six seven eight nine ten"
    unfolding.hear(evenly(text), unfolding.plan(), end=6 * SECOND)
    plan = unfolding.plan()
    assert 0 < plan.start < 5 * SECOND - CONTEXT_SAMPLES
    assert plan.given == tuple(map(token, text.split()[plan.first_word : plan.first_word + plan.n_given_words]))
    assert plan.draft == tuple(map(token, text.split()[plan.first_word + plan.n_given_words :]))
    rest = " ".join(text.split()[plan.first_word :]) + " eleven"
    first_s = plan.first_word / 2 - plan.start / SECOND
    outlook = unfolding.hear(evenly(rest, first_s=first_s), plan, end=7 * SECOND)
    assert shown(outlook) == f"{text} eleven"
    assert outlook is not None
    assert outlook.n_stable == plan.first_word + plan.n_given_words


def test_what_was_planned_behind_words_that_others_replaced_meanwhile_is_overtaken() -> None:
    unfolding = Unfolding()
    text = "one two three four five six seven eight nine ten"
    whole = unfolding.plan()
    unfolding.hear(evenly(text), whole, end=6 * SECOND)
    behind = unfolding.plan()
    assert behind.first_word > 1
    unfolding.hear(evenly("one too " + text.partition("two ")[2]), whole, end=6 * SECOND)
    rest = evenly(" ".join(text.split()[behind.first_word :]), first_s=behind.first_word / 2 - behind.start / SECOND)
    assert unfolding.hear(rest, behind, end=6 * SECOND) is None


def test_a_word_in_the_decoded_audio_is_judged_again() -> None:
    unfolding = Unfolding()
    unfolding.hear(evenly("American man"), unfolding.plan(), end=2 * SECOND)
    assert unfolding.plan().n_kept == 2
    assert shown(unfolding.hear(evenly("medical man"), unfolding.plan(), end=2 * SECOND)) == "medical man"


def test_a_pause_leaves_the_last_word_of_a_finished_sentence_to_the_final() -> None:
    assert shown(Unfolding().settle(evenly("He sat down."), is_over=True)) == "He sat"
    assert shown(Unfolding().settle(evenly("He sat down"), is_over=False)) == "He sat down"


def test_a_last_word_that_was_shown_already_stays_in_a_pause() -> None:
    unfolding = Unfolding()
    unfolding.hear(evenly("He sat down"), unfolding.plan(), end=4 * SECOND)
    assert shown(unfolding.settle(evenly("He sat down."), is_over=True)) == "He sat down."


def test_in_the_middle_of_speech_only_words_that_were_heard_whole_are_settled() -> None:
    unfolding = Unfolding()
    outlook = unfolding.reach(evenly("He sat down by"), end=2 * SECOND)
    assert unfolding.settled() == tuple(map(token, ("He", "sat", "down")))
    assert shown(outlook) == "He sat down by"


def test_what_a_partial_heard_before_a_pause_is_overtaken_by_the_pause() -> None:
    unfolding = Unfolding()
    plan = unfolding.plan()
    unfolding.settle(evenly("He sat"), is_over=False)
    assert unfolding.hear(evenly("He sad"), plan, end=SECOND) is None
    assert unfolding.settled() == (token("He"), token("sat"))


def test_a_decode_of_everything_is_told_what_the_last_pause_said_and_not_what_was_heard_since() -> None:
    """When a partial was heard is chance: a replay, which has other ones, must decode the same final."""
    unfolding = Unfolding()
    unfolding.settle(evenly("He sat"), is_over=False)
    unfolding.hear(evenly("He sad down"), unfolding.plan(), end=3 * SECOND)
    assert unfolding.settled() == (token("He"), token("sat"))


def test_without_word_times_everything_is_decoded_and_what_two_hypotheses_agree_on_is_stable() -> None:
    unfolding = Unfolding()
    plain = [
        Hypothesis(text=text, confidence=0.9, language="de") for text in ("Guten", "Guten Tag", "Guten Tag zusammen")
    ]
    outlooks = [unfolding.hear(each, unfolding.plan(), end=SECOND) for each in plain]
    assert [(each.n_stable, each.n_shown) for each in outlooks if each] == [(0, 1), (1, 2), (2, 3)]
    assert unfolding.plan() == Plan(start=0, given=(), draft=(), n_kept=0, n_given_words=0, first_word=0, n_pauses=0)


words = st.tuples(st.sampled_from(["a", "cat", "sat,", "Sat.", "猫"]), st.floats(0.05, 0.6), st.floats(0, 1))


@given(st.lists(st.tuples(st.lists(words, max_size=12), st.booleans()), max_size=8))
def test_whatever_is_heard_the_plan_stays_within_what_was_said(
    hypotheses: list[tuple[list[tuple[str, float, float]], bool]],
) -> None:
    unfolding = Unfolding()
    n_stable = 0
    for said, is_pause in hypotheses:
        plan = unfolding.plan()
        position_s, placed = 0.0, []
        for word, takes_s, sure in said:
            placed.append((word, position_s, position_s + takes_s, sure))
            position_s += takes_s
        end = plan.start + round(position_s * SECOND) + HOLD_SAMPLES
        outlook = (
            unfolding.settle(heard(*placed), is_over=False)
            if is_pause
            else unfolding.hear(heard(*placed), plan, end=end)
        )
        assert 0 <= plan.start <= end
        if outlook is not None:
            assert 0 <= outlook.n_shown <= max(1, len(outlook.tokens))
            assert plan.n_kept <= len(plan.draft)
            n_stable = max(n_stable, outlook.n_stable)


def test_where_there_is_room_more_of_what_is_known_is_decoded_again() -> None:
    unfolding = Unfolding()
    words = evenly("one two three four five six seven eight nine ten")
    for end in (11, 12):
        unfolding.hear(words, unfolding.plan(), end=end * SECOND)
    assert unfolding.plan(is_brisk=True).start < unfolding.plan().start
    assert unfolding.plan(is_brisk=True).first_word < unfolding.plan().first_word

"""What the example bot tells to whom."""

from examples.missed import LAST_MS, QUESTION, Missed
from streaming.client.events import Caption


def caption(number: int, who: str, text: str, *, end_ms: int = 0) -> Caption:
    return Caption(
        message={}, id=str(number), rev=1, state="final", participant_id=who, speaker=who.title(), text=text,
        start_ms=end_ms, end_ms=end_ms or 1_000 * number,
    )  # fmt: skip


def of_a_talk() -> Missed:
    missed = Missed()
    for number, (who, text) in enumerate([("ada", "One."), ("ada", "Two."), ("ben", "Three."), ("ada", "Four.")]):
        missed.remember(caption(number, who, text))
    return missed


def test_it_is_told_turn_by_turn_without_what_the_asker_said() -> None:
    missed = of_a_talk()
    assert [turn.text for turn in missed.turns("cem")] == [
        "Ada said: One. Two.", "Ben said: Three.", "Ada said: Four."
    ]  # fmt: skip
    assert [turn.text for turn in missed.turns("ada")] == ["Ben said: Three."]


def test_who_asks_again_is_told_the_rest_and_another_one_everything() -> None:
    missed = of_a_talk()
    missed.told("cem", missed.turns("cem")[0])
    assert [turn.text for turn in missed.turns("cem")] == ["Ben said: Three.", "Ada said: Four."]
    assert len(missed.turns("dora")) == 3


def test_what_is_long_ago_is_forgotten() -> None:
    missed = of_a_talk()
    missed.remember(caption(9, "ben", "Late.", end_ms=LAST_MS + 2_500))
    assert [turn.text for turn in missed.turns("cem")] == ["Ada said: Four.", "Ben said: Late."]


def test_how_one_asks() -> None:
    assert QUESTION.search("Sorry, what did I miss?")
    assert QUESTION.search("what have I just missed")
    assert not QUESTION.search("what did I say")

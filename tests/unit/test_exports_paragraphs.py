"""Lines of one speaker in a row become one paragraph, and no word gets lost or doubled by it."""

from hypothesis import given
from hypothesis import strategies as st

from meetings.exports.cues import Cue, cues_in_order
from meetings.exports.paragraphs import MOST_CHARS, paragraphs
from tests.unit.test_exports_reading import cue, cues, read_of


def test_lines_of_one_speaker_in_a_row_become_one_paragraph() -> None:
    lines = [
        cue("One.", at_s=0),
        cue("Two.", at_s=60),
        cue("Three.", at_s=61, who="b"),
        cue("Four.", at_s=62),
        cue("Fünf.", at_s=63, language="de"),
    ]
    joined = paragraphs(lines)
    assert [line.text for line in joined] == ["One. Two.", "Three.", "Four.", "Fünf."]
    assert (joined[0].start_ms, joined[0].end_ms, joined[0].id) == (0, 60_900, "a-0")
    assert [each.text for each in read_of(lines).lines] == [each.text for each in lines]


def test_languages_without_spaces_are_joined_without_one() -> None:
    (only,) = paragraphs([cue("今日は。", language="ja"), cue("会議です。", at_s=1, language="ja-JP"[:2])])
    assert only.text == "今日は。会議です。"


@given(st.lists(cues(), max_size=20))
def test_paragraphs_hold_every_word_once_in_order(given_cues: list[Cue]) -> None:
    in_order = cues_in_order(given_cues)
    joined = paragraphs(in_order)
    assert "".join("".join(line.text.split()) for line in joined) == "".join(
        "".join(line.text.split()) for line in in_order
    )
    assert [line for line in joined if line.kind != "said"] == [line for line in in_order if line.kind != "said"]


def test_a_paragraph_does_not_grow_without_end() -> None:
    joined = paragraphs(cue("word " * 50, at_s=at) for at in range(100))
    assert len(joined) > 1
    assert max(len(each.text) for each in joined) < MOST_CHARS + 300

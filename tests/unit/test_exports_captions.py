"""Captions as files: whatever people are called and say, an independent reader gets it all back."""

import html
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
import webvtt as reader
from hypothesis import given
from hypothesis import strategies as st

from meetings.exports.cues import NAMELESS, Cue, cues_in_order, line_of, speaker_of
from meetings.exports.plain import plain_text
from meetings.exports.subrip import subrip
from meetings.exports.webvtt import webvtt

HOSTILE = [
    "-->",
    "00:00:00.000 --> 00:00:01.000",
    "<v Someone Else>",
    "</v><v Mallory>not me",
    "a\n\n1\n00:00:00,000 --> 00:00:09,000\nb",
    "WEBVTT",
    "NOTE nothing to see",
    "STYLE\r\n::cue{}",
    "Tom & Jerry &lt;3 &amp;",
    "{\\an8}up there",
    "مرحبا بالعالم",
    "\u202egnirts desrever\u202c",
    "שלום\u200f!",
    "x" * 20_000,
    "nul \x00 bell \x07 next \x85 line \u2028 paragraph \u2029 end",
    "half a pair \ud83d",
    "👩‍👩‍👧 family",
]

hostile_text = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))


@st.composite
def cues(draw: st.DrawFn) -> Cue:
    return Cue(
        id=str(draw(st.uuids())),
        start_ms=draw(st.integers(0, 200 * 3_600_000)),
        end_ms=draw(st.integers(0, 200 * 3_600_000)),
        speaker=draw(hostile_text),
        text=draw(hostile_text),
    )


def cue(text: str = "hello", *, speaker: str = "Ada", start_ms: int = 0, end_ms: int = 1_000, id: str = "a") -> Cue:
    return Cue(id=id, start_ms=start_ms, end_ms=end_ms, speaker=speaker, text=text)


@given(st.lists(cues(), max_size=8))
def test_a_webvtt_reader_gets_back_every_speaker_word_and_time(given_cues: list[Cue]) -> None:
    read = list(reader.from_string(webvtt(given_cues), strict=True))
    expected = cues_in_order(given_cues)
    assert [c.identifier for c in read] == [c.id for c in expected]
    assert [html.unescape(c.voice) for c in read] == [c.speaker for c in expected]
    for found, wanted in zip(read, expected, strict=True):
        assert found.start_time.in_milliseconds() == wanted.start_ms
        assert found.end_time.in_milliseconds() == wanted.end_ms
        assert len(found.lines) == 1
        assert html.unescape(found.text) == wanted.text


@given(st.lists(cues(), max_size=8))
def test_a_subrip_reader_gets_back_every_cue_and_no_markup(given_cues: list[Cue]) -> None:
    expected = cues_in_order(given_cues)
    text = subrip(given_cues)
    read = list(reader.from_buffer(io.StringIO(text), format="srt")) if expected else []
    assert len(read) == len(expected)
    for found, wanted in zip(read, expected, strict=True):
        assert found.start_time.in_milliseconds() == wanted.start_ms
        assert found.end_time.in_milliseconds() == wanted.end_ms
        assert not set("<>{}") & set(found.raw_text)
        assert len(found.raw_text) == len(f"{wanted.speaker}: {wanted.text}")


@given(st.lists(cues(), max_size=8))
def test_plain_text_has_one_line_for_each_cue(given_cues: list[Cue]) -> None:
    text = plain_text(given_cues, title="Board", started_at=None)
    body = text.split("\n\n", 1)[1].splitlines() if given_cues else []
    assert len([line for line in body if line]) == len(cues_in_order(given_cues))


def test_the_formats_look_as_people_know_them() -> None:
    given_cues = [cue("Good morning.", start_ms=1_250, end_ms=3_600_000 + 61_007, id="one")]
    assert webvtt(given_cues) == ("WEBVTT\n\none\n00:00:01.250 --> 01:01:01.007\n<v Ada>Good morning.</v>\n\n")
    assert subrip(given_cues) == "1\n00:00:01,250 --> 01:01:01,007\nAda: Good morning.\n\n"
    started_at = datetime(2026, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=2)))
    assert plain_text(given_cues, title="Board\nmeeting", started_at=started_at) == (
        "Board meeting\n2026-03-01 08:30 UTC\n\n[00:00:01] Ada: Good morning.\n"
    )


def test_a_meeting_in_which_nobody_spoke_gives_valid_empty_files() -> None:
    assert list(reader.from_string(webvtt([]), strict=True)) == []
    assert subrip([]) == ""
    assert plain_text([], title="Quiet", started_at=datetime(2026, 3, 1, tzinfo=UTC)) == (
        "Quiet\n2026-03-01 00:00 UTC\n\n"
    )


def test_people_who_talk_at_once_keep_overlapping_cues_in_order_of_their_starts() -> None:
    together = [
        cue("second", speaker="Bob", start_ms=500, end_ms=1_500, id="b"),
        cue("first", start_ms=0, end_ms=4_000, id="a"),
    ]
    read = list(reader.from_string(webvtt(together), strict=True))
    assert [(c.voice, c.text) for c in read] == [("Ada", "first"), ("Bob", "second")]


def test_a_cue_ends_after_it_starts() -> None:
    (only,) = cues_in_order([cue(start_ms=700, end_ms=700)])
    assert (only.start_ms, only.end_ms) == (700, 701)


@pytest.mark.parametrize("text", ["", " \n\t ", "\u202e\u202c", "\x00"])
def test_a_segment_without_words_is_not_a_caption(text: str) -> None:
    assert cues_in_order([cue(text)]) == []


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u200d", "\u202e", "\u0301", "\x00\n"])
def test_an_invisible_name_is_replaced(name: str) -> None:
    assert speaker_of(name) == NAMELESS


def test_a_name_cannot_reorder_the_words_after_it() -> None:
    assert speaker_of("\u202eAda\u2066") == "Ada"
    assert line_of("שלום\u200f!") == "שלום\u200f!"


def test_a_day_long_meeting_has_hours_beyond_two_digits() -> None:
    assert "100:00:00.000 --> 100:00:01.000" in webvtt([cue(start_ms=360_000_000, end_ms=360_001_000)])

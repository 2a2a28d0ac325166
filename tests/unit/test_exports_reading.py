"""Transcripts for reading and captions for players: another program gets every name, word and time back."""

import csv
import io
import re
import zipfile
from datetime import UTC, datetime
from itertools import pairwise
from xml.etree import ElementTree as ET

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt
from ttconv.imsc import reader as imsc
from ttconv.isd import ISD

from meetings.exports.cues import Cue, cues_in_order, line_of
from meetings.exports.markdown import markdown
from meetings.exports.options import ExportOptions
from meetings.exports.paragraphs import Reading, reading
from meetings.exports.table import table
from meetings.exports.ttml import ttml
from meetings.exports.word import word
from tests.unit.test_exports_captions import HOSTILE

HOSTILE_HERE = [
    *HOSTILE,
    '=HYPERLINK("http://x","y")',
    "@SUM(1)",
    "＋1",
    "a;=1+1",
    "# heading",
    "1. one",
    "12) one",
    "- item",
    "---",
    "> quoted",
    "    code",
    "[a](http://x) ![b](c) <b>x</b> **bold** _it_ ~~no~~ `code` &copy; | a | b |",
    "\\",
    "]]>",
    "<![CDATA[",
    "&#0; &lt; <?xml?>",
    "\ufffe and \uffff",
    "#let x = 1; #panic() $x$ @ref // comment",
    "会議を始めます",
    "Łódź Ελλάδα Москва",
]
hostile = st.one_of(st.sampled_from(HOSTILE_HERE), st.text(max_size=40))
NAMES = ExportOptions()
DAY = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


@st.composite
def cues(draw: st.DrawFn) -> Cue:
    start_ms = draw(st.integers(0, 100 * 3_600_000))
    return Cue(
        id=str(draw(st.uuids())),
        start_ms=start_ms,
        end_ms=start_ms + draw(st.integers(0, 60_000)),
        speaker=draw(st.none() | hostile),
        text=draw(hostile),
        speaker_id=draw(st.sampled_from(["", "a", "b"])),
        language=draw(st.sampled_from(["", "en", "de-AT", "ar"])),
        kind=draw(st.sampled_from(["said", "redacted", "lost"])),
    )


def cue(text: str, *, at_s: int = 0, speaker: str | None = "Ada", who: str = "a", language: str = "en") -> Cue:
    return Cue(
        id=f"{who}-{at_s}",
        start_ms=at_s * 1_000,
        end_ms=at_s * 1_000 + 900,
        speaker=speaker,
        text=text,
        speaker_id=who,
        language=language,
    )


def read_of(given_cues: list[Cue], *, title: str = "Board", options: ExportOptions = NAMES) -> Reading:
    return reading(given_cues, title=title, started_at=DAY, options=options)


def spoken(line: Cue) -> str:
    return line.text if line.speaker is None else f"{line.speaker}: {line.text}"


# --- Markdown ----------------------------------------------------------------------------------------------


def shown_by_markdown(text: str) -> list[tuple[str, str]]:
    """(tag, text) of each block, and that there is no other markup than ours."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    blocks = []
    for before, token in pairwise(tokens):
        if token.type == "inline":
            assert {each.type for each in token.children or []} <= {
                "text", "text_special", "strong_open", "strong_close", "em_open", "em_close",
            }  # fmt: skip
            blocks.append((before.tag, "".join(each.content for each in token.children or [])))
    assert {token.type for token in tokens} <= {
        "inline", "heading_open", "heading_close", "paragraph_open", "paragraph_close",
    }  # fmt: skip
    return blocks


@given(st.lists(cues(), max_size=6), hostile, st.booleans())
def test_a_markdown_reader_shows_what_was_said_and_no_markup_of_it(
    given_cues: list[Cue], title: str, has_timestamps: bool
) -> None:
    read = read_of(given_cues, title=title, options=ExportOptions(has_timestamps=has_timestamps))
    blocks = shown_by_markdown(markdown(read))
    heading = [("h1", read.title)] if read.title else []
    clock = re.compile(r"^\[\d\d+:\d\d:\d\d\] ") if has_timestamps else re.compile("^")
    assert blocks[: len(heading) + 1] == [*heading, ("p", "2026-03-01 08:30 UTC")]
    lines = [clock.sub("", text, count=1) for _, text in blocks[len(heading) + 1 :]]
    assert lines == [line.text if line.kind == "lost" else spoken(line) for line in read.lines]


@pytest.mark.parametrize("text", [text for text in HOSTILE_HERE if line_of(text)])
def test_a_line_that_begins_a_paragraph_of_its_own_is_no_markup_either(text: str) -> None:
    options = ExportOptions(has_names=False, has_timestamps=False)
    blocks = shown_by_markdown(markdown(read_of([cue(text, speaker=None)], options=options)))
    assert blocks[2:] == [("p", line_of(text))]


# --- CSV ---------------------------------------------------------------------------------------------------


@given(st.lists(cues(), max_size=6))
def test_the_csv_module_gets_every_line_back_and_no_cell_is_a_formula(given_cues: list[Cue]) -> None:
    written = table(read_of(given_cues), options=NAMES)
    rows = list(csv.DictReader(io.StringIO(written, newline=""), strict=True))
    expected = cues_in_order(given_cues)
    assert [row["id"] for row in rows] == [line.id for line in expected]
    for row, line in zip(rows, expected, strict=True):
        for found, said in ((row["text"], line.text), (row["speaker"], line.speaker or "")):
            assert found in (said, f"'{said}")
            assert not found.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"))
        assert (row["kind"], row["language"]) == (line.kind, line.language)


def test_columns_that_are_not_wished_for_are_left_out() -> None:
    options = ExportOptions(has_names=False, has_timestamps=False)
    rows = list(csv.reader(io.StringIO(table(read_of([cue("Hello")]), options=options))))
    assert rows == [["text", "kind", "language", "id"], ["Hello", "said", "en", "a-0"]]


# --- TTML --------------------------------------------------------------------------------------------------

TT = "{http://www.w3.org/ns/ttml}"
TTM = "{http://www.w3.org/ns/ttml#metadata}"
XML = "{http://www.w3.org/XML/1998/namespace}"


@given(st.lists(cues(), max_size=6, unique_by=lambda each: each.id), hostile)
def test_a_ttml_reader_gets_back_every_speaker_word_and_time(given_cues: list[Cue], title: str) -> None:
    root = etree.fromstring(ttml(given_cues, title=title, language="en").encode())
    agents = {each.get(f"{XML}id"): each.findtext(f"{TTM}name") for each in root.iter(f"{TTM}agent")}
    expected = cues_in_order(given_cues)
    found = list(root.iter(f"{TT}p"))
    assert [each.get(f"{XML}id") for each in found] == [f"line-{line.id}" for line in expected]
    for each, line in zip(found, expected, strict=True):
        assert "".join(each.itertext()) == line.text
        assert agents.get(each.get(f"{TTM}agent", "")) == line.speaker
    assert root.findtext(f".//{TTM}title") == line_of(title)


@settings(max_examples=30)
@given(st.lists(cues(), min_size=1, max_size=4, unique_by=lambda each: each.id))
def test_ttconv_shows_each_line_when_it_was_said(given_cues: list[Cue]) -> None:
    root = ET.fromstring(ttml(given_cues, title="Board", language="en"))  # noqa: S314 - we wrote it ourselves
    document = imsc.to_model(ET.ElementTree(root))
    assert document is not None
    for line in cues_in_order(given_cues):
        at = ISD.from_model(document, line.start_ms / 1000 + 0.0005)
        assert at is not None
        shown = [node.get_text() for region in at.iter_regions() for node in region.dfs_iterator() if is_text(node)]
        assert "".join(line.text.split()) in "".join("".join(shown).split())


def is_text(node: object) -> bool:
    return type(node).__name__ == "Text"


def test_two_people_of_one_name_are_two_agents() -> None:
    both = ttml([cue("one", who="a"), cue("two", at_s=2, who="b")], title="Board", language="en")
    agents = [each.get("ttm", "") for each in etree.fromstring(both.encode()).iter(f"{TTM}agent")]
    assert len(agents) == 2


# --- DOCX --------------------------------------------------------------------------------------------------


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(cues(), max_size=5), hostile)
def test_a_word_processor_opens_the_file_and_finds_every_line(given_cues: list[Cue], title: str) -> None:
    read = read_of(given_cues, title=title, options=ExportOptions(has_timestamps=False))
    found = docx.Document(io.BytesIO(word(read)))
    heading = [read.title] if read.title else []
    assert [each.text for each in found.paragraphs] == [*heading, read.day, *(spoken(line) for line in read.lines)]


def test_each_part_of_the_docx_is_well_formed_and_it_is_the_same_each_time() -> None:
    read = read_of([cue(text, at_s=at) for at, text in enumerate(HOSTILE_HERE)])
    content = word(read)
    assert content == word(read)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(name))

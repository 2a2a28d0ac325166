"""Transcripts as PDF: pages that hold every name and word, in the letters of each line's language."""

import io
import re
import subprocess
from typing import Any

import pypdf
import pytest

from meetings.exports import letter_forms
from meetings.exports.pdf import pdf
from tests.unit.test_exports_reading import HOSTILE_HERE, cue, read_of


def without_spaces(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


def test_the_pages_hold_what_was_said_in_many_scripts() -> None:
    said = ["Good morning.", "Łódź, naïve, ﬁn", "Ελλάδα καλημέρα", "Москва слушает", "#let x = 1; $y$ *z* <b>"]
    content = pdf(read_of([cue(text, at_s=at) for at, text in enumerate(said)]))
    found = "".join(without_spaces(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert "Board" in found
    assert "[00:00:04]Ada:" in found
    for text in said:
        assert without_spaces(text).replace("ﬁ", "fi") in found.replace("ﬁ", "fi")


def fonts_of(content: bytes) -> set[str]:
    """Names of what the pages are set with, without the prefixes of subsets."""
    pages: Any = pypdf.PdfReader(io.BytesIO(content)).pages
    fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]
    return {str(font["/BaseFont"]).rpartition("+")[2] for font in fonts}


@pytest.mark.parametrize(
    ("language", "text", "font"),
    [
        ("ja", "本日の会議を始めます。直近の予算について、山田さんからお願いします。", "NotoSansCJKjp"),
        ("zh", "我们开始今天的会议。请直接说明预算。", "NotoSansCJKsc"),
        ("zh-TW", "我們開始今天的會議。請直接說明預算。", "NotoSansCJKtc"),
        ("zh-Hant-HK", "我哋開始今日嘅會議。", "NotoSansCJKhk"),
        ("ko", "오늘 회의를 시작하겠습니다.", "NotoSansCJKkr"),
    ],
)
def test_chinese_japanese_and_korean_need_no_installed_font_and_have_the_forms_of_their_language(
    language: str, text: str, font: str
) -> None:
    content = pdf(
        read_of([cue("Good morning."), cue(text, at_s=1, speaker="山田", language=language)], title="予算会議")
    )
    found = "".join(without_spaces(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    for said in (text, "山田", "予算会議", "Good morning."):
        assert without_spaces(said) in found
    assert {name.partition("-")[0] for name in fonts_of(content)} == {"LibertinusSerif", font}


def test_each_line_has_the_forms_of_its_own_language() -> None:
    lines = [cue("直角", language="ja"), cue("直角", at_s=1, language="zh"), cue("直角", at_s=2, language="en")]
    names = {name.partition("-")[0] for name in fonts_of(pdf(read_of(lines)))}
    assert names == {"LibertinusSerif", "NotoSansCJKjp", "NotoSansCJKsc"}


@pytest.mark.parametrize(
    ("language", "family"),
    [
        ("", ""),
        ("en", ""),
        ("jam", ""),
        ("ja-JP", letter_forms.JAPANESE),
        ("zh", letter_forms.SIMPLIFIED),
        ("zh-SG", letter_forms.SIMPLIFIED),
        ("zh-Hans-HK", letter_forms.SIMPLIFIED),
        ("zh-Hant", letter_forms.TRADITIONAL),
        ("zh-Hant-MO", letter_forms.HONG_KONG),
        ("cmn-TW", letter_forms.TRADITIONAL),
        ("yue", letter_forms.HONG_KONG),
        ("ko-KR", letter_forms.KOREAN),
    ],
)
def test_a_language_says_which_forms(language: str, family: str) -> None:
    assert letter_forms.family_of(language) == family


def test_hostile_text_and_words_as_long_as_a_page_make_a_file_that_others_open() -> None:
    lines = [cue(text, at_s=at, speaker=text) for at, text in enumerate([*HOSTILE_HERE, "W" * 3_000])]
    content = pdf(read_of(lines, title='\\#panic() "x"'))
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    assert len({place for page in pages for place in places(page, "WWW")}) > 100
    assert sum(page.extract_text().count("W") for page in pages) >= 6_000


def places(page: pypdf.PageObject, part: str) -> set[tuple[int, float]]:
    """Where on the pages lines with `part` begin."""
    found: set[tuple[int, float]] = set()

    def look(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if part in text:
            found.add((page.page_number or 0, cm[5] + tm[5]))

    page.extract_text(visitor_text=look)
    return found


def test_poppler_reads_the_pages_where_it_is_installed(tmp_path: object) -> None:
    content = pdf(read_of([cue("Good morning.")]))
    try:
        found = subprocess.run(["pdftotext", "-", "-"], input=content, stdout=subprocess.PIPE, check=True)
    except FileNotFoundError:
        pytest.skip("pdftotext is not installed")
    assert "[00:00:00] Ada: Good morning." in found.stdout.decode()


def test_the_same_transcript_gives_the_same_pages() -> None:
    read = read_of([cue("Good morning.")])
    assert pdf(read) == pdf(read)

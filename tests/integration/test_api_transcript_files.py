"""Transcripts as files that are given at once: what is in them, to whom, and that each time is audited."""

import csv
import io
import json
from typing import Any

import docx
import pypdf
import pytest
from django.test import Client
from lxml import etree
from markdown_it import MarkdownIt

from meetings.api import transcript_files
from meetings.exports import formats
from meetings.services.audit import audit_verify
from tests.integration.api_calls import API, assert_problem, get, guest, made, program
from tests.integration.exported import entries, talk_made

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("exports_storage")]


@pytest.fixture
def host() -> Client:
    return program()


@pytest.fixture
def talk(host: Client) -> dict[str, Any]:
    return talk_made(host)


def test_every_format_says_what_was_said_and_what_was_lost(host: Client, talk: dict[str, Any]) -> None:
    content = {
        name: get(host, f"/meetings/{talk['id']}/transcript.{name}").content
        for name in ("md", "csv", "docx", "ttml", "pdf")
    }
    rows = list(csv.DictReader(io.StringIO(content["csv"].decode(), newline="")))
    assert [row["text"] for row in rows] == [
        "One.", "Two.", "[0.5 s of Ada's audio lost: device disconnected]", "'=Three <b>*",
    ]  # fmt: skip
    texts = {
        "md": "".join(
            each.content for token in MarkdownIt().parse(content["md"].decode()) for each in token.children or []
        ),
        "docx": "\n".join(each.text for each in docx.Document(io.BytesIO(content["docx"])).paragraphs),
        "ttml": "".join(etree.fromstring(content["ttml"]).itertext()),
        "pdf": "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content["pdf"])).pages),
    }
    for name, text in texts.items():
        for words in ("One.", "Two.", "=Three <b>*", "0.5 s of Ada's audio lost", "Bob"):
            assert "".join(words.split()) in "".join(text.split()), (name, words)


@pytest.mark.parametrize("extension", sorted(formats.FORMATS))
def test_a_meeting_without_a_word_has_a_file_in_every_format(host: Client, extension: str) -> None:
    meeting = made(host)
    answer = get(guest(), f"/meetings/{meeting['code']}/transcript.{extension}")
    assert answer.status_code == 200
    assert answer.headers["ETag"]


def test_options_are_those_that_a_format_has_a_use_for(host: Client, talk: dict[str, Any]) -> None:
    path = f"/meetings/{talk['id']}/transcript"
    text = get(host, f"{path}.txt", names=0, timestamps=0, paragraphs=1).content.decode()
    assert text.split("\n\n", 1)[1].splitlines() == [
        "One. Two.",
        "[0.5 s of audio lost: device disconnected]",
        "=Three <b>*",
    ]
    for name in ("txt", "md", "csv", "vtt", "srt", "ttml"):
        content = get(host, f"{path}.{name}", names=0).content.decode()
        assert "Ada" not in content, name
        assert "Bob" not in content, name
    assert "Three" not in get(host, f"{path}.md", speakers="Ada").content.decode()
    last_seq = get(host, f"{path}.json").json()["as_of_seq"]
    assert "Three" not in get(host, f"{path}.ttml", as_of_seq=last_seq - 1).content.decode()


@pytest.mark.parametrize("extension", ["docx", "pdf", "md"])
def test_what_has_not_changed_is_not_sent_again_nor_audited(host: Client, talk: dict[str, Any], extension: str) -> None:
    path = f"{API}/meetings/{talk['id']}/transcript.{extension}"
    etag = host.get(path).headers["ETag"]
    assert len(entries("transcript.exported")) == 1
    again = host.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert len(entries("transcript.exported")) == 1


def test_who_takes_a_transcript_is_in_the_audit_trail_without_names(host: Client, talk: dict[str, Any]) -> None:
    get(host, f"/meetings/{talk['id']}/transcript.csv", speakers="Ada", names=0)
    (entry,) = entries("transcript.exported")
    assert entry.actor.startswith("user:")
    assert (entry.data["format"], entry.data["speakers"], entry.data["names"]) == ("csv", 1, False)
    assert "Ada" not in json.dumps(entry.data)
    assert audit_verify(meeting_id=entry.meeting_id) is None


def test_what_takes_long_is_refused_at_once_and_told_how_to_get(
    host: Client, talk: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript_files, "MOST_LINES_AT_ONCE", 2)
    for extension in ("pdf", "docx", "zip"):
        problem = assert_problem(
            get(host, f"/meetings/{talk['id']}/transcript.{extension}"), 409, "export_takes_longer"
        )
        assert "/exports" in problem["detail"]
    assert get(host, f"/meetings/{talk['id']}/transcript.md").status_code == 200
    assert entries("transcript.exported")[-1].data["format"] == "md"

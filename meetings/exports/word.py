"""DOCX by python-docx: a title, the day, and a paragraph for each line."""

import io
import zipfile
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from lxml import etree

from meetings.exports.cues import Cue, is_right_to_left, seconds_clock_of
from meetings.exports.paragraphs import Reading

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)  # where zip archives begin: the same transcript gives the same bytes


def word(read: Reading) -> bytes:
    document = Document()
    if read.title:
        document.add_heading(read.title, level=0)
    if read.day:
        document.add_paragraph(read.day, style="Subtitle")
    _describe(document, read)
    end = document.element.body.sectPr  # python-docx looks for it anew for each paragraph: minutes for a long day
    for line in read.lines:
        end.addprevious(_paragraph(line, has_timestamps=read.has_timestamps))
    draft = io.BytesIO()
    document.save(draft)
    return _undated(draft)


def _describe(document: WordDocument, read: Reading) -> None:
    about = document.core_properties
    about.title, about.author, about.comments = read.title[:255], "Colloquy", ""
    about.created = about.modified = _EPOCH.replace(tzinfo=None)


def _paragraph(line: Cue, *, has_timestamps: bool) -> BaseOxmlElement:
    paragraph = OxmlElement("w:p")
    if is_right_to_left(line.text):
        etree.SubElement(etree.SubElement(paragraph, qn("w:pPr")), qn("w:bidi"))
    if has_timestamps:
        _run(paragraph, f"[{seconds_clock_of(line.start_ms)}] ", "w:color")
    if line.speaker is not None:
        _run(paragraph, line.speaker, "w:b")
        _run(paragraph, ": ", "")
    _run(paragraph, line.text, "w:i" if line.kind != "said" else "")
    return paragraph


def _run(paragraph: BaseOxmlElement, text: str, look: str) -> None:
    run = etree.SubElement(paragraph, qn("w:r"))
    if look:
        mark = etree.SubElement(etree.SubElement(run, qn("w:rPr")), qn(look))
        if look == "w:color":
            mark.set(qn("w:val"), "595959")
    words = etree.SubElement(run, qn("w:t"))
    words.text = text
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _undated(draft: io.BytesIO) -> bytes:
    """The archive without the moment of its making."""
    settled = io.BytesIO()
    with zipfile.ZipFile(draft) as found, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as written:
        for name in found.namelist():
            written.writestr(zipfile.ZipInfo(name, _EPOCH.timetuple()[:6]), found.read(name), zipfile.ZIP_DEFLATED)
    return settled.getvalue()

"""CSV (RFC 4180, UTF-8, with a header) of a transcript's lines, which no spreadsheet takes for formulas."""

import csv
import io

from meetings.exports.cues import Cue, clock_of
from meetings.exports.options import ExportOptions
from meetings.exports.paragraphs import Reading

# What spreadsheets begin a formula by, in wide forms too: an apostrophe before it makes it text, as in a cell typed so.
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")


def table(read: Reading, *, options: ExportOptions) -> str:
    """Everything is quoted: where a spreadsheet splits cells at semicolons, a line still does not begin a cell anew."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_columns(("start", "end"), "speaker", ("text", "kind", "language", "id"), options))
    for line in read.lines:
        times = clock_of(line.start_ms, separator="."), clock_of(line.end_ms, separator=".")
        writer.writerow(_columns(times, _cell(line.speaker or ""), _rest(line), options))
    return written.getvalue()


def _columns(times: tuple[str, str], speaker: str, rest: tuple[str, ...], options: ExportOptions) -> list[str]:
    return [*(times if options.has_timestamps else ()), *((speaker,) if options.has_names else ()), *rest]


def _rest(line: Cue) -> tuple[str, ...]:
    return _cell(line.text), line.kind, line.language, line.id


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text

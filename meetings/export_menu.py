"""What the transcript page offers for download: formats in groups, each with its address."""

from dataclasses import dataclass

from meetings.api.transcript_files import MOST_LINES_AT_ONCE
from meetings.exports.formats import FORMATS
from meetings.exports.wish import ARCHIVE
from meetings.models import Meeting

_GROUPS = (("For reading", ("pdf", "docx", "txt", "md", "csv")), ("As captions", ("vtt", "srt", "ttml")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`is_job`: it takes a while, and the page shows how far it is."""

    format: str
    words: str
    href: str
    is_job: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    words: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportMenu:
    exports_url: str
    groups: tuple[Group, ...]


def export_menu(meeting: Meeting, *, n_lines: int, is_host: bool) -> ExportMenu:
    is_long = n_lines > MOST_LINES_AT_ONCE
    groups = [
        Group(words=words, choices=tuple(_choice(meeting, name, is_long=is_long) for name in names))
        for words, names in _GROUPS
    ]
    whole = [_choice(meeting, "json", is_long=is_long)]
    if is_host:
        whole.append(_choice(meeting, ARCHIVE, is_long=True))
    return ExportMenu(
        exports_url=f"/api/v1/meetings/{meeting.code}/exports",
        groups=(*groups, Group(words="With everything", choices=tuple(whole))),
    )


def _choice(meeting: Meeting, name: str, *, is_long: bool) -> Choice:
    is_archive = name == ARCHIVE
    return Choice(
        format=name,
        words="Archive (zip)" if is_archive else FORMATS[name].words,
        href=f"/api/v1/meetings/{meeting.code}/transcript.{name}",
        is_job=is_long and (is_archive or FORMATS[name].is_slow),
    )

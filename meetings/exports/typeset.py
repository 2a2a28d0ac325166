"""A program: the content of a transcript (JSON) on standard input, its pages (PDF) on standard output.

Typst keeps what it laid out (a gigabyte for a long day) for as long as its process lives, so that is this one.
"""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import typst

_TEMPLATE = Path(__file__).with_name("transcript.typ")
_FONTS = "manimgx_fonts_cjk"  # a package of one file, Noto Sans CJK; installed fonts have to do where it is not there
_MADE_AT = datetime(1980, 1, 1, tzinfo=UTC)  # the same transcript gives the same bytes


def main() -> None:
    content = sys.stdin.buffer.read().decode()
    made = typst.compile(
        _TEMPLATE.read_bytes(),
        sys_inputs={"transcript": content},
        format="pdf",
        timestamp=_MADE_AT,
        font_paths=typst.Fonts(font_paths=list(_font_paths())),
    )
    assert isinstance(made, bytes)
    sys.stdout.buffer.write(made)


def _font_paths() -> Iterable[str]:
    found = find_spec(_FONTS)
    return (found and found.submodule_search_locations) or ()


if __name__ == "__main__":
    main()

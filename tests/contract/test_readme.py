"""The README lists every setting and no other, and names only commands that exist."""

import re

from django.conf import settings
from django.core.management import get_commands

from tests.nodes import ROOT

PAGE = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def test_the_configuration_table_lists_what_the_environment_may_say() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE)
    assert sorted(documented) == sorted(settings.ENVIRONMENT.names)


def test_the_example_file_shows_every_setting() -> None:
    example = (ROOT / ".env.example").read_text()
    shown = re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE)
    assert sorted(shown) == sorted(settings.ENVIRONMENT.names)


def test_the_commands_that_are_named_exist() -> None:
    pages = "\n".join(path.read_text() for path in ROOT.glob("*.md"))
    assert set(re.findall(r"manage\.py ([a-z_]+)", pages)) <= set(get_commands())
    assert set(re.findall(r"`make ([a-z]+)`", pages)) <= set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def test_links_lead_to_files_and_headings_that_exist() -> None:
    for page in ROOT.glob("*.md"):
        for target, heading in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", page.read_text()):
            path = ROOT / target if target else page
            assert path.is_file(), f"{page.name} links to {target}"
            if heading:
                headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
                assert heading in {re.sub(r"[^\w-]", "", h.lower().replace(" ", "-")) for h in headings}


def test_files_that_are_named_exist() -> None:
    """So that ARCHITECTURE and CONTRIBUTING move with the code."""
    for page in ROOT.glob("*.md"):
        for named in re.findall(
            r"`((?:config|meetings|streaming|static|templates|tests|bench|docs)/[\w./-]*)`", page.read_text()
        ):
            assert (ROOT / named).exists(), f"{page.name} names {named}"
        for diagram in re.findall(r"```\n(.*?)```", page.read_text(), re.DOTALL):
            for named in re.findall(r"streaming/\w+\.py", diagram):
                assert (ROOT / named).is_file(), f"{page.name} draws {named}"

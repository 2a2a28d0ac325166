"""Nothing at the edge looks a stored thing up by itself: that goes through the doors, which ask who wants it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from tests.nodes import ROOT

# Where requests, messages of sockets and the addresses in them are handled.
EDGE = ("meetings/api/**/*.py", "meetings/ingest/**/*.py", "meetings/*views*.py", "meetings/forms.py", "config/**/*.py")
LIVE = ("streaming/**/*.py",)  # which besides may not import models at all: the import linter sees to it
GUARDED = {model.__name__ for model in apps.get_app_config("meetings").get_models()}
MANAGERS = {"objects", "_default_manager", "_base_manager"}
SHORTCUTS = {"get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404", "get_model"}
# What is looked up here was made by the caller a line before. Each with the reason why no door is needed.
ALLOWED = {
    # The id comes from `idempotent`, whose keys are the caller's own.
    ("meetings/api/meeting_calls.py", "Meeting.objects"),
}


def lookups(source: str) -> Iterator[tuple[int, str]]:
    """Line and words of each place that reaches rows of a guarded model by the model itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            owner = node.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            if name in GUARDED:
                yield node.lineno, f"{name}.{node.attr}"
        if isinstance(node, ast.ImportFrom | ast.Import):
            # Also under another name: `from meetings.models import Meeting as M`.
            for alias in node.names:
                if alias.name in SHORTCUTS or (alias.name in GUARDED and alias.asname not in (None, alias.name)):
                    yield node.lineno, alias.name
        if isinstance(node, ast.Attribute) and node.attr in SHORTCUTS:
            yield node.lineno, node.attr


def edge_files() -> list[Path]:
    return sorted({path for pattern in (*EDGE, *LIVE) for path in ROOT.glob(pattern)})


def test_the_edge_reaches_stored_things_through_the_doors_only() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), words): line
        for path in edge_files()
        for line, words in lookups(path.read_text())
    }
    broken = [f"{path}:{line} uses {words}" for (path, words), line in found.items() if (path, words) not in ALLOWED]
    assert not broken, (
        "Load it by a function of meetings/access.py (or another *access.py) and go on from what that returns, "
        f"as in `meeting.recordings.filter(…)`: {broken}"
    )
    assert set(found) >= ALLOWED, "an exception that is not needed any more"


def test_the_edge_is_where_the_rule_looks() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in edge_files()}
    assert names >= {"meetings/views.py", "meetings/api/recording_calls.py", "streaming/consumers/captions.py"}
    assert {"Meeting", "Segment", "Participant", "ApiToken", "Membership"} <= GUARDED


@pytest.mark.parametrize(
    "source",
    [
        "Meeting.objects.get(pk=ref)",
        "models.Segment.objects.filter(pk=segment_id)",
        "Participant._default_manager.all()",
        "from django.shortcuts import get_object_or_404",
        "from meetings.models import Meeting as M",
        "shortcuts.get_object_or_404(Meeting, pk=ref)",
        "apps.get_model('meetings', 'Meeting')",
    ],
)
def test_each_way_around_the_doors_is_seen(source: str) -> None:
    assert list(lookups(source))


@pytest.mark.parametrize(
    "source", ["meeting.recordings.filter(pk=pk)", "User.objects.get(pk=1)", "from meetings.models import Meeting"]
)
def test_going_on_from_what_a_door_returned_is_no_way_around(source: str) -> None:
    assert not list(lookups(source))

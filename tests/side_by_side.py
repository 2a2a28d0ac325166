"""Which test files come when, for several processes: those that wait for real time lie among those that compute."""

from collections.abc import Iterable
from pathlib import Path

import pytest

# The last tenth of the way only computes: nobody waits at the end for one long test of another process.
LAST_TO_WAIT = 0.9


def spread(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The same tests, file by file: each kind of file is spread evenly, and keeps its order."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    kinds: dict[str, list[Path]] = {}
    for path, its_items in files.items():
        kinds.setdefault(_kind(path, its_items), []).append(path)
    places = {
        path: (number + 0.5) / len(paths) * (1.0 if kind == "computes" else LAST_TO_WAIT)
        for kind, paths in kinds.items()
        for number, path in enumerate(paths)
    }
    return [item for path in sorted(files, key=places.__getitem__) for item in files[path]]


def _kind(path: Path, items: list[pytest.Item]) -> str:
    if path.parent.name == "faults":
        return "faults"
    is_live = any("running_node" in getattr(item, "fixturenames", ()) for item in items)
    return "live" if is_live or path.parent.name == "browser" else "computes"

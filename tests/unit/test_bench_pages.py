"""A benchmark's document becomes figures and tables without measuring anything again, and judges all but times."""

import re
from pathlib import Path
from typing import Any

import pytest

from bench.plots import plots_save
from bench.report import document_of
from bench.rows import LATENCIES
from bench.sanity import FIGURES, complaints
from bench.tables import PLACES, filled, tables_of
from tests.nodes import ROOT


def row(speakers: int, *, run: int = 1, scenario: str = "read", **more: Any) -> dict[str, Any]:
    whole = {"not_admitted": 0, "not_ended": 0, "utterances_missing": 0, "gap_samples": 0}
    times = {f"{name}_{percent}_s": 1.0 + run / 4 for name in LATENCIES for percent in ("p50", "p95")}
    figures: dict[str, Any] = dict.fromkeys(FIGURES, 0.25) | times | {"cpu_web_s": 2.0, "cpu_recognizers_s": 9.0}
    rest = {"took_s": 60.0, "cpu_idle_cores": 0.01, "web_mib": 110, "update_every_p50_s": 0.5, "refusals": 0}
    return {"scenario": scenario, "run": run, "speakers": speakers, **whole, **figures, **rest, **more}


@pytest.fixture
def document() -> dict[str, Any]:
    rows = [row(speakers, run=run) for run in (1, 2, 3) for speakers in (1, 4)]
    rows.append(row(4, scenario="meeting", cpwer_pct=9.5, tcpwer_pct=9.8))
    idle = [{"sockets": 0, "web_mib": 100.0}, {"sockets": 200, "web_mib": 110.0, "final_p95_s": 1.5}]
    return document_of(rows, settings={}, offline={"engine": "model"}, idle=idle)


def test_each_table_has_its_place_on_the_page(document: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    assert set(PLACES.findall(page)) == set(tables_of(document))
    assert all(
        Path(ROOT / "docs" / name).is_file() or "performance-" in name for name in re.findall(r"\]\((\S+\.svg)\)", page)
    )


def test_tables_show_medians_and_how_far_runs_lie_apart(document: dict[str, Any]) -> None:
    read = tables_of(document)["read"].splitlines()
    assert len(read) == 4
    assert read[2].startswith("| 1 | 1.5 (1.25–1.75) / 1.5 (1.25–1.75) |")
    assert "| yes | 3 |" in read[3]
    assert "| 9.5 | 9.8 |" in tables_of(document)["meeting"]


def test_a_table_replaces_the_one_before_and_nothing_else() -> None:
    page = "Before\n<!-- bench: read -->\nold\n<!-- /bench -->\nbetween\n<!-- bench: idle -->\nkept\n<!-- /bench -->\n"
    once = filled(page, {"read": "new\nlines"})
    assert once == page.replace("old", "new\nlines")
    assert filled(once, {"read": "new\nlines"}) == once


def test_the_same_document_draws_the_same_files(tmp_path: Path, document: dict[str, Any]) -> None:
    paths = plots_save(document, tmp_path)
    assert [path.name for path in paths] == [
        f"performance-{name}.svg" for name in ("latency", "cpu", "partials", "idle")
    ]
    drawn = [path.read_bytes() for path in paths]
    assert [path.read_bytes() for path in plots_save(document, tmp_path)] == drawn


def test_a_document_without_readers_draws_nothing(tmp_path: Path) -> None:
    assert plots_save(document_of([], settings={}, offline={}), tmp_path) == []


def test_a_whole_run_has_no_complaints_however_slow(document: dict[str, Any]) -> None:
    for each in document["rows"]:
        each |= {name: 60.0 for name in each if name.endswith("_s") and name.startswith(LATENCIES)}
    assert list(complaints(document)) == []


@pytest.mark.parametrize(
    "change", [{"gap_samples": 1}, {"utterances_missing": 1}, {"wer_pct": 60.0}, {"final_p95_s": None}]
)
def test_what_is_missing_or_wrong_is_a_complaint(document: dict[str, Any], change: dict[str, Any]) -> None:
    document["rows"][0] |= change
    assert len(list(complaints(document))) == 1


@pytest.mark.parametrize("change", [{"closed": {"4504": 3}}, {"sockets_after": 197}])
def test_a_closed_idle_socket_is_a_complaint(document: dict[str, Any], change: dict[str, Any]) -> None:
    document["idle"][1] |= change
    assert len(list(complaints(document))) == 1


def test_idle_sockets_that_had_to_ask_again_are_none(document: dict[str, Any]) -> None:
    document["idle"][1] |= {"refused": {"503": 12}, "closed": {}, "sockets_after": 200}
    assert list(complaints(document)) == []


def test_nothing_measured_is_a_complaint() -> None:
    assert list(complaints(document_of([], settings={}, offline={}))) == ["Nothing was measured."]

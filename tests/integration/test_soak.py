"""`make soak` works: a few seconds of it."""

import json
import subprocess
import sys
from pathlib import Path

from tests.nodes import ROOT


def test_a_short_soak_measures_and_draws(tmp_path: Path, speech_cache: Path, shared_testdata: Path) -> None:
    arguments = ("--minutes", "0.2", "--speed", "3", "--speakers", "1", "--every", "0.5", "--results", str(tmp_path))
    places = ("--testdata", str(shared_testdata), "--data-dir", str(speech_cache.parent))
    ran = subprocess.run(
        [sys.executable, "-m", "bench.soak", *arguments, *places],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "memory of the web node" in ran.stdout
    measured = [json.loads(line) for line in (tmp_path / "soak.jsonl").read_text().splitlines()]
    assert measured[0]["web_mib"] > 0
    assert measured[0]["recognizers_mib"] > 0
    assert any(each["final_s"] is not None for each in measured)
    assert (tmp_path / "soak.svg").read_text().lstrip().startswith("<?xml")

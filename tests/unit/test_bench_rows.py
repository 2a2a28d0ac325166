"""Several runs become medians with their spread, and a claim about speakers needs that nothing is missing."""

from typing import Any

from bench.report import document_of, table
from bench.rows import is_complete, medians, speakers_in_time


def row(speakers: int, final_p95_s: float | None, **more: Any) -> dict[str, Any]:
    whole = {"not_admitted": 0, "not_ended": 0, "utterances_missing": 0, "gap_samples": 0}
    return {"scenario": "read", "run": 1, "speakers": speakers, "final_p95_s": final_p95_s, "flows": {}} | whole | more


def test_a_median_carries_its_smallest_and_largest() -> None:
    found = medians([row(4, 1.0), row(4, 3.0), row(4, 1.5), row(8, 2.5)])
    assert [(each["speakers"], each["runs"], each["final_p95_s"]) for each in found] == [
        (4, 3, [1.5, 1.0, 3.0]),
        (8, 1, [2.5, 2.5, 2.5]),
    ]


def test_scenarios_do_not_mix() -> None:
    assert len(medians([row(4, 1.0), row(4, 9.0, scenario="meeting")])) == 2


def test_a_run_without_a_figure_leaves_the_others_theirs() -> None:
    assert medians([row(4, None), row(4, 2.0)])[0]["final_p95_s"] == [2.0, 2.0, 2.0]
    assert medians([row(4, None)])[0]["final_p95_s"] is None


def test_whoever_is_left_outside_or_loses_something_makes_a_run_incomplete() -> None:
    assert is_complete(row(1, 1.0))
    for name in ("not_admitted", "not_ended", "utterances_missing", "gap_samples"):
        assert not is_complete(row(1, 1.0) | {name: 1})


def test_speakers_in_time_end_with_the_first_row_that_is_late_or_incomplete() -> None:
    rows = [row(1, 1.0), row(4, 1.9), row(8, 2.5), row(16, 3.5), row(24, 1.0)]
    assert speakers_in_time(medians(rows)) == {
        "speakers_with_final_p95_within_2_s": 4,
        "speakers_with_final_p95_within_3_s": 8,
    }
    rows[1]["gap_samples"] = 16_000
    assert speakers_in_time(medians(rows))["speakers_with_final_p95_within_3_s"] == 1


def test_one_incomplete_run_of_several_is_enough() -> None:
    rows = [row(1, 1.0), row(1, 1.0, utterances_missing=1)]
    assert set(speakers_in_time(medians(rows)).values()) == {0}


def test_the_meeting_says_nothing_about_speakers_at_once() -> None:
    assert set(speakers_in_time(medians([row(4, 1.0, scenario="meeting")])).values()) == {0}


def test_the_document_names_the_machine_and_the_table_has_all_rows() -> None:
    document = document_of([row(1, 1.0), row(4, 1.25)], settings={"repeat": 1}, offline={})
    assert document["machine"]["cores"] >= 1
    assert document["medians"][1]["final_p95_s"] == [1.25, 1.25, 1.25]
    lines = table(document["medians"]).splitlines()
    assert len(lines) == 3
    assert "1.25" in lines[2]

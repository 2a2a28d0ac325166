"""Several runs become medians with their spread, and a claim about speakers needs that nothing is missing."""

from typing import Any

import numpy as np

from bench.corpus import SpeakerStream, Spoken
from bench.crowd import Outcome
from bench.figures import Shown
from bench.report import document_of, table
from bench.rows import is_complete, medians, meeting_row, row_of, speakers_in_time
from bench.streams import Heard
from bench.usage import Cpu, Held
from bench.word_times import SpokenWord


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


def outcome_of(*heard: Heard) -> Outcome:
    return Outcome(
        heard=heard, n_meetings=1, took_s=10.0, joined_s=1.0, cpu=Cpu(web_s=1.0, recognizers_s=3.0), idle_cores=0.1,
        clients_cpu_s=0.5, held=Held(web_mib=100.0, recognizers_mib=400.0, n_fds=1, n_threads=1),
    )  # fmt: skip


def stream_of(name: str) -> SpeakerStream:
    """Two seconds of audio in which somebody speaks for one."""
    words = (SpokenWord(text="the", start_s=0.5, end_s=1.0), SpokenWord(text="dog", start_s=1.0, end_s=1.5))
    spoken = Spoken(name="x", start_s=0.0, end_s=2.0, reference="the dog", words=words)
    return SpeakerStream(name=name, audio=np.zeros(32_000, np.float32), utterances=(spoken,))


def heard_of(text: str, **more: Any) -> Heard:
    segment = {"id": "a", "rev": 2, "state": "final", "text": text, "start_ms": 400, "end_ms": 1_600}
    partial = segment | {"rev": 1, "state": "partial", "text": "the"}
    shown = (Shown(at_s=1.2, segment=partial), Shown(at_s=2.5, segment=segment))
    return Heard(shown=shown, ended={"received": 32_000}, **more)


OUTSIDE = Heard(shown=(), ended={}, is_admitted=False, n_refused=6)


def test_a_row_says_what_was_heard_and_what_it_cost() -> None:
    both = row_of(
        [stream_of("A"), stream_of("B")], outcome_of(heard_of("The dog."), heard_of("The fog.")), {"x": "the dog"}
    )
    assert (both["wer_pct"], both["offline_wer_pct"]) == (25.0, 0.0)
    assert both["partials_per_final"] == 1.0
    assert both["final_p50_s"] == 1.0
    assert both["first_partial_p50_s"] == 0.7
    assert both["speech_s"] == 2.0
    assert both["cpu_cores_per_speaker"] == (4.0 - 10 * 0.1) / 2
    assert both["cpu_per_audio_s"] == 1.0
    assert is_complete(both)


def test_who_was_not_let_in_counts_as_that_and_as_no_error() -> None:
    found = row_of([stream_of("A"), stream_of("B")], outcome_of(heard_of("The dog."), OUTSIDE), {"x": "the dog"})
    assert (found["speakers"], found["admitted"], found["not_admitted"], found["refusals"]) == (2, 1, 1, 6)
    assert (found["wer_pct"], found["utterances"], found["utterances_missing"], found["speech_s"]) == (0.0, 1, 0, 1.0)
    assert not is_complete(found)


def test_a_meeting_to_which_nobody_was_let_in_has_no_figures() -> None:
    found = row_of([stream_of("A")], outcome_of(OUTSIDE), {"x": "the dog"})
    assert found["wer_pct"] is found["final_p95_s"] is None
    assert not is_complete(found)


def test_the_meetings_row_tells_voices_apart() -> None:
    found = meeting_row(
        [stream_of("A"), stream_of("B")], outcome_of(heard_of("The dog."), heard_of("dog dog dog the dog"))
    )
    assert found == {"cpwer_pct": 75.0, "tcpwer_pct": 75.0}

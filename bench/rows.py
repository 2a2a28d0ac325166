"""One run as a row of figures, and several runs as one row of medians. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from bench.corpus import SpeakerStream
from bench.crowd import Outcome
from bench.figures import (
    erasure,
    error_rate,
    finals_of,
    latencies,
    percentile,
    speech_s,
    updates_s,
    word_errors,
)
from bench.meeting_error import Said, cp_errors, tcp_errors
from bench.streams import Heard
from meetings.limits import SAMPLE_RATE_HZ

Row = dict[str, Any]
LATENCIES = ("first_partial", "word", "word_kept", "final")
SPOKEN_IN_TIME_S = (2.0, 3.0)


def meeting_row(streams: Sequence[SpeakerStream], outcome: Outcome) -> Row:
    """Whose word it was, and when, counts too. The streams have one clock."""
    said = [
        Said(speaker=stream.name, start_s=spoken.start_s, end_s=spoken.end_s, text=spoken.reference)
        for stream in streams
        for spoken in stream.utterances
    ]
    heard = [
        Said(
            speaker=stream.name,
            start_s=final.segment["start_ms"] / 1_000,
            end_s=final.segment["end_ms"] / 1_000,
            text=final.segment["text"],
        )
        for stream, each in zip(streams, outcome.heard, strict=True)
        for final in finals_of(each.shown)
    ]
    return {"cpwer_pct": _percent(*cp_errors(said, heard)), "tcpwer_pct": _percent(*tcp_errors(said, heard))}


def row_of(streams: Sequence[SpeakerStream], outcome: Outcome, offline: Mapping[str, str]) -> Row:
    """`offline` is what the same model makes of each recording as a whole.

    Those who were not let in are counted as that, and in no other figure: what they would have said was not lost.
    """
    n_speakers = len(streams)
    streams, heard = _admitted(streams, outcome)
    errors = [error_rate(stream, each.shown) for stream, each in zip(streams, heard, strict=True)]
    erased = [erasure(each.shown) for each in heard]
    n_finals = sum(len(finals_of(each.shown)) for each in heard)
    n_messages = sum(len(each.shown) for each in heard)
    row: Row = {
        "speakers": n_speakers,
        "meetings": outcome.n_meetings,
        "audio_s": round(_audio_s(streams), 1),
        "speech_s": round(sum(map(speech_s, streams)), 1),
        "took_s": round(outcome.took_s, 1),
        "joined_s": round(outcome.joined_s, 1),
        "refusals": sum(each.n_refused for each in outcome.heard),
        "admitted": len(streams),
        "not_admitted": n_speakers - len(streams),
        "not_ended": sum(not each.ended for each in heard),
        "utterances": sum(len(stream.utterances) for stream in streams),
        "finals": n_finals,
        "gap_samples": sum(each.gap_samples for each in heard),
        "wer_pct": _percent(sum(e for e, _ in errors), sum(n for _, n in errors)),
        "offline_wer_pct": _offline_error_pct(streams, offline),
        "erasure": round(sum(e for e, _ in erased) / max(1, sum(n for _, n in erased)), 3),
        "partials_per_final": round((n_messages - n_finals) / max(1, n_finals), 2),
        "update_every_p50_s": percentile([gap for each in heard for gap in updates_s(each.shown)], 50),
        "flows": dict(Counter(state for each in heard for state in each.flows)),
    }
    return row | _latencies(streams, heard) | _costs(streams, outcome)


def _admitted(streams: Sequence[SpeakerStream], outcome: Outcome) -> tuple[Sequence[SpeakerStream], Sequence[Heard]]:
    inside = [(stream, each) for stream, each in zip(streams, outcome.heard, strict=True) if each.is_admitted]
    return [stream for stream, _ in inside], [each for _, each in inside]


def _latencies(streams: Sequence[SpeakerStream], heard: Sequence[Heard]) -> Row:
    found = [latencies(stream, each.shown) for stream, each in zip(streams, heard, strict=True)]
    row: Row = {
        "utterances_missing": sum(each.n_utterances_missing for each in found),
        "words_uncovered": sum(each.n_words_uncovered for each in found),
        "words_missed_pct": _percent(sum(each.n_words_missed for each in found), sum(each.n_words for each in found)),
    }
    for name in LATENCIES:
        values = [value for each in found for value in getattr(each, f"{name}_s")]
        row |= {f"{name}_p50_s": percentile(values, 50), f"{name}_p95_s": percentile(values, 95)}
    return row


def _costs(streams: Sequence[SpeakerStream], outcome: Outcome) -> Row:
    """`cpu_cores_per_speaker` is for one who speaks without pause, less what the node takes when nobody is there."""
    spoken_s = max(1.0, sum(map(speech_s, streams)))
    idle_s = outcome.idle_cores * outcome.took_s
    return {
        "cpu_cores_per_speaker": round((outcome.cpu.total_s - idle_s) / spoken_s, 3),
        "cpu_cores_per_speaker_gross": round(outcome.cpu.total_s / spoken_s, 3),
        "cpu_per_audio_s": round(outcome.cpu.total_s / max(1.0, _audio_s(streams)), 3),
        "cpu_web_s": round(outcome.cpu.web_s, 2),
        "cpu_recognizers_s": round(outcome.cpu.recognizers_s, 2),
        "cpu_idle_cores": round(outcome.idle_cores, 4),
        "clients_cpu_cores": round(outcome.clients_cpu_s / outcome.took_s, 3),
        "web_mib": round(outcome.held.web_mib),
        "memory_mib": round(outcome.held.web_mib + outcome.held.recognizers_mib),
    }


def is_complete(row: Mapping[str, Any]) -> bool:
    """Nobody was left outside, and nothing that was said is missing."""
    lost = ("not_admitted", "not_ended", "utterances_missing", "gap_samples")
    return all(row[name] == 0 for name in lost)


def medians(rows: Sequence[Row]) -> list[Row]:
    """One row for each scenario and number of speakers; each figure as [median, smallest, largest]."""
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["scenario"], row["speakers"]), []).append(row)
    return [
        {"scenario": scenario, "speakers": n_speakers, "runs": len(group), "complete": all(map(is_complete, group))}
        | {name: _spread([row.get(name) for row in group]) for name in group[0] if _is_figure(name, group)}
        for (scenario, n_speakers), group in groups.items()
    ]


def _is_figure(name: str, group: Sequence[Row]) -> bool:
    if name in ("scenario", "speakers", "run"):
        return False
    return all(isinstance(row.get(name), int | float | None) for row in group)


def _spread(values: Sequence[float | None]) -> list[float] | None:
    known = [value for value in values if value is not None]
    return [round(median(known), 4), min(known), max(known)] if known else None


def speakers_in_time(middle: Sequence[Row]) -> dict[str, int]:
    """How many read at once before the 95th percentile of finals is over each bound, or before anything is missing."""
    found = {}
    for bound_s in SPOKEN_IN_TIME_S:
        most = 0
        for row in sorted((row for row in middle if row["scenario"] == "read"), key=lambda row: int(row["speakers"])):
            final = row["final_p95_s"]
            if not row["complete"] or final is None or final[0] > bound_s:
                break
            most = row["speakers"]
        found[f"speakers_with_final_p95_within_{bound_s:g}_s"] = most
    return found


def _audio_s(streams: Sequence[SpeakerStream]) -> float:
    return sum(stream.audio.size for stream in streams) / SAMPLE_RATE_HZ


def _offline_error_pct(streams: Sequence[SpeakerStream], offline: Mapping[str, str]) -> float | None:
    """None without any utterance."""
    utterances = [spoken for stream in streams for spoken in stream.utterances]
    errors, n_words = word_errors(
        [spoken.reference for spoken in utterances], [offline[spoken.name] for spoken in utterances]
    )
    return _percent(errors, n_words)


def _percent(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 2) if whole else None

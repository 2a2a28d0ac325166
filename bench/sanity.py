"""What must hold on any machine, however slow: nothing is missing, words are right, all figures are there. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.rows import LATENCIES, is_complete

MOST_WER_PCT = 35.0  # the model makes about 10 % errors; more than this is no transcript of what was said
FIGURES = (
    "wer_pct",
    "offline_wer_pct",
    "erasure",
    "partials_per_final",
    "words_missed_pct",
    "cpu_cores_per_speaker",
    "cpu_per_audio_s",
    "clients_cpu_cores",
    "memory_mib",
    *(f"{name}_{percent}_s" for name in LATENCIES for percent in ("p50", "p95")),
)


def complaints(document: Mapping[str, Any]) -> Iterator[str]:
    """No time is judged."""
    if not document["rows"]:
        yield "Nothing was measured."
    for row in document["rows"]:
        about = f"{row['scenario']} with {row['speakers']}"
        if not is_complete(row):
            yield f"{about}: something is missing: {row}"
        if missing := [name for name in FIGURES if row.get(name) is None]:
            yield f"{about}: no figure for {', '.join(missing)}."
        elif row["wer_pct"] > MOST_WER_PCT:
            yield f"{about}: {row['wer_pct']} % of the words are wrong."
    for row in document["idle"]:
        if row.get("closed") or row.get("sockets_after", row["sockets"]) < row["sockets"]:
            yield f"idle sockets were closed: {row}"
    asked = document["settings"].get("idle", [])
    if document["idle"] and len(document["idle"]) < len(asked):
        yield f"Not all of {asked} idle sockets were measured."

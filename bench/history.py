"""All that was said and all that was shown, message by message, for whoever looks into a figure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.corpus import SpeakerStream
from bench.crowd import Outcome


def history_append(path: Path, streams: Sequence[SpeakerStream], outcome: Outcome, *, scenario: str, run: int) -> None:
    """JSON lines: of each speaker first `said` with the words' times, then each `shown`, in order of arrival."""
    with path.open("a") as file:
        for place, stream in enumerate(streams):
            about = {"scenario": scenario, "speakers": len(streams), "run": run, "speaker": stream.name}
            for line in _lines(stream, outcome, place):
                file.write(json.dumps(about | line) + "\n")


def _lines(stream: SpeakerStream, outcome: Outcome, place: int) -> Iterator[dict[str, Any]]:
    for spoken in stream.utterances:
        yield {"said": spoken.reference, "recording": spoken.name, "words": [asdict(word) for word in spoken.words]}
    for shown in outcome.heard[place].shown:
        yield {"at_s": round(shown.at_s, 3), "shown": shown.segment}

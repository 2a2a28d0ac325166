"""Servers die and networks fail at random moments, and the meeting is what it would have been without."""

from pathlib import Path

from tests.faults.chaos import Weather, chaos
from tests.faults.chaos_meeting import streams_of
from tests.nodes import REPEATABLE, node_environment

# The long form (`python -m tests.faults.chaos`) has the weather of the promise; this is the same in a minute.
SHORT = Weather(kill_every_s=(6.0, 10.0), calm_s=(1.0, 5.0), trouble_s=(1.0, 8.0), fewest_kills=2)


async def test_kills_and_cut_networks_lose_no_word_and_double_none(
    tmp_path: Path, speech_cache: Path, shared_testdata: Path
) -> None:
    streams = streams_of(shared_testdata, n_speakers=2, minutes=0.5)
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, **REPEATABLE)
    found = await chaos(streams, environment=environment, seed=7, weather=SHORT)
    assert found["defects"] == [], found
    assert found["kills"] >= 2
    assert len(found["troubles"]) >= 4

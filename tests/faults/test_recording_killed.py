"""A recording is what the client captured, sample by sample, whatever befell the network and the server meanwhile."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from streaming.client.audio_files import audio_read
from tests.faults.chaos_network import Network
from tests.faults.recorded_capture import Capture, lost, muted, voiced
from tests.nodes import NodeProcess, database_make, manage, node_environment, node_kill, node_start
from tests.sockets import NO_TLS, WAIT_S, Api, peer, silence

pytestmark = pytest.mark.speech
WORK = "from meetings.tasks import recordings_make; recordings_make()"
SWEEP = """
from datetime import timedelta
from django.utils import timezone
from meetings.services.recording_files import recording_files_sweep
recording_files_sweep(now=timezone.now() + timedelta(days=2))
"""


class Host:
    """A program that made the meeting."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=f"{url}/api/v1/", headers=headers, verify=NO_TLS, timeout=WAIT_S)

    def __enter__(self) -> "Host":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def meeting(self) -> dict[str, Any]:
        body = {"title": "Recorded", "policies": {"recording": True}}
        return dict(self._http.post("meetings", json=body).raise_for_status().json())

    def end(self, meeting: dict[str, Any]) -> None:
        self._http.post(f"meetings/{meeting['id']}/end").raise_for_status()

    def recordings(self, meeting: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self._http.get(f"meetings/{meeting['id']}/recordings").raise_for_status().json()["data"])

    def ledger(self, meeting: dict[str, Any]) -> dict[str, Any]:
        (session,) = self._http.get(f"meetings/{meeting['id']}/ledger").raise_for_status().json()["sessions"]
        return dict(session)


def downloaded(recording: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.int16]]:
    answer = httpx.get(recording["download"]["url"], verify=NO_TLS, timeout=WAIT_S).raise_for_status()
    assert len(answer.content) == recording["n_bytes"]
    samples, rate = soundfile.read(BytesIO(answer.content), dtype="int16")
    assert rate == 16_000
    found: np.ndarray[Any, np.dtype[np.int16]] = samples
    return found


@dataclass(slots=True, kw_only=True)
class Killer:
    """A node that is killed in the instant in which its client hears that something is settled, and comes back."""

    environment: dict[str, str]
    node: NodeProcess
    kill_at: list[int]

    async def on_settled(self, position: int) -> None:
        if self.kill_at and position > self.kill_at[0]:
            del self.kill_at[0]
            node_kill(self.node)
            self.node = await asyncio.to_thread(node_start, self.environment)


async def held(capture: Capture, host: Host, killer: Killer) -> dict[str, Any]:
    """The recorded meeting, over a network that is cut once; it ends when everything was delivered."""
    meeting = host.meeting()
    async with Network(int(killer.environment["PORT"])) as network:
        api = Api(network.url)
        admission = await asyncio.to_thread(api.admit, meeting)
        async with asyncio.TaskGroup() as group:
            group.create_task(capture.deliver(api, admission, real_time_x=2.5, on_settled=killer.on_settled))
            async with asyncio.timeout(WAIT_S):
                while capture.n_sent < 2 * 16_000:  # before the first kill, which needs more to be settled
                    await asyncio.sleep(0.02)
            async with network.cut():
                await asyncio.sleep(0.5)
    host.end(meeting)
    await asyncio.to_thread(manage, "shell", "-c", WORK, environment=killer.environment)
    return meeting


async def test_mutes_a_cut_network_and_a_killed_server_leave_the_recording_exact(
    tmp_path: Path, speech_cache: Path, speech_samples: dict[str, Path]
) -> None:
    """Killed twice in the instant in which the client hears that something is settled, which it may forget then."""
    beckett = audio_read(speech_samples["beckett"])
    again = np.concatenate([silence(1.0), beckett[: 5 * 16_000]])
    stretches = [
        voiced(beckett),
        muted(3.0),
        voiced(again),
        lost(2.0),
        voiced(beckett),
        voiced(silence(1.0)),
        muted(1.5),
    ]
    capture = Capture(stretches=stretches)
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache)
    database_make(environment)
    token = manage("api_token", "host", environment=environment).strip()
    node = await asyncio.to_thread(node_start, environment)
    killer = Killer(environment=environment, node=node, kill_at=[4 * 16_000, 22 * 16_000])
    try:
        with Host(node.url, token) as host:
            meeting = await held(capture, host, killer)
            found = {each["kind"]: each for each in host.recordings(meeting)}
            ledger = host.ledger(meeting)
            recorded, mixed = downloaded(found["session"]), downloaded(found["mix"])
    finally:
        node_kill(killer.node)
    assert not killer.kill_at
    assert capture.n_connections >= 4
    assert np.array_equal(recorded, capture.timeline())
    assert_silent_where_the_ledger_says(capture, found["session"], ledger)
    assert_mixed_from(capture, mixed, origin_ms=ledger["origin_ms"])
    await asyncio.to_thread(manage, "shell", "-c", SWEEP, environment=environment)
    left = {path.name.partition("-")[0] for path in (node.data_dir / "recordings").rglob("*") if path.is_file()}
    assert left == {"session", "mix"}, "the pieces were let go, also those whose commit the kill forestalled"


def assert_silent_where_the_ledger_says(capture: Capture, recording: dict[str, Any], ledger: dict[str, Any]) -> None:
    unheard = [(at, at + each.n_samples) for at, each in capture.placed() if each.samples is None]
    heard = [(0, unheard[0][0]), (unheard[0][1], unheard[1][0]), (unheard[1][1], unheard[2][0])]
    assert [(span["from"], span["to"]) for span in recording["spans"]] == heard
    assert [(gap["from"], gap["to"], gap["reason"]) for gap in ledger["gaps"]] == [(*unheard[1], "device_lost")]
    assert (ledger["received"], ledger["in_flight"], ledger["muted"]) == (capture.n_samples, 0, int(4.5 * 16_000))
    assert recording["missing"] == []


def assert_mixed_from(capture: Capture, mixed: np.ndarray[Any, np.dtype[np.int16]], *, origin_ms: int) -> None:
    """Where the meeting's clock puts it, and unchanged wherever it is not loud."""
    wanted = capture.timeline()
    assert mixed.size == origin_ms * 16 + wanted.size
    is_quiet = np.abs(wanted) < 20_000
    assert np.array_equal(mixed[origin_ms * 16 :][is_quiet], wanted[is_quiet])


async def test_storage_that_is_away_holds_up_nobody_who_is_not_recorded_and_loses_nothing(
    running_node: NodeProcess, speech_samples: dict[str, Path]
) -> None:
    """Ada is recorded and Ben is not: his words are committed meanwhile, hers once their sound is safe."""
    audio = np.concatenate([audio_read(speech_samples["beckett"]), silence(1.5)])
    token = running_node.manage("api_token", "host").strip()
    with Host(running_node.url, token) as host:
        meeting = host.meeting()
        place = running_node.data_dir / "recordings" / meeting["id"]
        place.parent.mkdir(exist_ok=True)
        place.write_text("where a directory should be, as a full or broken disk would have it")
        api = Api(running_node.url)
        capture = Capture(stretches=[voiced(audio)])
        admissions = [await asyncio.to_thread(api.admit, meeting, name) for name in ("Ada", "Ben")]
        told: list[int] = []

        async def on_settled(position: int) -> None:
            told.append(position)

        async with asyncio.TaskGroup() as group:
            delivering = group.create_task(capture.deliver(api, admissions[0], real_time_x=3.0, on_settled=on_settled))
            await _speak_unrecorded(admissions[1], audio)
            assert max(told, default=0) == 0
            assert not delivering.done()
            segments = api.get(f"meetings/{meeting['code']}/segments").json()["data"]
            assert {segment["speaker"] for segment in segments} == {"Ben"}
            place.unlink()
        host.end(meeting)
        await asyncio.to_thread(running_node.manage, "shell", "-c", WORK)
        (recording,) = (each for each in host.recordings(meeting) if each["kind"] == "session")
        assert (recording["display_name"], recording["missing"]) == ("Ada", [])
        assert np.array_equal(downloaded(recording), capture.timeline())
        speakers = {s["speaker"] for s in api.get(f"meetings/{meeting['code']}/segments").json()["data"]}
    assert speakers == {"Ada", "Ben"}


async def _speak_unrecorded(admission: dict[str, Any], audio: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    async with peer(admission["ws_url"], admission["ticket"]) as ben:
        await ben.hello()
        await ben.stream(audio, real_time_x=3.0)
        await ben.end()

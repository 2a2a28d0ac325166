"""Over real sockets: who is not recorded leaves no file, and who stops being recorded leaves none from then on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from meetings.recordings.flac import Int16, flac_decode
from meetings.recordings.names import chunk_name_parse
from streaming.audio.pcm import pcm_encode
from streaming.recognizers.base import Float32
from tests.nodes import NodeProcess
from tests.sockets import NO_TLS, WAIT_S, Api, Message, Peer, peer

AGREED = ["captions", "transcript", "recording"]
DECLINED = ["captions", "transcript"]
SECOND = 16_000


@pytest.fixture(scope="module")
def host(running_node: NodeProcess, token: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{running_node.url}/api/v1/", headers=headers, verify=NO_TLS, timeout=WAIT_S) as client:
        yield client


def meeting_made(host: httpx.Client, *, is_recorded: bool = True) -> Message:
    policies = {"recording": True} if is_recorded else {}
    return dict(host.post("meetings", json={"title": "Live", "policies": policies}).raise_for_status().json())


def room_noise(seconds: float) -> Float32:
    noise = np.random.default_rng(1).integers(-200, 200, int(seconds * SECOND))
    return (noise / 32_768).astype(np.float32)


def recorded(node: NodeProcess, meeting: Message) -> dict[tuple[int, int], Int16]:
    """What lies in files of this meeting, by range."""
    root = node.data_dir / "recordings"
    found = {}
    for path in (root / meeting["id"]).rglob("*.flac"):
        name = chunk_name_parse(str(path.relative_to(root)))
        assert name is not None
        found[name.start, name.end] = flac_decode(Path(path).read_bytes())
    return dict(sorted(found.items()))


def int16(audio: Float32) -> Int16:
    return np.frombuffer(pcm_encode(audio), "<i2").astype(np.int16)


async def consented(one: Peer, granted: list[str], **more: Any) -> None:
    await one.say(type="consent", granted=granted, **more)
    await one.until("event", lambda message: message["event"].get("granted") == granted)


@pytest.mark.parametrize(("is_recorded", "granted"), [(True, DECLINED), (False, AGREED)])
async def test_without_policy_and_consent_there_is_no_file(
    running_node: NodeProcess, api: Api, host: httpx.Client, is_recorded: bool, granted: list[str]
) -> None:
    meeting = meeting_made(host, is_recorded=is_recorded)
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello(consent=False)
        await consented(ada, granted)
        await ada.stream(room_noise(4))
        ended = await ada.end()
    assert ended["received"] == 4 * SECOND
    assert recorded(running_node, meeting) == {}


async def test_everything_is_recorded_until_one_stops_it_and_nothing_after(
    running_node: NodeProcess, api: Api, host: httpx.Client
) -> None:
    meeting, audio = meeting_made(host), room_noise(9)
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello(consent=False)
        await consented(ada, AGREED)
        await ada.stream(audio[: 4 * SECOND])
        await ada.say(type="consent", granted=DECLINED)
        await ada.stream(audio[4 * SECOND : 6 * SECOND])
        await consented(ada, AGREED, position=7 * SECOND)
        await ada.stream(audio[6 * SECOND :])
        ended = await ada.end()
        told = [message["event"] for message in ada.of("event") if message["event"]["type"] == "meeting.recording"]
    assert ended["received"] == audio.size
    assert [event["on"] for event in told] == [True]
    found = recorded(running_node, meeting)
    positions = np.concatenate([np.arange(start, end) for start, end in found])
    assert np.array_equal(np.unique(positions), np.r_[0 : 4 * SECOND, 7 * SECOND : 9 * SECOND])
    for (start, end), samples in found.items():
        assert np.array_equal(samples, int16(audio)[start:end])


async def test_the_host_turns_recording_off_and_everybody_hears_of_it(
    running_node: NodeProcess, api: Api, host: httpx.Client
) -> None:
    meeting, audio = meeting_made(host), room_noise(8)
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello(consent=False)
        await consented(ada, AGREED)
        await ada.stream(audio[: 3 * SECOND])
        off = {"policies": {"recording": False}}
        await asyncio.to_thread(host.patch, f"meetings/{meeting['id']}", json=off)
        told = await ada.until("event", lambda message: message["event"].get("on") is False)
        await ada.stream(audio[3 * SECOND :])
        await ada.end()
    assert told["event"]["type"] == "meeting.recording"
    last = max(end for _, end in recorded(running_node, meeting))
    assert last <= 4 * SECOND, "within a second of audio after everybody was told"

"""A crowd that only listens, through the client of `bench.idle`."""

import re

import httpx

from bench.idle import crowd_running, crowd_told
from tests.nodes import NodeProcess
from tests.sockets import WAIT_S, Api, peer

N_SOCKETS = 50


def test_a_crowd_that_only_listens_sits_there_and_comes_back_all_at_once(running_node: NodeProcess) -> None:
    with crowd_running(running_node.url) as crowd:
        assert crowd_told(crowd, f"open {N_SOCKETS}")["open"] == N_SOCKETS
        back = crowd_told(crowd, "reconnect")
    assert (back["open"], back["closed"]) == (N_SOCKETS, {})


async def test_who_is_muted_leaves_room_for_who_wants_to_speak(api: Api) -> None:
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        expected = {}
        for is_muted in (True, False):
            await ada.say(type="mute", on=is_muted)
            await ada.say(type="ping", t=1)
            await ada.until("pong")
            expected[is_muted] = busy(api)
    assert expected[True] < expected[False]


def busy(api: Api) -> float:
    """The share of the recognizers that those who are expected to speak will take."""
    metrics = httpx.get(f"{api.url}/metrics", timeout=WAIT_S).text
    return float(re.findall(r"^colloquy_recognizers_busy (\S+)$", metrics, re.MULTILINE)[0])

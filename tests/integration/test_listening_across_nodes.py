"""People of one meeting on two nodes hear each other: Redis carries one mix from node to node."""

import asyncio
from pathlib import Path

import pytest

from streaming.recognizers.base import Float32
from tests.integration.test_listening import heard_in
from tests.likeness import likeness
from tests.nodes import node_environment, node_running
from tests.sockets import Api, peer

pytestmark = pytest.mark.redis


async def test_people_on_two_nodes_hear_each_other(
    tmp_path: Path, speech_cache: Path, redis_url: str, beckett: Float32
) -> None:
    shared = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'both.sqlite3'}",
        "REDIS_URL": redis_url,
        "SECRET_KEY": "one key for both nodes, long enough to be taken for one",
        "RECOGNIZER_PROCESSES": "1",
    }
    first = node_environment(data_dir=tmp_path / "one", models=speech_cache, **shared)
    second = node_environment(data_dir=tmp_path / "two", models=speech_cache, **shared)
    with node_running(first) as one, node_running(second) as two:
        meeting = Api(one.url).meeting()
        ada_in, ben_in = Api(one.url).admit(meeting, "Ada"), Api(two.url).admit(meeting, "Ben")
        async with peer(ada_in["ws_url"], ada_in["ticket"]) as ada, peer(ben_in["ws_url"], ben_in["ticket"]) as ben:
            await ada.hello(listen=True)
            await ben.hello(listen=True)
            said = {"ada": beckett[: 4 * 16_000], "ben": beckett[6 * 16_000 : 9 * 16_000]}
            async with asyncio.TaskGroup() as group:
                group.create_task(ada.stream(said["ada"], real_time_x=1.0))
                group.create_task(ben.stream(said["ben"], real_time_x=1.0))
                by_ada = group.create_task(heard_in(ada, 8))
                by_ben = group.create_task(heard_in(ben, 8))
    assert likeness(by_ben.result(), said["ada"]) > 0.6
    assert likeness(by_ada.result(), said["ben"]) > 0.6
    assert likeness(by_ada.result(), said["ada"]) < 0.45
    assert likeness(by_ben.result(), said["ben"]) < 0.45

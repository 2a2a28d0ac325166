"""What an orderly stop leaves behind: nothing that looks as if it were still going on."""

import asyncio
from pathlib import Path

from streaming.client.audio_files import audio_read
from tests.nodes import STOP_S, node_environment, node_running
from tests.sockets import Api, peer


async def test_a_stopped_node_leaves_its_sessions_detached_and_resumable(
    tmp_path: Path, speech_cache: Path, speech_samples: dict[str, Path]
) -> None:
    audio = audio_read(speech_samples["beckett"])
    environment = node_environment(data_dir=tmp_path / "data", models=speech_cache, RECOGNIZER_PROCESSES="1")
    with node_running(environment) as node:
        api = Api(node.url)
        meeting = api.meeting()
        admission = api.admit(meeting)
        async with peer(admission["ws_url"], admission["ticket"]) as ada:
            await ada.hello()
            await ada.stream(audio[: 3 * 16_000])
            node.process.terminate()
            assert await ada.closed() == 1001
        # A second signal would cut the orderly end short, and that is what leaving the node's context sends.
        assert await asyncio.to_thread(node.process.wait, STOP_S) == 0
    states = node.manage("shell", "--no-imports", "-c", SHOW_STATES).split()
    assert states == ["detached"]
    with node_running(environment | {"PORT": environment["PORT"]}):
        async with peer(admission["ws_url"], api.ticket(admission)) as again:
            welcome = await again.hello(resume={"token": admission["resume_token"], "after_seq": 0}, consent=False)
            again.position = welcome["settled"]
            await again.stream(audio[welcome["settled"] :])
            assert (await again.end())["received"] == audio.size


SHOW_STATES = "from meetings.models import AudioSession; print(*AudioSession.objects.values_list('state', flat=True))"

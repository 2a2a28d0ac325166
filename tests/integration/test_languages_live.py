"""Languages on a real node: one meeting, two languages, changed in the middle."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jiwer
import pytest
from websockets.exceptions import ConnectionClosed

from streaming.recognizers.base import Float32
from tests.foreign_speech import letters, spoken
from tests.nodes import NodeProcess, node_environment, node_running
from tests.sockets import Api, Message, peer, silence

pytestmark = pytest.mark.speech


@pytest.fixture(scope="module")
def api(speech_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A node of its own: Whisper is dear, and tests that share a node with it would find no room.

    More processes than it needs, because here is spoken several times as fast as people do.
    """
    data_dir = tmp_path_factory.mktemp("node")
    environment = node_environment(data_dir=data_dir, models=speech_cache, RECOGNIZER_PROCESSES="4")
    with node_running(environment) as node:
        yield Api(node.url)


def is_language(message: Message, language: str) -> bool:
    event = message["event"]
    return bool(event["type"] == "participant.language" and event["language"] == language)


def text_in(segments: list[dict[str, Any]], language: str) -> str:
    return letters(" ".join(each["text"] for each in segments if each["language"] == language))


async def test_a_language_is_changed_in_mid_meeting(api: Api, beckett: Float32, shared_testdata: Path) -> None:
    """English by one model, German by the other, in one session and without a pause in the connection."""
    german, text = spoken(shared_testdata, "fleurs_de.flac")
    meeting = api.meeting()
    admission = api.admit(meeting)
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        assert (await ada.hello())["language"] == "en"
        await ada.stream(beckett)
        await ada.stream(silence(1.5))
        await ada.say(type="language", language="DE-at", position=ada.position)
        told = await ada.until("event", lambda each: is_language(each, "de-AT"))
        assert told["event"]["participant_id"] == admission["participant_id"]
        await ada.stream(german, real_time_x=2)
        await ada.stream(silence(1.5))
        ended = await ada.end()
    assert ended["gap"] == 0
    stored = api.get(f"meetings/{meeting['code']}/transcript.json").json()["segments"]
    assert [each["segment"] for each in ada.finals()] == stored
    assert "ever tried" in text_in(stored, "en")
    assert jiwer.cer(letters(text), text_in(stored, "de-AT")) <= 0.25
    assert {(each["language"], each["engine"]) for each in stored} == {
        ("en", "moonshine-base-en"), ("de-AT", "whisper-base"),
    }  # fmt: skip
    only = api.get(f"meetings/{meeting['code']}/transcript.json", params={"language": "de"}).json()["segments"]
    assert only == [each for each in stored if each["language"] == "de-AT"]
    assert jiwer.cer(letters(text), letters(" ".join(each["text"] for each in only))) <= 0.25


async def test_an_unknown_language_is_an_error_that_changes_nothing(
    running_node: NodeProcess, beckett: Float32
) -> None:
    api = Api(running_node.url)
    admission = api.admit(api.meeting())
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        for language, code in (("tlh", "language_unsupported"), ("not a tag", "invalid")):
            await ada.say(type="language", language=language)
            error = await ada.until("error")
            assert (error["fatal"], error["problem"]["code"]) == (False, code)
        await ada.stream(beckett)
        await ada.end()
    assert {each["segment"]["language"] for each in ada.finals()} == {"en"}
    assert not [each for each in ada.of("event") if each["event"]["type"] == "participant.language"]


async def test_a_change_over_rest_reaches_the_open_socket(api: Api, shared_testdata: Path) -> None:
    german, text = spoken(shared_testdata, "pv_cheetah_de.flac")
    meeting = api.meeting()
    admission = api.admit(meeting)
    path = f"meetings/{meeting['code']}/participants/{admission['participant_id']}"
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        await ada.hello()
        await ada.stream(silence(0.5))
        body = {"language": "de", "display_name": "Grace", "resume_token": admission["resume_token"]}
        assert api.patch(path, body).status_code == 200
        await ada.until("event", lambda each: is_language(each, "de"))
        await ada.stream(silence(1.5))
        await ada.stream(german, real_time_x=2)
        await ada.end()
    segments = [each["segment"] for each in ada.finals()]
    assert jiwer.cer(letters(text), text_in(segments, "de")) <= 0.25
    assert {each["segment"]["speaker"] for each in ada.of("segment")} == {"Grace"}


async def test_what_is_sent_again_keeps_its_language(api: Api, shared_testdata: Path) -> None:
    """The connection is lost after a change: what is replayed from before it is decoded in the old language."""
    german, text = spoken(shared_testdata, "fleurs_de.flac")
    spanish, said = spoken(shared_testdata, "mls_es_13697_11991_000000.flac")
    meeting = api.meeting()
    admission = api.admit(meeting, language="es")
    async with peer(admission["ws_url"], admission["ticket"]) as ada:
        assert (await ada.hello())["language"] == "es"
        await ada.stream(spanish, real_time_x=7)
        change_at = ada.position
        await ada.say(type="language", language="de", position=change_at)
        await ada.until("event", lambda each: is_language(each, "de"))
    async with peer(admission["ws_url"], api.ticket(admission)) as ada:
        welcome = await ada.hello(resume={"token": admission["resume_token"], "after_seq": 0})
        assert welcome["language"] == "de"
        await ada.stream(spanish[welcome["settled"] :], real_time_x=7)
        await ada.stream(silence(2))
        await ada.stream(german, real_time_x=2)
        await ada.end()
    stored = api.get(f"meetings/{meeting['code']}/transcript.json").json()["segments"]
    assert jiwer.cer(letters(said), text_in(stored, "es")) <= 0.3
    assert jiwer.cer(letters(text), text_in(stored, "de")) <= 0.25


async def test_hostile_changes_of_language_end_as_documented(running_node: NodeProcess) -> None:
    api = Api(running_node.url)
    wrong: list[tuple[Message, int]] = [
        ({"language": 7}, 4400),
        ({}, 4400),
        ({"language": "d" * 101}, 4400),
        ({"language": "de", "position": -1}, 4400),
        ({"language": "de", "position": 2**62}, 4400),
    ]
    admission = api.admit(api.meeting())
    for fields, code in wrong:
        async with peer(admission["ws_url"], api.ticket(admission)) as eve:
            await eve.hello()
            await eve.say(type="language", **fields)
            assert await eve.closed() == code
    async with peer(admission["ws_url"], api.ticket(admission)) as eve:
        await eve.hello()
        with suppress(ConnectionClosed):  # in the middle of it
            for _ in range(400):
                await eve.say(type="language", language="de")
        assert await eve.closed() == 4529

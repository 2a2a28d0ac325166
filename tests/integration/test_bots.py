"""The client library against a real node: bots that speak, are interrupted, and the one of the documentation."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from examples.what_did_i_miss import bot
from streaming.client.events import BargeIn, Caption, ChunkOver, Ended, Event
from streaming.client.meeting import Meeting
from streaming.management.commands.speak import audio_capture
from streaming.recognizers.base import Float32
from tests.integration.test_agents import SECOND, Reader, microphone, stream
from tests.joining import meeting_joined
from tests.nodes import ROOT
from tests.sockets import WAIT_S, Api, Message, peer, silence

# When it turns out that the first frame had waited, meeting time is put right, and so much of a piece is passed over;
# on a busy machine the first frame may wait for long.
CORRECTED_MS = 400
MOST_LOOKS = 4


@asynccontextmanager
async def agent(api: Api, meeting: Message, token: str) -> AsyncIterator[tuple[Meeting, list[Event]]]:
    """A bot in the meeting, and all that it was told."""
    told: list[Event] = []
    async with meeting_joined(api.url, meeting["code"], name="Minutes", role="agent", api_token=token) as me:

        async def read() -> None:
            async for event in me.events():
                told.append(event)

        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            yield me, told
            await me.end()


def share_heard(heard: Float32, said: Float32) -> float:
    """In tenths of a second, each wherever it was heard best: what a busy machine delays is cut into in places."""
    pieces = np.split(said, np.arange(SECOND // 10, said.size, SECOND // 10))
    return float(np.mean([piece_heard(heard, piece) > 0.9 for piece in pieces]))


def piece_heard(heard: Float32, piece: Float32) -> float:
    products = np.abs(np.correlate(heard, piece, "valid"))
    energies = np.convolve(np.square(heard), np.ones(piece.size), "valid")
    return float((products / np.sqrt(np.maximum(energies, 1e-6) * np.square(piece).sum())).max())


def of(told: list[Event], kind: type[Event]) -> list[Any]:
    return [event for event in told if isinstance(event, kind)]


async def test_what_a_bot_says_is_heard_transcribed_and_done(api: Api, token: str, beckett: Float32) -> None:
    """Two pieces at another rate, with silence between them that nobody sends."""
    meeting = api.meeting()
    fast = np.stack([np.repeat(beckett[: 3 * SECOND], 2)] * 2, axis=1)
    async with (
        meeting_joined(api.url, meeting["code"], name="Vera", hears=True) as vera,
        agent(api, meeting, token) as (me, told),
    ):
        heard: list[Float32] = []

        async def hear() -> None:
            async for block in vera.hear():
                heard.append(block.samples)

        hearing = asyncio.ensure_future(hear())
        await me.say(silence(1.0))  # with which meeting time is put right, if it must be
        first = await me.say(fast, rate_hz=32_000)
        await asyncio.sleep(2)
        second = await me.say(beckett[3 * SECOND : 5 * SECOND])
        hearing.cancel()
        async with asyncio.timeout(WAIT_S):
            while "no matter" not in " ".join(each.text for each in of(told, Caption) if each.is_final).lower():
                await asyncio.sleep(0.1)  # what it said last, though it stays
    assert (first.state, second.state) == ("done", "done")
    assert first.heard_ms == pytest.approx(3_000, abs=CORRECTED_MS)
    assert second.heard_ms == pytest.approx(2_000, abs=CORRECTED_MS)
    assert share_heard(np.concatenate(heard), beckett[: 3 * SECOND]) > 0.6
    [ended] = of(told, Ended)
    assert (ended.gap, ended.muted >= SECOND * 0.9) == (0, True)
    assert of(told, Caption)


async def test_a_bot_that_is_talked_over_stops_and_says_nothing_of_the_rest(
    api: Api, token: str, beckett: Float32
) -> None:
    meeting = api.meeting()
    room, _ = microphone(beckett[: 2 * SECOND], quiet_s=3.0)
    async with (
        meeting_joined(api.url, meeting["code"], name="Ada") as ada,
        agent(api, meeting, token) as (me, told),
    ):
        pieces = [me.say(beckett) for _ in range(3)]
        await audio_capture(ada, room, speed=1.0)
        outcomes = [await piece for piece in pieces]
        later = await me.say(beckett[:SECOND])
    [barge_in] = of(told, BargeIn)
    assert barge_in.participant_id == ada.participant_id
    assert [each.state for each in outcomes] == ["interrupted", "cleared", "cleared"]
    assert 2_000 < outcomes[0].heard_ms == barge_in.heard_ms < 8_000
    assert later.state == "done"
    assert later.heard_ms == pytest.approx(1_000, abs=CORRECTED_MS)
    [ended] = of(told, Ended)
    assert ended.gap == 0
    assert abs(ended.speech + ended.nonspeech - (outcomes[0].heard_ms + 1_000) * 16) <= 1_600 + CORRECTED_MS * 16
    assert [each.state for each in of(told, ChunkOver)] == ["interrupted", "done"]


async def test_a_bot_takes_back_one_piece_or_all(api: Api, token: str, beckett: Float32) -> None:
    async with agent(api, api.meeting(), token) as (me, told):
        first, second, third = (me.say(beckett[: seconds * SECOND]) for seconds in (6, 2, 2))
        await asyncio.sleep(1)
        await second.interrupt()
        await first.interrupt()
        done = [await first, await second, await third]
        fourth, fifth = me.say(beckett), me.say(beckett)
        await asyncio.sleep(0.5)
        await me.clear()
        done += [await fourth, await fifth]
    assert [each.state for each in done] == ["interrupted", "interrupted", "done", "cleared", "cleared"]
    assert (done[1].heard_ms, done[4].heard_ms) == (0, 0)
    assert done[2].heard_ms == pytest.approx(2_000, abs=CORRECTED_MS)
    [ended] = of(told, Ended)
    assert ended.gap == 0


async def both_there(api: Api, meeting: Message) -> None:
    async with asyncio.timeout(WAIT_S):
        while True:
            events = api.get(f"meetings/{meeting['code']}/events").json()["data"]
            if [each["event"]["type"] for each in events if each["type"] == "event"].count("participant.joined") == 2:
                return
            await asyncio.sleep(0.1)


async def test_the_bot_of_the_documentation_answers(api: Api, token: str, beckett: Float32, tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "bots.md").read_text(), re.DOTALL)
    assert found
    assert len(found[1].strip().splitlines()) <= 26
    names: dict[str, Any] = {"__name__": "bots"}
    exec(compile(found[1], "docs/bots.md", "exec"), names)  # noqa: S102  our own page: what is printed there has to run
    answer = np.random.default_rng(3).standard_normal(SECOND).astype(np.float32) * np.float32(0.1)
    soundfile.write(tmp_path / "answer.wav", answer, SECOND)
    meeting = api.meeting()
    async with meeting_joined(api.url, meeting["code"], name="Ada", hears=True) as ada, asyncio.TaskGroup() as group:
        bot = group.create_task(names["bot"](api.url, meeting["code"], token, str(tmp_path / "answer.wav")))
        await both_there(api, meeting)
        await ada.write(beckett)
        heard = np.zeros(0, np.float32)
        async with asyncio.timeout(WAIT_S):
            async for block in ada.hear():
                heard = np.concatenate([heard, block.samples])
                if np.count_nonzero(heard) >= 0.95 * SECOND:
                    break
        bot.cancel()
    assert share_heard(heard, answer) > 0.7  # the last quarter may still be on its way


async def test_the_example_tells_what_was_missed_and_goes_on_only_when_asked_again(
    api: Api, token: str, beckett: Float32, two_cities: Float32
) -> None:
    """Whoever says "no matter" asks; the voice is a recording."""
    meeting, texts = api.meeting(), list[str]()

    def voice(text: str) -> tuple[Float32, int]:
        texts.append(text)
        return two_cities[10 * SECOND : 40 * SECOND], SECOND

    asking = re.compile("no,? matter", re.IGNORECASE)
    question = np.concatenate([beckett[: int(4.5 * SECOND)], silence(1.0)])
    over, _ = microphone(beckett[: 2 * SECOND], quiet_s=2.0)
    ada_in, ben_in = api.admit(meeting, "Ada"), api.admit(meeting, "Ben")
    running = asyncio.ensure_future(bot(api.url, meeting["code"], token, voice=voice, question=asking))
    async with peer(ada_in["ws_url"], ada_in["ticket"]) as ada, peer(ben_in["ws_url"], ben_in["ticket"]) as ben:
        await ada.hello(listen=True)
        await ben.hello()
        by_ada = Reader(ada)
        reading = asyncio.ensure_future(by_ada.run())
        await stream(ben, np.concatenate([two_cities[: 5 * SECOND], silence(1.0)]))
        await by_ada.until(lambda: "best of times" in str(ada.finals()).lower())
        await stream(ada, question)
        await by_ada.until(lambda: texts)
        n_before = len(by_ada.audible_ms())
        await by_ada.until(lambda: len(by_ada.audible_ms()) > n_before + 10)
        await stream(ben, np.concatenate([over, silence(1.0)]))
        for _ in range(MOST_LOOKS):  # what was said before may still be on its way; the answer is longer than this
            n_before = len(by_ada.audible_ms())
            await stream(ada, silence(2.0))
            if len(by_ada.audible_ms()) == n_before:
                break
        assert len(by_ada.audible_ms()) == n_before
        assert len(texts) == 1
        await stream(ada, question)
        await by_ada.until(lambda: len(texts) > 1)
        reading.cancel()
    running.cancel()
    await asyncio.wait([running])
    assert texts[0].startswith("Ben said: It was the best of times")
    assert texts[1].startswith(texts[0])

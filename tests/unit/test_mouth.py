"""What an agent's client declares and takes back, and that nobody waits for an answer that never comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pytest

from streaming.client.events import BargeIn, ChunkOver
from streaming.client.mouth import MOST_SENT, SILENT_FRAMES, Mouth, Outcome, Said
from streaming.client.session import AudioSession
from streaming.playback import LONGEST_CHUNK_SAMPLES, MOST_CHUNKS, Playback
from streaming.recognizers.base import Float32
from tests.unit.exactly_once_loop import VirtualLoop

FRAME = 320
PIECE = np.full(2 * FRAME, 0.1, np.float32)


@dataclass(slots=True)
class Session:
    """Takes everything, and sends nothing anywhere."""

    captured: int = 0
    written: int = 0
    withdrawn: list[tuple[int, int]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)

    def capture(self, samples: Float32) -> None:
        self.captured += samples.size

    async def write(self, samples: Float32) -> None:
        self.capture(samples)
        self.written += samples.size

    def skip(self, position: int) -> None:
        self.captured = max(self.captured, position)

    def withdraw(self, start: int, end: int) -> None:
        self.withdrawn.append((start, end))

    async def say(self, message: dict[str, Any]) -> None:
        self.told.append(message)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.told if each["type"] == kind]


@asynccontextmanager
async def speaking() -> AsyncIterator[tuple[Mouth, Session]]:
    session = Session()
    mouth = Mouth(cast("AudioSession", session))
    mouth.welcomed()
    running = asyncio.ensure_future(mouth.run())
    try:
        yield mouth, session
    finally:
        running.cancel()
        await asyncio.wait([running])


def in_virtual_time(scene: Any) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(scene())
    finally:
        loop.close()


def barge_in(*, chunk_id: str, position: int) -> BargeIn:
    return BargeIn(message={}, participant_id="ada", chunk_id=chunk_id, heard_ms=20, position=position, at_ms=0)


def over(said: Said, state: Any, *, position: int = 0) -> ChunkOver:
    return ChunkOver(message={}, chunk_id=said.id, state=state, heard_ms=0, position=position)


def test_a_piece_that_crossed_the_message_of_a_barge_in_is_taken_back_at_the_server_too() -> None:
    """The server gave way before it heard of the second piece, which is something new to it: nobody would end it."""

    async def scene() -> None:
        async with speaking() as (mouth, session):
            first, second = mouth.say(PIECE), mouth.say(np.tile(PIECE, 50))
            await asyncio.sleep(0.2)
            at_server = Playback()
            at_server.declare(**spoken(session.of("say")[0]))
            at_server.hear(2 * FRAME, n_samples=2 * FRAME, is_loud=True, now=2 * FRAME)
            gave = at_server.give_way()
            at_server.declare(**spoken(session.of("say")[1]))
            await mouth.take(barge_in(chunk_id=first.id, position=gave.position))
            await mouth.take(over(first, "interrupted"))
            assert session.told[-1] == {"type": "clear"}
            [cleared] = at_server.clear()
            await mouth.take(over(second, cleared.state))
            assert await second == Outcome(state="cleared", heard_ms=0)
            await mouth.finished()

    in_virtual_time(scene)


def spoken(message: dict[str, Any]) -> Any:
    return {"chunk_id": message["id"], "position": message["position"], "n_samples": message["n_samples"]}


def test_no_more_is_declared_than_a_server_takes_however_long_it_is_away() -> None:
    """Speech in small pieces, as synthesizers give it. Who comes back declares again what has no answer."""

    async def scene() -> None:
        async with speaking() as (mouth, session):
            pieces = [mouth.say(PIECE) for _ in range(2 * MOST_CHUNKS)]
            await asyncio.sleep(60)
            assert len(session.of("say")) == MOST_SENT
            again = mouth.welcomed()
            assert [each["id"] for each in again] == [each.id for each in pieces[:MOST_SENT]]
            at_server = Playback()
            for each in again:
                at_server.declare(**spoken(each))
            await mouth.take(over(pieces[0], "done"))
            await asyncio.sleep(1)
            assert session.of("say")[-1]["id"] == pieces[MOST_SENT].id

    in_virtual_time(scene)


def test_nothing_at_all_is_done_at_once_and_declared_to_nobody() -> None:
    async def scene() -> None:
        async with speaking() as (mouth, session):
            assert await mouth.say(np.zeros(0, np.float32)) == Outcome(state="done", heard_ms=0)
            await asyncio.sleep(1)
            assert not session.of("say")

    in_virtual_time(scene)


def test_what_no_server_takes_is_refused_here() -> None:
    async def scene() -> None:
        async with speaking() as (mouth, _):
            with pytest.raises(ValueError, match="600 seconds"):
                mouth.say(np.zeros(LONGEST_CHUNK_SAMPLES + 1, np.float32))
            mouth.say(np.zeros(LONGEST_CHUNK_SAMPLES, np.float32))

    in_virtual_time(scene)


def test_who_is_talked_over_stops_in_the_middle_of_what_is_being_sent() -> None:
    """Before the server says how it ended: what is sent until then would be thrown away there."""

    async def scene() -> None:
        async with speaking() as (mouth, session):
            said = mouth.say(np.tile(PIECE, 50))
            await asyncio.sleep(0.5)
            await mouth.take(barge_in(chunk_id=said.id, position=FRAME))
            n_written = session.written
            assert 0 < n_written < 100 * FRAME
            assert session.withdrawn == [(FRAME, session.captured)]
            await asyncio.sleep(1)
            assert session.written <= n_written + SILENT_FRAMES * FRAME
            assert said._end_position > session.captured

    in_virtual_time(scene)


@pytest.mark.parametrize(
    ("state", "withdrawn"), [("done", []), ("interrupted", [(700, 960)]), ("cleared", [(700, 960)])]
)
def test_what_was_not_heard_of_a_chunk_is_not_sent_again_as_said(state: Any, withdrawn: list[tuple[int, int]]) -> None:
    async def scene() -> None:
        async with speaking() as (mouth, session):
            said = mouth.say(PIECE)
            await asyncio.sleep(1)
            await mouth.take(over(said, state, position=700))
            assert session.withdrawn == withdrawn
            assert (await said).state == state

    in_virtual_time(scene)


def test_room_for_more_is_used_as_soon_as_an_answer_comes() -> None:
    async def scene() -> None:
        async with speaking() as (mouth, session):
            pieces = [mouth.say(PIECE) for _ in range(MOST_SENT + 2)]
            await asyncio.sleep(60)
            await mouth.take(over(pieces[0], "done"))
            await asyncio.sleep(1)
            assert len(session.of("say")) == MOST_SENT + 1

    in_virtual_time(scene)


def test_what_was_taken_back_while_the_connection_was_gone_is_over_on_the_next_one() -> None:
    """The message that said so may have been lost with it; and what waited behind it is said."""

    async def scene() -> None:
        async with speaking() as (mouth, session):
            pieces = [mouth.say(PIECE) for _ in range(MOST_SENT + 1)]
            await asyncio.sleep(60)
            await pieces[3].interrupt()
            again = mouth.welcomed()
            assert pieces[3].id not in [each["id"] for each in again]
            assert await pieces[3] == Outcome(state="interrupted", heard_ms=0)
            await asyncio.sleep(1)
            assert session.of("say")[-1]["id"] == pieces[-1].id

    in_virtual_time(scene)


def test_silence_follows_what_was_said_and_comes_to_an_end() -> None:
    """Until then nobody sees the last sentence finished."""

    async def scene() -> None:
        async with speaking() as (mouth, session):
            said = mouth.say(PIECE)
            await asyncio.sleep(10)
            assert session.captured - said._end_position == SILENT_FRAMES * FRAME

    in_virtual_time(scene)

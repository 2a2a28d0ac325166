"""A room's voices in virtual time: everybody hears the others, nobody oneself, and silence costs nothing."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from streaming.audio.pcm import Float32, pcm_decode, pcm_encode
from streaming.conversation import OTHER_NODES, Conversation, Heard
from streaming.protocol.frames import STREAM_MIX, AudioFrame, frame_unpack
from tests.unit.exactly_once_loop import VirtualLoop

STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = 16_000
FRAME = 640


@dataclass(slots=True)
class LoopClock:
    """The virtual loop's time; the meeting began ten seconds before it."""

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return STARTED_AT + timedelta(seconds=10 + self.monotonic_s())


@dataclass(slots=True)
class Listening:
    heard: list[Heard] = field(default_factory=list)
    n_interrupted: int = 0

    def interrupt(self) -> None:
        self.n_interrupted += 1

    def hear(self, heard: Heard) -> None:
        self.heard.append(heard)

    @property
    def samples(self) -> Float32:
        return np.concatenate([each.samples for each in self.heard])


def frame(samples: Float32, position: int) -> AudioFrame:
    return AudioFrame(n_samples=samples.size, position=position, payload=pcm_encode(samples))


async def speak(conversation: Conversation, who: str, samples: Float32) -> None:
    """In frames of 40 ms, each when it is full; its microphone went on when the virtual loop began."""
    clock = asyncio.get_running_loop().time
    for at in range(0, samples.size, FRAME):
        await asyncio.sleep(max(0.0, (at + FRAME) / SECOND - clock()))
        conversation.speak(who, frame(samples[at : at + FRAME], at), at=10 * SECOND + at)


def virtually(scene: Callable[[Conversation], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        conversation = Conversation(meeting_started_at=STARTED_AT, clock=LoopClock())
        running = asyncio.ensure_future(conversation.run())
        try:
            await scene(conversation)
        finally:
            running.cancel()

    loop = VirtualLoop()
    try:
        loop.run_until_complete(play())
    finally:
        loop.close()


def tone(hz: int, seconds: float) -> Float32:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(int(seconds * SECOND)) / SECOND)).astype(np.float32)


def share_of(samples: Float32, hz: int) -> float:
    """How much of what is heard is that tone: 0 to 1."""
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(samples.size, 1 / SECOND)
    return float(spectrum[np.abs(frequencies - hz) < 20].sum() / spectrum.sum())


def test_everybody_hears_the_others_and_nobody_oneself() -> None:
    ears = {"ada": Listening(), "ben": Listening(), "vera": Listening()}

    async def scene(conversation: Conversation) -> None:
        for name, ear in ears.items():
            conversation.listen(name, ear)
        await asyncio.gather(
            speak(conversation, "ada", tone(400, 2.0)), speak(conversation, "ben", tone(1_000, 2.0)), asyncio.sleep(3)
        )

    virtually(scene)
    assert share_of(ears["ada"].samples, 1_000) > 0.98
    assert share_of(ears["ben"].samples, 400) > 0.98
    assert 0.4 < share_of(ears["vera"].samples, 400) < 0.6


def test_blocks_come_in_real_time_at_their_meeting_time() -> None:
    ear = Listening()
    came_s: list[float] = []

    async def scene(conversation: Conversation) -> None:
        class Timed(Listening):
            def hear(self, heard: Heard) -> None:
                came_s.append(asyncio.get_running_loop().time())
                ear.hear(heard)

        conversation.listen("ben", Timed())
        await speak(conversation, "ada", tone(400, 2.0))

    virtually(scene)
    positions = [each.position for each in ear.heard]
    assert np.all(np.diff(positions) == 320)
    late_s = [at - (position / SECOND - 10) for at, position in zip(came_s, positions, strict=True)]
    assert all(0.0199 < each < 0.045 for each in late_s)  # a block is given out when it is over


def test_in_silence_nothing_comes_and_no_timer_runs() -> None:
    ear = Listening()

    async def scene(conversation: Conversation) -> None:
        conversation.listen("ben", ear)
        await speak(conversation, "ada", tone(400, 0.4))
        await asyncio.sleep(60)

    virtually(scene)
    assert len(ear.heard) < 3 * 50


def test_who_stops_listening_hears_nothing_more_and_others_go_on() -> None:
    ben, vera = Listening(), Listening()

    async def scene(conversation: Conversation) -> None:
        conversation.listen("ben", ben)
        conversation.listen("vera", vera)
        await speak(conversation, "ada", tone(400, 1.0))
        conversation.leave("ben")
        assert conversation.is_needed
        n_heard = len(ben.heard)
        await asyncio.sleep(0.1)
        assert len(ben.heard) == n_heard < len(vera.heard)
        conversation.leave("vera")
        assert not conversation.is_needed

    virtually(scene)


def test_a_frame_says_what_is_heard_and_when() -> None:
    samples = tone(400, 0.02)
    unpacked = frame_unpack(Heard(48_000, samples).frame)
    assert (unpacked.stream, unpacked.position, unpacked.n_samples) == (STREAM_MIX, 48_000, 320)
    np.testing.assert_allclose(pcm_decode(bytes(unpacked.payload)), samples, atol=1 / 32_768)


def test_a_node_that_stood_still_goes_on_with_what_is_said_now() -> None:
    ear = Listening()

    async def scene(conversation: Conversation) -> None:
        conversation.listen("ben", ear)
        speaking = asyncio.ensure_future(speak(conversation, "ada", tone(400, 2.0)))
        await asyncio.sleep(0.5)
        asyncio.get_running_loop()._virtual.now_s += 1.0  # type: ignore[attr-defined]  # the process was stopped
        await speaking

    virtually(scene)
    gaps = np.diff([each.position for each in ear.heard])
    assert sorted(gaps)[-1] > 40 * 320
    assert np.count_nonzero(gaps != 320) == 1


def test_a_listener_who_fails_takes_the_sound_from_nobody_else() -> None:
    ben = Listening()

    class Broken(Listening):
        def hear(self, heard: Heard) -> None:
            raise RuntimeError

    async def scene(conversation: Conversation) -> None:
        conversation.listen("broken", Broken())
        conversation.listen("ben", ben)
        await speak(conversation, "ada", tone(400, 1.0))

    virtually(scene)
    assert len(ben.heard) > 40


def test_a_room_that_failed_to_be_mixed_goes_on_after_a_second(caplog: pytest.LogCaptureFixture) -> None:
    ear = Listening()

    @dataclass(slots=True)
    class FlakyClock(LoopClock):
        n_failures: int = 0

        def monotonic_s(self) -> float:
            now_s = LoopClock.monotonic_s(self)
            if 1.0 < now_s < 1.5 and not self.n_failures:
                self.n_failures += 1
                raise RuntimeError
            return now_s

    async def scene(_: Conversation) -> None:
        conversation = Conversation(meeting_started_at=STARTED_AT, clock=FlakyClock())
        conversation.listen("ben", ear)
        running = asyncio.ensure_future(conversation.run())
        await speak(conversation, "ada", tone(400, 4.0))
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()

    virtually(scene)
    assert ear.heard[-1].position > 13 * SECOND
    assert [each.getMessage() for each in caplog.records] == ["a room could not be mixed"]


def test_other_nodes_are_not_sent_what_came_from_one_of_them() -> None:
    """Silence would go round between two nodes for ever."""
    ear = Listening()

    async def scene(conversation: Conversation) -> None:
        conversation.listen(OTHER_NODES, ear)
        for at in range(0, SECOND, FRAME):
            await asyncio.sleep(FRAME / SECOND)
            conversation.hear_node("b", frame(tone(400, FRAME / SECOND), 10 * SECOND + at))
        assert not ear.heard
        await speak(conversation, "ada", tone(1_000, 2.0))
        assert ear.heard

    virtually(scene)


def test_a_node_whose_clock_is_behind_the_meetings_beginning_is_heard_once_it_has_begun() -> None:
    """Meeting time is never negative: a frame could not say it."""
    ear = Listening()

    @dataclass(slots=True)
    class LateClock(LoopClock):
        def now(self) -> datetime:
            return STARTED_AT - timedelta(seconds=2) + timedelta(seconds=self.monotonic_s())

    async def scene(_: Conversation) -> None:
        conversation = Conversation(meeting_started_at=STARTED_AT, clock=LateClock())
        conversation.listen("ben", ear)
        running = asyncio.ensure_future(conversation.run())
        for at in range(0, 4 * SECOND, FRAME):
            await asyncio.sleep(FRAME / SECOND)
            conversation.speak("ada", frame(tone(400, 4.0)[at : at + FRAME], at), at=max(0, at - 2 * SECOND))
        running.cancel()

    virtually(scene)
    assert ear.heard
    assert all(each.frame for each in ear.heard)

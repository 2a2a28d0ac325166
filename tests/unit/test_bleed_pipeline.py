"""What becomes of another's voice: a retracted line over its samples, never silence; and nothing else changes."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from streaming.audio.pcm import Float32
from streaming.clocks import SystemClock
from streaming.offline import MemoryStore
from streaming.pipeline import SessionPipeline
from streaming.recognizers.base import DecodeOptions, Hypothesis
from streaming.room_levels import RoomLevels
from streaming.scheduler import Scheduler
from streaming.session_items import End
from tests.unit.session_fakes import InstantPool, MemoryDatabase, Node, frames
from tests.unit.voices import SECOND, leaked, silence, talk

WINDOW = 512


class SoundDetector:
    """Whatever is above -50 dBFS is speech."""

    def reset(self) -> None:
        return None

    def probabilities(self, samples: Float32) -> Float32:
        loud: Float32 = (np.square(samples.reshape(-1, WINDOW)).mean(axis=1) > 1e-5).astype(np.float32)
        return loud


class Deaf(InstantPool):
    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float) -> Hypothesis:
        return Hypothesis(text="", confidence=0.0, language=options.language)


async def meeting(*sounds: Float32, pool: InstantPool | None = None) -> tuple[list[MemoryStore], list[Node]]:
    """All speak in one room, side by side."""
    scheduler, room = Scheduler(pool=pool or InstantPool(), clock=SystemClock()), RoomLevels()
    scheduler.start()
    nodes, stores, pipelines = [], [], []
    for _ in sounds:
        node, store = Node(), MemoryStore()
        opened = MemoryDatabase().opened()
        around = replace(node.around(scheduler), store=store, detector=SoundDetector)
        voices = room.voices(opened.owner.session_id)
        pipelines.append(SessionPipeline(opened=opened, around=around, voices=voices))
        nodes.append(node)
        stores.append(store)
    try:
        async with asyncio.TaskGroup() as group:
            for pipeline in pipelines:
                group.create_task(pipeline.run())
            for items in zip_longest(*(frames(sound) for sound in sounds)):
                for pipeline, item in zip(pipelines, items, strict=True):
                    if item is not None:
                        await pipeline.put_in_turn(item)
            for pipeline, sound in zip(pipelines, sounds, strict=True):
                await pipeline.put_in_turn(End(position=sound.size))
    finally:
        await scheduler.close()
    return stores, nodes


def spoken(store: MemoryStore, *, is_bleed: bool) -> list[tuple[int, int]]:
    return [(each.start, each.end) for each in store.segments if each.is_bleed is is_bleed]


def covered(spans: Sequence[tuple[int, int]], start: int, end: int) -> float:
    return sum(max(0, min(b, end) - max(a, start)) for a, b in spans) / (end - start)


async def test_another_voice_is_a_retracted_line_and_none_of_it_is_shown() -> None:
    other = np.concatenate([talk(8, seed=1), silence(2)])
    stores, nodes = await meeting(other, leaked(other))
    assert spoken(stores[0], is_bleed=True) == []
    assert covered(spoken(stores[1], is_bleed=True), 4 * SECOND, 8 * SECOND) > 0.9
    assert all(each.text for each in stores[1].segments)
    shown = {message["segment"]["id"] for message in nodes[1].published if message["type"] == "segment"}
    assert not shown & {str(each.segment_id) for each in stores[1].segments if each.is_bleed}
    for store in stores:
        assert sum(store.n_samples.values()) == other.size
    assert stores[1].n_samples["speech"] == sum(each.end - each.start for each in stores[1].segments)


async def test_own_speech_before_and_after_it_is_what_it_was() -> None:
    one, two, pause = talk(4, seed=1), talk(6, seed=2), silence(2)
    ones = np.concatenate([one, pause, silence(6), pause, one, pause])
    twos = np.concatenate([silence(4), pause, two, pause, silence(4), pause])
    (first, second), _ = await meeting(ones + leaked(twos), twos + leaked(ones))
    assert covered(spoken(first, is_bleed=False), 0, 4 * SECOND) > 0.95
    assert covered(spoken(first, is_bleed=True), 9 * SECOND, 12 * SECOND) > 0.85
    assert covered(spoken(first, is_bleed=False), 14 * SECOND, 18 * SECOND) > 0.95
    assert covered(spoken(second, is_bleed=False), 6 * SECOND, 12 * SECOND) > 0.95
    assert covered(spoken(second, is_bleed=True), 14 * SECOND, 18 * SECOND) > 0.85


async def test_what_was_heard_is_marked_even_where_it_comes_to_no_words() -> None:
    other = np.concatenate([talk(6, seed=1), silence(2)])
    (_, second), _ = await meeting(other, leaked(other), pool=Deaf())
    assert [each.text for each in second.segments] == [""] * len(second.segments)
    assert covered(spoken(second, is_bleed=True), 4 * SECOND, 6 * SECOND) > 0.9
    assert spoken(second, is_bleed=False) == []
    assert second.gaps == []


async def test_alone_it_is_all_ones_own() -> None:
    sound = np.concatenate([leaked(talk(4, seed=1)), silence(2)])
    (store,), _ = await meeting(sound)
    assert spoken(store, is_bleed=True) == []
    assert covered(spoken(store, is_bleed=False), 0, 4 * SECOND) > 0.9

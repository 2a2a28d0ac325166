"""What a final is decoded from is a function of the audio: neither partials nor the time that decoding takes count."""

import asyncio
import weakref
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest

from meetings.values import resume_from
from streaming.clocks import SystemClock
from streaming.listener import Utterance
from streaming.pipeline import SessionPipeline
from streaming.recent_speech import RecentSpeech
from streaming.recognizers.base import NO_CONTEXT, Context, DecodeOptions, Float32, Hypothesis, Word
from streaming.scheduler import Scheduler
from streaming.session_items import End, Finalize, Mute
from streaming.transcriber import Transcriber
from tests.unit.session_fakes import SECOND, Node, RecordingSink, frames, loudness

# Pauses of every kind: too short to matter, in mid-sentence, at its end; and eight seconds without one.
SPEECH = loudness(
    (0.7, False), (1.2, True), (0.15, False), (0.6, True), (0.4, False), (0.9, True), (0.55, False), (8.0, True),
    (1.2, False), (0.8, True), (0.3, False), (0.7, True), (1.5, False),
)  # fmt: skip


ITEMS = (*frames(SPEECH, n_samples=960), Finalize(cid=1), End(position=SPEECH.size))


class SlowPool:
    """Hears a word each 0.4 s, and is as sure of the end of a sentence as the number of its words says.

    Decoding takes so many turns of the event loop; partials are heard with other words, and not the same ones twice.
    """

    n_processes = 2

    def __init__(self, *, n_turns_final: int, n_turns_partial: int, is_doubting: bool = False) -> None:
        self._is_doubting = is_doubting
        self.again: list[tuple[int, float]] = []
        self._n_turns = {True: n_turns_final, False: n_turns_partial}
        self.finals: list[tuple[int, tuple[int, ...], int]] = []
        self.contexts: list[Context] = []
        self.asked: list[tuple[bytes, DecodeOptions]] = []  # of finals
        self.n_partials = 0

    @asynccontextmanager
    async def slot(self, prefer: str = "") -> AsyncIterator[Self]:
        yield self

    async def transcribe(self, audio: Float32, options: DecodeOptions, *, timeout_s: float) -> Hypothesis:
        is_final = options.want_words
        if options.surer_than is not None:
            self.again.append((audio.size - options.context.n_samples, options.surer_than))
            for _ in range(self._n_turns[True]):
                await asyncio.sleep(0)
            return Hypothesis(text="surer", confidence=0.9, language="en")
        if is_final:
            self.finals.append((audio.size - options.context.n_samples, options.draft, options.n_kept))
            self.contexts.append(options.context)
            self.asked.append((audio.tobytes(), options))
        else:
            self.n_partials += 1
        for _ in range(self._n_turns[is_final]):
            await asyncio.sleep(0)
        first = 100 if is_final else 1_000 * self.n_partials
        times = [0.4 * index for index in range(int(audio.size / SECOND / 0.4))]
        words = tuple(Word(w=f"w{first + i}", s=time, e=time + 0.3, c=0.99, n=1) for i, time in enumerate(times))
        return Hypothesis(
            text=" ".join(word.w for word in words),
            confidence=1.0,
            language="en",
            words=words,
            finished=(0.0, 0.98, 1.0)[len(words) % 3],
            tokens=tuple(range(first, first + len(words))),
            is_doubted=self._is_doubting and is_final,
        )

    async def check(self, *, timeout_s: float) -> bool:
        return True


async def heard(
    pool: SlowPool, items: Sequence[Any] = ITEMS, *, node: Node | None = None, stop_after: int | None = None
) -> list[tuple[str, int, int]]:
    """What a whole session became; its finals are in `pool.finals`. With `stop_after` the node dies after so many."""
    node = node or Node()
    scheduler = Scheduler(pool=pool, clock=SystemClock())
    scheduler.start()
    try:
        pipeline = SessionPipeline(opened=node.database.opened(), around=node.around(scheduler), sink=RecordingSink())
        async with asyncio.TaskGroup() as group:
            running = group.create_task(pipeline.run())
            await put_all(pipeline, items[:stop_after])
            if stop_after is not None:
                for _ in range(50):
                    await asyncio.sleep(0)
                running.cancel()
    finally:
        await scheduler.close()
    return node.database.spans


async def put_all(pipeline: SessionPipeline, items: Sequence[Any]) -> None:
    for item in items:
        await pipeline.put_in_turn(item)


@pytest.mark.parametrize(("n_turns_final", "n_turns_partial"), [(0, 7), (3, 0), (40, 1), (200, 0), (1, 90)])
async def test_finals_are_decoded_from_the_same_however_long_decoding_takes(
    n_turns_final: int, n_turns_partial: int
) -> None:
    at_once = SlowPool(n_turns_final=0, n_turns_partial=0)
    later = SlowPool(n_turns_final=n_turns_final, n_turns_partial=n_turns_partial)
    assert await heard(later) == await heard(at_once)
    assert later.finals == at_once.finals
    assert later.contexts == at_once.contexts
    assert at_once.n_partials > 0
    assert later.n_partials != at_once.n_partials or n_turns_final < 40


async def test_a_pause_that_ends_an_utterance_is_its_final_and_not_decoded_twice() -> None:
    pool = SlowPool(n_turns_final=0, n_turns_partial=0)
    spans = await heard(pool)
    lengths = [end - start for kind, start, end in spans if kind == "speech"]
    assert len(lengths) > 1
    assert [size for size, *_ in pool.finals].count(lengths[0]) == 1
    assert lengths[0] in [size for size, *_ in pool.finals]


async def test_a_decode_begins_with_what_the_last_pause_or_four_seconds_of_speech_were_heard_as() -> None:
    pool = SlowPool(n_turns_final=0, n_turns_partial=0)
    await heard(pool)
    assert any(draft for _, draft, _ in pool.finals)
    assert all(n_kept == len(draft) for _, draft, n_kept in pool.finals)
    assert all(token < 1_000 for _, draft, _ in pool.finals for token in draft)  # none that a partial heard


@pytest.mark.parametrize("n_turns_final", [0, 3, 200])
async def test_a_final_that_is_doubted_is_the_surer_hearing_however_long_that_takes(n_turns_final: int) -> None:
    pool = SlowPool(n_turns_final=n_turns_final, n_turns_partial=0, is_doubting=True)
    node = Node()
    spans = await heard(pool, node=node)
    lengths = [end - start for kind, start, end in spans if kind == "speech"]
    assert [text.lower() for text in node.database.texts] == ["surer"] * len(lengths)
    assert len(lengths) > 1
    again = [size for size, _ in pool.again]
    assert [again.count(length) for length in lengths] == [1] * len(lengths)
    assert 64_000 not in again, "a look at a long utterance is no final"


async def test_what_was_said_just_before_is_context_and_what_is_long_past_is_not() -> None:
    pool = SlowPool(n_turns_final=0, n_turns_partial=0)
    pause, silence = (1.2, False), (4.0, False)
    speech = loudness((0.5, False), (1.0, True), pause, (1.0, True), silence, (1.0, True), pause)
    await heard(pool, [*frames(speech), End(position=speech.size)])
    first, second, third = pool.contexts
    assert (first, third) == (NO_CONTEXT, NO_CONTEXT)
    assert second.tokens
    assert 0 < second.n_samples <= SECOND * 1.6


async def test_what_was_said_before_a_mute_is_no_context() -> None:
    pool = SlowPool(n_turns_final=0, n_turns_partial=0)
    speech = loudness(
        (0.3, False), (0.5, True), (0.7, False), (0.3, True), (0.8, False), (0.8, True), (1.2, False)
    )  # fmt: skip
    muted, unmuted = round(2.5 * SECOND), round(2.6 * SECOND)
    items = [*frames(speech[:muted]), Mute(is_on=True), Mute(is_on=False), *frames(speech, start=unmuted)]
    await heard(pool, [*items, End(position=speech.size)])
    assert [context != NO_CONTEXT for context in pool.contexts] == [False, True, False]


BABBLE = loudness(*(part for n in range(8) for part in ((0.4 + n % 3 / 5, True), (0.8, False))))


@pytest.mark.parametrize("stop_after", range(9, 150, 20))
async def test_a_replay_decodes_the_same_behind_the_same(stop_after: int) -> None:
    calm = SlowPool(n_turns_final=0, n_turns_partial=0)
    items = [*frames(BABBLE, n_samples=960), End(position=BABBLE.size)]
    undisturbed = await heard(calm, items)
    node, killed, again = Node(), *(SlowPool(n_turns_final=2, n_turns_partial=0) for _ in range(2))
    await heard(killed, items, node=node, stop_after=stop_after)
    position = resume_from(node.database.settled, node.database.context)
    items = [*frames(BABBLE, start=position, n_samples=700), End(position=BABBLE.size)]
    assert await heard(again, items, node=node) == undisturbed
    assert set(again.asked) <= set(calm.asked)
    assert set(killed.asked) | set(again.asked) == set(calm.asked)


@pytest.mark.parametrize("again", [Mute(is_on=False), Finalize(cid=1)])
async def test_what_is_said_again_after_a_resume_leaves_the_context_as_it_is(again: Mute | Finalize) -> None:
    """Browsers say first that they are not muted; a `finalize` that was not answered is said again."""
    calm = SlowPool(n_turns_final=0, n_turns_partial=0)
    items = [*frames(BABBLE, n_samples=960), End(position=BABBLE.size)]
    await heard(calm, items)
    node, resumed = Node(), SlowPool(n_turns_final=0, n_turns_partial=0)
    await heard(SlowPool(n_turns_final=2, n_turns_partial=0), items, node=node, stop_after=70)
    assert node.database.context is not None
    position = resume_from(node.database.settled, node.database.context)
    items = [again, *frames(BABBLE, start=position, n_samples=960), End(position=BABBLE.size)]
    await heard(resumed, items, node=node)
    assert resumed.contexts[0] != NO_CONTEXT
    assert set(resumed.asked) <= set(calm.asked)


async def test_whoever_resumes_and_is_muted_first_begins_anew() -> None:
    node, resumed = Node(), SlowPool(n_turns_final=0, n_turns_partial=0)
    items = [*frames(BABBLE, n_samples=960), End(position=BABBLE.size)]
    await heard(SlowPool(n_turns_final=2, n_turns_partial=0), items, node=node, stop_after=70)
    settled, context = node.database.settled, node.database.context
    assert context is not None
    before = frames(BABBLE[:settled], start=resume_from(settled, context))
    muted = [Mute(is_on=True), Mute(is_on=False)]
    items = [*before, *muted, *frames(BABBLE, start=settled + SECOND // 10), End(position=BABBLE.size)]
    await heard(resumed, items, node=node)
    assert resumed.contexts[0] == NO_CONTEXT


async def test_a_client_that_sends_what_is_not_settled_only_is_understood_without_context() -> None:
    calm = SlowPool(n_turns_final=0, n_turns_partial=0)
    items = [*frames(BABBLE, n_samples=960), End(position=BABBLE.size)]
    undisturbed = await heard(calm, items)
    node, again = Node(), SlowPool(n_turns_final=0, n_turns_partial=0)
    await heard(SlowPool(n_turns_final=2, n_turns_partial=0), items, node=node, stop_after=70)
    assert node.database.context is not None
    items = [*frames(BABBLE, start=node.database.settled, n_samples=960), End(position=BABBLE.size)]
    assert [span[0] for span in await heard(again, items, node=node)] == [span[0] for span in undisturbed]
    assert again.contexts[0] == NO_CONTEXT
    assert node.database.counted("gap") == 0


async def test_whoever_falls_silent_holds_no_audio_of_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also without a mute: the last utterance is kept for what follows it at once, and for no longer."""
    kept: list[weakref.ref[Float32]] = []
    close, add = Transcriber._close, RecentSpeech.add

    async def closing(self: Transcriber, utterance: Utterance) -> None:
        kept.append(weakref.ref(utterance.audio))
        await close(self, utterance)

    def adding(self: RecentSpeech, *args: Any, **kwargs: Any) -> None:
        add(self, *args, **kwargs)
        kept.append(weakref.ref(self._audio))

    monkeypatch.setattr(Transcriber, "_close", closing)
    monkeypatch.setattr(RecentSpeech, "add", adding)
    speech = loudness((0.5, False), (1.0, True), (1.2, False), (1.0, True), (8.0, False))
    node, scheduler = Node(), Scheduler(pool=SlowPool(n_turns_final=0, n_turns_partial=0), clock=SystemClock())
    scheduler.start()
    pipeline = SessionPipeline(opened=node.database.opened(), around=node.around(scheduler), sink=RecordingSink())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(pipeline.run())
        await put_all(pipeline, frames(speech))
        async with asyncio.timeout(60):
            while node.database.settled < speech.size - 4 * SECOND:
                await asyncio.sleep(0.01)
        held = [each for each in kept if each() is not None]
        running.cancel()
    await scheduler.close()
    assert len(kept) == 3  # two utterances, and the first as what the second follows
    assert held == []

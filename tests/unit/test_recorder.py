"""Recorded sound is durable before its samples are settled, is only what may be recorded, and stops no meeting."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np
import pytest

from meetings.values import RecordedChunk, RecordingSwitch, SessionOwner, Span
from streaming import recorder as recorder_module
from streaming.audio.pcm import Float32
from streaming.clocks import SystemClock
from streaming.commits import RECORDED_SILENCE_SAMPLES, Committer, Mark, Other
from streaming.errors import ShelfUnavailable
from streaming.ledger import Ledger
from streaming.recorder import PATIENCE_S, Recorder
from streaming.recording_shelf import RecordingMeans
from streaming.session_items import End, Finalize, Record
from streaming.tape import Run
from tests.unit.session_fakes import SPEECH, MemoryDatabase, Node, frames, run
from tests.unit.test_commits import OWNER, RunningTimes, ScriptedStore

ON = (RecordingSwitch(start=0, is_on=True),)


@dataclass(slots=True)
class MemoryShelf:
    """Files in memory, after failing as scripted. Remembers how far the session was settled at each write."""

    n_failures: int = 0
    files: dict[str, Float32] = field(default_factory=dict)
    settled_at: dict[str, int] = field(default_factory=dict)
    settled: int = 0

    async def put(self, run: Run, *, owner: SessionOwner, meeting_id: UUID) -> RecordedChunk:
        await asyncio.sleep(0)
        if self.n_failures:
            self.n_failures -= 1
            raise ShelfUnavailable
        name = f"{owner.generation}/{run.start}-{run.end}"
        self.files[name] = np.concatenate(run.parts)
        self.settled_at[name] = self.settled
        return RecordedChunk(start=run.start, end=run.end, file=name, sha256="x")


@dataclass(slots=True)
class Switchboard:
    """The stored switches, as the service keeps them."""

    answers: list[tuple[RecordingSwitch, ...]] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)

    async def session_recording_set(
        self, owner: SessionOwner, *, received: int, position: int
    ) -> tuple[RecordingSwitch, ...]:
        self.asked.append((received, position))
        return self.answers.pop(0)


class FastClock(SystemClock):
    """Each look is a tenth of the patience later."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def monotonic_s(self) -> float:
        self._now_s += PATIENCE_S / 10
        return self._now_s


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "FIRST_PAUSE_S", 0)


def recorder(
    shelf: MemoryShelf, *, switches: tuple[RecordingSwitch, ...] = ON, warnings: list[str] | None = None
) -> Recorder:
    return Recorder(
        opened=replace(MemoryDatabase().opened(), recording=switches),
        means=RecordingMeans(shelf=shelf, store=Switchboard()),
        clock=FastClock(),
        warn=(warnings if warnings is not None else []).append,
    )


def sound(n_samples: int) -> Float32:
    return np.arange(1, n_samples + 1, dtype=np.float32)


async def test_what_is_kept_are_the_samples_of_the_range_where_recording_is_on() -> None:
    shelf = MemoryShelf()
    switches = (RecordingSwitch(start=100, is_on=True), RecordingSwitch(start=250, is_on=False))
    tape = recorder(shelf, switches=switches)
    tape.hear(0, sound(200))
    tape.hear(230, sound(100))  # 200 to 230 were muted
    chunks = await tape.keep(0, 330)
    assert [(chunk.start, chunk.end) for chunk in chunks] == [(100, 200), (230, 250)]
    assert [samples.tolist() for samples in shelf.files.values()] == [
        sound(200)[100:].tolist(), sound(20).tolist(),
    ]  # fmt: skip


async def test_without_a_switch_nothing_is_kept() -> None:
    shelf = MemoryShelf()
    tape = recorder(shelf, switches=())
    tape.hear(0, sound(1_000))
    assert await tape.keep(0, 1_000) == ()
    assert (shelf.files, tape.is_on) == ({}, False)


async def test_storage_that_is_away_is_asked_again_and_told_of() -> None:
    shelf, warnings = MemoryShelf(n_failures=3), list[str]()
    tape = recorder(shelf, warnings=warnings)
    tape.hear(0, sound(100))
    (chunk,) = await tape.keep(0, 100)
    assert (chunk.start, chunk.end, chunk.missing) == (0, 100, "")
    assert warnings == ["recording_unavailable"]


async def test_after_the_bound_it_is_missing_and_said_so_until_storage_is_back() -> None:
    shelf, warnings = MemoryShelf(n_failures=10_000), list[str]()
    tape = recorder(shelf, warnings=warnings)
    tape.hear(0, sound(1_000))
    (missing,) = await tape.keep(0, 100)
    assert (missing.file, missing.missing) == ("", "storage_unavailable")
    assert warnings == ["recording_unavailable", "recording_incomplete"]
    n_left = shelf.n_failures
    for at in (100, 200, 300, 400):
        (missing,) = await tape.keep(at, at + 100)
        assert missing.missing
    assert n_left - 4 < shelf.n_failures < n_left, "given up, it is tried now and then, once and without patience"
    shelf.n_failures = 0
    chunks = [*await tape.keep(500, 600), *await tape.keep(600, 700)]
    assert chunks[-1].file
    assert warnings == ["recording_unavailable", "recording_incomplete", "recording_resumed"]


def committer_of(store: ScriptedStore, tape: Recorder) -> Committer:
    return Committer(
        owner=OWNER,
        ledger=Ledger(),
        context=None,
        store=store,
        received=lambda: 0,
        retract=lambda _: None,
        alarm=lambda problem: None,
        recorder=tape,
        times=RunningTimes(),
    )


async def committed(pieces: Sequence[Other | Mark], tape: Recorder, store: ScriptedStore) -> None:
    committer = committer_of(store, tape)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(committer.run())
        for piece in pieces:
            committer.add(piece)
            for _ in range(20):
                await asyncio.sleep(0)
        assert committer.is_idle
        running.cancel()


async def test_the_commit_names_files_that_are_there_already() -> None:
    shelf = MemoryShelf()
    tape = recorder(shelf)

    @dataclass(slots=True)
    class Store(ScriptedStore):
        # as its base's
        async def session_commit(self, owner, *, settled_from, received, spans: Sequence[Span], correction):  # type: ignore[no-untyped-def]
            assert {chunk.file for chunk in spans[-1].recorded} <= set(shelf.files)
            return await ScriptedStore.session_commit(
                self, owner, settled_from=settled_from, received=received, spans=spans, correction=correction
            )

    store = Store()
    tape.hear(0, sound(300))
    await committed([Other(end=300, kind="nonspeech", is_break=True)], tape, store)
    ((_, spans),) = store.commits
    assert [(chunk.start, chunk.end) for chunk in spans[-1].recorded] == [(0, 300)]


async def test_recorded_silence_is_committed_in_long_stretches_or_with_what_follows_it() -> None:
    tape, store = recorder(MemoryShelf()), ScriptedStore()
    step = RECORDED_SILENCE_SAMPLES // 4
    silence = [Other(end=step * n, kind="nonspeech") for n in range(1, 7)]
    await committed([*silence, Other(end=step * 7, kind="muted")], tape, store)
    assert [[(span.kind, span.end) for span in spans] for _, spans in store.commits] == [
        [("nonspeech", step * 4)],
        [("nonspeech", step * 6), ("muted", step * 7)],
    ]


async def test_silence_that_is_not_recorded_is_committed_at_once() -> None:
    tape, store = recorder(MemoryShelf(), switches=()), ScriptedStore()
    await committed([Other(end=100, kind="nonspeech"), Other(end=200, kind="nonspeech")], tape, store)
    assert len(store.commits) == 2


def recorded(shelf: MemoryShelf) -> dict[int, float]:
    """Each recorded sample by its position; all pieces agree where they overlap."""
    samples: dict[int, float] = {}
    for name, piece in shelf.files.items():
        start = int(name.partition("/")[2].partition("-")[0])
        for position, sample in enumerate(piece.tolist(), start=start):
            assert samples.setdefault(position, sample) == sample
    return samples


@dataclass(slots=True)
class RecordedNode(Node):
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    switchboard: Switchboard = field(default_factory=Switchboard)

    def around(self, scheduler):  # type: ignore[no-untyped-def]  # as its base's
        means = RecordingMeans(shelf=self.shelf, store=self.switchboard)
        return replace(Node.around(self, scheduler), recording=means)


@dataclass(slots=True)
class RecordedDatabase(MemoryDatabase):
    switches: tuple[RecordingSwitch, ...] = ON

    def opened(self):  # type: ignore[no-untyped-def]  # as its base's
        return replace(MemoryDatabase.opened(self), recording=self.switches)


async def test_a_session_is_recorded_sample_by_sample_over_kills_and_replays() -> None:
    node = RecordedNode(database=RecordedDatabase())
    audio = (SPEECH * np.float32(1)).copy()
    audio += np.random.default_rng(1).integers(-300, 300, audio.size).astype(np.float32) / np.float32(32_768)
    for stop_after in (25, 31, 60, None):
        start = node.database.settled if node.database.context is None else node.database.context.start
        await run(node, [*frames(audio, start=start), End(position=audio.size)], stop_after=stop_after)
    assert node.database.settled == audio.size
    found = recorded(node.shelf)
    assert np.array_equal(np.array([found[position] for position in range(audio.size)], np.float32), audio)


async def test_what_is_received_after_recording_stopped_is_not_written() -> None:
    stopped_at = 48_000
    off = (*ON, RecordingSwitch(start=stopped_at, is_on=False))
    node = RecordedNode(database=RecordedDatabase(), switchboard=Switchboard(answers=[off]))
    audio = np.full(160_000, 0.01, np.float32)
    items = [*frames(audio[:stopped_at]), Record(), *frames(audio, start=stopped_at), Finalize(cid=1)]
    await run(node, items, stop_after=10**6)
    assert node.switchboard.asked == [(stopped_at, 0)]
    assert max(recorded(node.shelf)) == stopped_at - 1
    assert sorted(recorded(node.shelf)) == list(range(stopped_at))

"""What samples became is committed in position order, once, and waits for a database that is away."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from meetings.errors import Superseded
from meetings.session_clock import ClockCorrection
from meetings.values import Committed, SessionCounters, SessionOwner, Span
from meetings.wire import EventMessage
from streaming.captions import OpenCaption
from streaming.commits import Committer, Mark, Other, Speech
from streaming.errors import StoreRefused, StoreUnavailable
from streaming.ledger import Ledger
from streaming.recognizers.base import Hypothesis
from streaming.scheduler import RecognitionFailed

OWNER = SessionOwner(session_id=uuid4(), generation=1)


@dataclass(slots=True)
class ScriptedStore:
    """Commits in memory, after failing as scripted."""

    failures: list[Exception] = field(default_factory=list)
    commits: list[tuple[int, list[Span]]] = field(default_factory=list)
    n_miscounted: int = 0
    corrections: list[ClockCorrection | None] = field(default_factory=list)

    async def session_commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed:
        await asyncio.sleep(0)
        self.corrections.append(correction)
        if self.failures:
            raise self.failures.pop(0)
        self.commits.append((settled_from, list(spans)))
        n_segments = sum(span.segment is not None for _, each in self.commits for span in each)
        message: EventMessage = {"type": "event", "seq": n_segments, "event": {"type": "test"}}
        counters = self.counters(settled=spans[-1].end)
        return Committed(settled=spans[-1].end, messages=(message,), was_already=False, counters=counters)

    def counters(self, *, settled: int) -> SessionCounters:
        n_samples, at = {"speech": 0, "nonspeech": 0, "muted": 0, "gap": 0}, 0
        for kind, end in self.spans:
            n_samples[kind] += end - at
            at = end
        n_samples["speech"] += self.n_miscounted
        return SessionCounters(received=settled, settled=settled, **n_samples)

    @property
    def spans(self) -> list[tuple[str, int]]:
        return [(span.kind, span.end) for _, spans in self.commits for span in spans]


@dataclass(slots=True)
class RunningTimes:
    """One millisecond more with every decision."""

    told: list[int | None] = field(default_factory=list)

    def decide(self, *, told: int | None) -> ClockCorrection | None:
        self.told.append(told)
        return ClockCorrection(start=0, offset_ms=len(self.told))


def caption() -> OpenCaption:
    return OpenCaption(participant_id=uuid4(), speaker="Ada", start_ms=0)


def speech(start: int, end: int) -> Speech:
    future: asyncio.Future[Hypothesis] = asyncio.get_running_loop().create_future()
    return Speech(start=start, end=end, caption=caption(), hypothesis=future, language="en")


def said(text: str) -> Hypothesis:
    return Hypothesis(text=text, confidence=0.9, language="en")


@asynccontextmanager
async def committing(
    store: ScriptedStore,
    retracted: list[UUID] | None = None,
    alarms: list[str] | None = None,
    times: RunningTimes | None = None,
) -> AsyncIterator[Committer]:
    alarms = [] if alarms is None else alarms
    is_expected = store.n_miscounted > 0
    committer = Committer(
        owner=OWNER,
        ledger=Ledger(),
        context=None,
        store=store,
        times=times or RunningTimes(),
        received=lambda: 1_000,
        retract=lambda each: (retracted if retracted is not None else []).append(each.segment_id),
        alarm=alarms.append,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(committer.run())
        yield committer
        running.cancel()
    assert bool(alarms) == is_expected


async def reached(committer: Committer) -> int:
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    committer.add(Mark(reached=done.set_result))
    return await done


async def test_decoding_may_finish_out_of_order_but_commits_do_not() -> None:
    store = ScriptedStore()
    async with committing(store) as committer:
        first, second = speech(0, 100), speech(100, 200)
        committer.add(first)
        committer.add(second)
        second.hypothesis.set_result(said("second"))
        await asyncio.sleep(0)
        assert store.commits == []
        first.hypothesis.set_result(said("first"))
        assert await reached(committer) == 2
    texts = [span.segment.text for _, spans in store.commits for span in spans if span.segment]
    assert texts == ["first", "second"]
    assert committer.settled == 200


async def test_each_commit_starts_where_the_one_before_ended() -> None:
    store = ScriptedStore()
    async with committing(store) as committer:
        for end in (100, 200, 300):
            committer.add(Other(end=end, kind="nonspeech"))
            await reached(committer)
    assert [settled_from for settled_from, _ in store.commits] == [0, 100, 200]


async def test_neighbours_without_speech_are_one_piece() -> None:
    store = ScriptedStore()
    async with committing(store) as committer:
        waiting = speech(0, 50)
        committer.add(waiting)
        for end in (100, 200, 300):
            committer.add(Other(end=end, kind="nonspeech"))
        committer.add(Other(end=400, kind="muted"))
        waiting.hypothesis.set_result(said("word"))
        await reached(committer)
    assert store.spans == [("speech", 50), ("nonspeech", 300), ("muted", 400)]


async def test_an_utterance_without_words_is_nonspeech_and_its_partials_are_withdrawn() -> None:
    store, retracted = ScriptedStore(), list[UUID]()
    async with committing(store, retracted) as committer:
        piece = speech(0, 100)
        piece.hypothesis.set_result(said(""))
        committer.add(piece)
        await reached(committer)
    assert store.spans == [("nonspeech", 100)]
    assert retracted == [piece.caption.segment_id]


async def test_an_utterance_that_no_recognizer_survived_is_a_gap_with_its_reason() -> None:
    store, retracted = ScriptedStore(), list[UUID]()
    async with committing(store, retracted) as committer:
        piece = speech(0, 100)
        piece.hypothesis.set_exception(RecognitionFailed("recognizer_crashed"))
        committer.add(piece)
        await reached(committer)
    assert [(span.kind, span.reason) for span in store.commits[0][1]] == [("gap", "recognizer_crashed")]
    assert retracted == [piece.caption.segment_id]


async def test_while_the_database_is_away_the_same_commit_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.patience.FIRST_PAUSE_S", 0)
    store = ScriptedStore(failures=[StoreUnavailable(), StoreUnavailable()])
    async with committing(store) as committer:
        committer.add(Other(end=100, kind="nonspeech"))
        await reached(committer)
    assert (store.spans, store.failures) == ([("nonspeech", 100)], [])


async def test_speech_that_the_database_refuses_becomes_a_gap_and_the_session_goes_on() -> None:
    store, retracted = ScriptedStore(failures=[StoreRefused()]), list[UUID]()
    async with committing(store, retracted) as committer:
        piece = speech(0, 100)
        piece.hypothesis.set_result(said("word"))
        committer.add(piece)
        committer.add(Other(end=200, kind="nonspeech"))
        await reached(committer)
    assert store.spans == [("gap", 100), ("nonspeech", 200)]
    assert store.commits[0][1][0].reason == "commit_refused"
    assert retracted == [piece.caption.segment_id]


async def test_a_superseded_committer_stops_and_never_skips() -> None:
    store = ScriptedStore(failures=[Superseded()])

    async def commit() -> None:
        async with committing(store) as committer:
            committer.add(Other(end=100, kind="nonspeech"))
            await asyncio.sleep(60)

    with pytest.raises(ExceptionGroup) as raised:
        await commit()
    assert raised.group_contains(Superseded)
    assert store.commits == []


async def test_an_account_that_the_database_keeps_otherwise_raises_the_alarm_at_once() -> None:
    store, alarms = ScriptedStore(n_miscounted=7), list[str]()
    async with committing(store, alarms=alarms) as committer:
        committer.add(Other(end=100, kind="nonspeech"))
        await reached(committer)
    assert alarms == ["the stored account differs in speech"]


async def test_a_commit_that_is_tried_again_says_the_same_of_the_clock() -> None:
    """Else two answers of one commit could differ in their times."""
    store = ScriptedStore(failures=[StoreUnavailable(), StoreUnavailable()])
    async with committing(store) as committer:
        committer.add(Other(end=100, kind="nonspeech"))
        await reached(committer)
    assert store.corrections == [ClockCorrection(start=0, offset_ms=1)] * 3


async def test_what_cannot_be_stored_becomes_a_gap_with_the_times_of_its_speech() -> None:
    store, times = ScriptedStore(failures=[StoreRefused()]), RunningTimes()
    async with committing(store, times=times) as committer:
        said_so = speech(0, 100)
        said_so.hypothesis.set_result(said("hello"))
        committer.add(said_so)
        await reached(committer)
    assert store.corrections == [ClockCorrection(start=0, offset_ms=1)] * 2
    assert times.told == [100]


async def test_silence_and_mutes_tell_nobody_a_time_but_lines_and_losses_do() -> None:
    store, times = ScriptedStore(), RunningTimes()
    async with committing(store, times=times) as committer:
        first = speech(100, 200)
        first.hypothesis.set_result(said("hello"))
        for piece in (Other(end=100, kind="nonspeech"), first, Other(end=300, kind="muted")):
            committer.add(piece)
        await reached(committer)
        committer.add(Other(end=400, kind="nonspeech"))
        await reached(committer)
        committer.add(Other(end=500, kind="gap", reason="device_lost"))
        await reached(committer)
    assert times.told == [200, None, 500]

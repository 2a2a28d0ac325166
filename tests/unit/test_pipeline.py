"""One session's pipeline: every sample becomes exactly one committed span, also over takeovers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streaming.session_items import Abandon, End, Finalize, Mute
from tests.unit.session_fakes import SECOND, SPEECH, WINDOW, MemoryDatabase, Node, StandingClock, frames, run


def covered(spans: list[tuple[str, int, int]]) -> bool:
    return all(before[2] == after[1] for before, after in zip([("", 0, 0), *spans], spans, strict=False))


def speech_of(node: Node) -> list[tuple[int, int]]:
    return [(start, end) for kind, start, end in node.database.spans if kind == "speech"]


async def test_every_sample_becomes_one_span_and_end_is_answered() -> None:
    node = Node()
    sink = await run(node, [*frames(SPEECH), End(position=SPEECH.size)])
    assert covered(node.database.spans)
    assert node.database.settled == SPEECH.size
    assert sink.answers[-1] == ("ended", SPEECH.size)
    starts = [start for start, _ in speech_of(node)]
    assert len(starts) == 3
    for start, onset in zip(starts, (1.0, 4.5, 9.7), strict=True):
        assert start <= onset * SECOND - 4_800 + WINDOW  # the pre-roll: first words begin before the detector fires


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(320, 3_200)), max_size=4),
    st.integers(320, 3_200),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_any_kills_and_resumes_give_the_same_spans(kills: list[tuple[int, int]], n_samples: int) -> None:
    """A node killed anywhere: the client replays from `settled`, and the ledger equals the undisturbed one."""
    undisturbed, disturbed = Node(), Node()
    await run(undisturbed, [*frames(SPEECH), End(position=SPEECH.size)])
    for stop_after, size in kills:
        await run(disturbed, frames(SPEECH, start=disturbed.database.settled, n_samples=size), stop_after=stop_after)
    rest = frames(SPEECH, start=disturbed.database.settled, n_samples=n_samples)
    await run(disturbed, [*rest, End(position=SPEECH.size)])
    assert covered(disturbed.database.spans)
    assert speech_of(disturbed) == speech_of(undisturbed)


async def test_a_mute_closes_the_open_utterance_and_what_follows_is_muted() -> None:
    node = Node()
    audio = SPEECH[: 2 * SECOND]
    await run(node, [*frames(audio), Mute(is_on=True), End(position=5 * SECOND)])
    assert [span for span in node.database.spans if span[0] != "nonspeech"] == [
        ("speech", speech_of(node)[0][0], 2 * SECOND),
        ("muted", 2 * SECOND, 5 * SECOND),
    ]


async def test_what_was_not_sent_before_the_end_is_a_gap() -> None:
    node = Node()
    await run(node, [*frames(SPEECH[:SECOND]), End(position=3 * SECOND)])
    assert node.database.spans[-1] == ("gap", SECOND, 3 * SECOND)


async def test_what_an_earlier_connection_received_and_nobody_sent_again_is_a_gap() -> None:
    node = Node(database=MemoryDatabase(received=3 * SECOND))
    await run(node, [*frames(SPEECH[:SECOND]), End(position=SECOND)])
    assert node.database.spans[-1] == ("gap", SECOND, 3 * SECOND)


async def test_an_account_that_does_not_balance_is_told(caplog: pytest.LogCaptureFixture) -> None:
    node = Node(database=MemoryDatabase(miscounted={"speech": -1}))
    sink = await run(node, [*frames(SPEECH), End(position=SPEECH.size)])
    assert ("warning ledger", 0) in sink.answers
    assert "does not balance" in caplog.text


async def test_audio_that_is_caught_up_on_shows_at_most_ten_partials_a_second() -> None:
    node = Node(clock=StandingClock())
    await run(node, [*frames(SPEECH), End(position=0)])
    assert sum(message["type"] == "segment" for message in node.published) == 1


async def test_finalize_is_answered_once_everything_before_it_is_committed() -> None:
    node = Node()
    half = 2 * SECOND
    sink = await run(
        node,
        [*frames(SPEECH[:half]), Finalize(cid="7"), Finalize(cid="8"), *frames(SPEECH, start=half), End(position=0)],
    )
    answered = [answer for answer in sink.answers if answer[0].startswith("finalized")]
    assert answered == [("finalized 7", half), ("finalized 8", half)]
    assert ("speech", speech_of(node)[0][0], half) in node.database.spans


async def test_an_abandoned_session_commits_what_was_received_and_nothing_beyond() -> None:
    node = Node()
    audio = SPEECH[: 2 * SECOND]
    await run(node, [*frames(audio), Abandon()])
    assert node.database.settled == audio.size
    assert node.database.has_left


async def test_partials_come_before_the_final_with_rising_revisions_and_one_id() -> None:
    node = Node()
    await run(node, [*frames(SPEECH[: int(4.4 * SECOND)]), End(position=0)])
    partials = [message["segment"] for message in node.published if message["type"] == "segment"]
    assert len({segment["id"] for segment in partials}) == 1
    assert [segment["rev"] for segment in partials] == list(range(1, len(partials) + 1))
    assert len(partials) >= 2
    states = [message["state"] for message in node.published if message["type"] == "speech"]
    assert states == ["start", "stop"]

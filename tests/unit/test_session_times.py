"""A session's meeting time on one node: as well as is known, and for ever as it was committed."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from meetings.session_clock import ClockCorrection, SessionClock
from meetings.values import OpenedSession, SessionOwner
from streaming.audio.pcm import Float32
from streaming.protocol.frames import AudioFrame
from streaming.session_items import End, Frame
from streaming.session_times import SessionTimes
from tests.unit.session_fakes import SECOND, SPEECH, MemoryDatabase, Node, frames, run

FRAME_MS = 100


@dataclass(slots=True)
class Origins:
    set_ms: list[int] = field(default_factory=list)

    async def session_origin_set(self, owner: SessionOwner, origin_ms: int) -> int:
        self.set_ms.append(origin_ms)
        return origin_ms


def arrived(end_ms: int, at_ms: float, *, opened: OpenedSession, wall_is_off_s: float = 0.0) -> Frame:
    """A frame that ends so long after the session began, and arrives at that meeting time."""
    n_samples = FRAME_MS * 16
    frame = AudioFrame(n_samples=n_samples, position=end_ms * 16 - n_samples, payload=bytes(2 * n_samples))
    wall_at = opened.meeting_started_at + timedelta(milliseconds=at_ms, seconds=wall_is_off_s)
    return Frame(frame=frame, arrived_at=wall_at, arrived_s=50 + at_ms / 1_000)


async def heard(
    times: SessionTimes, opened: OpenedSession, *, late_ms: float, first_late_ms: float, start_ms: int = 0
) -> None:
    """Three seconds of frames, of which the first one was delayed more than the others."""
    for end_ms in range(start_ms + FRAME_MS, start_ms + 3_001, FRAME_MS):
        delay_ms = first_late_ms if end_ms == start_ms + FRAME_MS else late_ms
        await times.hear(arrived(end_ms, 5_000 + end_ms + delay_ms, opened=opened))


def opened_now(**stored: object) -> OpenedSession:
    return replace(MemoryDatabase().opened(), **stored)  # type: ignore[arg-type]  # tests name the fields


async def test_position_0_was_captured_a_frame_and_half_a_round_trip_before_the_first_frame_came() -> None:
    opened, store = opened_now(), Origins()
    times = SessionTimes(opened=opened, store=store, round_trip_s=0.08)
    await times.hear(arrived(FRAME_MS, 5_000, opened=opened))
    assert store.set_ms == [5_000 - 100 - 40]
    assert times.meeting_ms(SECOND) == 5_860


async def test_a_session_whose_first_connection_was_lost_began_with_its_first_hello() -> None:
    opened, store = opened_now(resumed=True), Origins()
    opened = replace(opened, begun_at=opened.meeting_started_at + timedelta(seconds=2))
    await SessionTimes(opened=opened, store=store, round_trip_s=0.0).hear(arrived(FRAME_MS, 9_000, opened=opened))
    assert store.set_ms == [2_000]


async def test_nothing_lies_before_the_meeting() -> None:
    opened, store = opened_now(), Origins()
    await SessionTimes(opened=opened, store=store, round_trip_s=1.0).hear(arrived(FRAME_MS, 50, opened=opened))
    assert store.set_ms == [0]


async def test_before_the_first_frame_there_is_nothing_to_decide() -> None:
    times = SessionTimes(opened=opened_now(), store=Origins(), round_trip_s=0.0)
    assert times.decide(told=1_000) is None
    assert times.meeting_ms(16_000) == 0


async def test_what_is_learnt_holds_for_what_is_not_committed_and_for_nothing_else() -> None:
    opened = opened_now()
    times = SessionTimes(opened=opened, store=Origins(), round_trip_s=0.0)
    await times.hear(arrived(FRAME_MS, 5_400, opened=opened))
    assert times.decide(told=1_600) == ClockCorrection(start=0, offset_ms=0)
    await heard(times, opened, late_ms=0, first_late_ms=0)
    assert times.meeting_ms(0) == 5_300, "told"
    assert times.meeting_ms(2 * SECOND) == 7_000, "not told: known better by now"
    assert times.decide(told=2 * SECOND) == ClockCorrection(start=1_600, offset_ms=-300)
    assert times.meeting_ms(1_600) == 5_400, "time stands still rather than to go back"
    assert times.meeting_ms(SECOND) == 6_000, "told by what was known then"


async def test_what_is_learnt_holds_at_once_also_while_nothing_is_committed() -> None:
    """Each time anew, from wherever people were told something last."""
    opened = opened_now()
    times = SessionTimes(opened=opened, store=Origins(), round_trip_s=0.0)
    await times.hear(arrived(FRAME_MS, 5_400, opened=opened))
    await heard(times, opened, late_ms=200, first_late_ms=300)
    assert [times.meeting_ms(2 * SECOND), times.meeting_ms(0)] == [7_200, 5_200]
    await heard(times, opened, late_ms=0, first_late_ms=0, start_ms=3_000)
    assert [times.meeting_ms(2 * SECOND), times.meeting_ms(0)] == [7_000, 5_000]
    assert times.decide(told=1_600) == ClockCorrection(start=0, offset_ms=-300)
    await heard(times, opened, late_ms=-50, first_late_ms=-50, start_ms=6_000)
    assert times.meeting_ms(0) == 5_000, "told"
    assert times.meeting_ms(2 * SECOND) == 6_950


async def test_a_jump_that_is_declared_lost_may_have_been_none() -> None:
    opened = opened_now()
    times = SessionTimes(opened=opened, store=Origins(), round_trip_s=0.0)
    for end_ms in range(FRAME_MS, 8_001, FRAME_MS):
        await times.hear(arrived(end_ms, 5_000 + end_ms, opened=opened))
    for end_ms in range(38_000 + FRAME_MS, 42_001, FRAME_MS):
        item = arrived(end_ms, 5_000 + end_ms - 30_000, opened=opened)
        is_first = end_ms == 38_000 + FRAME_MS
        await times.hear(replace(item, frame=replace(item.frame, is_discontinuity=is_first)))
    assert times.meeting_ms(42 * SECOND) == 17_000


class CountingClock(SessionClock):
    """Says how often it was made anew, which looks through all corrections."""

    n_made = 0

    def corrected(self, correction: ClockCorrection) -> SessionClock:
        type(self).n_made += 1
        return super().corrected(correction)


async def test_a_clock_that_is_supposed_is_made_once_for_all_frames_that_it_holds_for() -> None:
    opened = opened_now()
    times = SessionTimes(opened=opened, store=Origins(), round_trip_s=0.0)
    await times.hear(arrived(FRAME_MS, 5_400, opened=opened))
    await heard(times, opened, late_ms=0, first_late_ms=0)
    times._decided = CountingClock(origin_ms=5_300)
    assert {times.meeting_ms(position) for position in [2 * SECOND] * 500} == {7_000}
    assert CountingClock.n_made == 1


async def test_what_is_learnt_in_silence_holds_from_its_beginning() -> None:
    opened = opened_now()
    times = SessionTimes(opened=opened, store=Origins(), round_trip_s=0.0)
    await times.hear(arrived(FRAME_MS, 5_400, opened=opened))
    assert times.decide(told=None) == ClockCorrection(start=0, offset_ms=0)
    await heard(times, opened, late_ms=0, first_late_ms=0)
    assert times.decide(told=None) == ClockCorrection(start=0, offset_ms=-300)
    assert times.meeting_ms(0) == 5_000


@given(st.lists(st.tuples(st.floats(0.0, 1_500.0), st.booleans(), st.booleans()), min_size=1, max_size=150))
async def test_whatever_is_learnt_what_people_were_told_stands_and_is_in_order(
    steps: list[tuple[float, bool, bool]],
) -> None:
    """Each step is a frame with its delay, whether something is committed after it, and whether that holds a line."""
    opened = opened_now()
    times, arrived_ms, told_ms, told_to = SessionTimes(opened=opened, store=Origins(), round_trip_s=0.1), 0.0, {}, 0
    for n, (delay_ms, is_commit, has_line) in enumerate(steps, start=1):
        arrived_ms = max(arrived_ms, 5_000 + n * FRAME_MS + delay_ms)
        await times.hear(arrived(n * FRAME_MS, arrived_ms, opened=opened))
        if is_commit:
            times.decide(told=n * FRAME_MS * 16 if has_line else None)
        if is_commit and has_line:
            said = (told_to, n * FRAME_MS * 16 - 1)
            told_ms.update({position: times.meeting_ms(position) for position in said})
            told_to = said[1] + 1
    assert {position: times.meeting_ms(position) for position in told_ms} == told_ms
    assert list(told_ms.values()) == sorted(told_ms.values())


async def test_a_measured_round_trip_moves_what_is_not_committed() -> None:
    opened = opened_now()
    times = SessionTimes(opened=opened, store=Origins(), round_trip_s=0.3)
    await heard(times, opened, late_ms=20, first_late_ms=20)
    before_ms = times.meeting_ms(SECOND)
    times.round_trip(0.04)
    assert times.meeting_ms(SECOND) == before_ms + 130


async def test_a_round_trip_that_is_measured_while_the_origin_is_being_stored_counts_too() -> None:
    opened = opened_now()

    class Measuring(Origins):
        async def session_origin_set(self, owner: SessionOwner, origin_ms: int) -> int:
            times.round_trip(0.04)
            return origin_ms

    times = SessionTimes(opened=opened, store=Measuring(), round_trip_s=0.3)
    await times.hear(arrived(FRAME_MS, 5_120, opened=opened))
    assert times.meeting_ms(SECOND) == 5_120 - FRAME_MS - 20 + 1_000


async def test_somebody_who_sets_the_wall_clock_changes_nothing() -> None:
    opened = opened_now()
    times = SessionTimes(opened=opened, store=Origins(), round_trip_s=0.0)
    for end_ms in range(FRAME_MS, 10_001, FRAME_MS):
        wall_is_off_s = -5.0 if end_ms > 2_000 else 0.0
        await times.hear(arrived(end_ms, 5_000 + end_ms, opened=opened, wall_is_off_s=wall_is_off_s))
    assert times.decide(told=SECOND) == ClockCorrection(start=0, offset_ms=0)


async def test_a_resumed_session_maps_as_it_was_stored() -> None:
    stored = SessionClock(origin_ms=5_000, corrections=(ClockCorrection(start=SECOND, offset_ms=-40),))
    opened = opened_now(origin_ms=5_000, corrections=stored.corrections, settled=2 * SECOND, received=3 * SECOND)
    times, store = SessionTimes(opened=opened, store=Origins(), round_trip_s=0.0), Origins()
    for position in (0, SECOND - 1, SECOND, 3 * SECOND):
        assert times.meeting_ms(position) == stored.meeting_ms(position)
    await times.hear(arrived(2_100, 90_000, opened=opened))
    assert store.set_ms == []
    assert times.decide(told=None) == ClockCorrection(start=2 * SECOND, offset_ms=-40)


def real_time(audio: Float32, *, first_waited_s: float = 0.0, start: int = 0) -> list[Frame]:
    """Each frame arrives when it was captured, the first one later."""
    sent = frames(audio, start=start)
    ends_s = [each.frame.end / SECOND + (first_waited_s if n == 0 else 0.0) for n, each in enumerate(sent)]
    began_at = datetime.fromisoformat("2026-01-01T00:00:10+00:00")
    return [
        replace(each, arrived_at=began_at + timedelta(seconds=end_s), arrived_s=end_s)
        for each, end_s in zip(sent, ends_s, strict=True)
    ]


async def test_commits_store_what_was_learnt_from_the_first_position_that_nobody_was_told_of() -> None:
    node = Node()
    await run(node, [*real_time(SPEECH, first_waited_s=0.5), End(position=0)])
    assert node.database.origin_ms == 10_500
    (correction,) = node.database.corrections
    assert correction.offset_ms == -500
    told = [end for kind, _, end in node.database.spans if kind == "speech"]
    assert correction.start in (0, *told)


async def test_a_takeover_goes_on_with_the_clock_that_was_stored() -> None:
    node = Node()
    items = real_time(SPEECH, first_waited_s=0.5)
    await run(node, items, stop_after=80)
    stored = node.database.corrections
    assert [each.offset_ms for each in stored] == [-500]
    rest = [each for each in items if each.frame.position >= node.database.settled]
    await run(node, [*rest, End(position=0)])
    assert node.database.corrections == stored


async def test_what_is_shown_has_the_time_that_is_known_by_then() -> None:
    node = Node()
    await run(node, [*real_time(SPEECH, first_waited_s=0.5), End(position=0)])
    states = [(message["state"], message["at_ms"]) for message in node.published if message["type"] == "speech"]
    loud_at_ms = 10_000 + 4_500
    assert any(state == "start" and abs(at_ms - loud_at_ms) <= 64 for state, at_ms in states)

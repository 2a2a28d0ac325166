"""What an agent declares, what of it is heard, and that what is withdrawn counts as muted, to the sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio.pcm import pcm_encode
from streaming.errors import BadMessage
from streaming.intake import MAX_POSITION
from streaming.playback import FOR_EVER, LONGEST_CHUNK_SAMPLES, MOST_CHUNKS, Playback, Said, frame_parted
from streaming.protocol.frames import AudioFrame
from streaming.timeline import Captured, Skipped, Timeline

BLOCK = 320


def frame(position: int, n_samples: int, *, is_loud: bool = True, **flags: bool) -> AudioFrame:
    payload = pcm_encode(np.full(n_samples, 0.5 if is_loud else 0.0, np.float32))
    return AudioFrame(n_samples=n_samples, position=position, payload=memoryview(payload), **flags)


def heard(playback: Playback, to: int, n_samples: int) -> list[Said]:
    return playback.hear(to, n_samples=n_samples, is_loud=True, now=to)


def audible(playback: Playback, each: AudioFrame) -> int:
    return sum(part.frame.n_samples for part in playback.parts(each) if not part.is_withheld)


def test_a_chunk_is_done_when_all_of_it_was_heard() -> None:
    playback = Playback()
    playback.declare("c1", 1_000, 3_000)
    assert heard(playback, 3_999, 3_999) == []
    assert heard(playback, 4_100, 101) == [Said(chunk_id="c1", state="done", heard_samples=3_000, position=4_000)]


def test_what_was_lost_on_the_way_was_not_heard() -> None:
    playback = Playback()
    playback.declare("c1", 0, 3_000)
    heard(playback, 1_000, 1_000)
    [said] = heard(playback, 3_000, 500)
    assert (said.state, said.heard_samples) == ("done", 1_500)


def test_an_interrupted_chunk_is_not_heard_any_more_and_the_next_one_is() -> None:
    playback = Playback()
    playback.declare("c1", 0, 3_000)
    playback.declare("c2", 3_000, 3_000)
    heard(playback, 1_000, 1_000)
    [said] = playback.interrupt("c1")
    assert (said.state, said.heard_samples, said.position) == ("interrupted", 1_000, 1_000)
    assert audible(playback, frame(1_000, 3_200)) == 1_200
    assert playback.interrupt("c1") == []


def test_a_waiting_chunk_that_is_interrupted_is_never_heard() -> None:
    playback = Playback()
    playback.declare("c1", 0, 1_600)
    playback.declare("c2", 1_600, 1_600)
    [said] = playback.interrupt("c2")
    assert (said.heard_samples, said.position) == (0, 1_600)
    assert [audible(playback, frame(0, 1_600)), audible(playback, frame(1_600, 1_600))] == [1_600, 0]


def test_after_a_clear_something_new_may_be_said_at_once() -> None:
    playback = Playback()
    playback.declare("c1", 0, 16_000)
    playback.declare("c2", 16_000, 16_000)
    heard(playback, 3_200, 3_200)
    assert [(each.state, each.heard_samples) for each in playback.clear()] == [("cleared", 3_200), ("cleared", 0)]
    playback.declare("c3", 4_800, 1_600)
    assert [audible(playback, frame(3_200, 1_600)), audible(playback, frame(4_800, 1_600))] == [0, 1_600]


def test_who_gives_way_is_silent_until_something_new_is_said() -> None:
    playback = Playback()
    for number in range(3):
        playback.declare(f"c{number}", 16_000 * number, 16_000)
    heard(playback, 3_200, 3_200)
    gave = playback.give_way()
    assert (gave.chunk_id, gave.heard_samples, gave.position) == ("c0", 3_200, 3_200)
    assert [(each.chunk_id, each.state) for each in gave.said] == [
        ("c0", "interrupted"), ("c1", "cleared"), ("c2", "cleared")
    ]  # fmt: skip
    assert audible(playback, frame(3_200, 1_600)) == audible(playback, frame(160_000, 1_600)) == 0
    assert not playback.has_floor(3_200)
    playback.declare("c3", 170_000, 1_600)
    assert audible(playback, frame(168_800, 2_400)) == 1_200


@pytest.mark.parametrize("is_jump", [True, False])
def test_who_declares_nothing_may_speak_again_after_a_pause(is_jump: bool) -> None:
    playback = Playback()
    playback.parts(frame(0, 3_200))
    heard(playback, 3_200, 3_200)
    assert playback.give_way().chunk_id is None
    assert audible(playback, frame(3_200, 3_200)) == 0
    at = 6_400 + 4_800
    if not is_jump:
        assert audible(playback, frame(6_400, 3_200, is_loud=False)) == 0
        assert audible(playback, frame(9_600, 1_600, is_loud=False)) == 0
    else:
        assert audible(playback, frame(at - 100, 0)) == 0
    assert audible(playback, frame(at, 1_600)) == 1_600


def test_the_floor_is_held_between_chunks_and_given_up_after_the_last() -> None:
    playback = Playback()
    assert not playback.has_floor(0)
    playback.declare("c1", 0, BLOCK)
    playback.declare("c2", 16_000, BLOCK)
    assert not playback.has_floor(0)
    heard(playback, BLOCK, BLOCK)
    assert playback.has_floor(BLOCK + 12_000)
    heard(playback, 16_000 + BLOCK, BLOCK)
    assert playback.has_floor(16_000 + BLOCK + 4_799)
    assert not playback.has_floor(16_000 + BLOCK + 4_800)


@pytest.mark.parametrize(
    ("position", "n_samples"), [(0, 0), (0, LONGEST_CHUNK_SAMPLES + 1), (MAX_POSITION, 1), (1_599, 10), (0, 10)]
)
def test_what_is_no_chunk_is_refused(position: int, n_samples: int) -> None:
    playback = Playback()
    playback.declare("first", 0, 1_600)
    with pytest.raises(BadMessage):
        playback.declare("second", position, n_samples)


def test_no_more_wait_than_are_allowed_however_they_are_withdrawn() -> None:
    playback = Playback()
    for number in range(MOST_CHUNKS):
        playback.declare(str(number), 2_000 * number, 1_000)
    with pytest.raises(BadMessage):
        playback.declare("one more", 2_000 * MOST_CHUNKS, 1_000)
    playback.clear()
    for number in range(MOST_CHUNKS - len(playback.withheld)):
        playback.declare("again", 10_000_000 + 2_000 * number, 1_000)
        playback.interrupt("again")
    with pytest.raises(BadMessage):
        playback.declare("again", 20_000_000, 1_000)


def test_an_id_is_free_again_when_its_chunk_is_over() -> None:
    playback = Playback()
    playback.declare("c1", 0, 1_600)
    with pytest.raises(BadMessage):
        playback.declare("c1", 1_600, 1_600)
    playback.clear()
    playback.declare("c1", 1_600, 1_600)


def test_what_comes_too_late_to_be_heard_ends_its_chunk_all_the_same() -> None:
    playback = Playback()
    playback.declare("c1", 0, 3_000)
    playback.declare("c2", 3_000, 3_000)
    heard(playback, 1_000, 1_000)
    assert playback.pass_over(2_999) == []
    assert playback.pass_over(3_000) == [Said(chunk_id="c1", state="done", heard_samples=1_000, position=3_000)]
    assert playback.has_floor(3_000)  # it was audible just now
    assert playback.pass_over(9_000) == [Said(chunk_id="c2", state="done", heard_samples=0, position=6_000)]
    assert not playback.has_floor(9_000)


def test_what_is_passed_over_late_takes_nothing_back_of_what_was_heard() -> None:
    """Items are let go behind the mixer: else the same samples would count as heard twice."""
    playback = Playback()
    playback.declare("c1", 0, 6_000)
    heard(playback, 3_000, 3_000)
    playback.pass_over(1_000)
    assert playback.heard_to == 3_000
    heard(playback, 4_000, 4_000)
    [said] = playback.interrupt("c1")
    assert (said.heard_samples, said.position) == (4_000, 4_000)


def test_a_chunk_that_an_earlier_connection_has_settled_is_over_when_it_is_declared_again() -> None:
    playback = Playback(settled=5_000)
    [said] = playback.declare("c1", 1_000, 4_000)
    assert (said.state, said.heard_samples, said.position) == ("done", 0, 5_000)
    assert playback.declare("c2", 4_000, 4_000) == []
    [said] = heard(playback, 8_000, 3_000)
    assert (said.chunk_id, said.heard_samples) == ("c2", 3_000)


ranges = st.lists(st.tuples(st.integers(0, 9_000), st.integers(1, 3_000)), max_size=4).map(
    lambda pairs: [(start, start + n) for start, n in pairs]
)


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 1_600), st.sampled_from(["", "muted", "lost"])), max_size=8),
    ranges,
    st.booleans(),
)
def test_every_sample_is_either_what_it_was_or_muted(
    sent: list[tuple[int, int, str]], withheld: list[tuple[int, int]], is_for_ever: bool
) -> None:
    """Frames with jumps of every kind through any ranges: each sample is accounted for as the obvious way does it."""
    withheld = [*withheld, (5_000, FOR_EVER)] if is_for_ever else withheld
    timeline, position, became = Timeline(0), 0, dict[int, str]()
    expected = dict[int, str]()
    for skipped, n_samples, flag in sent:
        kind = {"muted": "muted", "lost": "client_discontinuity", "": "unexplained"}[flag]
        expected.update(dict.fromkeys(range(position, position + skipped), kind))
        position += skipped
        expected.update(dict.fromkeys(range(position, position + n_samples), "captured"))
        whole = frame(position, n_samples, is_muted=flag == "muted", is_discontinuity=flag == "lost")
        for part in frame_parted(whole, withheld):
            for piece in timeline.accept(part.frame):
                match piece:
                    case Captured(position=start, samples=samples):
                        became.update(dict.fromkeys(range(start, start + samples.size), "captured"))
                    case Skipped(start=start, end=end, kind=how, reason=reason):
                        became.update(dict.fromkeys(range(start, end), reason or how))
        position += n_samples
    for at, kind in expected.items():
        if kind == "captured" and any(start <= at < end for start, end in withheld):
            expected[at] = "muted"
    assert became == expected

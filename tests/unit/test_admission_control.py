"""A node lets in as many voices as it can transcribe in time, by what it measures."""

from uuid import uuid4

import pytest

from streaming.admission import Admission, AdmissionSettings

SETTINGS = AdmissionSettings()


class Node:
    """Two recognizers that need about a tenth of a second for a second of speech."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.wait_s = 0.0
        self.is_slowed = False
        self.admission = Admission(
            n_recognizers=2,
            clock=lambda: self.now_s,
            wait_s=lambda: self.wait_s,
            is_slowed=lambda: self.is_slowed,
        )
        self.admission.note_decoded(audio_s=10.0, took_s=0.99 / SETTINGS.first_price_x)

    def join(self, n: int) -> int:
        """How many of n were let in."""
        return sum(self.admission.reserve(uuid4()) for _ in range(n))

    def speak(self, n_speakers: int, *, for_s: int) -> None:
        for _ in range(for_s):
            self.now_s += 1
            for _ in range(n_speakers):
                self.admission.note_spoken(1.0)


@pytest.fixture
def node() -> Node:
    return Node()


def test_a_crowd_that_comes_at_once_is_let_in_as_far_as_all_could_speak_at_once(node: Node) -> None:
    assert node.join(100) == int(SETTINGS.most_busy * 2 / 0.099) == 14
    assert node.admission.n_refused == 100 - 14


def test_those_who_only_listen_make_room_for_others(node: Node) -> None:
    node.join(100)
    node.speak(1, for_s=30)
    assert node.join(100) == 13


def test_those_who_speak_do_not(node: Node) -> None:
    node.join(100)
    node.speak(14, for_s=30)
    assert node.join(10) == 0


def test_those_who_fall_silent_make_room_after_a_while(node: Node) -> None:
    node.join(100)
    node.speak(14, for_s=30)
    node.now_s += SETTINGS.window_s + 1
    assert node.join(100) == 14


def test_a_slower_machine_takes_fewer(node: Node) -> None:
    for _ in range(100):
        node.admission.note_decoded(audio_s=10.0, took_s=2.0)
    assert node.join(100) == 7


def test_where_partials_cannot_slow_down_any_further_fewer_are_let_in(node: Node) -> None:
    node.is_slowed = True
    assert node.join(100) == 7


def test_finals_that_come_late_say_so_too_until_they_come_in_time_again(node: Node) -> None:
    for _ in range(10):
        node.admission.note_decoded(audio_s=10.0, took_s=0.99, waited_s=SETTINGS.longest_wait_s + 0.5)
    assert node.join(1) == 0
    node.now_s += SETTINGS.window_s + 1
    assert node.join(1) == 1


def test_finals_that_wait_say_by_themselves_that_the_node_is_full(node: Node) -> None:
    node.wait_s = SETTINGS.longest_wait_s + 0.1
    assert node.join(1) == 0
    node.wait_s = 0.0
    assert node.join(1) == 1


def test_the_answer_to_the_same_session_stands(node: Node) -> None:
    """Between joining over HTTP and the first hello the node may have filled up."""
    mine = uuid4()
    assert node.admission.reserve(mine)
    node.join(100)
    assert node.admission.reserve(mine)


def test_whoever_comes_back_is_counted_and_never_refused(node: Node) -> None:
    for _ in range(50):
        node.admission.expect(uuid4())
    assert node.join(1) == 0
    assert node.admission.busy() == pytest.approx(50 * 0.099 / 2)


def test_whoever_goes_makes_room_at_once(node: Node) -> None:
    mine = uuid4()
    assert node.admission.reserve(mine)
    node.join(100)
    node.admission.release(mine)
    assert node.join(2) == 1


def test_a_node_that_stops_takes_nobody(node: Node) -> None:
    mine = uuid4()
    assert node.admission.reserve(mine)
    node.admission.close()
    assert node.join(1) == 0
    assert not node.admission.reserve(mine)

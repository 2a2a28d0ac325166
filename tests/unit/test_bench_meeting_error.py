"""cpWER and tcpWER, with MeetEval 0.4.3's numbers (which needs a compiler, and so is no dependency)."""

import pytest

from bench.meeting_error import Said, cp_errors, tcp_errors


def said(speaker: str, start_s: float, end_s: float, text: str) -> Said:
    return Said(speaker=speaker, start_s=start_s, end_s=end_s, text=text)


REFERENCE = [said("A", 0, 2, "the cat sat"), said("B", 1, 3, "a dog barked"), said("A", 10, 12, "far away")]


def test_names_do_not_matter_and_order_within_a_speaker_does() -> None:
    heard = [said("y", 10, 12, "far away"), said("y", 0, 2, "The cat sat."), said("x", 1, 3, "A dog barked")]
    assert cp_errors(REFERENCE, heard) == tcp_errors(REFERENCE, heard) == (0, 8)


def test_words_of_another_speaker_are_wrong_twice() -> None:
    heard = [said("x", 0, 2, "the cat sat"), said("y", 1, 3, "a dog barked"), said("y", 10, 12, "far away")]
    assert cp_errors(REFERENCE, heard) == (4, 8)


def test_right_words_at_a_wrong_time_are_wrong_only_where_time_counts() -> None:
    heard = [said("x", 0, 2, "the cat sat"), said("x", 30, 32, "far away"), said("y", 1, 3, "a dog barked")]
    assert cp_errors(REFERENCE, heard) == (0, 8)
    assert tcp_errors(REFERENCE, heard) == (4, 8)
    assert tcp_errors(REFERENCE, heard, collar_s=30) == (0, 8)


@pytest.mark.parametrize(("heard", "errors"), [([], 8), ([said("x", 0, 2, "")], 8)])
def test_a_speaker_that_nobody_heard_is_all_errors(heard: list[Said], errors: int) -> None:
    assert cp_errors(REFERENCE, heard) == tcp_errors(REFERENCE, heard) == (errors, 8)


def test_a_speaker_too_many_is_all_insertions() -> None:
    heard = [*REFERENCE, said("C", 5, 6, "thank you")]
    assert cp_errors(REFERENCE, heard) == (2, 8)

"""Lines that are split, merged and put back: no word is lost, and nobody's work on the other line."""

from uuid import uuid4

import pytest

from meetings.errors import Conflict, Invalid
from meetings.models import Segment
from meetings.services.segment_bounds import segment_merge
from meetings.services.segments import segment_restore
from tests.integration.corrected import line, says, texts
from tests.integration.correcting import ME, correct, merge, now, split, undo
from tests.integration.made import meeting_made, opened

pytestmark = pytest.mark.django_db


def test_a_split_makes_a_new_line_and_words_say_when_it_begins() -> None:
    meeting = meeting_made()
    (segment,) = line(meeting, "one two three four")
    first, second = split(segment, 8)
    assert first.pk == segment.pk != second.pk
    assert (first.text, second.text) == ("one two", "three four")
    assert (second.rev, second.state, second.audio_session_id) == (1, "corrected", segment.audio_session_id)
    assert (first.start, first.end, second.start, second.end) == (0, 15_200, 15_200, 32_000)
    assert (first.end_ms, second.start_ms, second.end_ms) == (950, 950, 2_000)
    assert [[word["w"] for word in each.words] for each in (first, second)] == [["one", "two"], ["three", "four"]]


def test_the_second_part_may_be_another_speakers() -> None:
    meeting = meeting_made()
    (segment,) = line(meeting, "how are you fine thanks")
    bob = opened(meeting, display_name="Bob")
    split(segment, 12, participant_id=bob.participant_id)
    assert texts(meeting) == [("Ada", "how are you"), ("Bob", "fine thanks")]
    with pytest.raises(Invalid):
        split(segment, 4, participant_id=uuid4())


def test_undoing_a_split_takes_the_new_line_back_and_it_can_be_split_again() -> None:
    meeting = meeting_made()
    (segment,) = line(meeting, "one two three four")
    _, second = split(segment, 8)
    undo(segment)
    assert texts(meeting) == [("Ada", "one two three four")]
    assert (now(segment).end, now(second).state) == (32_000, "retracted")
    _, another = split(segment, 8)
    assert another.pk != second.pk
    assert texts(meeting) == [("Ada", "one two"), ("Ada", "three four")]


def test_a_split_can_be_undone_from_its_second_line_too() -> None:
    meeting = meeting_made()
    (segment,) = line(meeting, "one two three four")
    _, second = split(segment, 8)
    assert [each.pk for each in undo(second)] == [second.pk, segment.pk]
    assert texts(meeting) == [("Ada", "one two three four")]


def test_nobodys_work_on_the_other_line_is_lost_by_undoing() -> None:
    meeting = meeting_made()
    (segment,) = line(meeting, "one two three four")
    _, second = split(segment, 8)
    correct(second, "three for")
    with pytest.raises(Conflict) as refused:
        undo(segment, to_rev=1)
    assert refused.value.code == "undo_blocked"
    assert texts(meeting) == [("Ada", "one two"), ("Ada", "three for")]
    undo(second)
    undo(segment, to_rev=1)
    assert texts(meeting) == [("Ada", "one two three four")]


def test_undo_goes_back_over_several_acts_at_once_and_forth_again() -> None:
    meeting = meeting_made()
    segment, following = line(meeting, "one two", "three four")
    correct(segment, "won two")
    merge(segment)
    split(segment, 3)
    later = texts(meeting)
    assert later == [("Ada", "won"), ("Ada", "two three four")]
    undo(segment, to_rev=1)
    assert texts(meeting) == [("Ada", "one two"), ("Ada", "three four")]
    assert now(following).text == "three four"
    undo(segment)
    assert texts(meeting) == later


def test_a_merge_takes_the_speakers_next_line_in_and_retracts_it() -> None:
    meeting = meeting_made()
    segment, following, last = line(meeting, "one two", "three four", "five")
    merged, retracted = merge(segment)
    assert (merged.pk, merged.text, merged.end, merged.end_ms) == (segment.pk, "one two three four", 32_000, 2_000)
    assert [word["w"] for word in merged.words] == ["one", "two", "three", "four"]
    assert (retracted.pk, retracted.state, retracted.text) == (following.pk, "retracted", "three four")
    assert texts(meeting) == [("Ada", "one two three four"), ("Ada", "five")]
    with pytest.raises(Conflict) as refused:
        segment_restore(segment_id=following.pk, actor=ME)
    assert refused.value.code == "words_stand_elsewhere"
    undo(segment)
    assert texts(meeting) == [("Ada", "one two"), ("Ada", "three four"), ("Ada", "five")]
    assert last == now(last)


def test_only_what_follows_in_the_same_microphone_is_merged() -> None:
    meeting = meeting_made()
    ada, bob = opened(meeting), opened(meeting, display_name="Bob")
    first, second, third = says(ada, "one", "two", "three")
    says(bob, "hello there")
    correct(second, participant_id=bob.participant_id)
    for each in (first, second, third):
        with pytest.raises(Conflict) as refused:
            merge(each)
        assert refused.value.code == "nothing_to_merge"
    undo(second)
    with pytest.raises(Conflict) as refused:
        segment_merge(segment_id=first.pk, expected_rev=1, actor=ME, next_id=third.pk)
    assert refused.value.code == "another_line_follows"


def test_lines_in_different_languages_stay_two() -> None:
    segment, following = line(meeting_made(), "one", "zwei")
    Segment.objects.filter(pk=following.pk).update(language="de")
    with pytest.raises(Conflict) as refused:
        merge(segment)
    assert refused.value.code == "languages_differ"

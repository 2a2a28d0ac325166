"""Whatever is corrected, those who follow the log see what a reload shows; and what else the acts leave behind."""

from collections.abc import Callable

import pytest

from meetings.correction_selectors import is_corrected_by_a_human
from meetings.models import MeetingEvent, Participant, Segment
from meetings.selectors import transcript
from meetings.services.audit import SYSTEM, audit_verify
from meetings.services.replacements import replacement_apply, replacement_propose, replacement_revert
from meetings.services.segments import segment_correct, segment_restore, segment_retract
from tests.integration.corrected import followed, line, loaded, says, texts
from tests.integration.correcting import ME, correct, merge, split, undo
from tests.integration.made import commit, meeting_made, opened, speech

pytestmark = pytest.mark.django_db


def _replaces(segment: Segment, other: Segment) -> None:
    meeting = segment.meeting
    proposal = replacement_propose(meeting=meeting, actor=ME, find="two", replace="2")
    replacement_apply(meeting=meeting, replacement_id=proposal.pk, actor=ME)


def _reverts(segment: Segment, other: Segment) -> None:
    _replaces(segment, other)
    proposal = segment.meeting.replacements.get()
    replacement_revert(meeting=segment.meeting, replacement_id=proposal.pk, actor=ME)


def _undoes_a_split(segment: Segment, other: Segment) -> None:
    split(segment, 4)
    undo(segment)


def _undoes_a_merge(segment: Segment, other: Segment) -> None:
    merge(segment)
    undo(segment)


def _restores(segment: Segment, other: Segment) -> None:
    segment_retract(segment_id=segment.pk, actor=ME, reason="")
    segment_restore(segment_id=segment.pk, actor=ME)


def _moves(segment: Segment, other: Segment) -> None:
    correct(segment, participant_id=Participant.objects.get(display_name="Bob").pk)


ACTS: dict[str, Callable[[Segment, Segment], object]] = {
    "correct": lambda segment, _: correct(segment, "another text"),
    "speaker": _moves,
    "undo": lambda segment, _: (correct(segment, "another text"), undo(segment)),
    "split": lambda segment, _: split(segment, 4),
    "undo split": _undoes_a_split,
    "merge": lambda segment, _: merge(segment),
    "undo merge": _undoes_a_merge,
    "retract": lambda segment, _: segment_retract(segment_id=segment.pk, actor=ME, reason=""),
    "restore": _restores,
    "replace": _replaces,
    "revert": _reverts,
}


@pytest.mark.parametrize("act", ACTS)
def test_initial_state_and_events_equal_the_later_state(act: str) -> None:
    """From before the act, and from the beginning of the log; and the past stays what it was."""
    meeting = meeting_made()
    opened(meeting, display_name="Bob")
    segment, other = line(meeting, "one two", "two three")
    before, seq = loaded(meeting)
    ACTS[act](segment, other)
    after, later_seq = loaded(meeting)
    assert later_seq > seq
    assert followed(before, meeting, after_seq=seq) == after
    assert followed({}, meeting, after_seq=0) == after
    then = transcript(meeting=meeting, as_of_seq=seq).segments
    assert {each["id"]: each for each in then} == before
    assert audit_verify(meeting_id=meeting.pk) is None


def test_corrections_and_live_commits_share_the_log() -> None:
    meeting = meeting_made()
    ada = opened(meeting)
    (segment,) = says(ada, "helo")
    correct(segment, "hello")
    commit(ada.owner, speech(8_000, 16_000, text="more"), settled_from=8_000)
    seqs = list(MeetingEvent.objects.filter(meeting=meeting).order_by("seq").values_list("seq", flat=True))
    assert seqs == [*range(1, len(seqs) + 1)]
    assert texts(meeting) == [("Ada", "hello"), ("Ada", "more")]


def test_what_a_person_had_a_hand_in_is_recognised() -> None:
    meeting = meeting_made()
    segment, machine, untouched = line(meeting, "one two", "three", "four")
    segment_correct(segment_id=machine.pk, expected_rev=1, actor=SYSTEM, text="3")
    _, made = split(segment, 3)
    assert [is_corrected_by_a_human(each) for each in (segment, made, machine, untouched)] == [True, True, False, False]


def test_what_is_merely_heard_twice_does_not_take_out_what_a_person_corrected() -> None:
    meeting = meeting_made()
    ada, grace = opened(meeting), opened(meeting, display_name="Grace")
    commit(ada.owner, speech(0, 64_000, text="we should move the meeting to friday"))
    correct(Segment.objects.get(), "We should move the meeting to Friday.")
    longer = "well i think we should move the meeting to friday okay then yes"
    commit(grace.owner, speech(0, 64_000, text=longer))
    assert sorted(texts(meeting)) == [("Ada", "We should move the meeting to Friday."), ("Grace", longer)]

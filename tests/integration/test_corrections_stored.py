"""What people correct: every revision kept with who, when and why, and undone one act at a time."""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest

from meetings.correction_selectors import segment_history
from meetings.errors import Conflict, Invalid, NotFound, StaleRevision
from meetings.models import AuditEvent, Correction, Segment, SegmentRevision
from meetings.services.audit import SYSTEM, audit_verify, text_hash
from meetings.services.segment_bounds import segment_merge, segment_split
from meetings.services.segments import segment_correct, segment_restore, segment_retract
from meetings.services.undo import segment_undo
from tests.integration.corrected import line, says, texts
from tests.integration.correcting import ME, correct, merge, now, split, undo
from tests.integration.made import all_at_once, meeting_made, opened

pytestmark = pytest.mark.django_db


def test_a_correction_is_a_new_revision_and_the_earlier_one_is_kept_with_who_when_and_why() -> None:
    meeting = meeting_made()
    (segment,) = line(meeting, "we met miss smith")
    corrected = correct(segment, "We met Ms Smyth", reason="her name")
    assert (corrected.rev, corrected.state, corrected.text) == (2, "corrected", "We met Ms Smyth")
    assert [word["w"] for word in now(segment).words] == ["We", "met"]
    row = SegmentRevision.objects.get()
    assert (row.rev, row.text, row.actor, row.reason, row.state) == (1, "we met miss smith", ME, "her name", "final")
    first, second = segment_history(now(segment))
    assert (first.kind, first.rev, first.text, first.actor) == ("recognized", 1, "we met miss smith", SYSTEM)
    assert (second.kind, second.rev, second.text, second.actor, second.reason) == (
        "corrected", 2, "We met Ms Smyth", ME, "her name",
    )  # fmt: skip


def test_the_trail_proves_the_text_and_holds_none_of_it() -> None:
    meeting = meeting_made()
    (segment,) = line(meeting, "we met miss smith")
    correct(segment, "We met Ms Smyth", reason="Smyth told me")
    entry = AuditEvent.objects.get(action="segment.corrected")
    assert (entry.actor, entry.target) == (ME, f"segment:{segment.pk}")
    assert entry.data["segments"][0]["text_hash"] == text_hash(salt=segment.text_salt, text="We met Ms Smyth")
    assert "Smyth" not in str(entry.data)
    assert audit_verify(meeting_id=meeting.pk) is None


def test_whoever_is_second_is_told_and_nothing_is_lost() -> None:
    (segment,) = line(meeting_made(), "helo")
    correct(segment, "hello")
    for act in (
        partial(segment_correct, text="hallo"),
        segment_undo,
        partial(segment_split, at=2),
        segment_merge,
        partial(segment_retract, reason=""),
        segment_restore,
    ):
        with pytest.raises(StaleRevision):
            act(segment_id=segment.pk, expected_rev=1, actor="user:2")
    assert (now(segment).rev, now(segment).text) == (2, "hello")


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_corrects_and_the_other_is_told() -> None:
    (segment,) = line(meeting_made(), "helo")
    calls = [
        partial(segment_correct, segment_id=segment.pk, expected_rev=1, actor=ME, text=text) for text in ("a", "b", "c")
    ]
    outcomes = all_at_once(*calls)
    assert sum(isinstance(outcome, StaleRevision) for outcome in outcomes) == 2
    assert now(segment).rev == 2
    assert SegmentRevision.objects.count() == 1


def test_saying_nothing_new_makes_no_revision() -> None:
    (segment,) = line(meeting_made(), "hello")
    assert correct(segment, " hello ").rev == 1
    assert correct(segment, participant_id=segment.participant_id).rev == 1
    assert not Correction.objects.exists()


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "x" * 20_001, "\u202ebackwards"])
def test_a_text_that_is_none_is_refused_and_changes_nothing(text: str) -> None:
    (segment,) = line(meeting_made(), "hello")
    with pytest.raises(Invalid):
        correct(segment, text)
    assert (now(segment).rev, now(segment).text) == (1, "hello")


def test_the_speaker_may_be_anybody_of_the_meeting_and_the_sound_stays_where_it_is() -> None:
    meeting = meeting_made()
    ada, bob = opened(meeting), opened(meeting, display_name="Bob")
    (segment,) = says(ada, "hello there")
    correct(segment, participant_id=bob.participant_id)
    assert texts(meeting) == [("Bob", "hello there")]
    assert (now(segment).audio_session_id, now(segment).start) == (ada.owner.session_id, 0)
    assert len(now(segment).words) == 2
    stranger = opened(meeting_made())
    for participant_id in (stranger.participant_id, uuid4()):
        with pytest.raises(Invalid) as refused:
            correct(segment, participant_id=participant_id)
        assert refused.value.code == "not_in_this_meeting"


def test_what_is_redacted_or_taken_out_cannot_be_corrected() -> None:
    meeting = meeting_made()
    segment, other = line(meeting, "hello there", "good day")
    segment_retract(segment_id=segment.pk, actor=ME, reason="")
    Segment.objects.filter(pk=other.pk).update(state="redacted", text="")
    acts: list[Callable[[Segment], object]] = [
        lambda each: correct(each, "new"),
        lambda each: split(each, 5),
        merge,
    ]
    for act in acts:
        for each, code in ((segment, "segment_retracted"), (other, "segment_redacted")):
            with pytest.raises(Conflict) as refused:
                act(each)
            assert refused.value.code == code
    with pytest.raises(Conflict) as refused:
        undo(other)
    assert refused.value.code == "segment_redacted"


def test_a_partial_has_no_row_and_cannot_be_corrected() -> None:
    with pytest.raises(NotFound):
        segment_correct(segment_id=uuid4(), expected_rev=1, actor=ME, text="early")


def test_undo_goes_back_as_a_new_revision_and_undoing_that_forth_again() -> None:
    meeting = meeting_made()
    (segment,) = line(meeting, "helo there")
    correct(segment, "hello there")
    correct(segment, "hello, there")
    undo(segment)
    assert (now(segment).rev, now(segment).text, now(segment).state) == (4, "hello there", "corrected")
    undo(segment)
    assert now(segment).text == "hello, there"
    undo(segment, to_rev=1)
    assert (now(segment).rev, now(segment).text, len(now(segment).words)) == (6, "helo there", 2)
    assert [entry.rev for entry in segment_history(now(segment))] == [1, 2, 3, 4, 5, 6]
    with pytest.raises(NotFound):
        undo(segment, to_rev=6)


def test_nothing_is_undone_where_nothing_was_done() -> None:
    (segment,) = line(meeting_made(), "hello")
    with pytest.raises(Conflict) as refused:
        undo(segment)
    assert refused.value.code == "nothing_to_undo"

"""What people correct: every revision kept, one act undone as one, and feeds see what a reload shows."""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from meetings.correction_selectors import (
    is_corrected_by_a_human,
    lines_sharing_words,
    segment_history,
    segments_corrected_by_humans,
)
from meetings.errors import Conflict, Invalid, NotFound, StaleRevision
from meetings.models import AuditEvent, Correction, MeetingEvent, Participant, Segment, SegmentRevision
from meetings.selectors import transcript
from meetings.services.audit import SYSTEM, audit_verify, text_hash
from meetings.services.replacements import MOST_HITS, replacement_apply, replacement_propose, replacement_revert
from meetings.services.segment_bounds import segment_merge, segment_split
from meetings.services.segments import segment_correct, segment_restore, segment_retract
from meetings.services.undo import segment_undo
from tests.integration.corrected import followed, line, loaded, says, texts
from tests.integration.made import all_at_once, commit, meeting_made, opened, speech

pytestmark = pytest.mark.django_db

ME = "user:1"


def now(segment: Segment) -> Segment:
    return Segment.objects.get(pk=segment.pk)


def correct(segment: Segment, text: str | None = None, **more: object) -> Segment:
    arguments = {"expected_rev": now(segment).rev, "actor": ME, "text": text, **more}
    return segment_correct(segment_id=segment.pk, **arguments).segments[0]  # type: ignore[arg-type]


def undo(segment: Segment, to_rev: int | None = None) -> tuple[Segment, ...]:
    found = now(segment)
    return segment_undo(segment_id=found.pk, expected_rev=found.rev, actor=ME, to_rev=to_rev).segments


def split(segment: Segment, at: int, **more: object) -> tuple[Segment, ...]:
    arguments = {"expected_rev": now(segment).rev, "actor": ME, "at": at, **more}
    return segment_split(segment_id=segment.pk, **arguments).segments  # type: ignore[arg-type]


def merge(segment: Segment) -> tuple[Segment, ...]:
    return segment_merge(segment_id=segment.pk, expected_rev=now(segment).rev, actor=ME).segments


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


def test_replacing_is_reviewed_then_one_act_then_reverted_as_one() -> None:
    meeting = meeting_made()
    line(meeting, "Smith met smith", "no one", "Mr Smith")
    before = texts(meeting)
    proposal = replacement_propose(meeting=meeting, actor=ME, find="smith", replace="Smyth")
    assert (proposal.state, len(proposal.hits), texts(meeting)) == ("proposed", 3, before)
    done = replacement_apply(meeting=meeting, replacement_id=proposal.pk, actor=ME)
    assert texts(meeting) == [("Ada", "Smyth met Smyth"), ("Ada", "no one"), ("Ada", "Mr Smyth")]
    assert done.skipped == ()
    act = Correction.objects.get()
    assert (act.kind, act.revisions.count()) == ("replaced", 2)
    assert AuditEvent.objects.filter(action="transcript.replaced", target=f"replacement:{proposal.pk}").count() == 1
    replacement_revert(meeting=meeting, replacement_id=proposal.pk, actor="user:2")
    assert texts(meeting) == before
    assert audit_verify(meeting_id=meeting.pk) is None
    for again in (replacement_apply, replacement_revert):
        with pytest.raises(Conflict) as refused:
            again(meeting=meeting, replacement_id=proposal.pk, actor=ME)
        assert refused.value.code == "replacement_reverted"


def test_only_the_hits_that_were_chosen_are_replaced() -> None:
    meeting = meeting_made()
    line(meeting, "Smith met Smith", "Mr Smith")
    proposal = replacement_propose(meeting=meeting, actor=ME, find="Smith", replace="Smyth")
    for chosen in ([3], [-1]):
        with pytest.raises(Invalid):
            replacement_apply(meeting=meeting, replacement_id=proposal.pk, actor=ME, chosen=chosen)
    with pytest.raises(Conflict):
        replacement_apply(meeting=meeting, replacement_id=proposal.pk, actor=ME, chosen=[])
    replacement_apply(meeting=meeting, replacement_id=proposal.pk, actor=ME, chosen=[1])
    assert texts(meeting) == [("Ada", "Smith met Smyth"), ("Ada", "Mr Smith")]


def test_lines_that_others_changed_meanwhile_are_left_alone_both_ways() -> None:
    meeting = meeting_made()
    first, second, third = line(meeting, "um one", "um two", "um three")
    proposal = replacement_propose(meeting=meeting, actor=ME, find="um")
    correct(first, "um 1")
    done = replacement_apply(meeting=meeting, replacement_id=proposal.pk, actor=ME)
    assert done.skipped == (first.pk,)
    correct(second, "TWO")
    reverted = replacement_revert(meeting=meeting, replacement_id=proposal.pk, actor=ME)
    assert reverted.skipped == (second.pk,)
    assert [text for _, text in texts(meeting)] == ["um 1", "TWO", "um three"]
    assert now(third).rev == 3


def test_a_line_of_which_nothing_is_left_goes_and_comes_back() -> None:
    meeting = meeting_made()
    line(meeting, "um", "yes um")
    proposal = replacement_propose(meeting=meeting, actor=ME, find="um")
    replacement_apply(meeting=meeting, replacement_id=proposal.pk, actor=ME)
    assert texts(meeting) == [("Ada", "yes")]
    replacement_revert(meeting=meeting, replacement_id=proposal.pk, actor=ME)
    assert texts(meeting) == [("Ada", "um"), ("Ada", "yes um")]


def test_one_line_of_a_replacement_is_undone_alone() -> None:
    meeting = meeting_made()
    first, _ = line(meeting, "Smith one", "Smith two")
    proposal = replacement_propose(meeting=meeting, actor=ME, find="Smith", replace="Smyth")
    replacement_apply(meeting=meeting, replacement_id=proposal.pk, actor=ME)
    undo(first)
    assert [text for _, text in texts(meeting)] == ["Smith one", "Smyth two"]


def test_only_some_speakers_lines_are_searched_and_never_another_meetings() -> None:
    meeting = meeting_made()
    ada, bob = opened(meeting), opened(meeting, display_name="Bob")
    says(ada, "Smith")
    says(bob, "Smith")
    line(meeting_made(), "Smith")
    assert len(replacement_propose(meeting=meeting, actor=ME, find="Smith").hits) == 2
    mine = replacement_propose(meeting=meeting, actor=ME, find="Smith", participant_ids=[bob.participant_id])
    assert len(mine.hits) == 1
    with pytest.raises(NotFound):
        replacement_apply(meeting=meeting_made(), replacement_id=mine.pk, actor=ME)


def test_too_many_places_are_refused_and_nothing_is_kept_of_them() -> None:
    meeting = meeting_made()
    (segment,) = line(meeting, "a")
    Segment.objects.filter(pk=segment.pk).update(text="a " * (MOST_HITS + 1))
    with pytest.raises(Invalid) as refused:
        replacement_propose(meeting=meeting, actor=ME, find="a")
    assert refused.value.code == "too_many_hits"
    Segment.objects.filter(pk=segment.pk).update(text="a " * MOST_HITS)
    assert len(replacement_propose(meeting=meeting, actor=ME, find="a").hits) == MOST_HITS


def test_the_database_holds_no_replacement_whose_state_contradicts_its_acts() -> None:
    proposal = replacement_propose(meeting=meeting_made(), actor=ME, find="x")
    proposal.state = "applied"
    with pytest.raises(IntegrityError), transaction.atomic():
        proposal.save()


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
    assert segments_corrected_by_humans(meeting_id=meeting.pk) == {segment.pk, made.pk}
    assert [is_corrected_by_a_human(each) for each in (segment, made, machine, untouched)] == [True, True, False, False]


def test_what_is_merely_heard_twice_does_not_take_out_what_a_person_corrected() -> None:
    meeting = meeting_made()
    ada, grace = opened(meeting), opened(meeting, display_name="Grace")
    commit(ada.owner, speech(0, 64_000, text="we should move the meeting to friday"))
    correct(Segment.objects.get(), "We should move the meeting to Friday.")
    longer = "well i think we should move the meeting to friday okay then yes"
    commit(grace.owner, speech(0, 64_000, text=longer))
    assert sorted(texts(meeting)) == [("Ada", "We should move the meeting to Friday."), ("Grace", longer)]


def test_lines_that_share_words_are_found_from_each_of_them() -> None:
    meeting = meeting_made()
    segment, following, other = line(meeting, "one two", "three four", "five")
    merge(segment)
    _, made = split(segment, 3)
    for each in (segment, following, made):
        assert lines_sharing_words(segment_id=each.pk) == {segment.pk, following.pk, made.pk}
    assert lines_sharing_words(segment_id=other.pk) == {other.pk}

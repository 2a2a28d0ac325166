"""Find and replace over a transcript: reviewed, applied as one act, reverted as one."""

import pytest
from django.db import IntegrityError, transaction

from meetings.errors import Conflict, Invalid, NotFound
from meetings.models import AuditEvent, Correction, Segment
from meetings.services.audit import audit_verify
from meetings.services.replacements import MOST_HITS, replacement_apply, replacement_propose, replacement_revert
from tests.integration.corrected import line, says, texts
from tests.integration.correcting import ME, correct, now, undo
from tests.integration.made import meeting_made, opened

pytestmark = pytest.mark.django_db


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

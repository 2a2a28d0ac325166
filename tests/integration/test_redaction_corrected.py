"""A passage that was split off, joined, looked for or exported before it was redacted is gone from there as well."""

import pytest
from django.db import connection
from django.utils import timezone

from meetings.errors import Conflict, NotFound
from meetings.exports.wish import Wish
from meetings.models import Correction, Export, Meeting, Replacement, Segment, SegmentRevision
from meetings.passages import MARK, Passage
from meetings.services.audit_check import audit_check
from meetings.services.exports import export_request
from meetings.services.redaction import segment_redact
from meetings.services.replacements import replacement_apply, replacement_propose
from meetings.services.segment_bounds import segment_merge, segment_split
from meetings.services.segments import segment_correct, segment_retract
from meetings.services.undo import segment_undo
from tests.integration.api_calls import assert_problem, post, program
from tests.integration.made import commit, host_made, meeting_made, opened, speech
from tests.integration.test_redaction import everything_read

pytestmark = pytest.mark.django_db

#: No identifier, which is drawn of hexadecimal digits, can hold it by chance.
SECRET = "55X1"


def said(*texts: str) -> list[Segment]:
    session = opened(meeting_made(actor=host_made()))
    commit(session.owner, *(speech(at * 16_000, (at + 1) * 16_000, text=text) for at, text in enumerate(texts)))
    return list(Segment.objects.order_by("start"))


def stored() -> str:
    """Whatever words the tables of lines, their past and their index hold."""
    found = [
        *Segment.objects.values_list("text", "words"),
        *SegmentRevision.objects.values_list("text", "words", "reason"),
    ]
    found += [*Replacement.objects.values_list("find", "replace"), *Correction.objects.values_list("reason", "kind")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM meetings_searchline")
        return f"{found}{cursor.fetchall()}"


def test_what_was_split_off_is_gone_from_the_past_of_the_line_it_was_split_from() -> None:
    (line,) = said("my number is 55X1 thanks")
    parts = segment_split(segment_id=line.pk, expected_rev=1, at=13, actor="user:1").segments
    second = next(part for part in parts if SECRET in part.text)
    assert SECRET in stored()
    segment_redact(segment_id=second.pk, actor="user:1")
    assert SECRET not in stored()
    assert SECRET not in everything_read(Meeting.objects.get())
    left = Segment.objects.get(pk=line.pk)
    assert left.text == "my number is", "what was not redacted stays"
    assert left.text_salt != line.text_salt, "with the old one the trail's hash of both would let a number be guessed"
    assert [finding.words for finding in audit_check(meeting_id=line.meeting_id)] == []


def test_what_was_joined_is_gone_from_the_line_that_was_taken_out_for_it() -> None:
    first, second = said("my number is", "55X1 thanks")
    segment_merge(segment_id=first.pk, expected_rev=1, actor="user:1")
    assert Segment.objects.get(pk=second.pk).text == "55X1 thanks"
    text = Segment.objects.get(pk=first.pk).text
    at = text.index(SECRET)
    left = segment_redact(segment_id=first.pk, actor="user:1", passage=Passage(start=at, end=at + len(SECRET)))
    assert left.text == text.replace(SECRET, MARK)
    assert SECRET not in stored()
    assert SECRET not in everything_read(Meeting.objects.get())


def test_what_was_looked_for_and_written_elsewhere_goes_too() -> None:
    line, other = said("call 55X0 now", "or another")
    meeting = Meeting.objects.get()
    asked = replacement_propose(meeting=meeting, actor="user:1", find="55X0", replace=SECRET, reason="it is 55X1")
    replacement_apply(meeting=meeting, replacement_id=asked.pk, actor="user:1")
    segment_correct(
        segment_id=other.pk, expected_rev=1, actor="user:1", text="or the other", reason="55X1 is one of two"
    )
    export_request(meeting=meeting, actor="user:1", wish=Wish(format="txt"), join_url="", now=timezone.now())
    assert Export.objects.count() == 1
    segment_redact(segment_id=line.pk, actor="user:1")
    assert SECRET not in stored()
    assert not Export.objects.exists(), "a file that was made, or is being made, holds it"


def test_a_replacement_that_lost_its_words_is_not_carried_out() -> None:
    """It would put nothing in the place of many words."""
    line, other = said("call Jon now", "my number is 55X1")
    meeting = Meeting.objects.get()
    asked = replacement_propose(meeting=meeting, actor="user:1", find="Jon", replace="John")
    segment_redact(segment_id=other.pk, actor="user:2")
    with pytest.raises(NotFound):
        replacement_apply(meeting=meeting, replacement_id=asked.pk, actor="user:1")
    assert Segment.objects.get(pk=line.pk).text == "call Jon now"


def test_a_repeated_proposal_that_was_forgotten_is_told_to_be_so() -> None:
    (line,) = said("call Jon now")
    meeting, client = Meeting.objects.get(), program()
    body, key = {"find": "Jon", "replace": "John"}, {"Idempotency-Key": "once"}
    assert post(client, f"/meetings/{meeting.pk}/replacements", body, headers=key).status_code == 201
    segment_redact(segment_id=line.pk, actor="user:2")
    assert_problem(post(client, f"/meetings/{meeting.pk}/replacements", body, headers=key), 404, "not_found")


def test_what_was_taken_out_because_it_stands_in_another_line_is_redacted_there() -> None:
    """Or it would be thought to be gone."""
    first, second = said("my number is", "55X1 thanks")
    segment_merge(segment_id=first.pk, expected_rev=1, actor="user:1")
    with pytest.raises(Conflict) as refused:
        segment_redact(segment_id=second.pk, actor="user:1")
    assert refused.value.code == "words_stand_elsewhere"
    assert Segment.objects.get(pk=first.pk).text == "my number is 55X1 thanks"


def test_what_was_blacked_out_is_not_written_into_a_line_by_going_back() -> None:
    (line,) = said("my number is 55X1 thanks")
    segment_retract(segment_id=line.pk, actor="user:1", reason="wrong")
    segment_redact(segment_id=line.pk, actor="user:1", passage=Passage(start=13, end=17))
    rev = Segment.objects.get(pk=line.pk).rev
    for to_rev in (None, 1):
        with pytest.raises(Conflict) as refused:
            segment_undo(segment_id=line.pk, expected_rev=rev, to_rev=to_rev, actor="user:1")
        assert refused.value.code == "segment_redacted"
    assert Segment.objects.get(pk=line.pk).text == f"my number is {MARK} thanks"

"""A passage that was split off, joined, looked for or exported before it was redacted is gone from there as well."""

import pytest
from django.db import connection
from django.utils import timezone

from meetings.exports.wish import Wish
from meetings.models import Correction, Export, Meeting, Replacement, Segment, SegmentRevision
from meetings.passages import MARK, Passage
from meetings.services.exports import export_request
from meetings.services.redaction import segment_redact
from meetings.services.replacements import replacement_apply, replacement_propose
from meetings.services.segment_bounds import segment_merge, segment_split
from tests.integration.made import commit, host_made, meeting_made, opened, speech
from tests.integration.test_redaction import everything_read

pytestmark = pytest.mark.django_db

SECRET = "5551"


def said(*texts: str) -> list[Segment]:
    session = opened(meeting_made(actor=host_made()))
    commit(session.owner, *(speech(at * 16_000, (at + 1) * 16_000, text=text) for at, text in enumerate(texts)))
    return list(Segment.objects.order_by("start"))


def stored() -> str:
    """Whatever words the tables of lines, their past and their index hold."""
    found = [*Segment.objects.values_list("text", "words"), *SegmentRevision.objects.values_list("text", "words")]
    found += [*Replacement.objects.values_list("find", "replace"), *Correction.objects.values_list("reason", "kind")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM meetings_searchline")
        return f"{found}{cursor.fetchall()}"


def test_what_was_split_off_is_gone_from_the_past_of_the_line_it_was_split_from() -> None:
    (line,) = said("my number is 5551 thanks")
    parts = segment_split(segment_id=line.pk, expected_rev=1, at=13, actor="user:1").segments
    second = next(part for part in parts if SECRET in part.text)
    assert SECRET in stored()
    segment_redact(segment_id=second.pk, actor="user:1")
    assert SECRET not in stored()
    assert SECRET not in everything_read(Meeting.objects.get())
    assert Segment.objects.get(pk=line.pk).text == "my number is", "what was not redacted stays"


def test_what_was_joined_is_gone_from_the_line_that_was_taken_out_for_it() -> None:
    first, second = said("my number is", "5551 thanks")
    segment_merge(segment_id=first.pk, expected_rev=1, actor="user:1")
    assert Segment.objects.get(pk=second.pk).text == "5551 thanks"
    text = Segment.objects.get(pk=first.pk).text
    at = text.index(SECRET)
    left = segment_redact(segment_id=first.pk, actor="user:1", passage=Passage(start=at, end=at + len(SECRET)))
    assert left.text == text.replace(SECRET, MARK)
    assert SECRET not in stored()
    assert SECRET not in everything_read(Meeting.objects.get())


def test_what_was_looked_for_and_written_elsewhere_goes_too() -> None:
    (line,) = said("call 5550 now")
    meeting = Meeting.objects.get()
    asked = replacement_propose(meeting=meeting, actor="user:1", find="5550", replace=SECRET, reason="it is 5551")
    replacement_apply(meeting=meeting, replacement_id=asked.pk, actor="user:1")
    export_request(meeting=meeting, actor="user:1", wish=Wish(format="txt"), join_url="", now=timezone.now())
    assert Export.objects.count() == 1
    segment_redact(segment_id=line.pk, actor="user:1")
    assert SECRET not in stored()
    assert not Export.objects.exists(), "a file that was made, or is being made, holds it"

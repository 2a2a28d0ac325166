"""Lines that were taken out: shown to those who may put them back, to nobody else, and only what can come back."""

import pytest
from django.test import Client
from django.utils import timezone

from meetings.models import AuditEvent, Meeting, Segment
from meetings.purges import purges_work
from meetings.selectors import transcript
from meetings.services.audit import SYSTEM
from meetings.services.purge_jobs import purge_ask
from meetings.services.redaction import segment_redact
from meetings.services.replacements import replacement_apply, replacement_propose
from meetings.services.segment_bounds import segment_merge, segment_split
from meetings.services.segments import BLEED, segment_retract
from meetings.services.undo import segment_undo
from meetings.taken_out import lines_taken_out
from tests.integration.api_calls import assert_problem, get, guest, made, post, program
from tests.integration.corrected import line, texts
from tests.integration.made import meeting_made, user_made

pytestmark = pytest.mark.django_db
ACTOR = "user:7"


@pytest.fixture
def meeting() -> Meeting:
    return meeting_made()


def listed(meeting: Meeting) -> list[str]:
    return [segment.text for segment in lines_taken_out(meeting_id=meeting.pk).order_by("start_ms")]


def taken_out(segment: Segment, *, actor: str = ACTOR, reason: str = "") -> None:
    segment_retract(segment_id=segment.pk, actor=actor, reason=reason)


def test_what_was_taken_out_is_listed_by_start_with_who_and_why_and_can_be_put_back(meeting: Meeting) -> None:
    bot = program()
    first, second, _ = line(meeting, "one two", "three", "four")
    assert get(bot, f"/meetings/{meeting.pk}/retracted").json()["data"] == []
    for segment, reason in ((second, ""), (first, "off the record")):
        post(bot, f"/segments/{segment.pk}/retract", {"reason": reason}, headers={"If-Match": '"1"'})
    answer = get(bot, f"/meetings/{meeting.pk}/retracted").json()
    assert [(each["text"], each["rev"], each["reason"], each["author"]) for each in answer["data"]] == [
        ("one two", 2, "off the record", "bot"),
        ("three", 2, "", "bot"),
    ]
    assert answer["n_lines"] == 2
    back = post(bot, f"/segments/{first.pk}/restore", {}, headers={"If-Match": '"2"'})
    assert back.status_code == 200
    assert texts(meeting) == [("Ada", "one two"), ("Ada", "four")]
    assert listed(meeting) == ["three"]


def test_pages_follow_one_another_without_a_line_lost_or_twice(meeting: Meeting) -> None:
    bot = program()
    for segment in line(meeting, "one", "two", "three"):
        taken_out(segment)
    first = get(bot, f"/meetings/{meeting.pk}/retracted", limit=2).json()
    second = get(bot, f"/meetings/{meeting.pk}/retracted", limit=2, cursor=first["next_cursor"]).json()
    assert [each["text"] for each in first["data"] + second["data"]] == ["one", "two", "three"]
    assert (first["n_lines"], second["has_more"], second["next_cursor"]) == (3, False, None)
    assert_problem(get(bot, f"/meetings/{meeting.pk}/retracted", cursor="odd"), 422, "bad_cursor")


def test_what_the_system_took_for_anothers_voice_says_so(meeting: Meeting) -> None:
    (segment,) = line(meeting, "echo")
    taken_out(segment, actor=SYSTEM, reason=BLEED)
    (found,) = get(program(), f"/meetings/{meeting.pk}/retracted").json()["data"]
    assert (found["actor"], found["author"], found["reason"]) == ("system", "Colloquy", "bleed")


def test_what_a_replacement_left_nothing_of_can_come_back(meeting: Meeting) -> None:
    line(meeting, "erm", "well")
    found = replacement_propose(meeting=meeting, actor=ACTOR, find="erm")
    replacement_apply(meeting=meeting, replacement_id=found.pk, actor=ACTOR)
    assert listed(meeting) == ["erm"]


def test_words_that_stand_in_another_line_are_not_offered_twice(meeting: Meeting) -> None:
    """Not after a merge, nor after a split was undone, nor when the line that has them is taken out itself."""
    one, two = line(meeting, "one", "two")
    merged = segment_merge(segment_id=one.pk, expected_rev=1, actor=ACTOR).segments[0]
    assert listed(meeting) == []
    taken_out(merged)
    assert listed(meeting) == ["one two"]
    assert Segment.objects.get(pk=two.pk).text == "two"

    other = meeting_made()
    (whole,) = line(other, "one two")
    segment_split(segment_id=whole.pk, expected_rev=1, actor=ACTOR, at=4)
    segment_undo(segment_id=whole.pk, expected_rev=2, actor=ACTOR)
    assert listed(other) == []
    taken_out(whole)
    assert listed(other) == ["one two"]


def test_what_was_deleted_redacted_or_is_not_to_be_kept_is_not_listed(meeting: Meeting) -> None:
    one, two, three = line(meeting, "one", "two", "three")
    for segment in (one, two, three):
        taken_out(segment)
    segment_redact(segment_id=one.pk, actor=ACTOR)
    Segment.objects.filter(pk=two.pk).update(is_kept=False)
    assert listed(meeting) == ["three"]
    purge_ask(meeting=meeting, what="text", reason="asked", by=ACTOR)
    purges_work(clock=timezone.now)
    assert listed(meeting) == []


def test_readers_learn_neither_the_words_nor_that_there_are_any() -> None:
    host = guest()
    meeting = Meeting.objects.get(pk=made(host)["id"])
    (segment, _) = line(meeting, "a secret", "hello")
    taken_out(segment)
    member = Client()
    member.force_login(user_made("grace"))
    post(member, f"/meetings/{meeting.code}/participants", {"display_name": "Grace"})
    for reader in (member, guest()):
        assert_problem(get(reader, f"/meetings/{meeting.code}/retracted"), 403, "forbidden")
        page = reader.get(f"/m/{meeting.code}/transcript/").content.decode()
        assert "secret" not in page
        assert "taken-out" not in page
        assert '"n_taken_out": 0' in page
    page = host.get(f"/m/{meeting.code}/transcript/").content.decode()
    assert "secret" not in page  # its words come when the list is asked for
    assert '"n_taken_out": 1' in page
    assert get(host, f"/meetings/{meeting.code}/retracted").json()["data"][0]["text"] == "a secret"
    assert "secret" not in str(transcript(meeting=meeting).segments)


def test_staff_who_look_at_what_was_taken_out_leave_their_trace(meeting: Meeting) -> None:
    (segment,) = line(meeting, "a secret")
    taken_out(segment)
    staff = Client()
    staff.force_login(user_made("staff", is_staff=True))
    assert get(staff, f"/meetings/{meeting.pk}/retracted").status_code == 200
    assert AuditEvent.objects.filter(meeting_id=meeting.pk, action="transcript.viewed").count() == 1

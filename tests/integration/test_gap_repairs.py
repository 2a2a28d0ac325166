"""What recognizers lost is made good from the recording, or says why it is not."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from meetings.access import Actor
from meetings.account import account_of
from meetings.models import (
    AudioSession,
    AuditEvent,
    GapRepair,
    Meeting,
    MeetingEvent,
    Participant,
    SecondPass,
    Segment,
)
from meetings.purges import purges_work
from meetings.second_pass.hearing import HearingFailed
from meetings.selectors import events_after, ledger, transcript
from meetings.services.audit_check import audit_check
from meetings.services.audit_proof import audit_proof
from meetings.services.consents import consent_record
from meetings.services.erasure import participant_erase
from meetings.services.purge_jobs import purge_ask
from meetings.services.second_pass_jobs import second_pass_start
from tests.integration.heard_again import SECOND, ToldEar, heard_again, over
from tests.integration.made import gap, silence
from tests.integration.recorded import Speaking, sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]


def lose(who: Speaking, *, is_recorded: bool = True) -> None:
    """A second that ended the recognizers, recorded all the same, and a second of silence."""
    at = who.settled
    recorded = [who.write(sound(2 * SECOND), start=at)] if is_recorded else []
    who.commit(gap(at + SECOND, reason="recognizer_crashed"), silence(at + 2 * SECOND), recorded=recorded)


def test_a_loss_becomes_a_line_in_its_place(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    lose(ada)
    over(meeting, host, ada)
    before = MeetingEvent.objects.filter(meeting=meeting).latest("seq").seq
    assert len(transcript(meeting=meeting).gaps) == 1
    ear = ToldEar()
    ear.says(0, SECOND, "There it is.")
    assert not heard_again(ear)
    read = transcript(meeting=meeting)
    (line,) = read.segments
    assert (line["text"], line["start_ms"], line["end_ms"], line["rev"]) == ("There it is.", 0, 1_000, 1)
    assert [word["w"] for word in line["words"]] == ["There", "it", "is."]
    assert read.gaps == ()
    assert len(transcript(meeting=meeting, as_of_seq=before).gaps) == 1, "as it stood before, it was lost"
    repair = GapRepair.objects.get()
    assert (repair.state, str(repair.segment_id)) == ("done", line["id"])
    job = SecondPass.objects.get()
    assert (job.state, job.n_lines, job.n_done, job.n_repaired) == ("done", 1, 1, 1)
    assert audit_check(meeting_id=meeting.pk) == []
    proof = json.loads(json.dumps(audit_proof(meeting_id=meeting.pk)))
    assert line["id"] in {text["segment_id"] for text in proof["texts"]}
    assert AuditEvent.objects.filter(action="gap.repaired").count() == 1


def test_feeds_hear_of_the_line_and_then_that_the_loss_is_none(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    lose(ada)
    over(meeting, host, ada)
    last = MeetingEvent.objects.filter(meeting=meeting).latest("seq").seq
    ear = ToldEar()
    ear.says(0, SECOND, "There it is.")
    heard_again(ear)
    line, repaired = events_after(meeting_id=meeting.pk, after_seq=last, limit=10).messages
    assert line["type"] == "segment"
    assert repaired["type"] == "event"
    assert repaired["event"] == {
        "type": "audio.repaired",
        "participant_id": line["segment"]["participant_id"],
        "session_id": str(ada.owner.session_id),
        "from": 0,
        "to": SECOND,
        "start_ms": 0,
        "end_ms": 1_000,
        "segment_id": line["segment"]["id"],
    }


def test_the_ledger_keeps_its_counters_and_says_what_was_made_good(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    lose(ada)
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "There it is.")
    heard_again(ear)
    (session,) = ledger(meeting_id=meeting.pk)
    assert (session.gap, session.speech) == (SECOND, 0)
    assert [each.is_repaired for each in session.gaps] == [True]
    account = account_of([session])
    assert account is not None
    assert account.is_complete
    answer = Client().get(f"/api/v1/meetings/{meeting.code}/ledger").json()
    assert answer["sessions"][0]["gaps"] == [
        {"from": 0, "to": SECOND, "reason": "recognizer_crashed", "repaired": True}
    ]


def test_where_nobody_was_heard_after_all_there_is_neither_a_line_nor_a_loss(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    lose(ada)
    over(meeting, host, ada)
    heard_again(ToldEar())
    read = transcript(meeting=meeting)
    assert (read.segments, read.gaps) == ((), ())
    repair = GapRepair.objects.get()
    assert (repair.state, repair.segment_id) == ("done", None)


def test_what_ends_a_recognizer_again_is_given_up_and_stays_a_loss(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    lose(ada)
    over(meeting, host, ada)
    ear = ToldEar(fails=lambda start, end: HearingFailed("recognizer_crashed"))
    heard_again(ear)
    assert ear.heard == [(0, SECOND)] * 2, "by itself, and twice"
    repair = GapRepair.objects.get()
    assert (repair.state, repair.problem) == ("given_up", "recognizer_crashed")
    assert len(transcript(meeting=meeting).gaps) == 1
    assert SecondPass.objects.get().state == "done"


def test_what_was_not_recorded_is_given_up_with_that_reason(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    lose(ada, is_recorded=False)
    lose(ada)
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(2 * SECOND, 3 * SECOND, "There it is.")
    heard_again(ear)
    assert list(GapRepair.objects.order_by("start").values_list("state", "problem")) == [
        ("given_up", "not_recorded"),
        ("done", ""),
    ]
    assert ear.heard == [(2 * SECOND, 3 * SECOND)]


def test_losses_of_a_meeting_without_any_recording_do_not_wait_for_ever(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    lose(ada, is_recorded=False)
    over(meeting, host, ada)
    Meeting.objects.update(ended_at=Meeting.objects.get().started_at)
    Meeting.objects.update(ended_at="2026-01-01T00:00:00Z")
    heard_again(ToldEar())
    assert GapRepair.objects.get().problem == "not_recorded"
    assert not SecondPass.objects.exists()


def test_a_repaired_line_counts_no_sample_twice(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    lose(ada)
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "There it is.")
    heard_again(ear)
    session = AudioSession.objects.get(pk=ada.owner.session_id)
    assert session.settled == session.speech + session.nonspeech + session.muted + session.gap
    assert Segment.objects.get().start == 0


def test_words_of_somebody_who_agreed_to_sound_alone_are_in_no_transcript(
    meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    consent_record(participant_id=ada.opened.participant_id, granted=("captions", "recording"))
    lose(ada)
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "There it is.")
    heard_again(ear)
    assert not Segment.objects.get().is_kept
    assert transcript(meeting=meeting).segments == ()


@pytest.mark.parametrize("deleted", ["text", "participant"])
def test_what_is_deleted_while_it_is_heard_does_not_come_back(
    deleted: str, meeting: Meeting, host: Actor, ada: Speaking
) -> None:
    lose(ada)
    over(meeting, host, ada)

    def delete(start: int, end: int) -> None:
        if deleted == "text":
            purge_ask(meeting=meeting, what="text", reason="asked", by="user:1")
            purges_work(clock=timezone.now)
        else:
            participant_erase(participant=Participant.objects.get(pk=ada.opened.participant_id), by="user:1")

    ear = ToldEar(fails=delete)
    ear.says(0, SECOND, "There it is.")
    heard_again(ear)
    assert ear.heard == [(0, SECOND)]
    assert not Segment.objects.exists()
    if deleted == "text":  # the sound is there still, and somebody asks for it to be heard anew
        second_pass_start(meeting=Meeting.objects.get(), actor="user:1")
        heard_again(ear)
    assert not Segment.objects.exists()


def test_a_script_without_spaces_gets_none(meeting: Meeting, host: Actor, ada: Speaking) -> None:
    lose(ada)
    over(meeting, host, ada)
    ear = ToldEar()
    ear.says(0, SECOND, "会議 です")
    heard_again(ear)
    assert Segment.objects.get().text == "会議です"

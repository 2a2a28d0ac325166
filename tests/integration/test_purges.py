"""What is due is deleted, in small steps, provably, and is nowhere afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from meetings.errors import Conflict, Invalid
from meetings.models import (
    AudioSession,
    AuditEvent,
    ConsentRecord,
    DeletionProof,
    Meeting,
    Segment,
    SegmentRevision,
)
from meetings.purges import purges_work
from meetings.selectors import events_after, transcript
from meetings.services import purge_jobs
from meetings.services.audit import audit_verify, text_hash
from meetings.services.audit_check import audit_check
from meetings.services.consents import consent_record
from meetings.services.deletion_proofs import digest_on
from meetings.services.meetings import meeting_create, meeting_end, meeting_update
from meetings.services.purge_jobs import LINES_AT_ONCE, PurgeStopped, purge_ask, purge_claim, purge_step
from meetings.services.purge_plan import purges_plan
from meetings.services.segment_bounds import segment_split
from meetings.services.segments import segment_restore, segment_retract
from meetings.services.sessions import session_end
from meetings.services.undo import segment_undo
from tests.integration.made import commit, host_made, opened, speech
from tests.integration.purged import WORDS, now, spoken, texts, then
from tests.integration.recorded import AGREED, speaking

pytestmark = pytest.mark.django_db


def test_text_goes_when_its_days_are_over_and_not_before() -> None:
    meeting = spoken(retention_days={"text": 30})
    assert purges_work(clock=now) == 0
    assert len(texts(meeting)) == 2
    assert purges_work(clock=then) == 1
    assert texts(meeting) == []
    assert set(Segment.objects.values_list("state", "text_salt", "rev")) == {("redacted", "", 2)}
    assert purges_work(clock=then) == 0


def test_a_meeting_that_says_nothing_is_kept_by_default_and_as_the_server_says(settings: Settings) -> None:
    meeting = spoken()
    kept = spoken(retention_days=None)
    assert purges_work(clock=then) == 0
    settings.TEXT_RETENTION_DAYS = 30
    assert purges_work(clock=then) == 1
    assert texts(meeting) == []
    assert len(texts(kept)) == 2


def test_the_log_says_so_and_gives_no_word_of_it_to_anybody() -> None:
    meeting = spoken(retention_days=30)
    segment_retract(segment_id=Segment.objects.all()[0].pk, actor="x", reason="x")
    purges_work(clock=then)
    told: Any = events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages
    assert "xylophone" not in str(told)
    assert told[-1]["event"]["type"] == "content.purged"
    assert told[-1]["event"]["what"] == "text"
    assert [line["state"] for line in transcript(meeting=meeting).segments] == ["redacted"]
    assert not SegmentRevision.objects.exists()
    assert Segment.objects.filter(state="retracted", text="").count() == 1


def test_the_proof_is_of_what_the_audit_trail_says_was_committed_and_keeps_nothing_of_it() -> None:
    meeting = spoken(retention_days=30)
    committed = AuditEvent.objects.get(meeting_id=meeting.pk, action="session.committed").data["segments"]
    segment = Segment.objects.all()[0]
    assert text_hash(salt=segment.text_salt, text=segment.text) in {each["text_hash"] for each in committed}
    purges_work(clock=then)
    proof = DeletionProof.objects.get()
    lines = sorted(f"{each['id']} {each['rev']} {each['text_hash']}" for each in committed)
    assert proof.digest == digest_on("", lines)
    assert (proof.what, proof.reason, proof.by) == ("text", "retention", "system")
    assert proof.counts["segments"] == 2
    entry = AuditEvent.objects.get(meeting_id=meeting.pk, number=proof.audit_number)
    assert (entry.action, entry.data["digest"], entry.data["proof"]) == ("text.purged", proof.digest, str(proof.pk))
    assert audit_verify(meeting_id=meeting.pk) is None


def test_a_killed_worker_s_purge_goes_on_where_it_was() -> None:
    meeting = spoken(n_lines=LINES_AT_ONCE + 5, retention_days=30)
    purges_plan(now=then())
    killed = purge_claim(now=then())
    assert killed is not None
    assert purge_step(purge=killed, now=then()) is False
    assert len(texts(meeting)) == 5
    assert purges_work(clock=then) == 0  # it holds its lease
    assert purges_work(clock=lambda: then() + purge_jobs.LEASE * 2) == 1
    assert texts(meeting) == []
    assert DeletionProof.objects.get().counts["segments"] == LINES_AT_ONCE + 5
    with pytest.raises(PurgeStopped):
        purge_step(purge=killed, now=then())
    assert DeletionProof.objects.count() == 1


def test_what_fails_is_tried_again_and_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = spoken(retention_days=30)
    fine = spoken(retention_days=30)

    def fail(meeting_id: Any) -> int:
        if meeting_id == broken.pk:
            raise RuntimeError
        return 3

    monkeypatch.setitem(purge_jobs.ALSO_WITH_TEXT, "copies", fail)
    assert purges_work(clock=then) == 1
    assert DeletionProof.objects.get(meeting_id=fine.pk).counts["copies"] == 3
    monkeypatch.setitem(purge_jobs.ALSO_WITH_TEXT, "copies", lambda meeting_id: 0)
    assert purges_work(clock=lambda: then() + purge_jobs.LEASE * 2) == 1


# --- modes ---------------------------------------------------------------------------------------------------


def test_an_ephemeral_meeting_is_captions_while_it_goes_on_and_nothing_afterwards() -> None:
    host = host_made()
    meeting = meeting_create(actor=host, title="Board", policies={"mode": "ephemeral"})
    session = opened(meeting)
    commit(session.owner, speech(0, 1_600, text=WORDS))
    assert WORDS in str(events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages)
    assert transcript(meeting=meeting).segments == ()
    meeting_end(meeting=meeting, actor=host)
    assert purges_work(clock=now) == 0  # the last words may still come
    assert texts(meeting) == [WORDS]
    session_end(owner=session.owner)
    assert purges_work(clock=now) == 1
    assert texts(meeting) == []
    assert WORDS not in str(events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages)
    assert DeletionProof.objects.get().reason == "ephemeral"


def test_what_was_said_in_ephemeral_mode_is_not_kept_though_the_host_changes_the_mode() -> None:
    host = host_made()
    meeting = meeting_create(actor=host, title="Board", policies={"mode": "ephemeral"})
    session = opened(meeting)
    commit(session.owner, speech(0, 1_600, text=WORDS))
    meeting_update(meeting=meeting, actor=host, policies={"mode": "transcript"})
    commit(session.owner, speech(1_600, 3_200, text="for the record"), settled_from=1_600)
    session_end(owner=session.owner)
    meeting_end(meeting=meeting, actor=host)
    assert purges_work(clock=now) == 1
    assert texts(meeting) == ["for the record"]
    assert [line["text"] for line in transcript(meeting=meeting).segments] == ["for the record"]


def test_a_voice_that_agrees_to_captions_alone_is_shown_live_and_is_in_no_transcript() -> None:
    meeting = spoken(granted=("captions",))
    other = Meeting.objects.get(pk=spoken().pk)
    assert transcript(meeting=meeting).segments == ()
    assert "xylophone" in str(events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages)
    assert purges_work(clock=now) == 1
    assert texts(meeting) == []
    assert len(texts(other)) == 2
    assert DeletionProof.objects.get().reason == "captions_only"


def test_what_was_said_is_kept_as_was_agreed_then_however_late_it_is_delivered() -> None:
    meeting = meeting_create(actor=host_made(), title="Board")
    who = speaking(meeting)
    participant_id = who.opened.participant_id
    for second, granted in ((1, ["captions"]), (2, list(AGREED)), (3, [])):
        consent_record(participant_id=participant_id, granted=granted)
        at = who.opened.meeting_started_at + timedelta(seconds=second)
        ConsentRecord.objects.filter(pk=ConsentRecord.objects.latest("pk").pk).update(at=at)
    half = 8_000
    who.commit(*(speech(at * half, (at + 1) * half, text=f"until {at + 1}") for at in range(8)))
    assert [line["text"] for line in transcript(meeting=meeting).segments] == ["until 1", "until 4", "until 5"]


def test_what_comes_after_the_purge_is_purged_too() -> None:
    host = host_made()
    meeting = meeting_create(actor=host, title="Board", policies={"mode": "ephemeral"})
    session = opened(meeting)
    commit(session.owner, speech(0, 1_600, text=WORDS))
    meeting_end(meeting=meeting, actor=host)
    AudioSession.objects.update(state="abandoned")
    assert purges_work(clock=now) == 1
    commit(session.owner, speech(1_600, 3_200, text=WORDS), settled_from=1_600)
    assert purges_work(clock=now) == 1
    assert texts(meeting) == []


def test_a_meeting_that_nobody_ended_is_over_when_it_was_silent_for_a_day() -> None:
    meeting = meeting_create(actor=host_made(), title="Board", policies={"mode": "ephemeral"})
    commit(opened(meeting).owner, speech(0, 1_600, text=WORDS))
    assert purges_work(clock=then) == 0
    AudioSession.objects.update(state="abandoned")
    assert purges_work(clock=now) == 0
    assert purges_work(clock=then) == 1


@pytest.mark.parametrize(
    "policies",
    [
        {"mode": "for ever"},
        {"mode": "ephemeral", "recording": True},
        {"mode": "transcript_and_audio", "recording": False},
        {"retention_days": -1},
        {"retention_days": "30"},
        {"retention_days": True},
        {"retention_days": 1.5},
        {"retention_days": {"video": 3}},
        {"retention_days": {"text": 99_999_999}},
        {"retention_days": []},
        {"purge_names": "yes"},
        {"mode": 7},
    ],
)
def test_policies_that_make_no_sense_are_refused(policies: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        meeting_create(actor=host_made(), title="Board", policies=policies)
    assert not Meeting.objects.exists()


def test_the_mode_and_recording_say_the_same(settings: Settings) -> None:
    def policies(**said: Any) -> dict[str, Any]:
        made: dict[str, Any] = meeting_create(actor=host, title="Board", policies=said).policies
        return made

    host = host_made()
    assert policies(mode="transcript_and_audio")["recording"] is True
    assert policies(mode="transcript")["recording"] is False
    assert policies() == {}
    settings.MEETING_MODE = "ephemeral"
    assert policies() == {"mode": "ephemeral", "recording": False}
    assert policies(recording=True) == {"recording": True}


def test_a_purged_line_is_neither_undone_nor_put_back() -> None:
    """A line that was split off and taken out has no earlier text any more, and says so."""
    meeting = spoken(n_lines=1)
    line = Segment.objects.get(meeting=meeting)
    parts = segment_split(segment_id=line.pk, expected_rev=1, at=len("xylophone "), actor="user:1").segments
    second = next(part for part in parts if part.pk != line.pk)
    segment_retract(segment_id=second.pk, actor="user:1", reason="not for the minutes")
    purge_ask(meeting=meeting, what="text", reason="asked", by="user:1")
    purges_work(clock=now)
    for pk, code in ((second.pk, "text_deleted"), (line.pk, "segment_redacted")):
        rev = Segment.objects.get(pk=pk).rev
        with pytest.raises(Conflict) as refused:
            segment_undo(segment_id=pk, expected_rev=rev, actor="user:1")
        assert refused.value.code == code
    with pytest.raises(Conflict):
        segment_restore(segment_id=second.pk, actor="user:1")
    assert texts(meeting) == []
    assert [finding.words for finding in audit_check(meeting_id=meeting.pk)] == []

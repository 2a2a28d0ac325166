"""The heart: what the samples became is stored once, whole, and in order."""

from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from meetings.errors import Invalid, Superseded
from meetings.models import AuditEvent, GapRepair, MeetingEvent, Segment
from meetings.selectors import events_after
from meetings.services.audit import audit_verify
from meetings.services.sessions import session_end, session_open, session_origin_set
from meetings.values import Committed, FinalSegment, SessionCounters, SessionOwner, Span, WordTiming
from tests.integration.made import admitted, all_at_once, commit, gap, meeting_made, opened, silence, speech, stored


@pytest.mark.django_db
def test_a_commit_stores_segments_events_audit_and_ledger_together() -> None:
    session = opened(meeting_made())
    committed = commit(
        session.owner,
        silence(4_800),
        speech(4_800, 20_800, text=" hello there "),
        Span(kind="muted", end=36_800),
        gap(52_800),
        received=60_000,
    )
    row = stored(session.owner)
    assert (row.settled, row.received) == (52_800, 60_000)
    assert (row.speech, row.nonspeech, row.muted, row.gap, row.segments) == (16_000, 4_800, 16_000, 16_000, 1)
    line, lost = committed.messages
    assert line["type"] == "segment"
    assert lost["type"] == "event"
    assert (line["segment"]["text"], line["segment"]["speaker"]) == ("hello there", "Ada")
    assert (line["segment"]["start_ms"], line["segment"]["end_ms"]) == (300, 1300)
    assert lost["event"] == {
        "type": "audio.gap",
        "participant_id": str(session.participant_id),
        "session_id": str(session.owner.session_id),
        "from": 36_800,
        "to": 52_800,
        "reason": "device_lost",
        "start_ms": 2300,
        "end_ms": 3300,
    }
    assert [line["seq"], lost["seq"]] == [session.last_seq + 1, session.last_seq + 2]
    entry = AuditEvent.objects.filter(meeting_id=session.meeting_id, action="session.committed").get()
    assert "hello there" not in str(entry.data)
    assert entry.data["segments"][0]["text_hash"]


@pytest.mark.django_db
def test_a_commit_tells_the_ledger_as_its_own_transaction_left_it() -> None:
    session = opened(meeting_made())
    first = commit(session.owner, silence(4_800), speech(4_800, 20_800), received=30_000)
    assert first.counters == SessionCounters(received=30_000, settled=20_800, speech=16_000, nonspeech=4_800)
    spans = [Span(kind="muted", end=21_800), gap(23_800)]
    second = commit(session.owner, *spans, settled_from=20_800)
    assert second.counters == SessionCounters(
        received=30_000, settled=23_800, speech=16_000, nonspeech=4_800, muted=1_000, gap=2_000
    )
    assert commit(session.owner, *spans, settled_from=20_800).counters == second.counters
    again = session_open(session_id=session.owner.session_id, node="node-2", resume_token=None)
    assert again.counters == second.counters


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["recognizer_crashed", "recognizer_timeout", "recognizer_failed"])
def test_what_a_recognizer_lost_is_queued_for_repair_once(reason: str) -> None:
    session = opened(meeting_made())
    spans = [silence(1_000), gap(9_000, reason=reason), gap(12_000, reason="device_lost")]
    commit(session.owner, *spans)
    assert commit(session.owner, *spans).was_already
    repair = GapRepair.objects.get()
    assert (repair.audio_session_id, repair.meeting_id) == (session.owner.session_id, session.meeting_id)
    assert (repair.start, repair.end, repair.reason) == (1_000, 9_000, reason)
    assert (repair.state, repair.lease_until) == ("waiting", None)


@pytest.mark.django_db
def test_a_commit_that_fails_queues_no_repair() -> None:
    session = opened(meeting_made())
    taken = uuid4()
    commit(session.owner, speech(0, 1_000, segment_id=taken))
    with pytest.raises(IntegrityError), transaction.atomic():
        commit(
            session.owner,
            gap(2_000, reason="recognizer_crashed"),
            speech(2_000, 3_000, segment_id=taken),
            settled_from=1_000,
        )
    assert not GapRepair.objects.exists()
    assert stored(session.owner).settled == 1_000


@pytest.mark.django_db
def test_silence_moves_the_ledger_and_writes_nothing_else() -> None:
    session = opened(meeting_made())
    n_audit = AuditEvent.objects.count()
    committed = commit(session.owner, silence(40_960))
    assert (committed.settled, committed.messages, committed.was_already) == (40_960, (), False)
    assert stored(session.owner).received == 40_960
    assert AuditEvent.objects.count() == n_audit


@pytest.mark.django_db
def test_received_never_goes_back() -> None:
    session = opened(meeting_made())
    commit(session.owner, silence(1_000), received=50_000)
    commit(session.owner, silence(2_000), settled_from=1_000, received=9_000)
    assert stored(session.owner).received == 50_000


@pytest.mark.django_db
def test_a_commit_whose_answer_was_lost_is_answered_from_what_is_stored() -> None:
    session = opened(meeting_made())
    commit(session.owner, gap(1_000))
    spans = [speech(1_000, 9_000), gap(10_000), speech(10_000, 12_000, text="again")]
    first = commit(session.owner, *spans, settled_from=1_000)
    second = commit(session.owner, *spans, settled_from=1_000)
    assert (first.was_already, second.was_already) == (False, True)
    assert second.messages == first.messages
    assert Segment.objects.count() == 2


@pytest.mark.django_db
def test_a_commit_of_silence_whose_answer_was_lost_stands() -> None:
    session = opened(meeting_made())
    commit(session.owner, silence(1_000))
    again = commit(session.owner, silence(1_000))
    assert (again.was_already, again.messages) == (True, ())


@pytest.mark.django_db
def test_an_older_connection_can_neither_double_nor_drop() -> None:
    session = opened(meeting_made())
    newer = session_open(session_id=session.owner.session_id, node="node-2", resume_token=session.resume_token)
    assert newer.owner.generation == session.owner.generation + 1
    with pytest.raises(Superseded):
        commit(session.owner, speech(0, 8_000))
    assert stored(session.owner).settled == 0
    commit(newer.owner, speech(0, 8_000))
    assert Segment.objects.count() == 1


@pytest.mark.django_db
def test_a_commit_that_landed_before_the_takeover_is_not_repeated_by_the_successor() -> None:
    session = opened(meeting_made())
    commit(session.owner, speech(0, 8_000))
    newer = session_open(session_id=session.owner.session_id, node="node-2", resume_token=None)
    assert (newer.settled, newer.resumed) == (8_000, True)
    with pytest.raises(Superseded):  # the replay of another generation is not "already committed"
        commit(session.owner, speech(0, 8_000))


@pytest.mark.django_db
@pytest.mark.parametrize("settled_from", [1, 7_999, 8_001])
def test_a_commit_from_anywhere_but_settled_is_refused(settled_from: int) -> None:
    session = opened(meeting_made())
    commit(session.owner, silence(8_000))
    with pytest.raises(Superseded):
        commit(session.owner, speech(settled_from, 16_000), settled_from=settled_from)


@pytest.mark.django_db
def test_the_same_end_with_other_segments_is_not_taken_for_our_own_commit() -> None:
    session = opened(meeting_made())
    commit(session.owner, speech(0, 8_000, text="one"))
    with pytest.raises(Superseded):
        commit(session.owner, speech(0, 8_000, text="two"))


@pytest.mark.django_db
def test_a_commit_that_others_followed_is_not_repeated() -> None:
    session = opened(meeting_made())
    first = speech(0, 8_000)
    commit(session.owner, first)
    commit(session.owner, silence(9_000), settled_from=8_000)
    for spans in ([first], [first, silence(10_000)]):
        with pytest.raises(Superseded):
            commit(session.owner, *spans)
    assert stored(session.owner).settled == 9_000
    assert Segment.objects.count() == 1


@pytest.mark.django_db
def test_an_ended_session_takes_nothing_more() -> None:
    session = opened(meeting_made())
    commit(session.owner, silence(8_000))
    session_end(owner=session.owner)
    with pytest.raises(Superseded):
        commit(session.owner, speech(8_000, 9_000), settled_from=8_000)


@pytest.mark.django_db
def test_speech_needs_an_origin_and_nothing_is_settled_without_it() -> None:
    admission = admitted(meeting_made())
    session = session_open(session_id=admission.session_id, node="n", resume_token=None)
    with pytest.raises(Invalid):
        commit(session.owner, silence(100), speech(100, 8_000))
    assert stored(session.owner).settled == 0
    assert session_origin_set(owner=session.owner, origin_ms_from_meeting_start=250) == 250
    assert session_origin_set(owner=session.owner, origin_ms_from_meeting_start=900) == 250
    commit(session.owner, speech(0, 16))
    assert Segment.objects.get().start_ms == 250


@pytest.mark.django_db
def test_a_superseded_connection_cannot_set_the_origin() -> None:
    admission = admitted(meeting_made())
    first = session_open(session_id=admission.session_id, node="n", resume_token=None)
    session_open(session_id=admission.session_id, node="m", resume_token=None)
    with pytest.raises(Superseded):
        session_origin_set(owner=first.owner, origin_ms_from_meeting_start=5)


@pytest.mark.django_db
def test_words_are_in_meeting_time_and_inside_their_segment() -> None:
    session = opened(meeting_made())
    words = (
        WordTiming(text="hello", start=0, end=8_000, confidence=0.5),
        WordTiming(text="there", start=8_000, end=99_000, confidence=1.0),
    )
    segment = FinalSegment(
        segment_id=uuid4(),
        rev=3,
        start=0,
        end=16_000,
        text="hello there",
        language="en",
        confidence=0.5,
        engine="test",
        words=words,
    )
    (message,) = commit(session.owner, Span(kind="speech", end=16_000, segment=segment)).messages
    assert message["type"] == "segment"
    assert message["segment"]["words"] == [
        {"w": "hello", "s": 0, "e": 500, "c": 0.5},
        {"w": "there", "s": 500, "e": 1000, "c": 1.0},
    ]


@pytest.mark.django_db(transaction=True)
def test_many_committers_number_their_events_without_gap_or_duplicate() -> None:
    meeting = meeting_made()
    sessions = [opened(meeting, display_name=f"Speaker {n}") for n in range(6)]

    def speak(owner: SessionOwner) -> None:
        for n in range(5):
            spans = [speech(n * 3_000, n * 3_000 + 2_000), gap(n * 3_000 + 3_000)]
            commit(owner, *spans, settled_from=n * 3_000)

    assert all_at_once(*(partial(speak, session.owner) for session in sessions)) == [None] * 6
    seqs = list(MeetingEvent.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) == 1 + 6 + 6 * 5 * 2  # started, joined, and what was committed
    assert events_after(meeting_id=meeting.pk, after_seq=0, limit=1_000).last_seq == len(seqs)
    assert audit_verify(meeting_id=meeting.pk) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_nodes_with_the_same_audio_one_commits() -> None:
    """Both replay after a takeover that each believes to be its own: only the newest generation's lands, once."""
    session = opened(meeting_made())
    newer = session_open(session_id=session.owner.session_id, node="node-2", resume_token=None)
    owners = [session.owner, newer.owner, session.owner, newer.owner]
    outcomes = all_at_once(*(partial(commit, owner, speech(0, 8_000)) for owner in owners))
    assert [isinstance(outcome, Committed) for outcome in outcomes].count(True) == 1
    assert [isinstance(outcome, Superseded) for outcome in outcomes].count(True) == 3
    assert isinstance(outcomes[1], Committed) or isinstance(outcomes[3], Committed)
    assert Segment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_commit_at_once_lands_once_and_every_caller_gets_its_messages() -> None:
    session = opened(meeting_made())
    spans = [silence(1_000), speech(1_000, 8_000), gap(9_000, reason="recognizer_crashed")]
    outcomes = all_at_once(*[partial(commit, session.owner, *spans)] * 4)
    landed = [outcome for outcome in outcomes if isinstance(outcome, Committed)]
    assert sorted(outcome.was_already for outcome in landed) == [False, True, True, True], outcomes
    assert all(outcome.messages == landed[0].messages for outcome in landed)
    assert (Segment.objects.count(), GapRepair.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_takeovers_at_once_leave_one_owner() -> None:
    session = opened(meeting_made())
    take = partial(session_open, session_id=session.owner.session_id, node="n", resume_token=session.resume_token)
    outcomes = all_at_once(*[take] * 5)
    generations = sorted(outcome.owner.generation for outcome in outcomes if not isinstance(outcome, Exception))
    assert generations == [2, 3, 4, 5, 6]
    landed = all_at_once(
        *(
            partial(commit, SessionOwner(session_id=session.owner.session_id, generation=n), speech(0, 80))
            for n in generations
        )
    )
    assert [isinstance(outcome, Committed) for outcome in landed] == [False, False, False, False, True]

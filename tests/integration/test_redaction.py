"""What was redacted is nowhere: not in the text, its history, the log, exports, or recorded sound."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django.utils import timezone

from meetings.errors import Conflict, Invalid
from meetings.exports.formats import FORMATS
from meetings.exports.options import AS_IT_IS
from meetings.models import (
    AudioSession,
    AuditEvent,
    Meeting,
    Recording,
    RecordingChunk,
    RedactedRange,
    Segment,
    SegmentRevision,
)
from meetings.passages import MARK, Passage
from meetings.recordings.reading import samples_read
from meetings.selectors import events_after, transcript
from meetings.services.audio_redaction import audio_redactions_work
from meetings.services.audit import audit_verify
from meetings.services.holds import hold_lift, hold_place
from meetings.services.redaction import segment_redact
from meetings.services.segments import segment_restore, segment_retract
from meetings.services.sessions import session_end
from tests.integration.api_calls import API, assert_problem, get, guest, made, post, program
from tests.integration.made import commit, host_made, meeting_made, opened, speech
from tests.integration.recorded import content, files, meeting_recorded, of_session, speaking, work

pytestmark = pytest.mark.django_db

#: No identifier, which is drawn of hexadecimal digits, can hold it by chance.
SECRET = "my number is 55X1 thanks"
NUMBER = Passage(start=13, end=17)


def said(text: str = SECRET) -> tuple[Meeting, Segment]:
    meeting = meeting_made()
    session = opened(meeting)
    commit(session.owner, speech(0, 16_000, text=text))
    return meeting, Segment.objects.get(meeting=meeting)


def everything_read(meeting: Meeting) -> str:
    """All that anybody can read of it, now and as it was at each event."""
    found = [str(events_after(meeting_id=meeting.pk, after_seq=0, limit=100))]
    for seq in range(meeting.last_seq + 9):
        read = transcript(meeting=meeting, as_of_seq=seq)
        found.append(str(read.segments))
        found += [
            form.write(read, {"title": "x", "started_at": None, "language": "en"}, AS_IT_IS).decode("utf-8", "replace")
            for name, form in FORMATS.items()
            if name in ("txt", "md", "csv", "vtt", "srt", "ttml")
        ]
    return "\n".join(found)


def test_a_passage_is_gone_from_the_line_its_history_and_every_reader() -> None:
    meeting, segment = said()
    segment_retract(segment_id=segment.pk, actor="x", reason="x")
    segment_restore(segment_id=segment.pk, actor="x")
    assert "55X1" in everything_read(meeting)
    redacted = segment_redact(segment_id=segment.pk, actor="user:1", passage=NUMBER)
    assert redacted.text == f"my number is {MARK} thanks"
    assert (redacted.state, redacted.rev) == ("redacted", 4)
    assert set(SegmentRevision.objects.filter(segment=segment).values_list("text", flat=True)) == {MARK}
    everything = everything_read(meeting)
    assert "55X1" not in everything
    assert f"my number is {MARK} thanks" in everything


def test_live_readers_get_the_line_anew_with_a_higher_revision() -> None:
    meeting, segment = said()
    segment_redact(segment_id=segment.pk, actor="user:1")
    newest: Any = events_after(meeting_id=meeting.pk, after_seq=0, limit=100).messages[-1]
    assert newest["type"] == "segment"
    assert (newest["segment"]["rev"], newest["segment"]["state"], newest["segment"]["text"]) == (2, "redacted", "")


def test_the_old_salt_goes_so_that_the_trail_tells_nothing_of_a_short_text() -> None:
    meeting, segment = said("55X1")
    salt = segment.text_salt
    segment_redact(segment_id=segment.pk, actor="user:1")
    segment.refresh_from_db()
    assert segment.text_salt not in ("", salt)
    assert audit_verify(meeting_id=meeting.pk) is None
    entry = AuditEvent.objects.get(action="segment.redacted")
    assert entry.actor == "user:1"
    assert "55X1" not in json.dumps(entry.data)


def test_what_a_recognizer_understood_last_goes_too() -> None:
    _, segment = said()
    AudioSession.objects.update(context={"start": 0, "end": 9, "language": "en", "tokens": [5, 5, 5, 1]})
    segment_redact(segment_id=segment.pk, actor="user:1", passage=NUMBER)
    assert AudioSession.objects.get().context is None


def test_what_other_microphones_heard_of_it_goes_with_it_and_nothing_else() -> None:
    meeting, segment = said()
    other = opened(meeting, display_name="Bob")
    commit(other.owner, speech(0, 8_000, text="heard of bob 55X1"), speech(8_000, 16_000, text="bob was wrong"))
    leaked, wrong = Segment.objects.filter(audio_session=other.owner.session_id).order_by("start")
    segment_retract(segment_id=leaked.pk, actor="system", reason="bleed")
    segment_retract(segment_id=wrong.pk, actor="user:1", reason="a mistake")
    segment_redact(segment_id=segment.pk, actor="user:1")
    leaked.refresh_from_db()
    wrong.refresh_from_db()
    assert (leaked.text, leaked.state) == ("", "retracted")
    assert not SegmentRevision.objects.filter(segment=leaked).exists()
    assert wrong.text == "bob was wrong"
    with pytest.raises(Conflict):
        segment_restore(segment_id=leaked.pk, actor="user:1")


@pytest.mark.parametrize("passage", [None, NUMBER])
def test_what_another_microphone_heard_of_it_and_delivers_later_is_forgotten(passage: Passage | None) -> None:
    """Bob was offline when Ada spoke, and when the host redacted it; what his microphone kept of her comes now."""
    meeting = meeting_recorded()
    ada, bob = speaking(meeting), speaking(meeting, name="Bob")
    ada.commit(speech(0, 16_000, text=SECRET))
    segment_redact(segment_id=Segment.objects.get().pk, actor="user:1", passage=passage)
    heard = np.full(32_000, 5_000, np.int16)
    leaked = speech(0, 16_000, text=SECRET)
    assert leaked.segment is not None
    leaked = replace(leaked, segment=replace(leaked.segment, is_bleed=True))
    recorded = [bob.write(heard, start=0)]
    bob.commit(leaked, speech(16_000, 32_000, text="what Bob said himself"), recorded=recorded)
    copy, own = Segment.objects.filter(audio_session=bob.owner.session_id).order_by("start")
    assert (copy.text, copy.words, copy.text_salt, copy.state) == ("", [], "", "retracted")
    assert own.text == "what Bob said himself"
    with pytest.raises(Conflict):
        segment_restore(segment_id=copy.pk, actor="user:1")
    sound = samples_read(session_id=bob.owner.session_id, start=0, end=32_000)
    assert not sound[:16_000].any()
    assert sound[16_000:].all()
    assert "55X1" not in everything_read(meeting)
    assert audit_verify(meeting_id=meeting.pk) is None


def test_a_line_that_says_again_what_is_left_of_a_redacted_one_is_forgotten() -> None:
    """Where no gate has judged it: by the words around the passage."""
    meeting, segment = said()
    segment_redact(segment_id=segment.pk, actor="system", passage=NUMBER)
    bob = opened(meeting, display_name="Bob")
    commit(bob.owner, speech(0, 16_000, text=SECRET))
    copy = Segment.objects.get(audio_session=bob.owner.session_id)
    assert (copy.text, copy.state) == ("", "retracted")
    segment.refresh_from_db()
    assert segment.state == "redacted"


def test_while_nothing_may_be_deleted_a_late_copy_is_only_taken_out() -> None:
    meeting, segment = said()
    segment_redact(segment_id=segment.pk, actor="user:1", passage=NUMBER)
    hold_place(meeting=meeting, by="user:1", reason="Case 7")
    bob = opened(meeting, display_name="Bob")
    commit(bob.owner, speech(0, 16_000, text=SECRET))
    copy = Segment.objects.get(audio_session=bob.owner.session_id)
    assert (copy.text, copy.state) == (SECRET, "retracted")


def test_what_cannot_be_redacted_is_refused_and_nothing_changes() -> None:
    meeting, segment = said()
    with pytest.raises(Conflict, match="changed"):
        segment_redact(segment_id=segment.pk, actor="x", passage=NUMBER, rev=7)
    with pytest.raises(Invalid):
        segment_redact(segment_id=segment.pk, actor="x", passage=Passage(start=0, end=99))
    hold_place(meeting=meeting, by="user:1", reason="Case 7")
    with pytest.raises(Conflict) as held:
        segment_redact(segment_id=segment.pk, actor="x")
    assert held.value.code == "legal_hold"
    segment.refresh_from_db()
    assert (segment.text, segment.rev, segment.revisions.count()) == (SECRET, 1, 0)
    hold_lift(meeting=meeting, by="user:1")
    segment_redact(segment_id=segment.pk, actor="x")
    with pytest.raises(Conflict) as again:
        segment_redact(segment_id=segment.pk, actor="x")
    assert again.value.code == "text_deleted"


# --- recorded sound ------------------------------------------------------------------------------------------


def recorded() -> tuple[Meeting, Any, Segment]:
    meeting = meeting_recorded(actor=host_made())
    who = speaking(meeting)
    loud = np.full(16_000, 1_000, np.int16)
    for at in (0, 16_000, 32_000):
        who.commit(speech(at, at + 16_000, text=SECRET), recorded=[who.write(loud, start=at)])
    return meeting, who, Segment.objects.get(start=16_000)


def silent_in_the_middle(samples: Any) -> bool:
    return bool(
        (samples[:16_000] == 1_000).all() and (samples[16_000:32_000] == 0).all() and (samples[32_000:] == 1_000).all()
    )


@pytest.mark.django_db(transaction=True)
def test_its_sound_is_silent_at_once_and_soon_in_every_piece(storage: FileSystemStorage) -> None:
    _, who, segment = recorded()
    session_id = who.owner.session_id
    before = files(storage)
    segment_redact(segment_id=segment.pk, actor="x")
    assert silent_in_the_middle(samples_read(session_id=session_id, start=0, end=48_000))
    assert audio_redactions_work(now=timezone.now()) == 1
    RedactedRange.objects.all().delete()  # so that the files alone speak
    assert silent_in_the_middle(samples_read(session_id=session_id, start=0, end=48_000))
    assert len(files(storage)) == 3
    assert len(files(storage) & before) == 2
    assert RecordingChunk.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_ended", [True, False], ids=["pieces let go", "pieces there"])
def test_finished_recordings_are_made_anew_without_it(storage: FileSystemStorage, is_ended: bool) -> None:
    meeting, who, segment = recorded()
    if is_ended:
        session_end(owner=who.owner)
    else:
        AudioSession.objects.update(state="abandoned")
    Meeting.objects.update(state="ended", ended_at=timezone.now())
    assert work() == 2
    assert RecordingChunk.objects.exists() != is_ended
    old = dict(Recording.objects.values_list("kind", "sha256"))
    listed = get(program(), f"/meetings/{meeting.pk}/recordings").json()["data"]
    links = {each["kind"]: each["download"]["url"] for each in listed}
    segment_redact(segment_id=segment.pk, actor="x")
    assert all(Client().get(url).status_code == 404 for url in links.values())
    assert work() == 2
    audio_redactions_work(now=timezone.now())
    RedactedRange.objects.all().delete()
    assert silent_in_the_middle(content(of_session(who)))
    mix = content(Recording.objects.get(kind="mix"))
    assert (mix[16_000:32_000] == 0).all()
    assert mix[:16_000].any()
    assert all(each.sha256 != old[each.kind] for each in Recording.objects.all())
    assert len(files(storage)) == 2 + RecordingChunk.objects.count()
    for url in links.values():
        answer = Client().get(url)
        answer.close()
        assert answer.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_recording_that_is_given_up_on_is_not_given_out_with_it(storage: FileSystemStorage) -> None:
    meeting, who, segment = recorded()
    session_end(owner=who.owner)
    Meeting.objects.update(state="ended", ended_at=timezone.now())
    work()
    segment_redact(segment_id=segment.pk, actor="x")
    Recording.objects.filter(kind="session").update(state="done")  # an older file goes on to count
    listed = get(program(), f"/meetings/{meeting.pk}/recordings").json()["data"]
    url = next(each["download"]["url"] for each in listed if each["kind"] == "session")
    assert_problem(Client().get(url), 404, "recording_redacted")


@pytest.mark.django_db(transaction=True)
def test_of_a_passage_only_its_words_are_silenced(storage: FileSystemStorage) -> None:
    _, who, segment = recorded()
    at = segment.start_ms
    words = [{"w": w, "s": at + i * 200, "e": at + i * 200 + 180, "c": 1} for i, w in enumerate(SECRET.split())]
    Segment.objects.filter(pk=segment.pk).update(words=words)
    redacted = segment_redact(segment_id=segment.pk, actor="x", passage=NUMBER)
    assert [each["w"] for each in redacted.words] == ["my", "number", "is", "thanks"]
    samples = samples_read(session_id=who.owner.session_id, start=16_000, end=32_000)
    assert (samples[600 * 16 : 780 * 16] == 0).all()
    assert (samples[: 400 * 16] == 1_000).all()
    assert (samples[960 * 16 :] == 1_000).all()


# --- over the REST interface ---------------------------------------------------------------------------------


def test_hosts_redact_and_nobody_else() -> None:
    host = guest()
    meeting = made(host)
    session = opened(Meeting.objects.get(pk=meeting["id"]))
    commit(session.owner, speech(0, 16_000, text=SECRET))
    path = f"/segments/{Segment.objects.get().pk}/redact"
    assert_problem(post(guest(), path, {"whole": True}), 404, "not_found")
    for body in ({}, {"whole": True, "from_char": 0}, {"from_char": 1}, {"whole": False}):
        assert_problem(post(host, path, body), 422, "invalid")
    assert_problem(post(host, path, {"from_char": 13, "to_char": 17, "rev": 2}), 409, "segment_changed")
    answer = post(host, path, {"from_char": 13, "to_char": 17, "rev": 1})
    assert answer.status_code == 200
    assert answer.json()["text"] == f"my number is {MARK} thanks"
    assert "55X1" not in json.dumps(get(host, f"/meetings/{meeting['id']}/events").json())
    assert b"55X1" not in Client().get(f"{API}/meetings/{meeting['code']}/transcript.vtt").content
    assert b"55X1" not in Client().get(f"/m/{meeting['code']}/transcript/").content

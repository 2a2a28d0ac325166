"""What was redacted is not heard in other people's recordings either, where their microphones carry it."""

from dataclasses import replace

import numpy as np
import pytest
from django.utils import timezone

from meetings.models import AudioSession, AuditEvent, Meeting, Recording, RedactedRange, Segment
from meetings.passages import Passage
from meetings.recordings.flac import Int16
from meetings.recordings.reading import samples_read
from meetings.services.audio_redaction import audio_redactions_work
from meetings.services.audit import audit_verify
from meetings.services.holds import hold_place
from meetings.services.redaction import segment_redact
from meetings.values import Span
from streaming.audio.pcm import Float32
from streaming.bleed.levels import levels_of
from tests.integration.made import silence, speech
from tests.integration.recorded import Speaking, content, meeting_recorded, of_session, speaking, work
from tests.unit.voices import SECOND, leaked, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]

LINE = (8 * SECOND, 10 * SECOND)
ADA = talk(16, seed=1)
WORDS_S = (8.0, 8.5, 9.0, 9.5)


def samples(sound: Float32) -> Int16:
    return (sound * 32_767).astype(np.int16)


def deliver(who: Speaking, sound: Float32, *spans: Span) -> None:
    """All at once: spans that end at multiples of 20 ms, with their levels and a file."""
    levels, start, heard = levels_of(sound), 0, []
    for span in spans:
        heard.append(replace(span, levels=levels[start // 320 : span.end // 320].tobytes()))
        start = span.end
    who.commit(*heard, recorded=[who.write(samples(sound), start=0)])


def ada_speaks(meeting: Meeting) -> Segment:
    ada = speaking(meeting)
    line = speech(*LINE, text="my number is 55X1")
    deliver(ada, ADA, silence(LINE[0]), line, silence(ADA.size))
    return Segment.objects.get(audio_session=ada.owner.session_id)


def bob_hears(meeting: Meeting, sound: Float32, *, origin_ms: int = 0) -> Speaking:
    """Not a word of it is taken for speech."""
    bob = speaking(meeting, name="Bob", origin_ms=origin_ms)
    deliver(bob, sound, silence(sound.size))
    return bob


def heard(who: Speaking, start_s: float, end_s: float) -> Int16:
    at, end = round(start_s * SECOND), round(end_s * SECOND)
    return samples_read(session_id=who.owner.session_id, start=at, end=end)


def test_a_leak_that_is_no_line_is_silent_where_the_line_was_and_nowhere_else() -> None:
    meeting = meeting_recorded()
    line = ada_speaks(meeting)
    bob = bob_hears(meeting, leaked(ADA, gain_db=-28))
    segment_redact(segment_id=line.pk, actor="user:1")
    assert not heard(bob, 8.0, 10.2).any()
    assert heard(bob, 0, 7.7).any()
    assert heard(bob, 10.6, 16).any()
    entry = AuditEvent.objects.get(action="segment.redacted")
    assert entry.data["carried_by"] == [str(bob.owner.session_id)]
    assert audit_verify(meeting_id=meeting.pk) is None


def test_of_a_passage_only_its_time_is_silent() -> None:
    meeting = meeting_recorded()
    line = ada_speaks(meeting)
    texts = line.text.split()
    line.words = [
        {"w": text, "s": int(1_000 * at), "e": int(1_000 * at) + 500, "c": 1.0}
        for text, at in zip(texts, WORDS_S, strict=True)
    ]
    line.save(update_fields=["words"])
    bob = bob_hears(meeting, leaked(ADA))
    segment_redact(segment_id=line.pk, actor="user:1", passage=Passage(start=13, end=17))
    assert not heard(bob, 9.5, 10.2).any()
    assert np.count_nonzero(heard(bob, 8.0, 9.0)) > 0.9 * SECOND


def test_a_microphone_that_joined_later_is_silent_at_the_same_meeting_time() -> None:
    meeting = meeting_recorded()
    line = ada_speaks(meeting)
    bob = bob_hears(meeting, leaked(ADA)[3 * SECOND :], origin_ms=3_000)
    segment_redact(segment_id=line.pk, actor="user:1")
    assert not heard(bob, 5.0, 7.2).any()
    assert heard(bob, 0, 4.7).any()


def test_who_sits_elsewhere_or_speaks_over_it_keeps_every_sample() -> None:
    meeting = meeting_recorded()
    line = ada_speaks(meeting)
    own = leaked(ADA, gain_db=-28) + 2 * np.pad(talk(4, seed=5), (7 * SECOND, 5 * SECOND))
    bob = bob_hears(meeting, own)
    carol = bob_hears(meeting, talk(16, seed=3))
    segment_redact(segment_id=line.pk, actor="user:1")
    silent = np.count_nonzero(heard(bob, 8, 10) == 0)
    assert silent < 0.2 * 2 * SECOND
    assert (heard(carol, 0, 16) == samples(talk(16, seed=3))).all()


def test_what_is_delivered_after_the_line_was_redacted_is_silent_as_well() -> None:
    """Bob was offline; nothing of what his microphone kept is a line."""
    meeting = meeting_recorded()
    segment_redact(segment_id=ada_speaks(meeting).pk, actor="user:1")
    assert not RedactedRange.objects.exclude(audio_session__participant__display_name="Ada").exists()
    bob = bob_hears(meeting, leaked(ADA))
    assert not heard(bob, 8.0, 10.2).any()
    assert heard(bob, 0, 7.7).any()
    assert heard(bob, 10.6, 16).any()


def test_while_nothing_may_be_deleted_what_comes_late_is_kept() -> None:
    meeting = meeting_recorded()
    segment_redact(segment_id=ada_speaks(meeting).pk, actor="user:1")
    hold_place(meeting=meeting, by="user:1", reason="Case 7")
    bob = bob_hears(meeting, leaked(ADA))
    assert (heard(bob, 0, 16) == samples(leaked(ADA))).all()


def test_files_and_the_mix_are_made_without_it() -> None:
    meeting = meeting_recorded()
    line = ada_speaks(meeting)
    bob = bob_hears(meeting, leaked(ADA))
    AudioSession.objects.update(state="abandoned")
    Meeting.objects.update(state="ended", ended_at=timezone.now())
    assert work() == 3
    assert content(of_session(bob))[8 * SECOND : 10 * SECOND].any()
    segment_redact(segment_id=line.pk, actor="user:1")
    assert audio_redactions_work(now=timezone.now()) >= 2
    assert work() == 3
    made = content(of_session(bob))
    assert not made[8 * SECOND : round(10.2 * SECOND)].any()
    assert made[: 7 * SECOND].any()
    mix = content(Recording.objects.get(kind=Recording.Kind.MIX))
    assert not mix[8 * SECOND : round(9.9 * SECOND)].any()
    assert mix[: 7 * SECOND].any()

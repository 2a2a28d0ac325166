"""Whoever is erased is gone from other lines' past, from other microphones, and from files that were made before."""

from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from pytest_django.fixtures import Settings

from meetings.errors import Conflict
from meetings.exports.wish import Wish
from meetings.models import AudioSession, DeletionProof, Export, Meeting, Participant, Segment, SegmentRevision
from meetings.recordings.reading import samples_read
from meetings.services.audit_check import audit_check
from meetings.services.erasure import participant_erase
from meetings.services.exports import export_request
from meetings.services.segment_bounds import segment_split
from meetings.services.segments import segment_correct
from meetings.services.sessions import session_end
from meetings.services.undo import segment_undo
from tests.integration.corrected import timed_speech
from tests.integration.made import admitted, host_made
from tests.integration.recorded import Speaking, meeting_recorded, sound, speaking
from tests.integration.test_redaction_corrected import stored
from tests.integration.test_redaction_leaks import ADA, ada_speaks, bob_hears, heard, samples
from tests.unit.voices import leaked, talk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage")]

THEIRS, OTHERS = "secret number", "please begin"


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


def shared_microphone() -> tuple[Meeting, Participant, Speaking, Segment, Segment]:
    """Ada's microphone hears Ben, whose words are split off and put under his name. Both have gone."""
    meeting = meeting_recorded(actor=host_made())
    ada, ben = speaking(meeting), speaking(meeting, name="Ben")
    span = timed_speech(0, f"{OTHERS} {THEIRS}")
    ada.commit(span, recorded=[ada.write(sound(span.end), start=0)])
    for who in (ada, ben):
        session_end(owner=who.owner)
    erased = Participant.objects.get(pk=ben.opened.participant_id)
    parts = segment_split(
        segment_id=Segment.objects.get().pk,
        expected_rev=1,
        at=len(OTHERS) + 1,
        actor="user:1",
        participant_id=erased.pk,
    ).segments
    first, second = sorted(parts, key=lambda part: part.start)
    return meeting, erased, ada, first, second


def test_their_words_go_from_the_past_of_the_line_they_were_split_from() -> None:
    meeting, ben, _, first, _ = shared_microphone()
    assert THEIRS in stored()
    salt = first.text_salt
    participant_erase(participant=ben, by="user:1")
    for word in THEIRS.split():
        assert word not in stored()
    first.refresh_from_db()
    assert first.text == OTHERS, "what somebody else said stays"
    assert first.text_salt != salt, "the trail's hash of both, with the salt, would let a number be guessed"
    assert [finding.words for finding in audit_check(meeting_id=meeting.pk)] == []


def test_their_voice_goes_from_the_microphone_that_heard_it() -> None:
    _, ben, ada, first, second = shared_microphone()
    participant_erase(participant=ben, by="user:1")
    session_id = ada.owner.session_id
    assert not samples_read(session_id=session_id, start=second.start, end=second.end).any()
    heard = samples_read(session_id=session_id, start=first.start, end=first.end)
    assert (heard == sound(second.end)[first.start : first.end]).all()
    assert np.count_nonzero(heard) > 1_000


def test_files_that_name_somebody_who_said_nothing_go() -> None:
    meeting, _, _, _, _ = shared_microphone()
    silent = admitted(meeting, display_name="Cyd", role="viewer").participant
    export_request(meeting=meeting, actor="user:1", wish=Wish(format="txt"), join_url="", now=timezone.now())
    participant_erase(participant=silent, by="user:1")
    assert not Export.objects.exists()


def test_nothing_of_it_is_undone(storage: FileSystemStorage) -> None:
    _, ben, _, first, second = shared_microphone()
    participant_erase(participant=ben, by="user:1")
    for line in (first, second):
        line.refresh_from_db()
        with pytest.raises(Conflict) as refused:
            segment_undo(segment_id=line.pk, expected_rev=line.rev, actor="user:1")
        assert refused.value.code == "segment_redacted"
    assert not SegmentRevision.objects.filter(text__contains="secret").exists()


def test_a_line_that_is_put_under_their_name_afterwards_is_not_taken_for_one_of_theirs() -> None:
    meeting, ben, _, first, _ = shared_microphone()
    participant_erase(participant=ben, by="user:1")
    first.refresh_from_db()
    segment_correct(segment_id=first.pk, expected_rev=first.rev, actor="user:1", text="please go on")
    segment_correct(segment_id=first.pk, expected_rev=first.rev + 1, actor="user:1", participant_id=ben.pk)
    assert [finding.words for finding in audit_check(meeting_id=meeting.pk)] == []


def test_their_voice_goes_from_recordings_that_carry_it_without_a_line() -> None:
    meeting = meeting_recorded(actor=host_made())
    line = ada_speaks(meeting)
    bob, carol = bob_hears(meeting, leaked(ADA, gain_db=-28)), bob_hears(meeting, talk(16, seed=3))
    AudioSession.objects.update(state="ended")
    participant_erase(participant=Participant.objects.get(pk=line.participant_id), by="user:1")
    assert not heard(bob, 8.0, 10.2).any()
    assert heard(bob, 0, 7.7).any(), "of other passages nothing says that they are theirs"
    assert (heard(carol, 0, 16) == samples(talk(16, seed=3))).all()


def test_who_is_erased_twice_gets_one_proof_until_something_new_has_come() -> None:
    meeting, ben, *_ = shared_microphone()
    first = participant_erase(participant=ben, by="user:1")
    assert participant_erase(participant=ben, by="user:1") == first
    assert DeletionProof.objects.filter(target=first.target).count() == 1
    Participant.objects.filter(pk=ben.pk).update(display_name="Ben")
    again = participant_erase(participant=ben, by="user:1")
    assert again != first
    assert Participant.objects.get(pk=ben.pk).display_name != "Ben"
    assert [finding.words for finding in audit_check(meeting_id=meeting.pk)] == []

"""Every text and every speaker is as the audit trail says, or is found."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from meetings.models import Segment, SegmentRevision
from meetings.services.audit import audit_append, text_hash
from meetings.services.audit_check import audit_check
from tests.integration.made import commit, opened, speech
from tests.integration.tampered import codes, line, spoken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda one: Segment.objects.filter(pk=one.pk).update(text="never said"), "text_changed"),
        (lambda one: Segment.objects.filter(pk=one.pk).update(text_salt="0" * 32), "text_changed"),
        (lambda one: Segment.objects.filter(pk=one.pk).update(text_salt="", text=""), "salt_missing"),
        (lambda one: Segment.objects.filter(pk=one.pk).update(rev=2), "text_set_back"),
        (lambda one: Segment.objects.filter(pk=one.pk).update(rev=4), "text_unknown"),
        (lambda one: SegmentRevision.objects.filter(segment=one, rev=1).update(text="never"), "text_changed"),
        (lambda one: SegmentRevision.objects.filter(segment=one, rev=1).delete(), "text_missing"),
        (lambda one: one.delete(), "text_missing"),
    ],
    ids=["text", "salt", "salt gone", "set back", "unrecorded", "earlier text", "earlier text gone", "gone"],
)
def test_texts_that_were_changed_are_found(change: Callable[[Segment], object], code: str) -> None:
    meeting = spoken()
    change(line("the second line"))
    assert code in {found for found, _ in codes(meeting.pk)}
    assert all(str(finding.words).count("line") == 0 for finding in audit_check(meeting_id=meeting.pk)), "speech"


def test_a_line_ascribed_to_somebody_else_and_a_line_slipped_in_are_found() -> None:
    meeting = spoken()
    other = opened(meeting, display_name="Bob")
    first = line("the first line")
    Segment.objects.filter(pk=first.pk).update(participant_id=other.participant_id)
    assert {code for code, _ in codes(meeting.pk)} == {"speaker_changed"}
    Segment.objects.filter(pk=first.pk).update(participant_id=first.participant_id)
    Segment.objects.create(**{**_fields(first), "id": uuid4(), "start": 90_000, "end": 90_001})
    assert codes(meeting.pk) == {("text_unknown", None)}


def _fields(segment: Segment) -> dict[str, object]:
    return {field.attname: getattr(segment, field.attname) for field in Segment._meta.concrete_fields}


def test_texts_that_an_entry_took_away_are_not_missed_unless_they_still_stand() -> None:
    meeting = spoken()
    one, two = line("the first line"), line("the second line")
    salt = "1" * 32
    audit_append(
        meeting_id=meeting.pk,
        actor="user:1",
        action="segment.redacted",
        target=f"segment:{one.pk}",
        data={"rev": 2, "text_hash": text_hash(salt=salt, text="the [redacted]")},
    )
    assert {code for code, _ in codes(meeting.pk)} == {"text_not_removed", "text_set_back"}
    Segment.objects.filter(pk=one.pk).update(rev=2, text="the [redacted]", text_salt=salt)
    assert codes(meeting.pk) == set()
    audit_append(meeting_id=meeting.pk, actor="system", action="text.purged", target=f"meeting:{meeting.pk}")
    assert "text_not_removed" in {code for code, _ in codes(meeting.pk)}
    SegmentRevision.objects.filter(segment=two).update(text="")
    Segment.objects.filter(meeting=meeting).update(text="", text_salt="")
    assert codes(meeting.pk) == set()


def test_a_purge_that_was_asked_for_may_be_under_way_and_nothing_may_be_another_text_meanwhile() -> None:
    meeting = spoken()
    first = Segment.objects.filter(text="the first line")
    pk = first.get().pk
    asked = partial(audit_append, meeting_id=meeting.pk, actor="user:1", action="purge.asked", target="meeting:0")
    asked(data={"what": "audio"})
    Segment.objects.filter(pk=pk).update(text="", text_salt="")
    assert {code for code, _ in codes(meeting.pk)} == {"salt_missing"}
    asked(data={"what": "text"})
    assert codes(meeting.pk) == set()
    Segment.objects.filter(pk=pk).update(text="never said", text_salt="")
    assert {code for code, _ in codes(meeting.pk)} == {"salt_missing"}
    Segment.objects.filter(pk=pk).update(text="", text_salt="")
    audit_append(meeting_id=meeting.pk, actor="system", action="text.purged", target="meeting:0", data={"what": "part"})
    assert codes(meeting.pk) == set()  # of some lines: the others stand
    audit_append(meeting_id=meeting.pk, actor="system", action="text.purged", target="meeting:0", data={"what": "text"})
    assert {code for code, _ in codes(meeting.pk)} == {"text_not_removed"}


def test_whoever_was_erased_has_no_text_any_more_and_others_keep_theirs() -> None:
    meeting = spoken()
    erased = line("the first line").participant_id
    other = opened(meeting, display_name="Bob")
    commit(other.owner, speech(0, 8_000, text="something by Bob"))
    data = {"what": "participant"}
    target = f"participant:{erased}"
    audit_append(meeting_id=meeting.pk, actor="user:1", action="participant.erased", target=target, data=data)
    assert {code for code, _ in codes(meeting.pk)} == {"text_not_removed"}
    gone = Segment.objects.filter(participant_id=erased)
    SegmentRevision.objects.filter(segment__in=gone).delete()
    gone.update(text="", text_salt="")
    assert codes(meeting.pk) == set()
    Segment.objects.filter(text="something by Bob").update(text="never said")
    assert {code for code, _ in codes(meeting.pk)} == {"text_changed"}


def test_a_speaker_who_was_corrected_is_the_one_who_counts() -> None:
    meeting = spoken()
    other = opened(meeting, display_name="Bob")
    first = line("the first line")
    claim = {"id": str(first.pk), "rev": 1, "text_hash": text_hash(salt=first.text_salt, text=first.text)}
    data = {"segments": [{**claim, "participant": str(other.participant_id)}, "no claim", {"id": 7}]}
    target = f"segment:{first.pk}"
    audit_append(meeting_id=meeting.pk, actor="user:1", action="segment.corrected", target=target, data=data)
    assert {code for code, _ in codes(meeting.pk)} == {"speaker_changed"}
    Segment.objects.filter(pk=first.pk).update(participant_id=other.participant_id)
    assert codes(meeting.pk) == set()

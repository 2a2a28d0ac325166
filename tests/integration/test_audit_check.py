"""Whatever is changed behind the application's back is found, and said where."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.celery import app
from meetings import tasks
from meetings.access import GUEST
from meetings.audit_key import KEY_FILE, KNOWN_KEYS_FILE, signing_key
from meetings.audit_triggers import heads_remove, triggers_missing, triggers_remove
from meetings.models import AuditEvent, AuditHead, Meeting, Segment, SegmentRevision
from meetings.services.audit import audit_append, audit_hash, text_hash
from meetings.services.audit_anchor import WITNESS_FILE, audit_anchor
from meetings.services.audit_check import anchors_read, audit_check, audit_check_all, broken_chains
from meetings.services.meetings import meeting_update
from meetings.services.segments import segment_restore, segment_retract
from tests.integration.made import commit, meeting_made, opened, speech

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


def unguard() -> None:
    """Somebody owns the database: the triggers do not stop them, the chain still tells."""
    triggers_remove(connection)


def spoken() -> Meeting:
    """A meeting with three lines, of which the second was taken out and put back."""
    meeting = meeting_made()
    session = opened(meeting)
    commit(session.owner, speech(0, 8_000, text="the first line"))
    commit(session.owner, speech(8_000, 16_000, text="the second line"), settled_from=8_000)
    commit(session.owner, speech(16_000, 24_000, text="the third line"), settled_from=16_000)
    second = line("the second line")
    segment_retract(segment_id=second.pk, actor="user:1", reason="mistake")
    segment_restore(segment_id=second.pk, actor="user:1")
    assert audit_check(meeting_id=meeting.pk) == []
    return meeting


def line(text: str) -> Segment:
    return Segment.objects.get(text=text)


def entries(meeting_id: UUID | None, action: str = "") -> list[AuditEvent]:
    found = AuditEvent.objects.filter(meeting_id=meeting_id).order_by("number")
    return list(found.filter(action=action) if action else found)


def codes(meeting_id: UUID | None, *, with_anchors: bool = False) -> set[tuple[str, int | None]]:
    found = audit_check(meeting_id=meeting_id, **({"anchors": anchors_read()} if with_anchors else {}))
    assert all(finding.meeting_id == meeting_id and finding.words for finding in found)
    return {(finding.code, finding.number) for finding in found}


def reseal(meeting_id: UUID | None, *, moves_head: bool = True) -> None:
    """What somebody does who knows how the chain is made: each hash anew, and the head too."""
    previous_hash, number = "", 0
    for number, event in enumerate(entries(meeting_id), start=1):
        event.number, event.previous_hash = number, previous_hash
        event.hash = previous_hash = audit_hash(event)
        event.save()
    if moves_head:
        head = meeting_id.hex if meeting_id else "outside"
        AuditHead.objects.filter(pk=head).update(number=number, hash=previous_hash)


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "nobody"},
        {"action": "meeting.ended"},
        {"target": "meeting:0"},
        {"data": {"any": "thing"}},
        {"data": ["no", "object"]},
        {"at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"hash": "0" * 64},
    ],
    ids=str,
)
def test_a_changed_field_is_found_at_its_entry(change: dict[str, object]) -> None:
    meeting = spoken()
    unguard()
    AuditEvent.objects.filter(meeting_id=meeting.pk, number=2).update(**change)
    assert ("entry_changed", 2) in codes(meeting.pk)


def test_a_changed_entry_with_a_hash_made_anew_no_longer_leads_to_the_next_one() -> None:
    meeting = spoken()
    unguard()
    event = entries(meeting.pk)[1]
    event.actor = "nobody"
    event.hash = audit_hash(event)
    event.save()
    assert codes(meeting.pk) == {("link_broken", 3)}


def test_rows_that_were_removed_are_missed_in_the_middle_at_the_end_and_at_the_beginning() -> None:
    meeting = spoken()
    unguard()
    n_entries = len(entries(meeting.pk))
    AuditEvent.objects.filter(meeting_id=meeting.pk, number__in=[1, 3, n_entries - 1, n_entries]).delete()
    found = codes(meeting.pk)
    assert found >= {("entry_missing", 1), ("entry_missing", 3), ("tail_missing", n_entries - 1)}
    # And whatever happens afterwards goes on from the end that was noted.
    assert audit_append(meeting_id=meeting.pk, actor="x", action="meeting.updated", target="y").number == n_entries + 1
    assert ("entry_missing", n_entries - 1) in codes(meeting.pk)


def test_rows_in_another_order_are_found() -> None:
    meeting = spoken()
    unguard()
    for number, moved in ((2, 1_000), (3, 2), (1_000, 3)):
        AuditEvent.objects.filter(meeting_id=meeting.pk, number=number).update(number=moved)
    assert codes(meeting.pk) >= {("entry_changed", 2), ("entry_changed", 3)}


def test_a_row_that_was_slipped_in_is_found() -> None:
    meeting = spoken()
    unguard()
    last = entries(meeting.pk)[-1]
    forged = {"actor": "user:1", "action": "meeting.ended", "target": "meeting:0", "data": {}, "at": timezone.now()}
    AuditEvent.objects.create(
        meeting_id=meeting.pk, number=last.number + 1, previous_hash=last.hash, hash="1" * 64, **forged
    )
    assert ("entry_changed", last.number + 1) in codes(meeting.pk)


def test_a_head_that_was_set_back_changed_or_removed_is_found() -> None:
    meeting = spoken()
    unguard()
    heads, n_entries = AuditHead.objects.filter(pk=meeting.pk.hex), len(entries(meeting.pk))
    heads.update(hash="0" * 64)
    assert codes(meeting.pk) == {("head_differs", n_entries)}
    heads.update(number=2)
    assert codes(meeting.pk) == {("head_set_back", 2)}
    heads.delete()
    assert codes(meeting.pk) == {("head_missing", None)}


@pytest.mark.parametrize("cut", ["tail", "all", "rewritten"])
def test_what_was_anchored_is_missed_although_the_chain_was_made_anew(cut: str) -> None:
    meeting = spoken()
    audit_anchor()
    unguard()
    n_entries = len(entries(meeting.pk))
    trail = AuditEvent.objects.filter(meeting_id=meeting.pk)
    if cut == "tail":
        trail.filter(number__gt=4).delete()
    elif cut == "all":
        trail.delete()
        AuditHead.objects.filter(pk=meeting.pk.hex).delete()
    else:
        trail.filter(number=1).update(actor="nobody")
    if cut != "all":
        reseal(meeting.pk)
        assert not {code for code, _ in codes(meeting.pk)} & {"entry_changed", "link_broken", "tail_missing"}
    expected = "anchor_differs" if cut == "rewritten" else "anchor_missing"
    assert (expected, n_entries) in codes(meeting.pk, with_anchors=True)
    assert expected in {finding.code for finding in audit_check_all(now=timezone.now()).findings}


@pytest.mark.parametrize("act", ["cut", "forge"])
def test_the_outside_chain_is_held_by_a_signature_and_a_file_that_are_not_in_the_database(act: str) -> None:
    spoken()
    audit_anchor()
    unguard()
    (anchor,) = entries(None, "audit.anchored")
    assert codes(None, with_anchors=True) == set()
    if act == "cut":
        AuditEvent.objects.filter(meeting_id=None, number=anchor.number).delete()
        reseal(None)
        AuditHead.objects.filter(pk="outside").delete()
        assert codes(None, with_anchors=True) == {("anchor_missing", anchor.number)}
    else:
        anchor.data["heads"] = []
        anchor.save()
        reseal(None)
        assert [(one.code, one.number) for one in anchors_read().findings] == [("anchor_unsigned", anchor.number)]
        assert ("anchor_differs", anchor.number) in codes(None, with_anchors=True)


def test_anchors_are_made_of_what_grew_and_keys_of_before_still_count(tmp_path: Path) -> None:
    meeting = spoken()
    assert audit_anchor() == 1
    assert audit_anchor() == 0  # nothing happened, and the anchor itself is no reason for another one
    meeting_update(meeting=meeting, actor=replace(GUEST, hosted=frozenset({meeting.pk})), title="Another")
    assert audit_anchor() == 1
    before = signing_key().public_hex
    (tmp_path / KEY_FILE).unlink()
    assert {one.code for one in anchors_read().findings} == {"anchor_unsigned"}
    (tmp_path / KNOWN_KEYS_FILE).write_text(f"{before}\n")
    assert anchors_read().findings == ()
    assert (tmp_path / WITNESS_FILE).exists()


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


def test_a_meeting_may_go_and_its_trail_stays_and_says_so() -> None:
    meeting = spoken()
    pk = meeting.pk
    with transaction.atomic():
        meeting.delete()
        assert codes(pk) == {("meeting_missing", None)}
        transaction.set_rollback(True)
    meeting = Meeting.objects.get(pk=pk)
    audit_append(meeting_id=pk, actor="user:1", action="meeting.deleted", target=f"meeting:{pk}")
    meeting.delete()
    audit_append(meeting_id=pk, actor="system", action="recording.purged", target=f"meeting:{pk}")
    assert codes(pk) == set()
    assert entries(pk)[-1].action == "recording.purged"


def test_heads_cannot_be_set_back_or_removed_and_entries_not_replaced() -> None:
    meeting = spoken()
    heads = AuditHead.objects.filter(pk=meeting.pk.hex)
    for act in (lambda: heads.update(number=1), lambda: heads.update(hash="0" * 64), heads.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    heads.update(checked_at=timezone.now())
    if connection.vendor == "sqlite":
        replace = "INSERT OR REPLACE INTO meetings_auditevent SELECT * FROM meetings_auditevent WHERE number = 2"
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(replace)
    else:
        for table in ("meetings_auditevent", "meetings_audithead"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE {table}")


def test_a_trigger_that_is_gone_or_does_something_else_is_missed() -> None:
    assert triggers_missing(connection) == []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER meetings_auditevent_no_delete")
            cursor.execute("DROP TRIGGER meetings_auditevent_no_update")
            cursor.execute(
                "CREATE TRIGGER meetings_auditevent_no_update BEFORE UPDATE ON meetings_auditevent BEGIN SELECT 1; END"
            )
            expected = ["meetings_auditevent_no_delete", "meetings_auditevent_no_update"]
        else:
            cursor.execute("ALTER TABLE meetings_auditevent DISABLE TRIGGER meetings_auditevent_append_only")
            expected = ["meetings_auditevent_append_only"]
    assert triggers_missing(connection) == expected
    assert {one.code for one in audit_check_all(now=timezone.now()).findings} == {"trigger_missing"}


def test_the_verdict_is_kept_for_the_operator_until_all_holds_again() -> None:
    meeting = spoken()
    report = audit_check_all(now=timezone.now())
    assert (report.n_chains, report.findings, broken_chains()) == (2, [], 0)
    Segment.objects.filter(text="the third line").update(text="never said")
    audit_check_all(now=timezone.now())
    head = AuditHead.objects.get(pk=meeting.pk.hex)
    assert (broken_chains(), head.n_findings) == (1, 1)
    Segment.objects.filter(text="never said").update(text="the third line")
    assert b"colloquy_audit_broken 1.0" in Client().get("/metrics").content
    audit_check_all(now=timezone.now())
    assert broken_chains() == 0
    assert b"colloquy_audit_broken 0.0" in Client().get("/metrics").content


def test_the_command_says_where_and_by_its_exit_code_whether(capsys: pytest.CaptureFixture[str]) -> None:
    meeting, other = spoken(), meeting_made()
    call_command("verify_audit")
    assert "Everything holds" in capsys.readouterr().out
    segment = line("the third line")
    Segment.objects.filter(pk=segment.pk).update(text="never said")
    for arguments in ([], ["--meeting", meeting.code], ["--meeting", str(meeting.pk)]):
        with pytest.raises(SystemExit) as caught:
            call_command("verify_audit", *arguments)
        assert caught.value.code == 1
        told = capsys.readouterr().out
        assert f"meeting {meeting.pk}, entry " in told
        assert str(segment.pk) in told
        assert "never said" not in told
    call_command("verify_audit", "--meeting", other.code)
    for unknown in ("nobody", str(uuid4())):
        with pytest.raises(CommandError) as refused:
            call_command("verify_audit", "--meeting", unknown)
        assert refused.value.returncode == 2


def test_the_worker_anchors_and_verifies() -> None:
    spoken()
    assert tasks.audit_trail_anchor() == 1
    assert tasks.audit_trail_verify() == 0
    Segment.objects.filter(text="the third line").update(text="never said")
    assert tasks.audit_trail_verify() == 1
    for name in ("audit_trail_anchor", "audit_trail_verify"):
        assert f"meetings.tasks.{name}" in {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_chains_from_before_there_were_heads_end_where_they_end() -> None:
    meeting = spoken()
    audit_anchor()
    before = list(AuditHead.objects.values_list("chain", "number", "hash"))
    heads_remove(connection)
    AuditHead.objects.all().delete()
    migration = import_module("meetings.migrations.0015_audit_heads")
    migration.install(apps, SimpleNamespace(connection=connection))
    assert list(AuditHead.objects.values_list("chain", "number", "hash")) == before
    audit_append(meeting_id=meeting.pk, actor="x", action="meeting.ended", target="y")
    assert AuditHead.objects.get(pk=meeting.pk.hex).number == len(entries(meeting.pk))

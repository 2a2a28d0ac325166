"""Whatever of the trail is changed behind the application's back is found, and said where."""

from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from meetings.access import GUEST
from meetings.audit_key import KEY_FILE, KNOWN_KEYS_FILE, signing_key
from meetings.audit_triggers import heads_remove
from meetings.models import AuditEvent, AuditHead, Meeting
from meetings.services.audit import audit_append, audit_hash
from meetings.services.audit_anchor import WITNESS_FILE, audit_anchor
from meetings.services.audit_check import anchors_read, audit_check_all
from meetings.services.meetings import meeting_update
from tests.integration.tampered import codes, entries, reseal, spoken, unguard

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


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

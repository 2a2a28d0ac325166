"""What the database refuses to do to the trail, and how operators hear what the check has found."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.celery import app
from meetings import tasks
from meetings.audit_triggers import triggers_missing
from meetings.models import AuditHead, Segment
from meetings.services.audit_check import audit_check_all, broken_chains
from tests.integration.made import meeting_made
from tests.integration.tampered import line, spoken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


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

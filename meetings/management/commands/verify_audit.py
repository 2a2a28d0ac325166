"""`manage.py verify_audit [--meeting CODE|ID]`: find any tampering with the audit trail, and say where.

Exit codes: 0 all holds, 1 it does not, 2 it could not be looked at.
"""

import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from meetings.audit_chain import chain_of
from meetings.audit_walk import Finding
from meetings.codes import code_normalise
from meetings.meeting_codes import named_by
from meetings.models import AuditEvent, AuditHead, Meeting
from meetings.services.audit_check import Report, anchors_read, audit_check, audit_check_all, audit_check_guards


class Command(BaseCommand):
    help = "Verify the audit trail and the texts that it speaks of. Exits with 1 when somebody has changed something."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--meeting", metavar="CODE|ID", help="only this meeting (deleted ones by their id)")

    def handle(self, *args: Any, **options: Any) -> None:
        meeting = options["meeting"]
        report = audit_check_all(now=timezone.now()) if meeting is None else _of_meeting(_meeting_id(meeting))
        for finding in report.findings:
            self.stdout.write(f"{_where(finding)}: {finding.words} [{finding.code}]")
        histories = "1 history" if report.n_chains == 1 else f"{report.n_chains} histories"
        if report.findings:
            self.stdout.write(f"{histories} verified, {len(report.findings)} found that cannot be so.")
            sys.exit(1)
        self.stdout.write(f"{histories} verified. Everything holds.")


def _of_meeting(meeting_id: UUID) -> Report:
    anchors = anchors_read()
    chain = chain_of(meeting_id)
    is_known = chain in anchors.noted or AuditHead.objects.filter(pk=chain).exists()
    if not is_known and not AuditEvent.objects.filter(meeting_id=meeting_id).exists():
        raise CommandError("There is no meeting and no history with this id.", returncode=2)
    general = [*audit_check_guards(), *anchors.findings]
    return Report(n_chains=1, findings=[*general, *audit_check(meeting_id=meeting_id, anchors=anchors)])


def _meeting_id(reference: str) -> UUID:
    code = code_normalise(reference)
    if code is not None and (found := Meeting.objects.filter(named_by(code)).values_list("pk", flat=True).first()):
        return found
    try:
        return UUID(reference)
    except ValueError:
        raise CommandError("There is no such meeting.", returncode=2) from None


def _where(finding: Finding) -> str:
    chain = f"meeting {finding.meeting_id}" if finding.meeting_id else "outside of meetings"
    return f"{chain}, entry {finding.number}" if finding.number is not None else chain

"""Verify the audit trail: every chain, what was noted of it elsewhere, its guards, and the texts that it speaks of."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from meetings.audit_chain import OUTSIDE, Entry, chain_of, meeting_of
from meetings.audit_key import known_keys, signature_is_valid
from meetings.audit_texts import TextClaims
from meetings.audit_triggers import triggers_missing
from meetings.audit_walk import End, Finding, Sealed, Walk
from meetings.models import AuditEvent, AuditHead, Meeting
from meetings.services.audit import audit_end_locked, audit_entry
from meetings.services.audit_anchor import ANCHORED, anchor_content, witness
from meetings.services.audit_texts_check import texts_check

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 2_000
ALARMS_MAX = 100  # a log is not to be flooded by one act
Noted = Mapping[str, Mapping[int, str]]  # by chain: hashes by the numbers of their entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """All ends that were ever noted, and what is wrong with the notes themselves."""

    noted: Noted
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True, kw_only=True)
class Report:
    n_chains: int = 0
    findings: list[Finding] = field(default_factory=list)


_CHAIN = re.compile(r"outside|[0-9a-f]{32}")
NO_ANCHORS = Anchors(noted={})


def audit_check(*, meeting_id: UUID | None, anchors: Anchors = NO_ANCHORS) -> list[Finding]:
    """What is wrong with one chain and with the texts of its meeting; nothing is locked while nothing is found.

    The live path goes on meanwhile, so what was read first may not fit what was read last. Only what is still so when
    nothing can be added to the chain is told.
    """
    if not _look(meeting_id, anchors):
        return []
    with transaction.atomic():
        if meeting_id is not None:
            Meeting.objects.select_for_update(no_key=True).filter(pk=meeting_id).values_list("pk").first()
        audit_end_locked(meeting_id)
        return _look(meeting_id, anchors)


def audit_check_guards() -> list[Finding]:
    return [
        Finding(meeting_id=None, number=None, code="trigger_missing", words=f"The database's trigger {name} is gone.")
        for name in triggers_missing(connection)
    ]


def audit_check_all(*, now: datetime) -> Report:
    """Everything, chain by chain; what was found is kept with each chain's head, and told to the log as an alarm."""
    anchors = anchors_read()
    report = Report(findings=[*audit_check_guards(), *anchors.findings])
    for chain in _chains(anchors):
        found = audit_check(meeting_id=meeting_of(chain), anchors=anchors)
        report.n_chains += 1
        report.findings += found
        general = len(report.findings) if chain == OUTSIDE else 0  # the outside chain comes first, after the guards
        AuditHead.objects.filter(pk=chain).update(checked_at=now, n_findings=general or len(found))
    for each in report.findings[:ALARMS_MAX]:
        chain = chain_of(each.meeting_id)
        log.error("the audit trail is broken", extra={"chain": chain, "number": each.number, "finding": each.code})
    return report


def anchors_read() -> Anchors:
    noted: dict[str, dict[int, str]] = {}
    findings: list[Finding] = []
    keys = known_keys()
    rows = AuditEvent.objects.filter(meeting_id=None, action=ANCHORED).order_by("number")
    for event in rows.iterator(chunk_size=100):
        if not _is_signed(event, keys):
            words = f"The anchor in entry {event.number} does not carry this server's signature."
            findings.append(Finding(meeting_id=None, number=event.number, code="anchor_unsigned", words=words))
            continue
        for chain, number, noted_hash in event.data["heads"]:
            noted.setdefault(chain, {})[number] = noted_hash
    if seen := witness():
        noted.setdefault(OUTSIDE, {})[seen.number] = seen.hash
    return Anchors(noted=noted, findings=tuple(findings))


def _is_signed(event: AuditEvent, keys: frozenset[str]) -> bool:
    data = event.data
    try:
        public_hex, signature_hex = data["key"], data["signature"]
        content = anchor_content(
            number=event.number, previous_hash=event.previous_hash, heads=data["heads"], key=public_hex
        )
        return public_hex in keys and signature_is_valid(
            public_hex=public_hex, signature_hex=signature_hex, content=content
        )
    except (TypeError, KeyError, AttributeError):
        return False


def _look(meeting_id: UUID | None, anchors: Anchors) -> list[Finding]:
    chain = chain_of(meeting_id)
    head = AuditHead.objects.filter(pk=chain).first()
    claims = TextClaims()
    walk = Walk(
        meeting_id=meeting_id,
        head=End(number=head.number, hash=head.hash) if head else None,
        anchors=anchors.noted.get(chain, {}),
    )
    found = walk.findings(_entries(meeting_id), take=claims.take)
    if meeting_id is not None:
        found += texts_check(meeting_id=meeting_id, claims=claims)
    return found


def _entries(meeting_id: UUID | None) -> Iterator[Sealed]:
    rows = AuditEvent.objects.filter(meeting_id=meeting_id).order_by("number")
    for event in rows.iterator(chunk_size=ROWS_AT_ONCE):
        yield Sealed(entry=_entry(event), hash=event.hash)


def _entry(event: AuditEvent) -> Entry:
    """Somebody may have written data that is no object."""
    if not isinstance(event.data, dict):
        event.data = {"": event.data}
    return audit_entry(event)


def _chains(anchors: Anchors) -> list[str]:
    """Of everything that has a trail, had one, or should have one; the outside chain first."""
    of_entries = AuditEvent.objects.order_by().values_list("meeting_id", flat=True).distinct()
    chains = {chain_of(meeting_id) for meeting_id in of_entries}
    # What is no id was put there by somebody; it says nothing of any meeting.
    heads = {chain for chain in AuditHead.objects.values_list("chain", flat=True) if _CHAIN.fullmatch(chain)}
    chains |= heads | set(anchors.noted)
    chains |= {meeting_id.hex for meeting_id in Meeting.objects.values_list("pk", flat=True)}
    return [OUTSIDE, *sorted(chains - {OUTSIDE})]


def broken_chains() -> int:
    """How many chains had findings when they were last verified."""
    return AuditHead.objects.filter(n_findings__gt=0).count()

"""Note regularly, in one place, where all chains of the audit trail end: so that none can be cut or removed unseen."""

import json
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from meetings.audit_chain import OUTSIDE, canonical
from meetings.audit_key import signing_key
from meetings.audit_walk import End
from meetings.models import AuditEvent, AuditHead
from meetings.services.audit import SYSTEM, audit_append, audit_end_locked

log = logging.getLogger(__name__)

ANCHORED = "audit.anchored"
HEADS_AT_ONCE = 500  # so that an entry stays of a size that can be read
WITNESS_FILE = "audit_witness.json"

Head = tuple[str, int, str]  # chain, number of its last entry, hash of that


def audit_anchor() -> int:
    """Entries of the outside chain with the ends of those that grew since; returns how many chains.

    They are signed, with the outside chain's own end, by a key that is not in the database; the last of them is noted
    in a file beside the key, and its hash in the log, which an operator may keep on another machine. A crash between
    an entry and the mark that it was made repeats it, which does no harm.
    """
    n_chains = 0
    grown = AuditHead.objects.filter(number__gt=F("anchored_number")).exclude(pk=OUTSIDE).order_by("chain")
    while heads := list(grown.values_list("chain", "number", "hash")[:HEADS_AT_ONCE]):
        with transaction.atomic():
            event = _append(heads)
        for chain, number, _ in heads:  # afterwards: whoever holds the outside chain waits for no meeting
            AuditHead.objects.filter(pk=chain, anchored_number__lt=number).update(anchored_number=number)
        _witness(event)
        n_chains += len(heads)
    if not n_chains:
        _witness(AuditEvent.objects.filter(meeting_id=None).order_by("number").last())
    return n_chains


def anchor_content(*, number: int, previous_hash: str, heads: Sequence[object], key: str) -> bytes:
    """What an anchor's signature is over: the ends that it notes, and the chain that it stands in."""
    return canonical({"number": number, "previous_hash": previous_hash, "heads": heads, "key": key})


def witness() -> End | None:
    """What the file knows of the outside chain; None where there is none (yet), or nobody can read it."""
    try:
        noted = json.loads(_path().read_text())
        return End(number=int(noted["number"]), hash=str(noted["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _append(heads: Sequence[Head]) -> AuditEvent:
    key = signing_key()
    number, previous_hash = audit_end_locked(None)
    listed = [list(head) for head in heads]
    content = anchor_content(number=number + 1, previous_hash=previous_hash, heads=listed, key=key.public_hex)
    data = {"heads": listed, "key": key.public_hex, "signature": key.sign(content)}
    event = audit_append(meeting_id=None, actor=SYSTEM, action=ANCHORED, target=f"chain:{OUTSIDE}", data=data)
    if (event.number, event.previous_hash) != (number + 1, previous_hash):
        # Only before the very first entry there is nothing to lock.
        raise IntegrityError("another entry came before the anchor; it is made again next time")
    return event


def _witness(event: AuditEvent | None) -> None:
    if event is None:
        return
    log.info("the audit trail was anchored", extra={"number": event.number, "hash": event.hash})
    content = json.dumps({"number": event.number, "hash": event.hash})
    handle, name = tempfile.mkstemp(dir=settings.DATA_DIR, prefix=f".{WITNESS_FILE}.")
    with os.fdopen(handle, "w") as file:
        file.write(content)
    os.replace(name, _path())


def _path() -> Path:
    return Path(settings.DATA_DIR) / WITNESS_FILE

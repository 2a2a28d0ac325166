"""A meeting's audit trail in words: who did what and when, with the names that people still have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User

from meetings.audit_actions import words_of
from meetings.models import AudioSession, AuditEvent, Participant

SYSTEM_WORDS = {"system": "Colloquy", "guest": "A guest"}
KIND_WORDS = {
    "user": "A person without an account any more",
    "participant": "A participant who is not there any more",
    "ingest_key": "A telephone key",
    "token": "A program",
}
# What is said each few seconds would bury everything else: it is counted.
SPOKEN = "session.committed"
# Who reads for support is told that the host will see why.
SUPPORT = "support.transcript_read"
NAMES_TOLD = 4
OTHERS = "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """`number` of the entry; of several in a row that are told as one, the first one's, and how many there are."""

    number: int
    at: datetime
    who: str
    did: str
    about: str
    why: str = ""
    n_entries: int = 1


def history_lines(events: Sequence[AuditEvent]) -> list[HistoryLine]:
    """In the order of `events`, which are of one meeting."""
    names = _names(events)
    lines: list[HistoryLine] = []
    was_spoken = False
    for event in events:
        is_spoken = event.action == SPOKEN
        line = HistoryLine(
            number=event.number,
            at=event.at,
            who=_who(event.actor, names),
            did=words_of(event.action),
            about=_about(event, names),
            why=str(event.data.get("reason", "")) if event.action == SUPPORT else "",
        )
        if is_spoken and was_spoken:
            lines[-1] = replace(lines[-1], who=_with(lines[-1].who, line.who), n_entries=lines[-1].n_entries + 1)
        else:
            lines.append(line)
        was_spoken = is_spoken
    return lines


def _with(names: str, name: str) -> str:
    told = names.split(", ")
    if name in told or told[-1] == OTHERS:
        return names
    return ", ".join([*told, name if len(told) < NAMES_TOLD else OTHERS])


def _who(label: str, names: Mapping[str, str]) -> str:
    kind, _, _id = label.partition(":")
    return names.get(label) or SYSTEM_WORDS.get(label) or KIND_WORDS.get(kind) or label


def _about(event: AuditEvent, names: Mapping[str, str]) -> str:
    """Whom it was done to, where that is somebody else."""
    name = names.get(event.target, "")
    return "" if name == names.get(event.actor) else name


def _names(events: Iterable[AuditEvent]) -> dict[str, str]:
    labels = {label for event in events for label in (event.actor, event.target)}
    participants = [found for label in labels if (found := _uuid_of(label, "participant"))]
    users = [int(rest) for label in labels if (rest := label.removeprefix("user:")) != label and rest.isdecimal()]
    names = {
        f"participant:{pk}": name
        for pk, name in Participant.objects.filter(pk__in=participants).values_list("pk", "display_name")
    }
    sessions = [found for label in labels if (found := _uuid_of(label, "session"))]
    for pk, name in AudioSession.objects.filter(pk__in=sessions).values_list("pk", "participant__display_name"):
        names[f"session:{pk}"] = name
    for user in User.objects.filter(pk__in=users):
        names[f"user:{user.pk}"] = user.get_full_name() or user.get_username()
    return names


def _uuid_of(label: str, kind: str) -> UUID | None:
    found, _, text = label.partition(":")
    try:
        return UUID(text) if found == kind else None
    except ValueError:
        return None

"""How much is stored of each person of a meeting, and whether they were erased: numbers for the pages about them."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet

from meetings.limits import SAMPLE_RATE_HZ
from meetings.models import AudioSession, DeletionProof, Meeting, Participant, Segment
from meetings.recordings.reading import recorded_ranges
from meetings.services.names_deletion import ERASED_NAME

PEOPLE_AT_ONCE = 50
ROLE_WORDS = {
    Participant.Role.HOST.value: "host",
    Participant.Role.SPEAKER.value: "speaker",
    Participant.Role.VIEWER.value: "viewer",
    Participant.Role.AGENT.value: "bot",
    Participant.Role.PHONE.value: "caller",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPerson:
    """`n_lines` still have their text. `erased_at`: when last, where their name has not come back since."""

    participant: Participant
    n_lines: int
    sound_samples: int
    is_connected: bool
    erased_at: datetime | None

    @property
    def role_words(self) -> str:
        return ROLE_WORDS[self.participant.role]

    @property
    def sound_words(self) -> str:
        """Nothing where nothing is recorded."""
        return sound_words(self.sound_samples) if self.sound_samples else ""

    @property
    def has_nothing_left(self) -> bool:
        """Late deliveries may bring something after an erasure: then there is something to erase again."""
        return self.erased_at is not None and not self.n_lines and not self.sound_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPart:
    """What somebody's account was in one meeting, and how many lines of it are stored."""

    participant: Participant
    n_lines: int

    @property
    def role_words(self) -> str:
        return ROLE_WORDS[self.participant.role]


def people_stored(meeting: Meeting, *, page: str | None) -> tuple[Page[Participant], list[StoredPerson]]:
    """Everybody of whom there is a row, in the order in which they came. A page that is not there is the nearest."""
    people = Paginator(meeting.participants.select_related("user"), PEOPLE_AT_ONCE).get_page(page)
    return people, _stored(meeting, list(people))


def person_stored(participant: Participant) -> StoredPerson:
    return _stored(participant.meeting, [participant])[0]


def parts_taken(participations: QuerySet[Participant], *, page: str | None) -> tuple[Page[Participant], list[OwnPart]]:
    """Of one account, the newest first."""
    parts = Paginator(participations.order_by("-created_at", "id"), PEOPLE_AT_ONCE).get_page(page)
    taken = list(parts)
    n_lines = _n_lines(taken)
    return parts, [OwnPart(participant=each, n_lines=n_lines[each.pk]) for each in taken]


def proofs_of(participant: Participant) -> list[DeletionProof]:
    """That they were erased, the last time first."""
    found = DeletionProof.objects.filter(meeting_id=participant.meeting_id, target=_target(participant.pk))
    return list(found.order_by("-at", "id"))


def sound_words(n_samples: int) -> str:
    """Whole seconds: "4 min 5 s"; what is there at all is never "0 s"."""
    minutes, seconds = divmod(max(1, round(n_samples / SAMPLE_RATE_HZ)), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _stored(meeting: Meeting, people: Sequence[Participant]) -> list[StoredPerson]:
    n_lines = _n_lines(people)
    sessions = AudioSession.objects.filter(participant__in=people)
    states = list(sessions.values_list("pk", "participant_id", "state"))
    ranges = recorded_ranges(meeting_id=meeting.pk) if states else {}
    sounds: Counter[UUID] = Counter()
    for session_id, participant_id, _ in states:
        sounds[participant_id] += sum(end - start for start, end in ranges.get(session_id, ()))
    connected = {participant_id for _, participant_id, state in states if state == AudioSession.State.OPEN}
    erased = _erased_at(meeting, people)
    return [
        StoredPerson(
            participant=each,
            n_lines=n_lines[each.pk],
            sound_samples=sounds[each.pk],
            is_connected=each.pk in connected,
            erased_at=erased.get(_target(each.pk)),
        )
        for each in people
    ]


def _n_lines(people: Collection[Participant]) -> Counter[UUID]:
    """Lines that were taken out of the transcript count: they are stored."""
    found = Segment.objects.filter(participant__in=people, purged_at__isnull=True)
    return Counter(dict(found.order_by().values_list("participant_id").annotate(n=Count("pk"))))


def _erased_at(meeting: Meeting, people: Collection[Participant]) -> dict[str, datetime]:
    targets = [_target(each.pk) for each in people if each.display_name == ERASED_NAME]
    found = DeletionProof.objects.filter(meeting_id=meeting.pk, target__in=targets).order_by("at")
    return dict(found.values_list("target", "at"))


def _target(participant_id: UUID) -> str:
    return f"participant:{participant_id}"

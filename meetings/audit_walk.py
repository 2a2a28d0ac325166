"""Walk a chain of the audit trail from its first entry to its end and say where it does not hold. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from meetings.audit_chain import Entry, entry_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that cannot be so unless somebody changed what is stored. `words` hold ids and numbers only."""

    meeting_id: UUID | None
    number: int | None
    code: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    entry: Entry
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    number: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What is known of a chain from elsewhere: its `head`, and hashes that were noted by entry number (`anchors`)."""

    meeting_id: UUID | None
    head: End | None
    anchors: Mapping[int, str]

    def findings(self, entries: Iterable[Sealed], *, take: Callable[[Entry], None]) -> list[Finding]:
        """Each entry is handed to `take`, in order. A change is told where it is, not at all that follows from it."""
        found: list[Finding] = []
        last: Sealed | None = None
        hashes: dict[int, str] = {}
        for each in entries:
            found += self._gap(after=last, before=each) + self._entry(each, last=last)
            if each.entry.number in self.anchors or (self.head and each.entry.number == self.head.number):
                hashes[each.entry.number] = each.hash
            take(each.entry)
            last = each
        return [*found, *self._end(last.entry.number if last else 0, hashes), *self._anchored(last, hashes)]

    def _entry(self, each: Sealed, *, last: Sealed | None) -> list[Finding]:
        number = each.entry.number
        if each.hash != entry_hash(each.entry):
            return [self._found(number, "entry_changed", f"Entry {number} was changed after it was made.")]
        expected = last.hash if last else ""
        is_next = number == (last.entry.number if last else 0) + 1
        if is_next and each.entry.previous_hash != expected:
            words = f"Entry {number} does not follow from the one before it: one of the two was put in another's place."
            return [self._found(number, "link_broken", words)]
        return []

    def _gap(self, *, after: Sealed | None, before: Sealed) -> list[Finding]:
        first, number = (after.entry.number if after else 0) + 1, before.entry.number
        if number > first:
            return [self._found(first, "entry_missing", f"{_entries(first, number - 1)} missing.")]
        if number < first:
            return [self._found(number, "entry_twice", f"Entry {number} is there more than once.")]
        return []

    def _end(self, last: int, hashes: Mapping[int, str]) -> list[Finding]:
        if self.head is None:
            return (
                [self._found(None, "head_missing", "The note of where this history ends is missing.")] if last else []
            )
        number = self.head.number
        if last < number:
            words = f"{_entries(last + 1, number)} missing at the end."
            return [self._found(last + 1, "tail_missing", words)]
        if last > number:
            return [self._found(number, "head_set_back", f"The noted end is entry {number}, but there are more.")]
        if hashes.get(number) != self.head.hash:
            words = f"Entry {number} is another one than was noted as the end."
            return [self._found(number, "head_differs", words)]
        return []

    def _anchored(self, last: Sealed | None, hashes: Mapping[int, str]) -> list[Finding]:
        n_last = max(last.entry.number if last else 0, self.head.number if self.head else 0)
        found = []
        for number, noted in sorted(self.anchors.items()):
            if number in hashes and hashes[number] != noted:
                words = f"Entry {number} is another one than was noted elsewhere: it, or one before it, was replaced."
                found.append(self._found(number, "anchor_differs", words))
            elif number > n_last:
                words = f"Entry {number} was noted elsewhere and is missing."
                found.append(self._found(number, "anchor_missing", words))
        return found

    def _found(self, number: int | None, code: str, words: str) -> Finding:
        return Finding(meeting_id=self.meeting_id, number=number, code=code, words=words)


def _entries(first: int, last: int) -> str:
    return f"Entry {first} is" if first == last else f"Entries {first} to {last} are"

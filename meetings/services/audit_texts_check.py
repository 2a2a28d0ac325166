"""Compare the texts that stand in a meeting with what its audit trail says of them."""

from collections.abc import Iterator
from uuid import UUID

from meetings.audit_chain import text_hash
from meetings.audit_texts import TextClaims
from meetings.audit_walk import Finding
from meetings.models import Meeting, Segment, SegmentRevision

ROWS_AT_ONCE = 2_000


def texts_check(*, meeting_id: UUID, claims: TextClaims) -> list[Finding]:
    """Texts, earlier texts and speakers that were changed, added, taken away, or that outlived their deletion."""
    check = _TextsCheck(meeting_id=meeting_id, claims=claims)
    if not Meeting.objects.filter(pk=meeting_id).exists():
        return check.meeting_gone()
    return [*check.segments(), *check.revisions(), *check.missing()]


class _TextsCheck:
    def __init__(self, *, meeting_id: UUID, claims: TextClaims) -> None:
        self._meeting_id = meeting_id
        self._claims = claims
        self._seen: set[tuple[str, int]] = set()
        self._current: dict[str, int] = {}

    def meeting_gone(self) -> list[Finding]:
        if self._claims.removed_all or self._claims.may_go_all:
            return []
        return [self._found(None, "meeting_missing", "The meeting is gone, and no entry says that it was deleted.")]

    def segments(self) -> Iterator[Finding]:
        rows = Segment.objects.filter(meeting_id=self._meeting_id).order_by("pk")
        fields = rows.values_list("pk", "rev", "text", "text_salt", "participant_id")
        for pk, rev, text, salt, participant_id in fields.iterator(chunk_size=ROWS_AT_ONCE):
            key = str(pk)
            self._seen.add((key, rev))
            self._current[key] = rev
            yield from self._text(key, rev, text, salt, what="The text of segment")
            number = self._claims.last_rev.get(key, rev)
            if rev < number:
                words = f"Segment {key} stands at revision {rev}; the last one was {number}."
                yield self._found(self._number(key, number), "text_set_back", words)
            speaker = self._claims.speaker.get(key)
            if speaker is not None and speaker != str(participant_id):
                words = f"Segment {key} is ascribed to another participant than the history says."
                yield self._found(self._number(key, rev), "speaker_changed", words)

    def revisions(self) -> Iterator[Finding]:
        rows = SegmentRevision.objects.filter(segment__meeting_id=self._meeting_id).order_by("pk")
        fields = rows.values_list("segment_id", "rev", "text", "segment__text_salt")
        for segment_id, rev, text, salt in fields.iterator(chunk_size=ROWS_AT_ONCE):
            key = str(segment_id)
            self._seen.add((key, rev))
            yield from self._text(key, rev, text, salt, what="An earlier text of segment")

    def missing(self) -> Iterator[Finding]:
        for (key, rev), claim in self._claims.claims.items():
            if (key, rev) in self._seen or self._claims.may_be_gone(key, rev):
                continue
            if key not in self._current:
                yield self._found(claim.number, "text_missing", f"Segment {key} is gone.")
            elif rev < self._current[key]:
                words = f"An earlier text of segment {key} (revision {rev}) is gone."
                yield self._found(claim.number, "text_missing", words)

    def _text(self, key: str, rev: int, text: str, salt: str, *, what: str) -> Iterator[Finding]:
        claim = self._claims.claims.get((key, rev))
        is_removed = self._claims.removed_by(key) > (claim.number if claim else 0)
        where = f"{what} {key} (revision {rev})"
        is_as_claimed = claim is not None and claim.text_hash == text_hash(salt=salt, text=text)
        if is_removed:
            if text and is_as_claimed:
                yield self._found(self._number(key, rev), "text_not_removed", f"{where} was deleted and still stands.")
        elif not text and not salt and self._claims.may_be_gone(key, rev):
            return
        elif claim is None:
            yield self._found(None, "text_unknown", f"{where} is in no entry of the history.")
        elif not salt:
            yield self._found(claim.number, "salt_missing", f"{where} cannot be checked any more; no entry says why.")
        elif not is_as_claimed:
            yield self._found(claim.number, "text_changed", f"{where} is another one than the history says.")

    def _number(self, key: str, rev: int) -> int | None:
        claim = self._claims.claims.get((key, rev))
        return claim.number if claim else None

    def _found(self, number: int | None, code: str, words: str) -> Finding:
        return Finding(meeting_id=self._meeting_id, number=number, code=code, words=words)

"""What the audit trail says of texts: which stand, with which hash, by whom, and which were taken away. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from meetings.audit_actions import ACTIONS
from meetings.audit_chain import Entry

TEXT, SOUND = "text", "audio"  # what of a meeting an entry says is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class TextClaim:
    """`number` is of the entry that makes the claim."""

    text_hash: str
    number: int


@dataclass(slots=True, kw_only=True)
class TextClaims:
    """Fed with a meeting's entries in order. Somebody may have made entries up: what is no claim is taken for none."""

    claims: dict[tuple[str, int], TextClaim] = field(default_factory=dict)
    last_rev: dict[str, int] = field(default_factory=dict)
    speaker: dict[str, str] = field(default_factory=dict)
    _removed: dict[str, int] = field(default_factory=dict)
    _may_go: dict[str, int] = field(default_factory=dict)
    removed_all: int = 0
    may_go_all: int = 0

    def take(self, entry: Entry) -> None:
        named = list(_segments(entry))
        self._let_go(entry)
        if _is_definite(entry):
            self._take_away(entry, [segment_id for segment_id, _ in named])
        for segment_id, claim in named:
            rev, text_hash = claim.get("rev"), claim.get("text_hash")
            if type(rev) is int and isinstance(text_hash, str):
                self.claims[segment_id, rev] = TextClaim(text_hash=text_hash, number=entry.number)
                self.last_rev[segment_id] = max(rev, self.last_rev.get(segment_id, 0))
            self._attribute(segment_id, claim, entry)

    def removed_by(self, segment_id: str) -> int:
        """The last entry that took away the texts that this segment had before it; 0: none."""
        return max(self.removed_all, self._removed.get(segment_id, 0))

    def is_removed(self, segment_id: str, rev: int) -> bool:
        claim = self.claims.get((segment_id, rev))
        # The entry that takes texts away may say what stands instead.
        return claim is not None and self.removed_by(segment_id) > claim.number

    def may_be_gone(self, segment_id: str, rev: int) -> bool:
        """It need not be; and it may not be another one."""
        claim = self.claims.get((segment_id, rev))
        allowed = max(self.may_go_all, self._may_go.get(segment_id, 0), self.removed_by(segment_id))
        return allowed > (claim.number if claim else 0)

    def _let_go(self, entry: Entry) -> None:
        action = ACTIONS.get(entry.action)
        if action is None or not (action.removes_text or action.lets_text_go):
            return
        copies = entry.data.get("copies")  # what other microphones heard of the same words
        for segment_id in copies if isinstance(copies, list) else ():
            if isinstance(segment_id, str):
                self._may_go[segment_id] = entry.number
        is_of_part = action.removes_text and entry.data.get("what", TEXT) != TEXT
        if (action.lets_text_go or is_of_part) and entry.data.get("what") != SOUND:
            self.may_go_all = entry.number

    def _attribute(self, segment_id: str, claim: Mapping[str, object], entry: Entry) -> None:
        who = claim.get("participant")
        if isinstance(who, str):
            self.speaker[segment_id] = who
        elif entry.action == "session.committed":
            self.speaker[segment_id] = entry.actor.removeprefix("participant:")

    def _take_away(self, entry: Entry, segment_ids: list[str]) -> None:
        kind, _, target_id = entry.target.partition(":")
        for segment_id in segment_ids:
            self._removed[segment_id] = entry.number
        if not segment_ids and kind == "participant":  # whose they are by then: later ones stay
            for segment_id, who in self.speaker.items():
                if who == target_id:
                    self._removed[segment_id] = entry.number
        elif not segment_ids:
            self.removed_all = entry.number


def _is_definite(entry: Entry) -> bool:
    action = ACTIONS.get(entry.action)
    what = entry.data.get("what", TEXT)
    return action is not None and action.removes_text and (what == TEXT or entry.target.startswith("participant:"))


def _segments(entry: Entry) -> Iterator[tuple[str, Mapping[str, object]]]:
    listed = entry.data.get("segments")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and isinstance(segment_id := each.get("id"), str):
            yield segment_id, each
    kind, _, target_id = entry.target.partition(":")
    if kind == "segment":
        yield target_id, entry.data

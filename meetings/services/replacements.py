"""Find and replace across a transcript: proposed for review, applied as one act, reverted as one act."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meetings.checks import line_checked
from meetings.corrections.content import STANDING, Content, content_of, content_of_revision
from meetings.corrections.finding import Search, text_replaced
from meetings.corrections.words_kept import words_realigned
from meetings.errors import Conflict, Invalid, NotFound
from meetings.limits import FIND_MAX_CHARS
from meetings.models import Correction, Meeting, Replacement, Segment
from meetings.passages import MARK
from meetings.services.revisions import correction_make, segments_lock
from meetings.services.segments import reason_checked, text_checked
from meetings.services.undo import content_at

MOST_HITS = 1_000  # live commits of the meeting wait meanwhile: a millisecond of CPU for each line
PROPOSALS_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """`skipped`: lines that somebody has changed meanwhile, which were left alone."""

    replacement: Replacement
    segments: tuple[Segment, ...]
    skipped: tuple[UUID, ...]


def replacement_propose(
    *,
    meeting: Meeting,
    actor: str,
    find: str,
    replace: str = "",
    match_case: bool = False,
    whole_words: bool = True,
    participant_ids: Collection[UUID] | None = None,
    reason: str = "",
) -> Replacement:
    """Changes nothing in the transcript. `participant_ids`: whose lines only. Raises Invalid: also of too many hits.

    Proposals of this meeting that nobody applied within a day are forgotten.
    """
    search = Search(
        find=line_checked(find, what="What to find", max_chars=FIND_MAX_CHARS),
        match_case=match_case,
        whole_words=whole_words,
    )
    if replace.strip():
        replace = line_checked(replace, what="The replacement", max_chars=FIND_MAX_CHARS)
    with transaction.atomic():
        old = Replacement.objects.filter(meeting=meeting, state=Replacement.State.PROPOSED)
        old.filter(created_at__lt=timezone.now() - PROPOSALS_KEPT).delete()
        return Replacement.objects.create(
            meeting=meeting,
            find=search.find,
            replace=replace.strip(),
            match_case=match_case,
            whole_words=whole_words,
            reason=reason_checked(reason),
            hits=_hits(meeting, search, participant_ids),
            actor=actor,
        )


def replacement_apply(
    *, meeting: Meeting, replacement_id: UUID, actor: str, chosen: Collection[int] | None = None
) -> Replaced:
    """`chosen`: places in the list of hits; None: all. A line of which nothing is left is taken out of the transcript.

    Raises NotFound. Raises Conflict: it was applied before, or nothing is to be replaced. Raises Invalid: no such hit.
    """
    with transaction.atomic():
        replacement = _locked(meeting, replacement_id, state=Replacement.State.PROPOSED)
        hits = _chosen(replacement, chosen)
        segments = {each.pk: each for each in segments_lock(meeting.pk, set(hits))}
        changes: list[tuple[Segment, Content]] = []
        skipped: list[UUID] = []
        for segment_id, (rev, places) in hits.items():
            segment = segments.get(segment_id)
            if segment is None or segment.rev != rev:
                skipped.append(segment_id)
                continue
            content = _content_replaced(segment, places, replacement.replace)
            if not content.says_the_same(content_of(segment)):
                changes.append((segment, content))
        done = _carried_out(replacement, kind=Correction.Kind.REPLACED, actor=actor, changes=changes)
        return replace(done, skipped=tuple(skipped))


def replacement_revert(*, meeting: Meeting, replacement_id: UUID, actor: str) -> Replaced:
    """All lines as they were before it, except those that somebody has changed since.

    Raises NotFound. Raises Conflict: it is not applied, or all its lines were changed since.
    """
    with transaction.atomic():
        replacement = _locked(meeting, replacement_id, state=Replacement.State.APPLIED)
        assert replacement.applied is not None
        rows = {row.segment_id: row for row in replacement.applied.revisions.all()}
        changes: list[tuple[Segment, Content]] = []
        skipped: list[UUID] = []
        for segment in segments_lock(meeting.pk, rows.keys()):
            row = rows[segment.pk]
            if row.text != MARK and content_of(segment).says_the_same(content_at(segment, row.rev + 1)):
                changes.append((segment, content_of_revision(row, segment).corrected()))
            else:
                skipped.append(segment.pk)
        done = _carried_out(replacement, kind=Correction.Kind.REVERTED, actor=actor, changes=changes)
        return replace(done, skipped=tuple(skipped))


def _hits(meeting: Meeting, search: Search, participant_ids: Collection[UUID] | None) -> list[dict[str, object]]:
    lines = Segment.objects.filter(meeting=meeting, state__in=STANDING, is_kept=True).order_by("start_ms", "pk")
    if participant_ids is not None:
        lines = lines.filter(participant__in=list(participant_ids))
    hits: list[dict[str, object]] = []
    for segment_id, rev, text in lines.values_list("pk", "rev", "text"):
        for start, end in search.places(text):
            hits.append({"segment_id": str(segment_id), "rev": rev, "start": start, "end": end})
        if len(hits) > MOST_HITS:
            raise Invalid(f"More than {MOST_HITS:,} places were found: say more of what to find.", code="too_many_hits")
    return hits


def _locked(meeting: Meeting, replacement_id: UUID, *, state: str) -> Replacement:
    Meeting.objects.select_for_update(no_key=True).values_list("pk").get(pk=meeting.pk)
    found = Replacement.objects.select_for_update(of=("self",)).filter(meeting=meeting, pk=replacement_id).first()
    if found is None:
        raise NotFound("There is no such replacement (any more): look for the words again.")
    if found.state != state:
        raise Conflict(f"The replacement is {found.state}.", code=f"replacement_{found.state}")
    return found


def _chosen(replacement: Replacement, chosen: Collection[int] | None) -> dict[UUID, tuple[int, list[tuple[int, int]]]]:
    """By line: the revision that was looked at, and the places in it."""
    indices = range(len(replacement.hits)) if chosen is None else sorted(set(chosen))
    if indices and not 0 <= indices[0] <= indices[-1] < len(replacement.hits):
        raise Invalid("There is no such hit.", code="no_such_hit")
    found: dict[UUID, tuple[int, list[tuple[int, int]]]] = {}
    for index in indices:
        hit = replacement.hits[index]
        found.setdefault(UUID(hit["segment_id"]), (hit["rev"], []))[1].append((hit["start"], hit["end"]))
    return found


def _content_replaced(segment: Segment, places: Sequence[tuple[int, int]], words: str) -> Content:
    before = content_of(segment).corrected()
    text = text_replaced(before.text, places, words)
    if not text:
        return replace(before, state=Segment.State.RETRACTED.value)
    text = text_checked(text)
    return replace(before, text=text, words=tuple(words_realigned(words=before.words, text=text)))


def _carried_out(
    replacement: Replacement, *, kind: Correction.Kind, actor: str, changes: Sequence[tuple[Segment, Content]]
) -> Replaced:
    if not changes:
        raise Conflict("Nothing is left to change: the lines were changed by others.", code="nothing_to_replace")
    corrected = correction_make(
        meeting_id=replacement.meeting_id,
        kind=kind,
        actor=actor,
        reason=replacement.reason,
        changes=changes,
        target=f"replacement:{replacement.pk}",
    )
    if kind == Correction.Kind.REPLACED:
        replacement.state, replacement.applied = Replacement.State.APPLIED, corrected.correction
    else:
        replacement.state, replacement.reverted = Replacement.State.REVERTED, corrected.correction
    replacement.save(update_fields=["state", "applied", "reverted"])
    return Replaced(replacement=replacement, segments=corrected.segments, skipped=())

"""What can be read of corrections: a line's history, who had a hand in it, and what a replacement would change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q

from meetings.corrections.content import Content, content_of, content_of_revision
from meetings.corrections.finding import text_replaced
from meetings.models import Correction, Participant, Replacement, Segment, SegmentRevision
from meetings.services.audit import SYSTEM

RECOGNIZED = "recognized"
HIDDEN = (Segment.State.REDACTED, Segment.State.RETRACTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One revision, and who made it so, when and why. What was redacted, or taken out, has no text here either."""

    rev: int
    content: Content
    text: str
    speaker: str
    kind: str
    actor: str
    author: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HitView:
    """A place where words were found, in the line as it stood then, and the line with only this place replaced."""

    index: int
    segment_id: UUID
    rev: int
    speaker: str
    start_ms: int
    before: str
    found: str
    behind: str
    replaced: str
    is_stale: bool


def is_corrected_by_a_human(segment: Segment) -> bool:
    """Whether a person had a hand in it: then nothing automatic may overwrite it, or take it out."""
    revised = SegmentRevision.objects.exclude(actor=SYSTEM).values("segment")
    made = Correction.objects.exclude(actor=SYSTEM).values("pk")
    return Segment.objects.filter(Q(pk__in=revised) | Q(made_by__in=made), pk=segment.pk).exists()


def segment_history(segment: Segment) -> list[HistoryEntry]:
    """Every revision that was stored, the first one first and the present one last."""
    rows = list(segment.revisions.select_related("correction").order_by("rev"))
    contents = [(row.rev, content_of_revision(row, segment)) for row in rows] + [(segment.rev, content_of(segment))]
    names = _speaker_names(content.participant_id for _, content in contents)
    authors = authors_of([row.actor for row in rows] + ([segment.made_by.actor] if segment.made_by else []))
    entries: list[HistoryEntry] = []
    for index, (rev, content) in enumerate(contents):
        kind, actor, reason, at = _maker(segment, rows[index - 1] if index else None)
        is_hidden = segment.state == Segment.State.REDACTED or content.state in HIDDEN
        entries.append(
            HistoryEntry(
                rev=rev,
                content=content,
                text="" if is_hidden else content.text,
                speaker=names.get(content.participant_id, ""),
                kind=kind,
                actor=actor,
                author=authors.get(actor, ""),
                reason=reason,
                at=at,
            )
        )
    return entries


def _maker(segment: Segment, row: SegmentRevision | None) -> tuple[str, str, str, datetime]:
    """Each row tells who replaced it; nobody replaced anything with the first revision."""
    if row is not None:
        return row.correction.kind if row.correction else "", row.actor, row.reason, row.at
    if segment.made_by is not None:
        return segment.made_by.kind, segment.made_by.actor, segment.made_by.reason, segment.made_by.at
    return RECOGNIZED, SYSTEM, "", segment.created_at


def _speaker_names(participant_ids: Iterable[UUID]) -> dict[UUID, str]:
    found = Participant.objects.filter(pk__in=set(participant_ids))
    return dict(found.values_list("pk", "display_name"))


def authors_of(actors: Iterable[str]) -> dict[str, str]:
    """For people to read; a guest has no account, hence no name."""
    user_ids = {label.removeprefix("user:") for label in actors if label.startswith("user:")}
    users = User.objects.filter(pk__in=[each for each in user_ids if each.isdigit()])
    names = {f"user:{user.pk}": user.get_full_name() or user.get_username() for user in users}
    return {**names, SYSTEM: "Colloquy", "guest": "the host"}


def replacement_hits(replacement: Replacement) -> list[HitView]:
    """In the words of the revisions that were searched. What was redacted since is not shown."""
    ids = {UUID(hit["segment_id"]) for hit in replacement.hits}
    found = Segment.objects.filter(meeting=replacement.meeting_id, pk__in=ids).select_related("participant")
    segments = {segment.pk: segment for segment in found}
    rows = SegmentRevision.objects.filter(segment__in=ids)
    earlier = {(row.segment_id, row.rev): row.text for row in rows}
    views: list[HitView] = []
    for index, hit in enumerate(replacement.hits):
        segment = segments.get(UUID(hit["segment_id"]))
        if segment is None or segment.state == Segment.State.REDACTED:
            continue
        is_stale = segment.rev != hit["rev"]
        text = earlier.get((segment.pk, hit["rev"]), "") if is_stale else segment.text
        start, end = hit["start"], hit["end"]
        views.append(
            HitView(
                index=index,
                segment_id=segment.pk,
                rev=hit["rev"],
                speaker=segment.participant.display_name,
                start_ms=segment.start_ms,
                before=text[:start],
                found=text[start:end],
                behind=text[end:],
                replaced=text_replaced(text, [(start, end)], replacement.replace),
                is_stale=is_stale,
            )
        )
    return views

"""Commit what a session's samples became, strictly in position order, however the decoding finishes."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from meetings.limits import SAMPLE_RATE_HZ
from meetings.session_clock import ClockCorrection
from meetings.values import Committed, FinalSegment, SessionOwner, Span, SpeechContext, WordTiming, resume_from
from streaming.captions import OpenCaption
from streaming.errors import StoreRefused
from streaming.ledger import Ledger
from streaming.patience import until_stored
from streaming.recent_speech import context_of, is_recent
from streaming.recognizers.base import Hypothesis, Word
from streaming.recorder import Recorder
from streaming.scheduler import RecognitionFailed
from streaming.wakeup import Wakeup

logger = logging.getLogger(__name__)

MOST_SPANS_A_COMMIT = 32
# Silence of a recorded session is committed in longer stretches: each is a file, and nobody waits for it.
RECORDED_SILENCE_SAMPLES = 12 * SAMPLE_RATE_HZ


class CommitStore(Protocol):
    async def session_commit(
        self,
        owner: SessionOwner,
        *,
        settled_from: int,
        received: int,
        spans: Sequence[Span],
        correction: ClockCorrection | None,
    ) -> Committed: ...


class Times(Protocol):
    def decide(self, *, told: int | None) -> ClockCorrection | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A closed utterance [start, end) that is being decoded. After a break what follows is no continuation of it.

    `is_bleed`: it is another's voice, and becomes a retracted line.
    """

    start: int
    end: int
    caption: OpenCaption
    hypothesis: asyncio.Future[Hypothesis]
    language: str
    is_break: bool = False
    is_bleed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Samples up to `end` that hold no speech to decode."""

    end: int
    kind: Literal["nonspeech", "muted", "gap"]
    reason: str = ""
    is_break: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Calls `reached(last_seq)` once everything queued before it is committed."""

    reached: Callable[[int], None]


Piece = Speech | Other | Mark


class Committer:
    """The one committer of one audio session on this node.

    Bounded by the session's unsettled audio: neighbours without speech join into one piece.
    """

    def __init__(
        self,
        *,
        owner: SessionOwner,
        ledger: Ledger,
        context: SpeechContext | None,
        store: CommitStore,
        times: Times,
        received: Callable[[], int],
        retract: Callable[[OpenCaption], None],
        alarm: Callable[[str], None],
        recorder: Recorder | None = None,
        levels: Callable[[int, int], bytes] = lambda start, end: b"",
    ) -> None:
        """`ledger` and `context` are the stored ones; `alarm` hears when the account and the stored one part.

        `levels` says how loud the samples between two positions were: see `Span.levels`.
        """
        self.ledger = ledger
        self.last_seq = 0
        self._owner = owner
        self._store = store
        self._times = times
        self._received = received
        self._retract = retract
        self._alarm = alarm
        self._recorder = recorder
        self._levels = levels
        self._context = self._stored_context = context
        self._pieces: deque[Piece] = deque()
        self._has_pieces = Wakeup()
        self._committing: list[OpenCaption] = []
        self._is_committing = False

    @property
    def settled(self) -> int:
        return self.ledger.settled

    @property
    def resume_from(self) -> int:
        return resume_from(self.settled, self._stored_context)

    @property
    def is_idle(self) -> bool:
        """Everything that was added is committed, or waits for more silence."""
        return (not self._pieces or self._may_wait) and not self._is_committing

    @property
    def _may_wait(self) -> bool:
        if self._recorder is None or not self._recorder.is_on or len(self._pieces) != 1:
            return False
        piece = self._pieces[0]
        if not isinstance(piece, Other) or piece.kind != "nonspeech" or piece.is_break:
            return False
        return piece.end - self.settled < RECORDED_SILENCE_SAMPLES

    def add(self, piece: Piece) -> None:
        last = self._pieces[-1] if self._pieces else None
        if (
            isinstance(piece, Other)
            and isinstance(last, Other)
            and (last.kind, last.reason) == (piece.kind, piece.reason)
        ):
            self._pieces.pop()
            piece = replace(piece, is_break=piece.is_break or last.is_break)
        self._pieces.append(piece)
        self._has_pieces.set()

    async def run(self) -> None:
        """Commit until cancelled. Raises Superseded when another connection owns the session."""
        try:
            while True:
                await self._has_pieces.wait()
                if self._may_wait:
                    self._has_pieces.clear()
                    continue
                if spans := await self._next_spans():
                    await self._commit(spans)
                self._is_committing = False
                self._reach_marks()
                if not self._pieces:
                    self._has_pieces.clear()
        finally:
            for piece in self._pieces:
                if isinstance(piece, Speech):
                    piece.hypothesis.cancel()  # nobody will commit it here: leave the recognizers to others

    def _reach_marks(self) -> None:
        while self._pieces and isinstance(mark := self._pieces[0], Mark):
            self._pieces.popleft()
            mark.reached(self.last_seq)

    async def _next_spans(self) -> list[Span]:
        """The first piece, waited for, and those behind it that are ready too: one transaction for all."""
        spans: list[Span] = []
        self._committing.clear()
        while self._pieces and len(spans) < MOST_SPANS_A_COMMIT:
            piece = self._pieces[0]
            if isinstance(piece, Mark) or (spans and isinstance(piece, Speech) and not piece.hypothesis.done()):
                break
            if isinstance(piece, Speech) and not piece.hypothesis.done():
                await asyncio.wait([piece.hypothesis])
            self._is_committing = True
            self._pieces.popleft()
            span = self._span(piece)
            self._context = self._context_after(piece, span)
            is_captured = span.kind in ("speech", "nonspeech")
            levels = self._levels(spans[-1].end if spans else self.settled, span.end) if is_captured else b""
            spans.append(replace(span, context=self._context, levels=levels))
        return spans

    def _context_after(self, piece: Speech | Other, span: Span) -> SpeechContext | None:
        """Of what follows; the transcriber goes by the same rules (`RecentSpeech`)."""
        if piece.is_break or span.kind in ("muted", "gap"):
            return None
        if span.kind == "speech" and isinstance(piece, Speech) and not piece.is_bleed:
            return context_of(piece.hypothesis.result(), start=piece.start, end=piece.end, language=piece.language)
        known = self._context
        return known if known is not None and is_recent(known.end, span.end) else None

    def _span(self, piece: Speech | Other) -> Span:
        if isinstance(piece, Other):
            return Span(kind=piece.kind, end=piece.end, reason=piece.reason)
        try:
            hypothesis = piece.hypothesis.result()
        except RecognitionFailed as error:
            if piece.is_bleed:  # whoever said it has a line of their own
                return self._speech(piece, Hypothesis(text="", confidence=0.0, language=piece.language))
            self._retract(piece.caption)
            return Span(kind="gap", end=piece.end, reason=error.reason)
        if not hypothesis.text and not piece.is_bleed:
            self._retract(piece.caption)
            return Span(kind="nonspeech", end=piece.end)
        return self._speech(piece, hypothesis)

    def _speech(self, piece: Speech, hypothesis: Hypothesis) -> Span:
        self._committing.append(piece.caption)
        return Span(kind="speech", end=piece.end, segment=self._segment(piece, piece.caption.final(hypothesis)))

    def _segment(self, piece: Speech, hypothesis: Hypothesis) -> FinalSegment:
        return FinalSegment(
            segment_id=piece.caption.segment_id,
            rev=piece.caption.rev + 1,
            start=piece.start,
            end=piece.end,
            text=hypothesis.text,
            language=hypothesis.language,
            confidence=hypothesis.confidence,
            words=tuple(_timing(word, piece) for word in hypothesis.words),
            engine=hypothesis.engine,
            is_bleed=piece.is_bleed,
        )

    async def _commit(self, spans: Sequence[Span]) -> None:
        """Nothing is skipped or shown while the database is away: the audio stays unsettled, so the client keeps it."""
        if self._recorder is not None:
            recorded = await self._recorder.keep(self.settled, spans[-1].end)
            spans = [*spans[:-1], replace(spans[-1], recorded=recorded)]
        told = [span.end for span in spans if span.kind in ("speech", "gap")]
        correction = self._times.decide(told=told[-1] if told else None)
        try:
            committed = await self._store_spans(spans, correction)
        except StoreRefused:
            if all(span.segment is None for span in spans):
                raise
            # Trying the same again would end no other way, and the client would replay it for ever.
            logger.exception("a commit was refused; its speech becomes a gap")
            spans = [_without_text(span) for span in spans]
            self._context = None
            for caption in self._committing:
                self._retract(caption)
            committed = await self._store_spans(spans, correction)
        self.last_seq = max([self.last_seq, *(message["seq"] or 0 for message in committed.messages)])
        self.ledger = self.ledger.settle(spans)
        if self._recorder is not None:
            self._recorder.settled(self.settled)
        self._stored_context = spans[-1].context
        if (problem := self.ledger.problem or self.ledger.difference(committed.counters)) is not None:
            self._alarm(problem)

    async def _store_spans(self, spans: Sequence[Span], correction: ClockCorrection | None) -> Committed:
        received = max(self._received(), spans[-1].end)
        return await until_stored(
            lambda: self._store.session_commit(
                self._owner,
                settled_from=self.settled,
                received=received,
                spans=spans,
                correction=correction,
            )
        )


def _timing(word: Word, piece: Speech) -> WordTiming:
    """Word times are estimates: one may lie a little outside of its utterance."""
    start = min(piece.start + round(word.s * SAMPLE_RATE_HZ), piece.end)
    end = min(piece.start + round(word.e * SAMPLE_RATE_HZ), piece.end)
    return WordTiming(text=word.w, start=start, end=max(start, end), confidence=min(max(word.c, 0.0), 1.0))


def _without_text(span: Span) -> Span:
    if span.segment is None:
        return replace(span, context=None)
    return Span(kind="gap", end=span.end, reason="commit_refused", recorded=span.recorded)

"""The account of an audio session: every received sample is exactly one thing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol


class Settled(Protocol):
    """What the samples up to `end` became: speech, nonspeech, muted or gap."""

    @property
    def kind(self) -> str: ...
    @property
    def end(self) -> int: ...


class Counters(Protocol):
    """Stored counters, in samples; `received` and `settled` are end positions."""

    @property
    def settled(self) -> int: ...
    @property
    def speech(self) -> int: ...
    @property
    def nonspeech(self) -> int: ...
    @property
    def muted(self) -> int: ...
    @property
    def gap(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All in samples; `received` and `settled` are end positions."""

    received: int = 0
    settled: int = 0
    speech: int = 0
    nonspeech: int = 0
    muted: int = 0
    gap: int = 0

    @property
    def in_flight(self) -> int:
        return self.received - self.settled

    @property
    def problem(self) -> str | None:
        """What is wrong, for an alarm; None when the account balances."""
        counters = (self.speech, self.nonspeech, self.muted, self.gap)
        if min(counters) < 0 or self.settled < 0:
            return "a counter is negative"
        if self.settled > self.received:
            return "more is settled than was received"
        if sum(counters) != self.settled:
            return "the counters do not add up to what is settled"
        return None

    def heard(self, received: int) -> "Ledger":
        return replace(self, received=max(self.received, received))

    def settle(self, spans: Sequence[Settled]) -> "Ledger":
        """The account after these spans, which follow `settled`."""
        after = self
        for span in spans:
            n_samples = span.end - after.settled
            after = replace(after, settled=span.end, **{span.kind: getattr(after, span.kind) + n_samples})
        return after.heard(after.settled)

    def difference(self, stored: Counters) -> str | None:
        """What the stored account says otherwise, for an alarm; None when both agree."""
        names = ("settled", "speech", "nonspeech", "muted", "gap")
        differing = [name for name in names if getattr(self, name) != getattr(stored, name)]
        return f"the stored account differs in {', '.join(differing)}" if differing else None


def ledger_stored(*, settled: int, counters: Counters) -> Ledger:
    """The account as it is stored, of which nothing is in flight."""
    return Ledger(
        received=settled,
        settled=settled,
        speech=counters.speech,
        nonspeech=counters.nonspeech,
        muted=counters.muted,
        gap=counters.gap,
    )

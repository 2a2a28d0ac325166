"""The account of an audio session: every received sample is exactly one thing. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All in samples; `received` and `settled` are end positions."""

    received: int
    settled: int
    speech: int
    nonspeech: int
    muted: int
    gap: int

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

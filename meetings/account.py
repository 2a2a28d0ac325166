"""The account of a meeting's audio in words, for its host: what is missing and why, and what is still to come. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meetings.exports.cues import speaker_of
from meetings.gap_reasons import reason_words, seconds_words

if TYPE_CHECKING:
    from meetings.selectors import SessionLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Sentences, by person in the order of their first session."""

    missing: tuple[str, ...]
    on_its_way: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        return not self.missing and not self.on_its_way


def account_of(ledgers: "Iterable[SessionLedger]") -> Account | None:
    """None where no audio was received: there is nothing to account for."""
    heard = [ledger for ledger in ledgers if ledger.received]
    if not heard:
        return None
    missing: Counter[tuple[object, str, str]] = Counter()
    in_flight: Counter[tuple[object, str]] = Counter()
    for ledger in heard:
        for gap in ledger.gaps:
            if gap.is_repaired:
                continue
            missing[ledger.participant_id, ledger.display_name, reason_words(gap.reason)] += gap.end - gap.start
        if ledger.in_flight:
            in_flight[ledger.participant_id, ledger.display_name] += ledger.in_flight
    return Account(
        missing=tuple(
            f"{seconds_words(n_samples)} of {speaker_of(name)}'s audio was lost: {why}."
            for (_, name, why), n_samples in missing.items()
        ),
        on_its_way=tuple(
            f"{seconds_words(n_samples)} of {speaker_of(name)}'s audio is still on its way: "
            "kept on the device or being transcribed."
            for (_, name), n_samples in in_flight.items()
        ),
    )

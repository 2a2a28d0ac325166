"""Everybody hears once of what changes, and whoever comes hears of what stands."""

from dataclasses import dataclass, field

from streaming.conditions import Conditions


@dataclass(slots=True, eq=False)
class Socket:
    heard: list[str] = field(default_factory=list)

    def flow(self, *, state: str, reason: str) -> None:
        self.heard.append(f"flow {state} {reason}".strip())

    def warning(self, *, code: str) -> None:
        self.heard.append(f"warning {code}")

    def goaway(self, *, reason: str, deadline_ms: int) -> None:
        self.heard.append(f"goaway {reason} {deadline_ms}")


def test_while_all_is_well_nothing_is_said() -> None:
    conditions, ada = Conditions(), Socket()
    conditions.join(ada)
    conditions.busy(False)
    conditions.recognizing(True)
    assert ada.heard == []


def test_slow_captions_and_their_recovery_are_told_once() -> None:
    conditions, ada, ben = Conditions(), Socket(), Socket()
    conditions.join(ada)
    conditions.busy(True)
    conditions.busy(True)
    conditions.join(ben)
    conditions.busy(False)
    assert ada.heard == ben.heard == ["flow slow busy", "flow ok"]


def test_while_nothing_is_transcribed_people_are_warned_and_audio_waits_with_them() -> None:
    conditions, ada = Conditions(), Socket()
    conditions.join(ada)
    conditions.busy(True)
    conditions.recognizing(False)
    conditions.recognizing(True)
    conditions.busy(False)
    paused = ["warning recognition_unavailable", "flow pause recognition_unavailable"]
    assert ada.heard == ["flow slow busy", *paused, "flow ok", "flow slow busy", "flow ok"]


def test_whoever_has_gone_hears_nothing_more() -> None:
    conditions, ada = Conditions(), Socket()
    conditions.join(ada)
    conditions.leave(ada)
    conditions.goaway(reason="deploy", deadline_ms=1)
    assert (ada.heard, conditions.n_sockets, conditions.is_going) == ([], 0, True)


def test_a_node_that_stops_tells_those_who_still_come_too() -> None:
    conditions, ada, ben = Conditions(), Socket(), Socket()
    conditions.join(ada)
    conditions.goaway(reason="deploy", deadline_ms=10_000)
    conditions.join(ben)
    assert ada.heard == ben.heard == ["goaway deploy 10000"]

"""How this node fares, read from what `/metrics` shows of it: counts since the last reading, and how things are now."""

from prometheus_client import CollectorRegistry

from meetings.values import NodeState

FINAL_WAIT = "colloquy_final_wait_seconds"


class NodeReadings:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._before = self._counted()

    def take(self) -> NodeState:
        before, now = self._before, self._counted()
        self._before = now
        since = {key: max(0.0, now[key] - before.get(key, 0.0)) for key in now}
        waits = [(float(le), since[f"le {le}"]) for le in self._bounds()]
        return NodeState(
            is_recognizing=self._value("colloquy_recognition_ok") > 0,
            sessions=round(self._value("colloquy_sessions")),
            sockets=round(self._value("colloquy_sockets")),
            load_level=max(0, round(self._value("colloquy_load_level"))),
            finals=round(since["finals"]),
            final_wait_p50_ms=wait_ms(waits, share=0.5),
            final_wait_p95_ms=wait_ms(waits, share=0.95),
            failures=round(since["failures"]),
            refused=round(since["refused"]),
        )

    def _counted(self) -> dict[str, float]:
        """What only rises while the process lives."""
        waits = {f"le {le}": self._value(f"{FINAL_WAIT}_bucket", le=le) for le in self._bounds()}
        failures = [
            sample.value
            for metric in self._registry.collect()
            if metric.name == "colloquy_recognition_failures"
            for sample in metric.samples
            if sample.name.endswith("_total")
        ]
        return waits | {
            "finals": self._value(f"{FINAL_WAIT}_count"),
            "failures": sum(failures),
            "refused": self._value("colloquy_joins_refused"),
        }

    def _bounds(self) -> list[str]:
        return [
            sample.labels["le"]
            for metric in self._registry.collect()
            if metric.name == FINAL_WAIT
            for sample in metric.samples
            if "le" in sample.labels
        ]

    def _value(self, name: str, **labels: str) -> float:
        return self._registry.get_sample_value(name, labels) or 0.0


def wait_ms(buckets: list[tuple[float, float]], *, share: float) -> int | None:
    """Which wait so large a share did not exceed, from (bound in s, how many up to it): straight between the bounds.

    Beyond the last finite bound it is that bound. None where nothing was counted.
    """
    total = buckets[-1][1] if buckets else 0.0
    if total <= 0:
        return None
    wanted, low_s, n_low = share * total, 0.0, 0.0
    for bound_s, n in buckets:
        if n >= wanted:
            if bound_s == float("inf"):
                break
            return round(1_000 * (low_s + (bound_s - low_s) * (wanted - n_low) / max(n - n_low, 1e-9)))
        low_s, n_low = bound_s, n
    return round(1_000 * low_s)

"""What `/metrics` shows of the database: the same on every node. Counts only, never who or what."""

import logging
from collections.abc import Iterable

from django.db import DatabaseError
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from meetings.services.audit_check import broken_chains

log = logging.getLogger(__name__)


class StoredCollector(Collector):
    """Asked for each time; where the database is away, it shows nothing, and `/readyz` tells."""

    def describe(self) -> Iterable[Metric]:
        return [_broken()]  # so that nothing is read when this is registered

    def collect(self) -> Iterable[Metric]:
        broken = _broken()
        try:
            broken.add_metric([], broken_chains())
        except DatabaseError:
            log.warning("the database could not be asked for metrics")
            return []
        return [broken]


def _broken() -> GaugeMetricFamily:
    return GaugeMetricFamily(
        "colloquy_audit_broken", "Audit trails that did not hold when they were last verified: 0, or an alarm."
    )


STORED = CollectorRegistry()
STORED.register(StoredCollector())

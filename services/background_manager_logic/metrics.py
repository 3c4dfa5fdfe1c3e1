"""What the Background-Manager-Logic counts beside its answers (Prometheus)."""

from __future__ import annotations

from collections.abc import Callable
from math import nan

from prometheus_client import CollectorRegistry, Gauge
from pymongo.errors import PyMongoError


def count(registry: CollectorRegistry, overdue_awards: Callable[[], int]) -> None:
    """As it is when it is asked for; no number while the database is away, so that the rest is told all the same."""

    def told() -> float:
        try:
            return overdue_awards()
        except PyMongoError:
            return nan

    gauge = Gauge("tbi_market_overdue_awards", "Auctions that are over and that nobody decided", registry=registry)
    gauge.set_function(told)

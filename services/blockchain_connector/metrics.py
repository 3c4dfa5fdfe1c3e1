"""What the connector counts beside its answers (Prometheus)."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from services.blockchain_connector.performer.service import Performer
from services.blockchain_connector.watcher.feed import Feed


def count(registry: CollectorRegistry, performer: Performer, feed: Feed) -> None:
    """Orders under way and dead letters, as they are when they are asked for."""
    under_way = Gauge("tbi_connector_orders_under_way", "Orders in no irreversible block yet", registry=registry)
    under_way.set_function(lambda: performer.counts()[0])
    dead = Gauge("tbi_connector_dead_letters", "What failed for good unheard", ["part"], registry=registry)
    dead.labels("performer").set_function(lambda: performer.counts()[1])
    dead.labels("watcher").set_function(feed.count_dead_letters)

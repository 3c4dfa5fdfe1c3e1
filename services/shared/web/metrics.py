"""Prometheus metrics of one service; each application has a registry of its own."""

from flask import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """What every service counts. A service adds its own to `registry`."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._service = service
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "tbi_http_requests", "Answers given", ["service", "route", "method", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "tbi_http_request_seconds",
            "Time to answer",
            ["service", "route"],
            buckets=_BUCKETS_S,
            registry=self.registry,
        )

        self._checks = Gauge(
            "tbi_check_ok",
            "1 when the check passed as health was last asked",
            ["service", "check"],
            registry=self.registry,
        )

    def checked(self, check: str, passed: bool) -> None:
        """How a check of the health route came out."""
        self._checks.labels(self._service, check).set(passed)

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer. `route` is the rule, never the path, so that the number of series is bounded."""
        key = (route, method if method in _METHODS else "OTHER", status)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = (
                self._requests.labels(self._service, *key),
                self._seconds.labels(self._service, route),
            )
        requests, durations = series
        requests.inc()
        durations.observe(seconds)

    def render(self) -> Response:
        """The metrics in Prometheus' text format."""
        return Response(generate_latest(self.registry), content_type=CONTENT_TYPE_LATEST)

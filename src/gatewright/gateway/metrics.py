"""What a gateway counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# Seconds: decisions take tens of microseconds, clouds tens of milliseconds.
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of one gateway, in a registry of its own."""

    def __init__(self) -> None:
        self.registry: CollectorRegistry = CollectorRegistry()
        self.requests: Counter = Counter(
            "gatewright_requests", "Requests, by service and outcome.", ("service", "outcome"), registry=self.registry
        )
        self.own_seconds: Histogram = Histogram(
            "gatewright_own_seconds", "Time of the gateway itself.", buckets=_BUCKETS, registry=self.registry
        )
        self.upstream_seconds: Histogram = Histogram(
            "gatewright_upstream_seconds", "Time until the cloud's answer begins.", buckets=_BUCKETS,
            registry=self.registry,
        )  # fmt: skip
        self.reloads: Counter = Counter(
            "gatewright_reloads", "Reloads of policies.", ("outcome",), registry=self.registry
        )
        self.loaded: Gauge = Gauge(
            "gatewright_policies_loaded_seconds", "When policies were loaded.", registry=self.registry
        )
        self.stale: Gauge = Gauge(
            "gatewright_policies_stale", "1 while the store on disk is refused and older policies decide.",
            registry=self.registry,
        )  # fmt: skip
        self.unlogged: Counter = Counter(
            "gatewright_unlogged_requests", "Requests that the decision log lacks.", registry=self.registry
        )
        self.pending: Gauge = Gauge(
            "gatewright_sharing_pending", "Changes of sharing that are in doubt.", registry=self.registry
        )
        self.inflight: Gauge = Gauge("gatewright_requests_inflight", "Requests being answered.", registry=self.registry)

    def write(self) -> bytes:
        """Return all of them in Prometheus's text form."""
        return generate_latest(self.registry)

"""What a gateway is told when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gatewright.ec2 import Ec2Settings
from gatewright.signing import Deviation
from gatewright.signing.deviations import TOLERATED

from .resign import UpstreamKey


class GatewayError(Exception):
    """What a gateway cannot start with; one line for people."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a gateway is told.

    Attributes
    ----------
    store, credentials, upstream
        Policy store, database of access keys and sharing, address of the cloud.
    upstream_keys
        By account, ``*`` for all others; None: requests are forwarded unsigned.
    ec2
        What requests are read with: Region, trusted proxies, addresses of instances.
    regions
        Where signatures may be made for, None: anywhere.
    tolerate
        Deviations of clients.
    concurrency, client_seconds, upstream_seconds
        Requests at a time; seconds for the head of a request, for its body, and for each part of an answer to be taken;
        and for the cloud's answer.
    replay_capacity
        Signatures remembered within the clock window.
    """

    store: str
    credentials: str
    upstream: str
    upstream_keys: Mapping[str, UpstreamKey] | None = None
    ec2: Ec2Settings = field(default_factory=Ec2Settings)
    regions: frozenset[str] | None = None
    tolerate: frozenset[Deviation] = TOLERATED
    concurrency: int = 256
    client_seconds: float = 20.0
    upstream_seconds: float = 60.0
    replay_capacity: int = 1_000_000
    busy_seconds: float = 0.5

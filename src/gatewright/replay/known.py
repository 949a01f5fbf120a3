"""What the stores of a replay know: principals, resources with policies, VPC endpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gatewright.runtime.layout import SECTIONS


class Known:
    """What a store knows, or at least one of two; what only one of them has, the other one is without.

    Parameters
    ----------
    knows : callable
        Tells whether a principal's ARN is in a store.
    tables : sequence of `gatewright.Table`
    """

    def __init__(self, knows: Callable[[str], bool], tables: Sequence[Any] = ()) -> None:
        self.knows = knows
        resources = [entry for table in tables for entry in _entries(table, "resources")]
        self._resources = frozenset(name for name, _ in resources)
        self._owned = frozenset(name for name, entry in resources if entry["account"])
        self._endpoints = frozenset(name for table in tables for name, _ in _entries(table, "endpoints"))

    @property
    def endpoint_count(self) -> int:
        """How many endpoints have a policy."""
        return len(self._endpoints)

    def joined(self, other: Known) -> Known:
        """Return what either of two stores knows."""
        both = Known(lambda principal: self.knows(principal) or other.knows(principal))
        both._resources = self._resources | other._resources
        both._owned = self._owned | other._owned
        both._endpoints = self._endpoints | other._endpoints
        return both

    def has_policy(self, action: str, resource: str) -> bool:
        """Tell whether a store says which policy the resource has, or that it has none, for this action."""
        if resource in self._resources:
            # A role is among the resources for its trust policy, which speaks of nothing but STS (R141).
            return action.startswith("sts:") or ":role/" not in resource
        return holder_of(resource) in self._resources

    def has_owner(self, resource: str) -> bool:
        """Tell whether a store says who owns the resource, where its ARN does not."""
        return resource in self._owned or holder_of(resource) in self._owned

    def has_endpoint(self, endpoint: str) -> bool:
        """Tell whether the policy of an endpoint is known; where no store has endpoints, all let everything pass."""
        return not self._endpoints or endpoint in self._endpoints


def holder_of(arn: str) -> str:
    """Return the ARN of the resource that has the policy: of an object its bucket, of an index its table."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return arn
    service, name = parts[2], parts[5]
    if service == "s3":
        prefix, rest = ("accesspoint/", name[12:]) if name.startswith("accesspoint/") else ("", name)
        return ":".join((*parts[:5], prefix + rest.partition("/")[0]))
    if service == "dynamodb" and name.startswith("table/"):
        table, index, _ = name.partition("/index/")
        return ":".join((*parts[:5], table)) if index and "/" not in table[6:] else arn
    return arn


def _entries(table: Any, section: str) -> list[tuple[str, Any]]:
    """Return the records of a section with their names."""
    records = np.frombuffer(table.section(section), SECTIONS[section])
    if not len(records):
        return []
    text = table.section("text")
    symbols = np.frombuffer(table.section("symbols"), SECTIONS["symbols"])
    chosen = symbols[records["symbol"]]
    places = zip(chosen["text_offset"].tolist(), chosen["text_bytes"].tolist(), records, strict=True)
    return [
        (bytes(text[start : start + size]).decode("utf-8", "surrogatepass"), record) for start, size, record in places
    ]

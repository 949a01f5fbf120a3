"""Cedar, through cedarpy: parsed policies of each principal alone, and parsed entities."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import cedarpy
from loop import Case, Loaded, Mode, serve


def load(case: Case) -> Loaded:
    """Parse policies and entities."""
    cedar = case["cedar"]
    entities = cedarpy.Entities.from_json_str(json.dumps(cedar["entities"]))
    policies = {principal: cedarpy.PolicySet.from_str(text) for principal, text in cedar["policies"].items()}

    def decide_batch(requests: list[tuple[dict[str, Any], Any, Any]]) -> list[Any]:
        """Decide with one call per principal, as a batch has one set of policies."""
        results: list[Any] = [None] * len(requests)
        rows_of: dict[int, list[int]] = {}
        for row, (_, own, _) in enumerate(requests):
            rows_of.setdefault(id(own), []).append(row)
        for rows in rows_of.values():
            batch = [requests[row][0] for row in rows]
            for row, result in zip(
                rows, cedarpy.is_authorized_batch(batch, requests[rows[0]][1], entities), strict=True
            ):
                results[row] = result
        return results

    def make_modes() -> dict[str, Mode]:
        requests = [(request, policies[principal], entities) for principal, request in cedar["requests"]]
        return {
            "single": Mode(cedarpy.is_authorized, requests, read),
            "batch": Mode(decide_batch, requests, read, True),
        }

    return Loaded(make_modes, {"statements": sum(map(len, policies.values()))})


def read(result: Any) -> int:
    """Return IAM's decision: a denial with reasons is an explicit one."""
    if result.diagnostics.errors:
        raise ValueError(result.diagnostics.errors[0])
    return 1 if result.allowed else 2 if result.diagnostics.reasons else 0


if __name__ == "__main__":
    serve({"cedarpy": version("cedarpy")}, load)

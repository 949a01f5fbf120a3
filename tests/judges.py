"""Put the reference in the engine's place."""

from __future__ import annotations

from typing import Any, cast

import reference

from gatewright.vectors import Outcome, Vector


def decide_by_reference(vector: Vector) -> Outcome:
    """Decide a vector with the reference."""
    decision = reference.decide(
        cast(Any, vector.identity),
        cast(Any, vector.boundary),
        vector.principal.arn,
        vector.action,
        vector.resource,
        vector.context,
        vector.unknown,
    )
    place = decision.determining
    statements = () if place is None else ({"policy": f"{place.layer} {place.document}", "index": place.statement},)
    return Outcome(decision.effect, place.layer if place else None, statements, decision.unknown_keys)

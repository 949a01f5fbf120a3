"""Put the reference in the engine's place."""

from __future__ import annotations

from typing import Any, cast

import reference

from gatewright.vectors import Outcome, Vector


def decide_by_reference(vector: Vector) -> Outcome:
    """Decide a vector with the reference."""
    identity = [vector.documents[index] for index in vector.principal.identity]
    boundary = None if vector.principal.boundary is None else vector.documents[vector.principal.boundary]
    decision = reference.decide(
        [cast(Any, document.value) for document in identity],
        None if boundary is None else cast(Any, boundary.value),
        vector.principal.arn,
        vector.action,
        vector.resource,
        vector.context,
        vector.unknown,
    )
    place = decision.determining
    statements = () if place is None else ({"policy": f"{place.layer} {place.document}", "index": place.statement},)
    return Outcome(decision.effect, place.layer if place else None, statements, decision.unknown_keys)

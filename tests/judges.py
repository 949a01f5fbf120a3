"""Put the reference in the engine's place."""

from __future__ import annotations

from typing import Any, cast

from reference_kinds import decide_vector

from gatewright.vectors import Outcome, Vector


def decide_by_reference(vector: Vector) -> Outcome:
    """Decide a vector with the reference, from the JSON of its line."""
    decision = decide_vector(cast(Any, vector.source.value))
    place = decision.determining
    statements = () if place is None else ({"policy": f"{place.layer} {place.document}", "index": place.statement},)
    return Outcome(decision.effect, decision.layer, statements, decision.unknown_keys)

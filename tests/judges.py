"""Put the reference in the engine's place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from reference_kinds import Authorization, decide_call
from reference_layers import Policies

from gatewright.vectors import Outcome, Vector


def decide_by_reference(vector: Vector) -> Outcome:
    """Decide a vector with the reference."""
    principal = vector.principal

    def values(indices: Iterable[int]) -> list[Any]:
        return [cast(Any, vector.documents[index].value) for index in indices]

    policies = Policies(
        identity=values(principal.identity),
        boundary=None if principal.boundary is None else values([principal.boundary])[0],
        session=values(principal.session or ()),
        scps=None if principal.scps is None else [values(level) for level in principal.scps],
    )
    # The vector knows the role; the reference wants to hear of a session.
    caller, facts = principal.arn, {}
    if ":role/" in caller:
        account, name = caller.split(":")[4], caller.rpartition("/")[2]
        caller, facts = f"arn:aws:sts::{account}:assumed-role/{name}/session", {"role_arn": principal.arn}
    wanted = [
        Authorization(item.action or vector.action, item.resource, {**vector.context, **item.context})
        for item in vector.authorizations
    ]
    decision = decide_call(policies, caller, vector.action, wanted, None, facts, vector.unknown)
    place = decision.determining
    statements = () if place is None else ({"policy": f"{place.layer} {place.document}", "index": place.statement},)
    return Outcome(decision.effect, decision.layer, statements, decision.unknown_keys)

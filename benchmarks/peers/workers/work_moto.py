"""moto: its `IAMPolicy` of each document, parsed once, the documents of the principal one after the other."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

from loop import Case, Loaded, Mode, serve
from moto.iam.access_control import IAMPolicy, PermissionResult


def load(case: Case) -> Loaded:
    """Parse the documents."""
    policies = {number: IAMPolicy(json.dumps(document)) for number, document in case["documents"].items()}
    own = {arn: [policies[str(number)] for number in numbers] for arn, numbers in case["principals"].items()}

    def decide(policies: list[Any], action: str, resource: str, context: dict[str, str]) -> int:
        allowed = 0
        for policy in policies:
            result = policy.is_action_permitted(action, resource, None, context)
            if result is PermissionResult.DENIED:
                return 2
            if result is PermissionResult.PERMITTED:
                allowed = 1
        return allowed

    def make_modes() -> dict[str, Mode]:
        return {"single": Mode(decide, [(own[principal], *rest) for principal, *rest in case["requests"]], int)}

    return Loaded(make_modes, {"statements": sum(len(d["Statement"]) for d in case["documents"].values())})


if __name__ == "__main__":
    serve({"moto": version("moto")}, load)

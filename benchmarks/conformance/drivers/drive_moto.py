"""moto: `moto.iam.access_control.IAMPolicy`; a denial of one policy ends the question, as where moto asks it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import loop
from moto.iam.access_control import IAMPolicy, PermissionResult


def decide(call: Mapping[str, Any]) -> str:
    """Decide a call by all policies."""
    is_permitted = False
    for document in call["policies"]:
        policy = IAMPolicy(json.dumps(document))
        result = policy.is_action_permitted(call["action"], call["resource"], None, call["context"])
        if result is PermissionResult.DENIED:
            return "deny"
        is_permitted |= result is PermissionResult.PERMITTED
    return "allow" if is_permitted else "deny"


loop.run({"moto": version("moto")}, lambda calls: {"decisions": [decide(call) for call in calls]})

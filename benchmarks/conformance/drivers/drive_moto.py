"""moto: `moto.iam.access_control.IAMPolicy`; a denial of one policy ends the question, as where moto asks it."""

import json
from importlib.metadata import version

import loop
from moto.iam.access_control import IAMPolicy, PermissionResult


def decide(call):
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

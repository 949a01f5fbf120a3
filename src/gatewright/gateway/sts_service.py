"""Requests to STS, decided by the same policies as all others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gatewright.compiler.errors import PolicyError
from gatewright.credentials import MasterKeys
from gatewright.runtime import OTHERS
from gatewright.runtime.requests import merge_contexts
from gatewright.sts import Caller, World, answer

from .callers import caller_keys
from .policies import Policies
from .reply import Reply

# Of what these actions are asked for nothing is unknown: the request names it, or it is not there.
_OWN_KEYS = ("sts:", "aws:requesttag/", "aws:tagkeys", "aws:resourcetag/", "iam:resourcetag/")


def answer_sts(
    parameters: Mapping[str, str],
    caller: Caller,
    policies: Policies,
    master_keys: MasterKeys,
    keys: Mapping[str, Any],
    now: datetime,
    request_id: str,
) -> tuple[Reply, list[tuple[str, str, str]]]:
    """Answer a request, and return what was decided for it: action, resource, decision.

    May compile the table of a session with policies, so it is not for the event loop.
    """
    decided: list[tuple[str, str, str]] = []

    def authorize(asker: Caller, action: str, resource: str, context: Mapping[str, str | list[str]]) -> bool:
        role = resource if resource in policies.roles else None
        authorizer = policies.find_authorizer(asker.session, role)
        if authorizer is None:
            assert asker.session is not None
            try:
                authorizer = policies.make_authorizer(asker.session, role)
            except PolicyError:  # a session policy that cannot be compiled allows nothing
                decided.append((action, resource, "UNKNOWN"))
                return False
        asked = tuple(authorizer.table.keys)
        whole: dict[str, Any] = {key: None for key in asked if key.lower().startswith(_OWN_KEYS)}
        for tag, text in policies.tags.get(resource, {}).items() if role is not None else ():
            whole = merge_contexts(whole, {f"aws:ResourceTag/{tag}": text, f"iam:ResourceTag/{tag}": text})
        for inner in (caller_keys(asker, policies, asked, now), keys, context):
            whole = merge_contexts(whole, inner)
        found = authorizer.authorize(asker.arn, action, resource, whole, unknown=OTHERS)
        decided.append((action, resource, found.decision.name))
        return found.allowed

    world = World(
        master_keys,
        now,
        request_id,
        authorize,
        policies.roles.get,
        knows_policy=policies.managed.__contains__,
    )
    response = answer(parameters, caller, world)
    return Reply(response.status, response.body, response.content_type), decided

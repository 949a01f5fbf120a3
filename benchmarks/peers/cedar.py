"""The same policies in Cedar: text, entities and requests, for all rivals that read Cedar.

Each principal has policies of its own alone, as Cedar has no index over principals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..plain import as_list, compile_globs
from ..workloads import ADDRESS, AGENT, ENVIRONMENT, TEAM, TIME, TRANSPORT, Request, Workload

NOT_EXPRESSIBLE = (
    "action names in another case: Cedar's entity ids are compared exactly, IAM's action names without case",
    "`?` in patterns: Cedar's `like` knows `*` only",
    "action patterns: translated into a group of actions each, so an action nobody listed is in no group",
    "operators without case (`StringEqualsIgnoreCase`), variables inside patterns, unknown context keys: not in the "
    "workloads, because they would have to be left out",
)
"""What the translation cannot carry over; nothing of it decides a request of the workloads."""

_NAMES = {ADDRESS: "address", TIME: "time", TRANSPORT: "transport", AGENT: "agent", TEAM: "team", ENVIRONMENT: "env"}


def quote(text: str) -> str:
    """Return a Cedar string."""
    return json.dumps(text)


def translate_test(operator: str, key: str, values: Sequence[str]) -> str:
    """Return the Cedar expression of one key's test; a missing key makes it false, as in IAM."""
    name = f"context.{_NAMES[key]}"
    if operator == "IpAddress":
        parts = [f"{name}.isInRange(ip({quote(value)}))" for value in values]
    elif operator == "DateGreaterThan":
        parts = [f"{name} > datetime({quote(value)})" for value in values]
    elif operator == "DateLessThan":
        parts = [f"{name} < datetime({quote(value)})" for value in values]
    elif operator == "StringLike":
        parts = [f"{name} like {quote(value)}" for value in values]
    elif operator == "Bool":
        parts = [f"{name} == {value}" for value in values]
    elif operator == "StringEquals":
        parts = [f"[{', '.join(map(quote, values))}].contains({name})"]
    else:
        raise ValueError(f"unknown operator `{operator}`")
    return f"context has {_NAMES[key]} && ({' || '.join(parts)})"


def translate_statement(statement: Mapping[str, Any]) -> str:
    """Return the Cedar policy of a statement: patterns of actions become groups, those of ARNs `like`."""
    actions = ", ".join(f"Action::{quote(glob)}" for glob in as_list(statement["Action"]))
    tests = [
        translate_test(operator, key, as_list(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    resources = as_list(statement["Resource"])
    if "*" not in resources:
        tests.insert(0, "(" + " || ".join(f"context.arn like {quote(glob)}" for glob in resources) + ")")
    effect = "forbid" if statement["Effect"] == "Deny" else "permit"
    when = f" when {{ {' && '.join(tests)} }}" if tests else ""
    return f"{effect}(principal, action in [{actions}], resource){when};"


def translate_actions(workload: Workload) -> list[dict[str, Any]]:
    """Return the entities: every action, with the patterns that match it as its groups."""
    globs = {glob for d in workload.documents for s in d["Statement"] for glob in as_list(s["Action"]) if "*" in glob}
    matchers = [(glob, compile_globs([glob], re.IGNORECASE)) for glob in sorted(globs)]
    return [
        {
            "uid": {"type": "Action", "id": action},
            "attrs": {},
            "parents": [{"type": "Action", "id": glob} for glob, match in matchers if match(action)],
        }
        for action in workload.columns["action"][1]
    ]


def translate_request(request: Request) -> dict[str, Any]:
    """Return the JSON of a request."""
    principal, action, resource, context = request
    values: dict[str, Any] = {"arn": resource}
    for key, text in context.items():
        value: Any = text
        if key == ADDRESS:
            value = {"__extn": {"fn": "ip", "arg": text}}
        elif key == TIME:
            value = {"__extn": {"fn": "datetime", "arg": text}}
        elif key == TRANSPORT:
            value = text == "true"
        values[_NAMES[key]] = value
    return {
        "principal": {"type": "User", "id": principal},
        "action": {"type": "Action", "id": action},
        "resource": {"type": "Resource", "id": resource},
        "context": values,
    }


def translate(workload: Workload, requests: Sequence[Request]) -> dict[str, Any]:
    """Return what a case has for Cedar: policies by principal, entities, and requests with their principals."""
    policies_of = workload.policies_of()
    return {
        "cedar": {
            "policies": {
                principal: "\n".join(translate_statement(s) for d in policies_of[principal] for s in d["Statement"])
                for principal in dict.fromkeys(request[0] for request in requests)
            },
            "entities": translate_actions(workload),
            "requests": [[request[0], translate_request(request)] for request in requests],
        }
    }

"""py-abac: a decision point for each principal, deny overrides, a policy for each of its statements."""

from __future__ import annotations

import logging
import warnings
from importlib.metadata import version
from typing import Any

from loop import Case, Loaded, Mode, read_allowed, serve
from py_abac import PDP, AccessRequest, EvaluationAlgorithm, Policy
from py_abac.storage.memory import MemoryStorage
from tests_of import as_list, pattern_of, seconds_of

PATHS = {
    "aws:SourceIp": "address",
    "aws:CurrentTime": "time",
    "aws:SecureTransport": "transport",
    "aws:UserAgent": "agent",
    "aws:PrincipalTag/Team": "team",
    "aws:ResourceTag/Env": "environment",
}


def translate_condition(condition: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return rules by path."""
    rules: dict[str, Any] = {}
    for operator, keys in condition.items():
        for key, wanted in keys.items():
            values = as_list(wanted)
            if operator in ("DateGreaterThan", "DateLessThan"):
                bounds = [seconds_of(value) for value in values]
                is_after = operator == "DateGreaterThan"
                rule: Any = (
                    {"condition": "Gt", "value": min(bounds)} if is_after else {"condition": "Lt", "value": max(bounds)}
                )
            else:
                name = {"IpAddress": "CIDR", "StringLike": "RegexMatch", "StringEquals": "Equals", "Bool": "Equals"}[
                    operator
                ]
                texts = [pattern_of(value) + "$" for value in values] if operator == "StringLike" else values
                rule = {"condition": "AnyOf", "values": [{"condition": name, "value": text} for text in texts]}
            path = f"$.{PATHS[key]}"
            rules[path] = {"condition": "AllOf", "values": [rules[path], rule]} if path in rules else rule
    return rules


def load(case: Case) -> Loaded:
    """Make the decision points."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    policies = {
        number: [
            Policy.from_json(
                {
                    "uid": f"{number}.{place}",
                    "effect": statement["Effect"].lower(),
                    "rules": {
                        "subject": {},
                        "resource": {},
                        "action": {},
                        "context": translate_condition(statement.get("Condition", {})),
                    },
                    "targets": {
                        "subject_id": "*",
                        "resource_id": statement["Resource"],
                        "action_id": statement["Action"],
                    },
                }
            )
            for place, statement in enumerate(document["Statement"])
        ]
        for number, document in case["documents"].items()
    }
    points = {}
    for principal, numbers in case["principals"].items():
        storage = MemoryStorage()
        for number in numbers:
            for policy in policies[str(number)]:
                storage.add(policy)
        points[principal] = PDP(storage, EvaluationAlgorithm.DENY_OVERRIDES)

    def translate_request(principal: str, action: str, resource: str, context: dict[str, str]) -> Any:
        values: dict[str, Any] = {PATHS[key]: value for key, value in context.items()}
        values["time"] = seconds_of(values["time"])
        return AccessRequest.from_json(
            {
                "subject": {"id": principal, "attributes": {}},
                "resource": {"id": resource, "attributes": {}},
                "action": {"id": action, "attributes": {}},
                "context": values,
            }
        )

    def make_modes() -> dict[str, Mode]:
        requests = [(points[request[0]], translate_request(*request)) for request in case["requests"]]
        return {"single": Mode(PDP.is_allowed, requests, read_allowed)}

    return Loaded(make_modes, {"statements": sum(map(len, policies.values()))})


if __name__ == "__main__":
    serve({"py-abac": version("py-abac")}, load)

"""vakt: a guard for each principal, with a policy for each of its statements and the checker for rules."""

from __future__ import annotations

import logging
from importlib.metadata import version
from typing import Any

import vakt
from loop import Case, Loaded, Mode, read_allowed, serve
from tests_of import as_list, pattern_of
from vakt.rules import CIDR, And, Eq, Greater, In, Less, Or, RegexMatch, StartsWith
from vakt.rules import Any as Anything


def match(glob: str) -> Any:
    """Return the cheapest rule that matches as the glob does."""
    if "*" not in glob:
        return Eq(glob)
    return StartsWith(glob[:-1]) if glob.index("*") == len(glob) - 1 else RegexMatch(pattern_of(glob) + "$")


def translate_condition(condition: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return rules by key; dates in one form are ordered like their texts."""
    rules: dict[str, Any] = {}
    for operator, keys in condition.items():
        for key, wanted in keys.items():
            values = as_list(wanted)
            if operator == "IpAddress":
                rule = Or(*map(CIDR, values))
            elif operator in ("DateGreaterThan", "DateLessThan"):
                rule = Greater(min(values)) if operator == "DateGreaterThan" else Less(max(values))
            elif operator == "StringLike":
                rule = Or(*(RegexMatch(pattern_of(value) + "$") for value in values))
            elif operator in ("StringEquals", "Bool"):
                rule = In(*values)
            else:
                raise ValueError(f"unknown operator `{operator}`")
            rules[key] = And(rules[key], rule) if key in rules else rule
    return rules


def load(case: Case) -> Loaded:
    """Make the guards."""
    logging.disable(logging.CRITICAL)
    policies = {
        number: [
            vakt.Policy(
                f"{number}.{place}",
                subjects=[Anything()],
                effect=vakt.ALLOW_ACCESS if statement["Effect"] == "Allow" else vakt.DENY_ACCESS,
                resources=[Anything()] if "*" in (own := as_list(statement["Resource"])) else list(map(match, own)),
                actions=list(map(match, as_list(statement["Action"]))),
                context=translate_condition(statement.get("Condition", {})),
            )
            for place, statement in enumerate(document["Statement"])
        ]
        for number, document in case["documents"].items()
    }
    guards = {}
    for principal, numbers in case["principals"].items():
        storage = vakt.MemoryStorage()
        for number in numbers:
            for policy in policies[str(number)]:
                storage.add(policy)
        guards[principal] = vakt.Guard(storage, vakt.RulesChecker())

    def make_modes() -> dict[str, Mode]:
        requests = [
            (guards[principal], vakt.Inquiry(action=action, resource=resource, subject=principal, context=context))
            for principal, action, resource, context in case["requests"]
        ]
        return {"single": Mode(vakt.Guard.is_allowed, requests, read_allowed)}

    return Loaded(make_modes, {"statements": sum(map(len, policies.values()))})


if __name__ == "__main__":
    serve({"vakt": version("vakt")}, load)

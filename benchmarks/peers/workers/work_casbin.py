"""Casbin: an enforcer for each principal, a rule for each pair of an action and a resource of its statements.

Patterns and conditions are functions of ours, as Casbin has no operators for IAM's; they are compiled beforehand.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from importlib.metadata import version

import casbin
from loop import Case, Loaded, Mode, read_allowed, serve
from tests_of import Test, as_list, compile_condition, pattern_of

MODEL = """
[request_definition]
r = act, res, ctx
[policy_definition]
p = act, res, cond, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = matchAct(r.act, p.act) && matchRes(r.res, p.res) && holds(p.cond, r.ctx)
"""


def load(case: Case) -> Loaded:
    """Make the enforcers."""
    logging.disable(logging.CRITICAL)
    compiled: dict[tuple[str, int], re.Pattern[str]] = {}
    conditions: dict[str, Test] = {}

    def match(text: str, glob: str, flags: int = re.DOTALL) -> bool:
        if "*" not in glob:
            return text == glob
        if (glob, flags) not in compiled:
            compiled[glob, flags] = re.compile(pattern_of(glob), flags)
        return compiled[glob, flags].fullmatch(text) is not None

    def match_action(text: str, glob: str) -> bool:
        return match(text.lower(), glob.lower())

    def match_resource(text: str, glob: str) -> bool:
        return glob == "*" or match(text, glob)

    def holds(name: str, context: Mapping[str, str]) -> bool:
        return not name or conditions[name](context)

    def make_rules(number: str) -> list[list[str]]:
        rules = []
        for place, statement in enumerate(case["documents"][number]["Statement"]):
            name = f"{number}.{place}" if "Condition" in statement else ""
            if name:
                conditions[name] = compile_condition(statement["Condition"])
            effect = statement["Effect"].lower()
            rules += [
                [action, resource, name, effect]
                for action in as_list(statement["Action"])
                for resource in as_list(statement["Resource"])
            ]
        return rules

    rules_of = {number: make_rules(number) for number in case["documents"]}
    enforcers = {}
    for principal, numbers in case["principals"].items():
        model = casbin.Model()
        model.load_model_from_text(MODEL)
        enforcer = enforcers[principal] = casbin.Enforcer(model)
        rules = dict.fromkeys(tuple(rule) for number in numbers for rule in rules_of[str(number)])
        enforcer.add_policies([list(rule) for rule in rules])
        enforcer.add_function("matchAct", match_action)
        enforcer.add_function("matchRes", match_resource)
        enforcer.add_function("holds", holds)

    def make_modes() -> dict[str, Mode]:
        requests = [(enforcers[principal], *rest) for principal, *rest in case["requests"]]
        return {"single": Mode(casbin.Enforcer.enforce, requests, read_allowed)}

    return Loaded(make_modes, {"rules": sum(map(len, rules_of.values()))})


if __name__ == "__main__":
    serve({"casbin": version("casbin")}, load)

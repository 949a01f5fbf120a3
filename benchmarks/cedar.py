"""Cedar, through cedarpy, on the same policies: translation, and a process of its own that decides on command.

Each principal has a `PolicySet` of its own policies alone, parsed beforehand, as Cedar has no index over principals.
The process reads one command per line and answers with one line, both JSON; see `main`.
"""

from __future__ import annotations

import gc
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .measure import time_laps
from .plain import ALLOW, EXPLICIT_DENY, IMPLICIT_DENY, as_list, compile_globs
from .workloads import ADDRESS, AGENT, ENVIRONMENT, TEAM, TIME, TRANSPORT, Request, Workload, make_workload

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
    """Return cedarpy's form of a request."""
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


class CedarEvaluator:
    """Policies of the requests' principals, parsed, and the requests in cedarpy's form."""

    def __init__(self, workload: Workload, requests: Sequence[Request]) -> None:
        import cedarpy

        self.cedarpy = cedarpy
        policies_of = workload.policies_of()
        self.requests = [(request[0], translate_request(request)) for request in requests]
        self.entities = cedarpy.Entities.from_json_str(json.dumps(translate_actions(workload)))
        self.policies = {
            principal: cedarpy.PolicySet.from_str(
                "\n".join(translate_statement(s) for document in policies_of[principal] for s in document["Statement"])
            )
            for principal in {request[0] for request in requests}
        }

    def decide_one_by_one(self, part: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
        """Return cedarpy's results."""
        decide, entities, policies = self.cedarpy.is_authorized, self.entities, self.policies
        return [decide(request, policies[principal], entities) for principal, request in part]

    def decide_batch(self, part: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
        """Return cedarpy's results; a batch has one set of policies, so there is one batch for each principal."""
        results: list[Any] = [None] * len(part)
        rows_of: dict[str, list[int]] = {}
        for row, (principal, _) in enumerate(part):
            rows_of.setdefault(principal, []).append(row)
        for principal, rows in rows_of.items():
            batch = [part[row][1] for row in rows]
            answers = self.cedarpy.is_authorized_batch(batch, self.policies[principal], self.entities)
            for row, answer in zip(rows, answers, strict=True):
                results[row] = answer
        return results


def decision_of(result: Any) -> int:
    """Return a result as IAM's decision: a denial with reasons is an explicit one."""
    if result.diagnostics.errors:
        raise ValueError(result.diagnostics.errors[0])
    if result.allowed:
        return ALLOW
    return EXPLICIT_DENY if result.diagnostics.reasons else IMPLICIT_DENY


def is_available() -> bool:
    """Tell whether cedarpy is installed."""
    return find_spec("cedarpy") is not None


def installed_version() -> str:
    """Return the version of cedarpy."""
    return version("cedarpy")


class CedarProcess:
    """The process, from outside."""

    def __init__(self, workload: Workload, request_count: int) -> None:
        command = [sys.executable, "-m", "benchmarks.cedar", workload.size, str(workload.seed)]
        command += [str(workload.request_count), str(request_count)]
        root = Path(__file__).parent.parent
        self._process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, command: str, part: int = 0, laps: int = 1) -> Any:
        """Send a command and wait for the answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([command, part, laps]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of Cedar ended with exit code {self._process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def main(arguments: Sequence[str]) -> None:
    """Serve commands: ``decisions`` returns all of them, ``single`` and ``batch`` the time of laps over a part."""
    from .contenders import split

    size, seed, trace_count, count = arguments
    workload = make_workload(size, int(trace_count), int(seed))
    evaluator = CedarEvaluator(workload, workload.requests(int(count)))
    modes: dict[str, Callable[..., list[Any]]] = {
        "single": evaluator.decide_one_by_one,
        "batch": evaluator.decide_batch,
    }
    parts = split(evaluator.requests)
    gc.collect()
    gc.freeze()
    gc.disable()
    for line in sys.stdin:
        command, number, laps = json.loads(line)
        answer: Sequence[Any]
        if command == "decisions":
            answer = [[decision_of(result) for result in mode(evaluator.requests)] for mode in modes.values()]
        else:
            answer = time_laps(partial(modes[command], parts[number]), laps)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

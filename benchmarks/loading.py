"""Compile one set of policies in a fresh process, and print what it took, as JSON.

``python -m benchmarks.loading CASE``: a fresh process has no caches filled, as with a user.  Imports are done before
the clock starts.  The largest size is not among the cases: it is compiled once, by the worker that decides requests.
A case such as ``L, a condition changed`` follows two compilations of the policies before the change, as in a process
that has been up for a while, and a collection of garbage: so many new objects make one due, 0.25 s at L, some time.
"""

from __future__ import annotations

import copy
import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gatewright as gw
from gatewright.compiler import Compiler, compile_policies
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.store import PolicyStore

from .workloads import Workload, make_workload

EXAMPLE_STORE = Path(__file__).parent.parent / "examples" / "store"
CHANGED_POLICY = 7
_ONE = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'

Step = Callable[[], gw.Table]
Edit = Callable[[dict[str, Any]], object]


def _change_condition(policy: dict[str, Any]) -> None:
    policy["Statement"][0]["Condition"] = {
        "StringEquals": {"aws:PrincipalTag/stage": "of-its-own"},
        "IpAddress": {"aws:SourceIp": "198.51.100.77/32"},
    }


def _add_statement(policy: dict[str, Any]) -> None:
    policy["Statement"].append({"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"})


def _change_resource(policy: dict[str, Any]) -> None:
    policy["Statement"][0]["Resource"] = "arn:aws:s3:::of-its-own-*/reports/*"


EDITS: Mapping[str, Edit | None] = {
    "nothing changed": None,
    "a condition changed": _change_condition,
    "a statement added": _add_statement,
    "a resource pattern that is new": _change_resource,
}
SMALL_CASES = ("one statement", "example store")
CASES = (*SMALL_CASES, "S", "M", "L", "S, a condition changed", *(f"L, {name}" for name in EDITS))
"""Those of a size begin with its letter."""


def _compile_one() -> gw.Table:
    document = Document("one", PolicyKind.IDENTITY, Source(_ONE, "one.json"))
    principal = Principal("arn:aws:iam::123456789012:user/one", PrincipalKind.USER, (0,))
    return compile_policies(PolicySet((document,), (principal,)))


def _compile_example() -> gw.Table:
    return gw.compile(PolicyStore.load(EXAMPLE_STORE))


def _compile_workload(workload: Workload) -> gw.Table:
    return gw.compile(workload.policy_set())


def _prepare_change(workload: Workload, edit: Edit | None) -> Step:
    """Compile the policies, then change one of them."""
    before = workload.policy_set()
    compiler = Compiler()
    for _ in range(2):
        compiler.compile(before)
    gc.collect()
    if edit is None:
        return partial(compiler.compile, before)
    policy = copy.deepcopy(workload.documents[CHANGED_POLICY])
    edit(policy)
    documents = list(before.documents)
    old = documents[CHANGED_POLICY]
    documents[CHANGED_POLICY] = Document(old.name, old.kind, Source(json.dumps(policy), old.source.name))
    return partial(compiler.compile, replace(before, documents=tuple(documents)))


def find_step(case: str) -> Step:
    """Return what is timed; what goes before it is done here."""
    if case in SMALL_CASES:
        return _compile_one if case == "one statement" else _compile_example
    size, _, change = case.partition(", ")
    workload = make_workload(size, 1)
    if change:
        return _prepare_change(workload, EDITS[change])
    workload.texts  # noqa: B018 - written before the clock starts
    return partial(_compile_workload, workload)


def _peak_bytes() -> int:
    """Return the most memory that this process had at a time."""
    try:
        # ru_maxrss begins with what the parent had; VmHWM is of this program alone.
        text = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024 * int(text.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(arguments: Sequence[str]) -> None:
    """Time one step."""
    step = find_step(*arguments)
    peak = _peak_bytes()
    cpu = time.process_time_ns()
    wall = time.perf_counter_ns()
    result = step()
    wall = time.perf_counter_ns() - wall
    cpu = time.process_time_ns() - cpu
    answer = {"wall_ns": wall, "cpu_ns": cpu, "peak_growth_bytes": _peak_bytes() - peak}
    print(json.dumps({**answer, "statements": result.statement_count, "table_bytes": result.byte_count}))


if __name__ == "__main__":
    main(sys.argv[1:])

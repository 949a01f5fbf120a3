"""Compile one set of policies in a fresh process, and print what it took, as JSON.

``python -m benchmarks.loading CASE``: a fresh process has no caches filled, as with a user.  Imports are done before
the clock starts.  The largest size is not among the cases: it is compiled once, by the worker that decides requests.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import gatewright as gw
from gatewright.compiler import compile_policies
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.store import PolicyStore

from .workloads import Workload, make_workload

EXAMPLE_STORE = Path(__file__).parent.parent / "examples" / "store"
CASES = ("one statement", "example store", "S", "M", "L")
_ONE = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'

Step = Callable[[], gw.Table]


def _compile_one() -> gw.Table:
    document = Document("one", PolicyKind.IDENTITY, Source(_ONE, "one.json"))
    principal = Principal("arn:aws:iam::123456789012:user/one", PrincipalKind.USER, (0,))
    return compile_policies(PolicySet((document,), (principal,)))


def _compile_example() -> gw.Table:
    return gw.compile(PolicyStore.load(EXAMPLE_STORE))


def _compile_workload(workload: Workload) -> gw.Table:
    return gw.compile(workload.policy_set())


def find_step(case: str) -> Step:
    """Return what is timed; what goes before it is done here."""
    if case in ("one statement", "example store"):
        return _compile_one if case == "one statement" else _compile_example
    workload = make_workload(case, 1)
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

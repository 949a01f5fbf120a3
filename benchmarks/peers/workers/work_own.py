"""Ours: gatewright, the evaluators in plain Python and the one with numpy.  ``work_own.py NAME CASE``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from loop import Case, Loaded, Mode, serve

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
from benchmarks import kernel
from benchmarks.forms import make_codes, make_forms, make_handles
from benchmarks.plain import BitSetEvaluator, PlainEvaluator, RegexEvaluator
from benchmarks.vectorised import NumpyEvaluator, encode_requests
from benchmarks.workloads import Workload, make_workload

import gatewright as gw

TIMES = 10
"""Traces in a long batch: threads are for those."""
EVALUATORS: dict[str, type[PlainEvaluator | RegexEvaluator | BitSetEvaluator]] = {
    "plain": PlainEvaluator,
    "regex": RegexEvaluator,
    "bit-set": BitSetEvaluator,
}


def load_gatewright(workload: Workload, case: Case) -> Loaded:
    """Compile from text; the table is then opened from a file, as a gateway does."""
    table = gw.compile(workload.policy_set())

    def make_modes() -> dict[str, Mode]:
        trace = workload.requests()
        modes = {
            "single": Mode(authorizer.authorize, trace[: case["sample"]], _read_answer),
            "trace": Mode(authorizer.authorize, trace, _read_answer),
        }
        for name, requests in make_handles(authorizer, trace[: case["sample"]]).items():
            modes[name] = Mode(authorizer.authorize, requests, _read_answer)
        for name, requests in make_forms(workload).items():
            for threads in (1, 2) if name.startswith("Arrow") else (1,):
                call = partial(_decide_batch, authorizer, requests, threads)
                label = name if threads == 1 else f"{name}, {threads} threads"
                modes[label] = Mode(call, [None], int, True, len(trace))
        for times, label in ((1, "codes of columns"), (TIMES, f"codes of columns, {TIMES} traces")):
            make = make_codes(authorizer, workload, times)
            for threads in (1, 2):
                call = partial(_decide_codes, authorizer, make, threads)
                name = label if threads == 1 else f"{label}, {threads} threads"
                modes[name] = Mode(call, [None], int, True, times * len(trace))
        if kernel.is_available():
            read = kernel.Kernel(table, trace)
            modes["C, requests read before"] = Mode(read.decide, np.arange(len(trace)), int, True)
        return modes

    table.save(case["table"])
    began = time.perf_counter_ns()
    authorizer = gw.Authorizer.open(case["table"])
    facts = {
        "open_ns": time.perf_counter_ns() - began,
        "table_bytes": table.byte_count,
        "table_checksum": f"{table.checksum:016x}",
        "statements": table.statement_count,
    }
    return Loaded(make_modes, facts)


def _read_answer(answer: Any) -> int:
    return int(answer.decision)


def _decide_batch(authorizer: gw.Authorizer, requests: Any, threads: int, _: object) -> Any:
    return authorizer.authorize_batch(requests, threads=threads).decision


def _decide_codes(authorizer: gw.Authorizer, make: Callable[[], Any], threads: int, _: object) -> Any:
    return authorizer.authorize_batch(make(), threads=threads).decision


def load_plain(name: str, workload: Workload, case: Case) -> Loaded:
    """Parse the documents and make an evaluator of them."""
    documents = [json.loads(text) for text in workload.texts]
    evaluator = EVALUATORS[name]({arn: [documents[n] for n in numbers] for arn, numbers in workload.principals})

    def make_modes() -> dict[str, Mode]:
        trace = workload.requests()
        modes = {"single": Mode(evaluator.decide, trace[: case["sample"]], int)}
        if name != "plain":  # it takes half a minute for the whole trace at L
            modes["trace"] = Mode(evaluator.decide, trace, int)
        return modes

    return Loaded(make_modes, {"statements": workload.statement_count})


def load_numpy(workload: Workload, case: Case) -> Loaded:
    """Make the arrays."""
    evaluator = NumpyEvaluator(workload)

    def make_modes() -> dict[str, Mode]:
        columns = encode_requests(workload)
        return {"numbers": Mode(lambda _: evaluator.decide(columns), [None], int, True, workload.request_count)}

    return Loaded(make_modes, {"statements": workload.statement_count})


def main() -> None:
    """Serve one of them."""
    name = sys.argv.pop(1)
    prepared: dict[str, Workload] = {}

    def load(case: Case) -> Loaded:
        workload = prepared["workload"]
        if name == "gatewright":
            return load_gatewright(workload, case)
        return load_numpy(workload, case) if name == "numpy" else load_plain(name, workload, case)

    with open(sys.argv[1], encoding="utf-8") as file:
        case = json.load(file)
    workload = prepared["workload"] = make_workload(case["size"], case["trace"], case["seed"])
    workload.texts  # noqa: B018 - the policies are there as text before the clock starts
    version = gw.__version__ if name == "gatewright" else np.__version__ if name == "numpy" else sys.version.split()[0]
    serve({name: version}, load)


if __name__ == "__main__":
    main()

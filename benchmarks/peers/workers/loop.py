"""The loop of a worker in Python; it runs in a rival's environment, so it uses the standard library alone.

A worker is started with the path of a case, a JSON file.  Its first line is ``{"ready": {...versions}}``; then it
answers each line of standard input with one line:

``{"do": "load"}``
    Makes everything ready from the case: ``wall_ns``, ``cpu_ns``, ``memory_bytes``, and what else a worker tells.
``{"do": "decide", "mode", "stride"}``
    ``decisions``: 0 implicit deny, 1 allow, 2 explicit deny, -1 denied in a way that is not told, or a text: no answer.
``{"do": "time", "mode", "stride", "part", "parts", "laps"}``
    Laps over one part of every stride-th request: ``wall_ns``, ``cpu_ns``, ``interruptions``.
``{"do": "each", "mode", "stride", "passes"}``
    ``ns``: for each request the median of its passes, the cost of reading the clock taken off.

An exception is answered as ``{"error": ...}``.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

Case = Mapping[str, Any]


class Mode(NamedTuple):
    """One way to ask: a call for each request with its arguments, or one call for all of them."""

    call: Callable[..., Any]
    requests: Sequence[Any]
    read: Callable[[Any], int]
    is_batch: bool = False
    whole_count: int = 0  # of a batch that cannot be cut: its requests; `requests` is then one item, the batch

    def decide(self, requests: Sequence[Any]) -> Sequence[Any]:
        """Return the rival's answers."""
        if self.is_batch:
            return self.call(requests)  # type: ignore[no-any-return]
        call = self.call
        return [call(*arguments) for arguments in requests]


class Loaded(NamedTuple):
    """What loading gives: who writes the requests in the rival's form, and facts that go into the result."""

    make_modes: Callable[[], Mapping[str, Mode]]
    facts: Mapping[str, Any]


def read_allowed(allowed: Any) -> int:
    """Return the decision of a rival that answers with a boolean."""
    return 1 if allowed else -1


def resident_bytes() -> int:
    """Return the memory that this process holds."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if resource else 0


def interruptions() -> int:
    """Return how often the processor was taken away so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw if resource else 0


def time_laps(mode: Mode, requests: Sequence[Any], laps: int) -> dict[str, int]:
    """Decide requests so many times."""
    decide = mode.decide
    lost, cpu, wall = interruptions(), time.process_time_ns(), time.perf_counter_ns()
    for _ in range(laps):
        decide(requests)
    wall = time.perf_counter_ns() - wall
    cpu = time.process_time_ns() - cpu
    return {"wall_ns": wall, "cpu_ns": cpu, "interruptions": interruptions() - lost}


def time_each(mode: Mode, requests: Sequence[Any], passes: int) -> list[float]:
    """Return the nanoseconds of each request: the median of the passes, in which the requests follow one another."""
    clock, call = time.perf_counter_ns, mode.call
    idle = statistics.median(-(clock() - clock()) for _ in range(1000))
    rows = []
    for _ in range(passes):
        row = []
        for arguments in requests:
            begin = clock()
            call(*arguments)
            row.append(clock() - begin)
        rows.append(row)
    return [max(0.0, statistics.median(own) - idle) for own in zip(*rows, strict=True)]


def answer(question: Mapping[str, Any], modes: Mapping[str, Mode]) -> dict[str, Any]:
    """Answer a question about what is loaded."""
    mode = modes[question["mode"]]
    requests = mode.requests[:: question["stride"]] if question["stride"] > 1 else mode.requests
    if question["do"] == "decide":
        return {"decisions": [mode.read(result) for result in mode.decide(requests)]}
    if question["do"] == "time":
        if question["parts"] > 1:
            requests = requests[question["part"] :: question["parts"]]
        return dict(time_laps(mode, requests, question["laps"]))
    return {"ns": time_each(mode, requests, question["passes"])}


def load_timed(load: Callable[[Case], Loaded], case: Case) -> tuple[Mapping[str, Mode], dict[str, Any]]:
    """Load and tell what it took; the requests are made after the clock."""
    gc.collect()
    memory, cpu, wall = resident_bytes(), time.process_time_ns(), time.perf_counter_ns()
    loaded = load(case)
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    gc.collect()
    facts = {"wall_ns": wall, "cpu_ns": cpu, "memory_bytes": max(0, resident_bytes() - memory), **loaded.facts}
    modes = loaded.make_modes()
    gc.collect()
    gc.freeze()
    gc.disable()
    shapes = {
        name: {
            "requests": mode.whole_count or len(mode.requests),
            "batch": mode.is_batch,
            "whole": mode.whole_count > 0,
        }
        for name, mode in modes.items()
    }
    return modes, {**facts, "modes": shapes}


def serve(versions: Mapping[str, str], load: Callable[[Case], Loaded]) -> None:
    """Answer each line of standard input."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a rival prints is not an answer
    with open(sys.argv[1], encoding="utf-8") as file:
        case = json.load(file)
    print(json.dumps({"ready": versions}), file=out, flush=True)
    modes: Mapping[str, Mode] = {}
    for line in sys.stdin:
        question = json.loads(line)
        try:
            if question["do"] == "load":
                modes, result = load_timed(load, case)
            else:
                result = answer(question, modes)
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
        print(json.dumps(result), file=out, flush=True)

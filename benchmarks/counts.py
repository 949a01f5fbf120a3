"""Instructions and cache misses of each way to ask, under callgrind: ``python -m benchmarks.counts`` prints a table.

They do not depend on who else uses the machine.  Every path is run N and 2N times; the difference is the cost of N,
without what goes before and after.  Caches are simulated in one size, so that machines are comparable; a miss of the
last level is an access to memory.  Needs valgrind and a C compiler.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import gatewright as gw

from . import kernel
from .forms import make_codes, make_forms, make_handles
from .report import ROOT, read_header, show_header
from .workloads import SIZES, make_workload

CACHES = ("--I1=32768,8,64", "--D1=32768,8,64", "--LL=33554432,16,64")
SAMPLE, TRACE = 500, 20_000
EVENTS = {"instructions": ("Ir",), "L1 misses": ("D1mr", "D1mw"), "memory accesses": ("DLmr", "DLmw")}
RESULTS = Path(__file__).parent / "results" / "counts"

PathRun = tuple[int, Callable[[], object]]


def find_paths(table: gw.Table, size: str) -> dict[str, PathRun]:
    """Return by name how many requests a run decides, and the run."""
    authorizer = gw.Authorizer(table)
    workload = make_workload(size, TRACE)
    trace = workload.requests()
    sample = trace[:SAMPLE]
    decide, decide_batch = authorizer.authorize, authorizer.authorize_batch

    def run_batch(requests: Any) -> Callable[[], object]:
        return lambda: decide_batch(requests)

    def run_single(requests: Sequence[tuple[Any, ...]]) -> Callable[[], object]:
        def run() -> None:
            for principal, action, resource, context in requests:
                decide(principal, action, resource, context)

        return run

    read, numbers = kernel.Kernel(table, trace), np.arange(len(trace))
    codes = make_codes(authorizer, workload, 1)
    paths: dict[str, PathRun] = {"requests that C has read": (len(trace), lambda: read.decide(numbers))}
    paths["one at a time"] = (len(sample), run_single(sample))
    paths |= {name: (len(sample), run_single(own)) for name, own in make_handles(authorizer, sample).items()}
    paths["codes of columns"] = (len(trace), lambda: decide_batch(codes()))
    return paths | {name: (len(trace), run_batch(requests)) for name, requests in make_forms(workload).items()}


def count_inside(size: str, table: str, library: str) -> None:
    """Run every path once and twice, in the process that callgrind watches."""
    counts = ctypes.CDLL(library)
    paths = find_paths(gw.Table.open(table), size)
    gc.collect()
    gc.disable()
    for name, (_, run) in paths.items():
        counts.counts_begin()
        run()  # fills the simulated caches
        counts.counts_dump(b"warm|0")
        run()
        counts.counts_dump(f"{name}|1".encode())
        run()
        run()
        counts.counts_dump(f"{name}|2".encode())
        counts.counts_end()
    print(json.dumps({name: count for name, (count, _) in paths.items()}))


def read_dumps(folder: Path) -> dict[tuple[str, int], dict[str, int]]:
    """Return by path and number of runs the totals of all events."""
    found = {}
    for path in folder.glob("out.*"):
        text = path.read_text(encoding="utf-8", errors="replace")
        label = re.search(r"^desc: Trigger: Client Request: (.+)\|(\d)$", text, re.MULTILINE)
        events = re.search(r"^events: (.+)$", text, re.MULTILINE)
        totals = re.search(r"^(?:totals|summary): (.+)$", text, re.MULTILINE)
        if label and events and totals:
            numbers = dict(zip(events[1].split(), map(int, totals[1].split()), strict=False))
            found[label[1], int(label[2])] = numbers
    return found


def count_per_request(
    dumps: Mapping[tuple[str, int], Mapping[str, int]], requests: Mapping[str, int]
) -> dict[str, dict[str, float]]:
    """Return by path the events of one request: those of two runs less those of one."""
    return {
        name: {
            title: round(max(0, sum(dumps[name, 2].get(e, 0) - dumps[name, 1].get(e, 0) for e in events)) / count, 2)
            for title, events in EVENTS.items()
        }
        for name, count in requests.items()
    }


def build_library(folder: Path) -> Path:
    """Compile what marks the places for callgrind."""
    target = folder / "counts.so"
    source = Path(__file__).with_suffix(".c")
    done = subprocess.run(
        [os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-o", str(target), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OSError(f"{source.name} cannot be compiled; valgrind's headers are needed: {done.stderr.strip()[-200:]}")
    return target


def count_size(size: str) -> dict[str, dict[str, float]]:
    """Return what each path costs at a size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "table.gwt"
        gw.compile(make_workload(size, 1).policy_set()).save(str(table))
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--cache-sim=yes", *CACHES]
        command += [f"--callgrind-out-file={folder / 'out'}", sys.executable, "-m", "benchmarks.counts", "--inside"]
        command += [size, str(table), str(build_library(folder))]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"callgrind ended with exit code {done.returncode}: {done.stderr.strip()[-300:]}")
        return count_per_request(read_dumps(folder), json.loads(done.stdout))


def show_counts(sizes: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return a table: a row for each path, for each size three numbers."""
    head = ["per request", *(f"{size}: {title}" for size in sizes for title in EVENTS)]
    names = dict.fromkeys(name for paths in sizes.values() for name in paths)
    rows = [
        [name, *(f"{paths[name][title]:,.1f}" if name in paths else "" for paths in sizes.values() for title in EVENTS)]
        for name in names
    ]
    rule = ["---", *["---:" for _ in head[1:]]]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Count, print and store."""
    parser = ArgumentParser(prog="python -m benchmarks.counts", description="Count instructions and cache misses.")
    parser.add_argument("--sizes", default="SML", help="letters of the sizes (default: %(default)s)")
    parser.add_argument("-o", "--output", help="file of results; stored under `benchmarks/results/counts` otherwise")
    parser.add_argument("--inside", nargs=3, metavar=("SIZE", "TABLE", "LIBRARY"), help="run below callgrind")
    options = parser.parse_args(arguments)
    if options.inside:
        count_inside(*options.inside)
        return 0
    if shutil.which("valgrind") is None:
        print("error: valgrind is not installed", file=sys.stderr)
        return 2
    header = read_header(False)
    print(show_header(header), f"caches    {' '.join(CACHES)}\n", sep="\n")
    try:
        sizes = {size: count_size(size) for size in SIZES if size in options.sizes}
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(show_counts(sizes))
    target = Path(options.output or RESULTS / f"{header['date']}-{str(header['commit'])[:7]}.json")
    target.parent.mkdir(exist_ok=True)
    result = {"header": header, "caches": CACHES, "sizes": sizes}
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

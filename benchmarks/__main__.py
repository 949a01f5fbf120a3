"""Run the benchmarks: ``python -m benchmarks`` from the root of the repository.

Writes one file of results, and prints header, worlds and figures.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from .page import show_results
from .report import ROOT, read_header, show_header, summarize

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run the benchmarks and return the exit code: 0, or that of pytest."""
    parser = ArgumentParser(prog="python -m benchmarks", description="Measure gatewright and its rivals.")
    parser.add_argument("--quick", action="store_true", help="size S, few requests, one turn: a check, no figures")
    parser.add_argument("--sizes", default="SML", help="letters of the sizes to measure (default: %(default)s)")
    parser.add_argument("-k", dest="expression", default="", help="only benchmarks that match, as pytest's -k")
    parser.add_argument(
        "-o", "--output", help="file of results; `benchmarks/results/<date>-<machine>.json` after a complete run"
    )
    options = parser.parse_args()
    try:
        import pytest
        import pytest_benchmark  # noqa: F401
    except ImportError as error:
        print(f"error: the package `{error.name}` is not installed; install gatewright[bench]", file=sys.stderr)
        return 2

    header = read_header(options.quick)
    print(show_header(header), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder, "raw.json")
        arguments = ["-q", "--no-header", "-p", "no:cacheprovider", f"--benchmark-json={raw}", "--benchmark-quiet"]
        arguments += ["-o", "python_files=bench_*.py", "-o", "python_functions=bench_*", "-W", "default"]
        arguments += ["--rootdir", str(ROOT), "--sizes", options.sizes, "-k", options.expression]
        arguments += ["--tb=short", *(["--quick"] if options.quick else [])]
        code = pytest.main([*arguments, str(Path(__file__).parent)])
        if code or not raw.is_file():
            return int(code) or 1
        result = summarize(header, json.loads(raw.read_text(encoding="utf-8")))
    print(show_results(result))
    output = options.output
    if output is None and not (options.quick or options.expression or options.sizes != "SML"):
        kind = re.sub(r"[^a-z0-9]+", "-", header["machine"]["processor"].lower()).strip("-")
        output = RESULTS / f"{header['date']}-{kind}-{header['machine']['cores']}-cores.json"
    if output is not None:
        Path(output).write_text(json.dumps(result, indent=1) + os.linesep, encoding="utf-8")
        print(f"wrote {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

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
from collections.abc import Sequence
from pathlib import Path

from .install import UnavailableError, install_rival
from .page import show_results
from .peers.roster import BY_NAME, PEERS, Peer
from .report import ROOT, read_header, show_header, summarize

RESULTS = Path(__file__).parent / "results"
ALL = "SMLX"


def _list(peers: Sequence[Peer]) -> int:
    for peer in peers:
        print(f"{peer.name:16} {peer.sizes:5} {peer.about}")
    return 0


def _install(peers: Sequence[Peer]) -> int:
    """Install peers; one that cannot be installed leaves the others alone."""
    code = 0
    for peer in peers:
        try:
            install_rival(peer)
            print(f"{peer.name}: ready", flush=True)
        except UnavailableError as error:
            print(f"{peer.name}: {error}", file=sys.stderr, flush=True)
            code = 1
    return code


def main() -> int:
    """Run the benchmarks and return the exit code: 0, or that of pytest."""
    parser = ArgumentParser(prog="python -m benchmarks", description="Measure gatewright and its rivals.")
    parser.add_argument("--quick", action="store_true", help="size S, few requests, one turn: a check, no figures")
    parser.add_argument("--sizes", default=ALL, help="letters of the sizes to measure (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=5, help="how often everybody is measured (default: %(default)s)")
    parser.add_argument("--peers", default="", help="peers to measure, with `;` between them; `--list` names them")
    parser.add_argument("--list", action="store_true", help="list the peers and how they are asked, and stop")
    parser.add_argument("--install", action="store_true", help="install the peers under build/rivals, and stop")
    parser.add_argument("-k", dest="expression", default="", help="only benchmarks that match, as pytest's -k")
    parser.add_argument(
        "-o", "--output", help="file of results; `benchmarks/results/<date>-<machine>.json` after a complete run"
    )
    options = parser.parse_args()
    names = [name for name in options.peers.split(";") if name]
    for name in names:
        if name not in BY_NAME:
            print(f"error: no peer is called `{name}`; there are {'; '.join(BY_NAME)}", file=sys.stderr)
            return 2
    peers = [peer for peer in PEERS if not names or peer.name in names]
    if options.list or options.install:
        return _install(peers) if options.install else _list(peers)
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
        arguments += ["--peers", options.peers, "--turns", str(options.turns)]
        arguments += ["--tb=short", *(["--quick"] if options.quick else [])]
        code = pytest.main([*arguments, str(Path(__file__).parent)])
        if not raw.is_file():
            return int(code) or 1
        result = summarize(header, json.loads(raw.read_text(encoding="utf-8")))
    print(show_results(result))
    output = options.output
    # What failed is shown, and kept only where somebody says so.
    if output is None and not code and not (options.quick or options.expression or names or options.sizes != ALL):
        kind = re.sub(r"[^a-z0-9]+", "-", header["machine"]["processor"].lower()).strip("-")
        output = RESULTS / f"{header['date']}-{kind}-{header['machine']['cores']}-cores.json"
    if output is not None:
        Path(output).write_text(json.dumps(result, indent=1) + os.linesep, encoding="utf-8")
        print(f"wrote {output}")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())

"""Run decision vectors and compare the decisions.

A vector is one JSON object a line: policies, a request, the decision.  Exit code 0: all agree; 1: some do not;
2: a file cannot be read.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewright.terminal import Terminal

NAME = "test"
SUMMARY = "run decision vectors"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("vectors", nargs="+", metavar="VECTORS", help="files of vectors (`-`: standard input)")
    parser.add_argument("--json", action="store_true", help="print one JSON object per vector")


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    from gatewright.vectors import run_test

    return run_test(args.vectors, as_json=args.json, out=terminal.out, err=terminal.err)

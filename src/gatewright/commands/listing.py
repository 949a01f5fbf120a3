"""Print a decision table as text."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gatewright.arguments import positive_count

if TYPE_CHECKING:
    from gatewright.terminal import Terminal

NAME = "listing"
SUMMARY = "print a decision table as text"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("table", metavar="TABLE", help="a table that `gatewright compile` wrote")
    parser.add_argument(
        "--limit", type=positive_count, metavar="N", help="entries to print of any one list; the rest is counted"
    )


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    from gatewright.tables import open_table

    table = open_table(args.table)
    from gatewright.compiler.listing import LIMIT, list_table

    for line in list_table(table, limit=args.limit or LIMIT).splitlines():
        terminal.say(line)
    return 0

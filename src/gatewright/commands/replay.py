"""Decide the requests of CloudTrail logs, and compare a proposed store.

LOGS are files or folders of CloudTrail logs, also gzipped, or `-` for standard input.  What a log does not tell is
unknown, and a decision that depends on it is reported as unknown.  Exit code 0: nothing is revoked; 1: the proposed
store revokes access that was used; 2: the replay failed.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gatewright.arguments import UsageError

if TYPE_CHECKING:
    from gatewright.replay.tags import Tags
    from gatewright.runtime import Authorizer
    from gatewright.terminal import Terminal

NAME = "replay"
SUMMARY = "decide the requests of CloudTrail logs, and compare a proposed store"

OUTPUTS = (".parquet", ".jsonl", ".csv")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("logs", nargs="+", metavar="LOGS", help="files or folders of logs, or `-`")
    now = parser.add_mutually_exclusive_group(required=True)
    now.add_argument("--store", metavar="STORE", help="the policy store")
    now.add_argument("--table", metavar="TABLE", help="a table that `gatewright compile` wrote, in place of a store")
    parser.add_argument("--proposed", metavar="STORE", help="the store that is to replace it")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help=f"one record per event; FILE ends in {', '.join(OUTPUTS)}"
    )
    parser.add_argument("--report", metavar="FILE", help="the summary as an HTML page")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument(
        "--strict", action="store_true", help="fail also for access that is maybe revoked, and for unreadable logs"
    )


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    if args.output is not None and not args.output.endswith(OUTPUTS):
        raise UsageError(f"`{args.output}` has no known form", f"end it in {', '.join(OUTPUTS)}")
    if args.strict and args.proposed is None:
        raise UsageError("`--strict` needs `--proposed`")

    from gatewright.replay import ReplayOptions, replay
    from gatewright.runtime import Authorizer
    from gatewright.tables import open_table

    tags = proposed = proposed_tags = None
    if args.table is not None:
        authorizer = Authorizer(open_table(args.table))
    else:
        authorizer, tags = _compile(args.store, terminal)
    if args.proposed is not None:
        proposed, proposed_tags = _compile(args.proposed, terminal)
        if tags is None:  # known on one side only, tags would look like a change
            proposed_tags = None
    options = ReplayOptions(
        logs=args.logs,
        store=args.store or args.table,
        proposed=args.proposed,
        tags=tags,
        proposed_tags=proposed_tags,
        output=args.output,
        report=args.report,
        as_json=args.json,
        strict=args.strict,
    )
    return replay(options, authorizer=authorizer, proposed=proposed, out=terminal.out, err=terminal.err)


def _compile(path: str, terminal: Terminal) -> tuple[Authorizer, Tags]:
    import gatewright
    from gatewright.runtime import Authorizer
    from gatewright.store import PolicyStore

    with terminal.working(f"compiling {path}"):
        store = PolicyStore.load(path)
        return Authorizer(gatewright.compile(store)), store.tags

"""Measure decisions on your own policies, on this machine.

Requests are drawn from the store: each nearly meets one statement of its caller.  With `--requests` they come from a
file, a line of JSON each: {"principal": ..., "action": ..., "resource": ..., "context": {...}}.  Times are of a process
in Python that does nothing else; figures of a busy machine are too high.  Exit code 0: measured; 2: it could not be.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from gatewright.arguments import UsageError, positive_count

if TYPE_CHECKING:
    from gatewright.measuring import Figures, Request
    from gatewright.runtime import Authorizer
    from gatewright.terminal import Terminal

NAME = "bench"
SUMMARY = "measure decisions on your own policies"
SEED = 1


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    policies = parser.add_mutually_exclusive_group(required=True)
    policies.add_argument("--store", metavar="STORE", help="a policy store")
    policies.add_argument("--table", metavar="TABLE", help="a table that `gatewright compile` wrote")
    parser.add_argument("--requests", metavar="FILE", help="requests to decide, a line of JSON each")
    parser.add_argument(
        "--count", type=positive_count, default=2_000, metavar="N", help="requests to draw (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help="draw other ones (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    from gatewright.measuring import measure, read_requests

    if args.table is not None and args.requests is None:
        raise UsageError("a table does not tell what is asked of it", "name requests with `--requests`, or a `--store`")
    requests = read_requests(args.requests) if args.requests is not None else None
    with terminal.working("measuring"):
        authorizer, requests, seconds = _prepare(args, requests)
        figures = measure(authorizer, requests)
    if args.json:
        terminal.json(_members(authorizer, requests, seconds, figures))
    else:
        _write(authorizer, requests, seconds, figures, terminal)
    return 0


def _prepare(args: Namespace, requests: list[Request] | None) -> tuple[Authorizer, list[Request], float]:
    """Return what is asked, the requests, and the seconds from text, or from the file of the table, to ready."""
    from gatewright.runtime import Authorizer
    from gatewright.tables import open_table

    began = time.perf_counter()
    if args.table is not None:
        authorizer = Authorizer(open_table(args.table))
        return authorizer, requests or [], time.perf_counter() - began
    import gatewright
    from gatewright.measuring import draw_requests
    from gatewright.store import PolicyStore

    store = PolicyStore.load(args.store)
    authorizer = Authorizer(gatewright.compile(store))
    seconds = time.perf_counter() - began
    return authorizer, requests or draw_requests(store.policy_set, args.count, args.seed), seconds


def _members(authorizer: Authorizer, requests: list[Request], seconds: float, figures: Figures) -> dict[str, object]:
    import gatewright
    from gatewright.measuring import describe_machine

    table = authorizer.table
    return {
        "gatewright": gatewright.__version__,
        "machine": describe_machine(),
        "principals": len(table.principals),
        "statements": table.statement_count,
        "table_bytes": table.byte_count,
        "table_checksum": f"{table.checksum:016x}",
        "requests": len(requests),
        "decisions": figures.decisions,
        "ready_seconds": round(seconds, 4),
        "resident_bytes": figures.resident_bytes,
        "single_ns": {
            "mean": round(figures.single_mean, 1),
            "median": round(figures.single_median, 1),
            "p99": round(figures.single_p99, 1),
        },
        "batch_ns": round(figures.batch, 1),
    }


def _write(
    authorizer: Authorizer, requests: list[Request], seconds: float, figures: Figures, terminal: Terminal
) -> None:
    import gatewright
    from gatewright.measuring import describe_machine

    table = authorizer.table
    counts = ", ".join(f"{count:,} {name.lower()}" for name, count in figures.decisions.items())
    for name, text in (
        ("gatewright", f"{gatewright.__version__}, {describe_machine()}"),
        ("table", f"{table.byte_count:,} bytes, checksum {table.checksum:016x}"),
        ("policies", f"{table.statement_count:,} statements, {len(table.principals):,} principals"),
        ("requests", f"{len(requests):,}: {counts}"),
        ("ready in", f"{seconds:.3f} s"),
        ("memory", f"{figures.resident_bytes / 2**20:,.1f} MiB of the whole process"),
    ):
        terminal.say(f"{name:12}{text}")
    terminal.say("")
    terminal.say(f"{'per request':16}{'mean':>12}{'median':>12}{'p99':>12}")
    single = (figures.single_mean, figures.single_median, figures.single_p99)
    terminal.say(f"{'one at a time':16}{''.join(f'{value:>9,.0f} ns' for value in single)}")
    terminal.say(f"{'as one batch':16}{figures.batch:>9,.0f} ns")

"""Compile a policy store into a decision table.

STORE is a folder with `accounts/*.json` (output of `aws iam get-account-authorization-details`), one such file, or
`-` for standard input.  The table replaces an older one in one step, so that a gateway that opens it never sees half
a table.  Exit code 0: done; 2: the store cannot be compiled, and everything wrong with it was printed.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from gatewright.arguments import UsageError

if TYPE_CHECKING:
    from gatewright.terminal import Terminal

NAME = "compile"
BAR_WIDTH = 40  # characters
SUMMARY = "compile a policy store into a decision table"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("store", metavar="STORE", help="the policy store")
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="policies.gwt", help="the table (default: %(default)s)"
    )
    parser.add_argument(
        "--max-table-bytes",
        metavar="BYTES",
        type=_positive,
        help="write no larger table; one that would be decides more slowly, and the same",
    )


def _positive(text: str) -> int:
    """Read a number of bytes."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    if number == 0:
        raise ArgumentTypeError(f"`{text}` is not a number of bytes, 1 or more")
    return number


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    import gatewright
    from gatewright.compiler.errors import TableSizeError
    from gatewright.store import PolicyStore

    start = time.perf_counter()
    with terminal.working("reading") as show:

        def tell(name: str, done: int, total: int) -> None:
            filled = BAR_WIDTH * done // max(total, 1)
            show(f"{name:9} {'#' * filled}{'.' * (BAR_WIDTH - filled)}")

        store = PolicyStore.load(args.store)
        try:
            table = gatewright.compile(store, max_table_bytes=args.max_table_bytes, progress=tell)
        except TableSizeError as error:
            raise UsageError(f"{error}; raise `--max-table-bytes`") from None
        try:
            table.save(args.output)
        except OSError as error:  # which names the file that would have been renamed to this one
            raise OSError(error.errno, error.strerror, args.output) from None
    seconds = time.perf_counter() - start
    terminal.say(
        f"{args.output}: {len(store.policy_set.principals)} principals, {table.statement_count} statements, "
        f"{table.byte_count:,} bytes, {seconds:.2f} s"
    )
    if store.findings:
        count = len(store.findings)
        terminal.warn(f"{count} finding{'s' * (count != 1)} of less than an error; see `gatewright check {args.store}`")
    return 0

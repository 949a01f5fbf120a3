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
    from collections.abc import Callable

    from gatewright.runtime import Table
    from gatewright.store_reading import StoreFiles
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
    parser.add_argument(
        "--cache",
        metavar="DIR",
        help="keep finished tables in a folder of your own, and take one again where no file of the store has changed",
    )


def _positive(text: str) -> int:
    """Read a number of bytes."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    if number == 0:
        raise ArgumentTypeError(f"`{text}` is not a number of bytes, 1 or more")
    return number


def run(args: Namespace, terminal: Terminal) -> int:
    """Do it and return the exit code."""
    from gatewright.kept_tables import KeptTables, make_key
    from gatewright.store import read_files

    start = time.perf_counter()
    kept_tables = KeptTables(args.cache) if args.cache is not None else None
    with terminal.working("reading") as show:
        files = read_files(args.store)
        kept = None
        key = ""
        if kept_tables is not None and not files.reading.is_refused:
            key = make_key(files.texts, [str(args.max_table_bytes)])
            kept = kept_tables.find(key)
        table, finding_count = kept or _compile(files, args.max_table_bytes, show)
        if kept_tables is not None and kept is None:
            try:
                kept_tables.keep(key, table, finding_count)
            except OSError as error:
                terminal.warn(f"{args.cache}: the table cannot be kept: {(error.strerror or str(error)).lower()}")
        try:
            table.save(args.output)
        except OSError as error:  # which names the file that would have been renamed to this one
            raise OSError(error.errno, error.strerror, args.output) from None
    seconds = time.perf_counter() - start
    terminal.say(
        f"{args.output}: {len(table.principals)} principals, {table.statement_count} statements, "
        f"{table.byte_count:,} bytes, {seconds:.2f} s{', as kept' if kept else ''}"
    )
    if finding_count:
        plural = "s" * (finding_count != 1)
        terminal.warn(f"{finding_count} finding{plural} of less than an error; see `gatewright check {args.store}`")
    return 0


def _compile(files: StoreFiles, limit: int | None, show: Callable[[str], None]) -> tuple[Table, int]:
    """Return the table of a store, and how many findings this has."""
    import gatewright
    from gatewright.compiler.errors import TableSizeError
    from gatewright.store import PolicyStore

    def tell(name: str, done: int, total: int) -> None:
        filled = BAR_WIDTH * done // max(total, 1)
        show(f"{name:9} {'#' * filled}{'.' * (BAR_WIDTH - filled)}")

    store = PolicyStore.from_files(files)
    try:
        table = gatewright.compile(store, max_table_bytes=limit, progress=tell)
    except TableSizeError as error:
        raise UsageError(f"{error}; raise `--max-table-bytes`") from None
    return table, len(store.findings)

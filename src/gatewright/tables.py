"""Open the decision tables that a user names."""

from __future__ import annotations

from gatewright.runtime import Table, TableError


def open_table(path: str) -> Table:
    """Open a table file; an error says which file it is about.

    Raises
    ------
    OSError, TableError
        As `Table.open`.
    """
    try:
        return Table.open(path)
    except TableError as error:
        message = str(error)
        raise type(error)(message if f"`{path}`" in message else f"{path}: {message}") from None

"""Open the decision tables that a user names."""

from __future__ import annotations

from gatewright.arguments import UsageError, near_path
from gatewright.runtime import Table, TableError


def open_table(path: str) -> Table:
    """Open a table file; an error says which file it is about.

    Raises
    ------
    UsageError
        No such file, or a folder.
    OSError, TableError
        As `Table.open`.
    """
    try:
        return Table.open(path)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file or directory", near_path(path)) from None
    except IsADirectoryError:
        raise UsageError(f"{path}: is a folder, not a table", "`gatewright compile` makes a table of a store") from None
    except TableError as error:
        message = str(error)
        raise type(error)(message if f"`{path}`" in message else f"{path}: {message}") from None

"""Read the files that a user names: regular files or standard input, of bounded size."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from gatewright.arguments import near_path
from gatewright.compiler.errors import Finding, PolicyError, Severity
from gatewright.compiler.source import TEXT_LIMIT, Source
from gatewright.runtime._table import MAGIC

STDIN_NAME = "<stdin>"


def unreadable(name: str, message: str, hint: str = "", code: str = "GW601") -> PolicyError:
    """Return the error that says why a file cannot be read."""
    return PolicyError([Finding(code, Severity.ERROR, message, hint, name)])


def display_name(path: str | os.PathLike[str]) -> str:
    """Return the name under which findings report a file."""
    return STDIN_NAME if os.fspath(path) == "-" else os.fspath(path)


def read_source(path: str | os.PathLike[str]) -> Source:
    """Return the text of a file; ``-`` is standard input.

    Symbolic links are followed: mounted configuration is made of them.

    Raises
    ------
    PolicyError
        Not there (GW601), not a regular file or a table (GW602), too large or not UTF-8 (see `Source`).
    """
    name = display_name(path)
    try:
        raw = sys.stdin.buffer.read(TEXT_LIMIT + 1) if name == STDIN_NAME else _read_regular(Path(path), name)
    except FileNotFoundError:
        raise unreadable(name, "cannot be read: no such file or directory", near_path(path)) from None
    except OSError as error:
        raise unreadable(name, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError:  # a NUL byte in the name
        raise unreadable(name, "cannot be read: not a file name") from None
    if raw.startswith(MAGIC.to_bytes(8, "little")):
        raise unreadable(name, "is a table, no text with policies", "give it with `--table`", "GW602")
    return Source(raw, name)


def _read_regular(path: Path, name: str) -> bytes:
    # Without O_NONBLOCK opening a pipe would wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise unreadable(name, "is a folder, not a file", code="GW602")
        if not stat.S_ISREG(mode):
            raise unreadable(name, "is not a regular file", "give a file, or `-` for standard input", "GW602")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(TEXT_LIMIT + 1)
    finally:
        os.close(descriptor)

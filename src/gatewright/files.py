"""Read the files that a user names: regular files only, of bounded size, in UTF-8."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from gatewright.compiler.errors import Finding, PolicyError, Severity

LARGEST = 64 << 20
"""Bytes of the largest file that is read; the largest account AWS permits prints as about 30 MiB."""

STDIN_NAME = "<stdin>"


class UnreadableError(PolicyError):
    """A file that cannot be read, or not as text: nothing can be said about what it holds."""


def unreadable(name: str, message: str, hint: str = "", code: str = "GW601") -> UnreadableError:
    """Return the error that says why a file cannot be read."""
    return UnreadableError([Finding(code, Severity.ERROR, message, hint, name)])


def read_text(path: str | os.PathLike[str]) -> str:
    """Return the text of a file; ``-`` is standard input.

    Symbolic links are followed: mounted configuration is made of them.  A byte order mark is dropped.

    Raises
    ------
    UnreadableError
        Not there, not a regular file, larger than `LARGEST`, or not UTF-8.
    """
    name = display_name(path)
    try:
        raw = sys.stdin.buffer.read(LARGEST + 1) if name == STDIN_NAME else _read_regular(Path(path), name)
    except OSError as error:
        raise unreadable(name, f"cannot read the file: {(error.strerror or str(error)).lower()}") from None
    except ValueError:  # a NUL byte in the name
        raise unreadable(name, "cannot read the file: not a file name") from None
    if len(raw) > LARGEST:
        raise unreadable(name, f"the file is larger than {LARGEST >> 20} MiB", "is it the right file?", "GW603")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"the file is not UTF-8 (byte {error.start}, line {line})"
        raise unreadable(name, message, "save it as UTF-8", "GW604") from None


def display_name(path: str | os.PathLike[str]) -> str:
    """Return the name under which findings report a file."""
    return STDIN_NAME if os.fspath(path) == "-" else os.fspath(path)


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
            return file.read(LARGEST + 1)
    finally:
        os.close(descriptor)

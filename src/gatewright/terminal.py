"""Where a command writes: plain text for programs, colours and progress for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

Piece = str | tuple[str, str]
"""Text, or text and its style (rich's names: ``bold red``)."""


class Terminal:
    """Standard output and standard error of one run.

    Rich draws where it is installed and the stream is a terminal; it honours ``NO_COLOR``.  Everything else gets
    plain text.  Control characters in text are escaped: policies and logs may come from anyone, and a terminal
    obeys what it is sent.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.out: TextIO = sys.stdout if out is None else out
        self.err: TextIO = sys.stderr if err is None else err
        self._console = _console(self.out)
        self._err_console = _console(self.err)

    def say(self, *pieces: Piece) -> None:
        """Write one line on standard output."""
        _write(self.out, self._console, pieces)

    def warn(self, *pieces: Piece) -> None:
        """Write one line on standard error."""
        _write(self.err, self._err_console, pieces)

    def json(self, value: object, indent: int | None = None) -> None:
        """Write a value as JSON."""
        self.out.write(f"{json.dumps(value, ensure_ascii=False, indent=indent)}\n")

    @contextmanager
    def working(self, on: str) -> Iterator[Callable[[str], None]]:
        """Show that something long is going on, while it does; what it yields says what it is by now."""
        if self._err_console is None:
            yield lambda _: None
            return
        with self._err_console.status(visible(on)) as status:
            yield lambda text: status.update(visible(text))


def visible(text: str) -> str:
    """Return a text with its control characters escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _console(stream: TextIO) -> Console | None:
    if not stream.isatty():
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=stream, highlight=False, markup=False, soft_wrap=True)


def _write(stream: TextIO, console: Console | None, pieces: tuple[Piece, ...]) -> None:
    parts = [(visible(piece), "") if isinstance(piece, str) else (visible(piece[0]), piece[1]) for piece in pieces]
    if console is None:
        line = "".join(text for text, _ in parts)
        # A name may hold what the stream's encoding lacks; a report must not fail over it.
        encoding = stream.encoding or "utf-8"
        stream.write(f"{line.encode(encoding, 'backslashreplace').decode(encoding)}\n")
        return
    from rich.text import Text

    console.print(Text.assemble(*parts))

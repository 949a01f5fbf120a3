"""A summary -> the terminal: rich tables for people, plain aligned text for everything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from gatewright.terminal import visible

from .evaluate import Engine
from .logs import Reading
from .sections import Section, headline, sections_of, verdict_of
from .summary import Summary

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_WIDTH = 80
"""Columns of a plain table's cell; longer texts are shortened in the middle, the report and JSON have them whole."""


def show_summary(summary: Summary, reading: Reading, engine: Engine, out: TextIO) -> None:
    """Write the summary."""
    sections = sections_of(summary, reading, engine)
    if out.isatty():
        _show_rich(headline(summary, reading), sections, out)
        return
    encoding = out.encoding or "utf-8"
    for line in _plain(headline(summary, reading), sections):
        out.write(f"{line.encode(encoding, 'backslashreplace').decode(encoding)}\n")


def _show_rich(first: str, sections: list[Section], out: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out, highlight=False, markup=False)
    console.print(Text(visible(first), style="bold"))
    for section in sections:
        if section.is_tall:
            _print_tall(section, console)
            continue
        table = Table(box=None, pad_edge=False, show_header=any(section.columns[1:]))
        for name in section.columns:
            table.add_column(Text(name), justify="right" if name == "events" else "left", overflow="fold", min_width=6)
        for row in section.rows:
            table.add_row(*(_styled(section, index, cell) for index, cell in enumerate(row)))
        console.print()
        console.print(Text(section.title, style="bold"))
        console.print(table)
        if section.note:
            console.print(Text(visible(section.note), style="dim"))


_STYLES = {"good": "green", "bad": "bold red", "open": "yellow"}


def _styled(section: Section, column: int, cell: str) -> Text:
    from rich.text import Text

    return Text(visible(cell), style=_STYLES.get(verdict_of(section, column, cell), ""))


def _print_tall(section: Section, console: Console) -> None:
    """Print a section whose rows would not fit side by side: a line for count and kind, and one for each column."""
    from rich.table import Table
    from rich.text import Text

    console.print()
    console.print(Text(section.title, style="bold"))
    for count, kind, *cells in section.rows:
        console.print(Text(f"{count:>6}  "), _styled(section, 1, kind), sep="")
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
        table.add_column(width=len("        ") + max(map(len, section.columns[2:])), justify="right", style="dim")
        table.add_column(overflow="fold")
        for name, cell in zip(section.columns[2:], cells, strict=True):
            table.add_row(Text(name), Text(visible(cell)))
        console.print(table)
    if section.note:
        console.print(Text(visible(section.note), style="dim"))


def _plain(first: str, sections: list[Section]) -> Iterator[str]:
    yield visible(first)
    for section in sections:
        yield ""
        yield f"{section.title}:"
        if section.is_tall:
            yield from _plain_tall(section)
            continue
        rows = [[_shorten(visible(cell)) for cell in row] for row in section.rows]
        widths = [max(len(row[index]) for row in rows) for index in range(len(section.columns))]
        for row in rows:
            cells = [
                cell.rjust(widths[index]) if section.columns[index] == "events" else cell.ljust(widths[index])
                for index, cell in enumerate(row)
            ]
            yield f"  {'  '.join(cells)}".rstrip()
        if section.note:
            yield f"  ({visible(section.note)})"


def _plain_tall(section: Section) -> Iterator[str]:
    width = max(map(len, section.columns[2:]))
    for count, kind, *cells in section.rows:
        yield f"{count:>6}  {visible(kind)}"
        for name, cell in zip(section.columns[2:], cells, strict=True):
            yield f"        {name:>{width}}  {visible(cell)}"
    if section.note:
        yield f"  ({visible(section.note)})"


def _shorten(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH // 2 - 2]}...{text[-_WIDTH // 2 + 2 :]}"

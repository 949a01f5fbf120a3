"""A summary -> the terminal: rich tables for people, plain aligned text for everything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from gatewright.terminal import visible

from .evaluate import Engine
from .logs import Reading
from .summary import Section, Summary, headline, sections_of

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
        table = Table(title=Text(section.title), title_justify="left", title_style="bold", box=None, pad_edge=False)
        for name in section.columns:
            table.add_column(Text(name), justify="right" if name == "events" else "left", overflow="fold")
        for row in section.rows:
            table.add_row(*(Text(visible(cell)) for cell in row))
        console.print()
        console.print(table)
        if section.note:
            console.print(Text(visible(section.note), style="dim"))


def _plain(first: str, sections: list[Section]) -> Iterator[str]:
    yield visible(first)
    for section in sections:
        yield ""
        yield f"{section.title}:"
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


def _shorten(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH // 2 - 2]}...{text[-_WIDTH // 2 + 2 :]}"

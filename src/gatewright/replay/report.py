"""A summary -> one HTML page: self-contained, without scripts, readable on paper; everything in it is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from .compare import Agreement, Change, Decision
from .evaluate import Engine
from .logs import Reading
from .sections import Section, headline, sections_of, verdict_of
from .summary import LISTED, Summary

# The page loads nothing and runs nothing, and says so to the browser.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7c; --line: #dfe4ea; --paper: #fff; --back: #f4f6f8;
  --bar: #4a7ab5; --good: #2e7d4f; --bad: #b3362b; --open: #a06a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ef; --soft: #9aa7b6; --line: #333d49; --paper: #1a2028;
  --back: #12171d; --bar: #6c9bd8; --good: #6fc293; --bad: #f0877c; --open: #e3b25a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
.lead, .note { color: var(--soft); } .lead { margin: 0 0 1.5rem; } .note { margin: .6rem 0 0; font-size: .9em; }
.verdict { border-left: .35rem solid var(--open); background: var(--paper); padding: .8rem 1rem; margin: 0 0 1.5rem;
  font-size: 1.1rem; } .verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: .75rem;
  margin-bottom: 1.5rem; }
.card, section { background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem; }
.card b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; } .card span { color: var(--soft); }
section { margin-bottom: 1rem; overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .85em; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; width: 5.5rem; }
.kind { font-weight: 600; } .kind.good { color: var(--good); } .kind.bad { color: var(--bad); }
.kind.open { color: var(--open); } .wide td { font-size: .92em; } .bar { width: 45%; }
.bar i { display: block; height: .8rem; margin-top: .35rem; background: var(--bar);
  border-radius: .15rem; min-width: 2px; } code { font: .9em ui-monospace, monospace; }
footer { color: var(--soft); font-size: .9em; margin-top: 2rem; }
@media print { :root { --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --back: #fff; --bar: #777; }
  body { font-size: 11px; print-color-adjust: exact; } main { max-width: none; padding: 0; }
  section { overflow: visible; } tr, .card, .verdict { break-inside: avoid; } h2 { break-after: avoid; }
  thead { display: table-header-group; } .cards { grid-template-columns: repeat(7, 1fr); } }
"""
_LIMITS = (
    "Decisions are those of the identity policies and permissions boundaries in the store. An event is evaluated only "
    "where the log tells enough: everything else is listed under “Not evaluated”. A decision is unknown where a "
    "condition tests something that the log does not hold."
)


def write_report(
    summary: Summary, reading: Reading, engine: Engine, store: str | None = None, proposed: str | None = None
) -> str:
    """Return the page; `store` and `proposed` are the stores' names."""
    kind, verdict = _verdict(summary)
    cards = [
        (summary.events, "events"),
        (summary.evaluated, "evaluated"),
        (summary.decisions[Decision.ALLOW], "allowed"),
        (summary.decisions[Decision.EXPLICIT_DENY] + summary.decisions[Decision.IMPLICIT_DENY], "denied"),
        (summary.decisions[Decision.UNKNOWN], "unknown"),
    ]
    if summary.has_proposed:
        cards += [(summary.changes[Change.REVOKED], "revoked"), (summary.changes[Change.GAINED], "gained")]
    body = "".join(_section(section) for section in sections_of(summary, reading, engine, LISTED))
    boxes = "".join(f'<div class="card"><b>{count:,}</b><span>{escape(name)}</span></div>' for count, name in cards)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Access replay</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>Access replay</h1><p class="lead">{_text(headline(summary, reading))}{_stores(store, proposed)}</p>'
        f'<p class="verdict {kind}">{_text(verdict)}</p><div class="cards">{boxes}</div>{body}'
        f"<footer>{_text(_LIMITS)}</footer></main></body></html>\n"
    )


def _stores(store: str | None, proposed: str | None) -> str:
    names = [("store", store), ("proposed store", proposed)]
    return "".join(f"<br>{kind}: <code>{_text(name)}</code>" for kind, name in names if name is not None)


def _verdict(summary: Summary) -> tuple[str, str]:
    """Say the result in a sentence, and whether it is good, bad or open."""
    if summary.has_proposed:
        revoked, maybe = summary.changes[Change.REVOKED], summary.changes[Change.MAYBE_REVOKED]
        gained = summary.changes[Change.GAINED]
        extra = f" {gained:,} would be newly allowed." if gained else ""
        if revoked:
            return "bad", f"The proposed store would revoke access that {revoked:,} recorded calls used.{extra}"
        if maybe:
            return "open", f"Nothing recorded is surely revoked; {maybe:,} calls may be, the log does not tell.{extra}"
        return "good", f"The proposed store revokes no recorded access.{extra}"
    agrees, told = summary.agreements[Agreement.AGREES], summary.evaluated
    told -= summary.agreements[Agreement.NOT_TOLD] + summary.agreements[Agreement.UNDECIDED]
    if not told:
        return "open", "No decision could be compared with the log."
    kind = "good" if agrees == told else "open"
    return kind, f"{agrees:,} of {told:,} decisions that can be compared agree with the log ({agrees / told:.1%})."


def _section(section: Section) -> str:
    figures = _figures(section.rows) if section.has_bars else []
    most = max(figures, default=0) or 1
    head = "".join(f"<th{_class(index, section)}>{_text(name)}</th>" for index, name in enumerate(section.columns)) + (
        '<th class="bar"></th>' if figures else ""
    )
    rows = []
    for index, row in enumerate(section.rows):
        cells = "".join(f"<td{_class(column, section, text)}>{_cell(text)}</td>" for column, text in enumerate(row))
        if figures:
            cells += f'<td class="bar"><i style="width:{100 * figures[index] / most:.2f}%"></i></td>'
        rows.append(f"<tr>{cells}</tr>")
    note = f'<p class="note">{_text(section.note)}</p>' if section.note else ""
    wide = ' class="wide"' if section.is_tall else ""
    return (
        f"<section{wide}><h2>{_text(section.title)}</h2><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>{note}</section>"
    )


def _figures(rows: Sequence[tuple[str, ...]]) -> list[int]:
    return [int(row[0].replace(",", "")) for row in rows]


def _class(index: int, section: Section, text: str = "") -> str:
    if index == 0 and section.columns[0] == "events":
        return ' class="number"'
    verdict = verdict_of(section, index, text)
    return f' class="kind {verdict}"' if verdict else ""


def _text(text: str) -> str:
    """Escape a text from a log or a policy; characters that HTML forbids become visible."""
    return escape("".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text))


_LONG = re.compile(r"(\S{33,})")
_PIECES = re.compile(r"[^/]{1,40}/{0,8}|/{1,8}")


def _cell(text: str) -> str:
    """Escape a text whose long words may break behind a slash, and at last after 40 characters: ARNs have no blanks."""
    return "".join(
        "<wbr>".join(map(_text, _PIECES.findall(part))) if index % 2 else _text(part)
        for index, part in enumerate(_LONG.split(text))
    )

"""Findings -> what ``gatewright check`` prints: text with the offending line, or JSON; `sarif` writes SARIF."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from gatewright.compiler.errors import Finding, Path, Severity

if TYPE_CHECKING:
    from gatewright.compiler.source import Source
    from gatewright.store import StoreReading
    from gatewright.terminal import Terminal

UNREADABLE = frozenset({"GW001", "GW003", "GW009", "GW601", "GW602"})
STYLES = {
    Severity.ERROR: "bold red",
    Severity.SECURITY_WARNING: "bold magenta",
    Severity.WARNING: "yellow",
    Severity.SUGGESTION: "cyan",
}
WIDEST = 100  # characters of a line that are shown: documents without line breaks are common


@dataclass(slots=True)
class Report:
    """What was found in several inputs, and the texts to show with it."""

    findings: list[Finding] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    document_count: int = 0

    def add(self, reading: StoreReading) -> None:
        """Take in one input; what is said twice of one place is kept once."""
        self.findings = list(dict.fromkeys([*self.findings, *reading.findings]))
        self.sources.update(reading.sources)
        self.document_count += len(reading.documents) + len(reading.beside)

    def count(self, *severities: Severity) -> int:
        """Return how many findings have one of the severities."""
        return sum(finding.severity in severities for finding in self.findings)

    @property
    def is_unreadable(self) -> bool:
        """Tell whether something could not be read at all."""
        return any(finding.code in UNREADABLE for finding in self.findings)


def write_text(report: Report, terminal: Terminal) -> None:
    """Write each finding with its line, and a line that counts them."""
    for finding in report.findings:
        write_finding(finding, report.sources, terminal)
    counts = [
        f"{count} {severity.replace('-', ' ')}{'s' * (count != 1)}"
        for severity in Severity
        if (count := report.count(severity))
    ]
    documents = f"{report.document_count} document{'s' * (report.document_count != 1)}"
    style = "bold red" if report.count(Severity.ERROR) else "green"
    terminal.say((f"{', '.join(counts) or 'nothing to report'} in {documents}", style))


def write_finding(
    finding: Finding, sources: Mapping[str, Source], terminal: Terminal, on_error_stream: bool = False
) -> None:
    """Write one finding, the line it is about, and a caret under the place."""
    write = terminal.warn if on_error_stream else terminal.say
    place = f"{finding.source}:{finding.span.line}:{finding.span.column}" if finding.span else finding.source
    hint = f"; {finding.hint}" if finding.hint else ""
    write(
        (place, "bold"), ": ", (finding.severity, STYLES[finding.severity]), f" {finding.code}: {finding.message}{hint}"
    )
    source = sources.get(finding.source)
    if finding.span is None or source is None:
        return
    line, start, width = _excerpt(source.text, finding)
    if line.strip():
        number = str(finding.span.line)
        write((f"{number:>6} | ", "dim"), line)
        write((f"{'':6} | ", "dim"), " " * start, ("^" + "~" * (width - 1), STYLES[finding.severity]))


@lru_cache(maxsize=4)
def _lines(text: str) -> list[str]:
    return text.split("\n")


def _excerpt(text: str, finding: Finding) -> tuple[str, int, int]:
    """Return the line of a finding, cut where it is long, and where in it the place starts and how wide it is."""
    span = finding.span
    assert span is not None
    line = _lines(text)[span.line - 1].rstrip("\r").replace("\t", " ")
    start = span.column - 1
    stop = span.end_column - 1 if span.end_line == span.line else len(line)
    offset = max(0, start - WIDEST // 3) if len(line) > WIDEST else 0
    line, start, stop = line[offset : offset + WIDEST], start - offset, min(stop - offset, WIDEST)
    return line, start, max(1, stop - start)


def write_json(report: Report, terminal: Terminal) -> None:
    """Write one JSON object with all findings."""
    value = {
        "findings": [finding_members(finding) | {"source": finding.source} for finding in report.findings],
        "documents": report.document_count,
        "errors": report.count(Severity.ERROR),
    }
    terminal.json(value, indent=2)


def finding_members(finding: Finding) -> dict[str, object]:
    """Return a finding as JSON values."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "aws_check": finding.aws_check,
        "line": finding.span.line if finding.span else None,
        "column": finding.span.column if finding.span else None,
        "path": json_path(finding.path),
        "message": finding.message,
        "hint": finding.hint,
    }


def json_path(path: Path) -> str:
    """Write a path as JSONPath: ``$.Statement[2].Condition.StringEquals["aws:username"]``."""
    steps = [
        f"[{step}]" if isinstance(step, int) else f".{step}" if step.isidentifier() else f"[{json.dumps(step)}]"
        for step in path
    ]
    return f"${''.join(steps)}"

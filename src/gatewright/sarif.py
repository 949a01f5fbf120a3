"""Findings -> SARIF 2.1.0, the format that code scanners read.

Source: OASIS standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; section numbers are its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from gatewright.compiler.diagnostic_entry import Diagnostic
from gatewright.compiler.errors import Finding, Severity
from gatewright.report import Report, json_path

if TYPE_CHECKING:
    from gatewright.terminal import Terminal

LEVELS = {
    Severity.ERROR: "error",
    Severity.SECURITY_WARNING: "warning",
    Severity.WARNING: "warning",
    Severity.SUGGESTION: "note",
}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "gatewrightFinding/v1"
"""What fingerprints are computed by; a new number when that changes (3.27.17)."""


def write_sarif(report: Report, terminal: Terminal) -> None:
    """Write the findings as one SARIF run."""
    terminal.json({"$schema": SCHEMA, "version": "2.1.0", "runs": [format_run(report)]}, indent=2)


def format_run(report: Report) -> dict[str, object]:
    """Return the run as JSON values: each rule that was broken once, sorted, and a result for each finding."""
    import gatewright
    from gatewright.diagnostics import DIAGNOSTICS

    codes = sorted({finding.code for finding in report.findings})
    driver = {
        "name": "gatewright",
        "semanticVersion": gatewright.__version__,
        "rules": [_format_rule(DIAGNOSTICS[code]) for code in codes],
    }
    seen: Counter[str] = Counter()
    return {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not report.is_unreadable}],
        "columnKind": "unicodeCodePoints",
        "results": [_format_result(finding, codes, seen) for finding in report.findings],
    }


def _format_rule(entry: Diagnostic) -> dict[str, object]:
    title = f"{entry.title[0].upper()}{entry.title[1:]}."
    mend = f"{entry.hint[0].upper()}{entry.hint[1:]}."
    check = f"\n\nIAM Access Analyzer reports it as `{entry.aws_check}`." if entry.aws_check else ""
    example = f"\n\nExample:\n\n```\n{entry.example}\n```" if len(entry.example) <= 1000 else ""
    tags = ["security"] if entry.severity is Severity.SECURITY_WARNING else []
    return {
        "id": entry.code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": f"{title} {mend}"},
        "help": {"text": f"{title}\n\n{mend}", "markdown": f"{title}\n\n{mend}{check}{example}"},
        "defaultConfiguration": {"level": LEVELS[entry.severity]},
        "properties": {"tags": ["aws-iam", *tags]},
    }


def _format_result(finding: Finding, codes: Sequence[str], seen: Counter[str]) -> dict[str, object]:
    file, _, inside = finding.source.partition("#")
    location: dict[str, object] = {"artifactLocation": {"uri": _format_uri(file)}}
    if finding.span is not None and not inside:
        location["region"] = {
            "startLine": finding.span.line,
            "startColumn": finding.span.column,
            "endLine": finding.span.end_line,
            "endColumn": finding.span.end_column,
        }
    where: dict[str, object] = {"physicalLocation": location}
    if name := f"{inside}{json_path(finding.path)}" if inside or finding.path else "":
        where["logicalLocations"] = [{"fullyQualifiedName": name}]
    properties = {"severity": finding.severity.value}
    if finding.aws_check:
        properties["awsCheck"] = finding.aws_check
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.message}; {finding.hint}" if finding.hint else finding.message},
        "locations": [where],
        "partialFingerprints": {FINGERPRINT: _fingerprint(finding, seen)},
        "properties": properties,
    }


def _format_uri(file: str) -> str:
    """Return a file's name as a URI: relative to the folder where the command ran, unless the name is absolute."""
    return Path(file).as_uri() if Path(file).is_absolute() else quote(file, safe="/")


def _fingerprint(finding: Finding, seen: Counter[str]) -> str:
    """Tell findings apart by what they say and of which members, so that other lines and statements may come and go."""
    members = ".".join(step for step in finding.path if isinstance(step, str))
    # A NUL is in no name, message or member that is shown.
    what = "\0".join((finding.code, finding.source, members, finding.message))
    seen[what] += 1
    return sha256(f"{what}\0{seen[what]}".encode("utf-8", "replace")).hexdigest()[:32]

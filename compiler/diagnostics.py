"""The catalogue of diagnostics: every code, what it means, an example, how to mend it; printed as docs/diagnostics.md.

``python -m gatewright.compiler.diagnostics > docs/diagnostics.md`` rewrites the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from .diagnostic_entry import Diagnostic, Profile
from .diagnostics_condition import CONDITION_DIAGNOSTICS
from .diagnostics_document import DOCUMENT_DIAGNOSTICS
from .diagnostics_kind import LINT_DIAGNOSTICS, PRINCIPAL_DIAGNOSTICS, PROFILE_DIAGNOSTICS
from .diagnostics_text import PATTERN_ENTRIES, TEXT_DIAGNOSTICS
from .errors import Finding, Severity
from .syntax import PolicyKind

CHAPTERS: tuple[tuple[str, tuple[Diagnostic, ...]], ...] = (
    ("Text", TEXT_DIAGNOSTICS),
    ("Actions, resources and variables", PATTERN_ENTRIES),
    ("Documents and elements", DOCUMENT_DIAGNOSTICS),
    ("Conditions and values", CONDITION_DIAGNOSTICS),
    ("Principals and kinds of policy", PRINCIPAL_DIAGNOSTICS),
    ("Risky statements", LINT_DIAGNOSTICS),
    ("EC2 in 2011", PROFILE_DIAGNOSTICS),
)

CATALOGUE: Mapping[str, Diagnostic] = MappingProxyType(
    {diagnostic.code: diagnostic for _, chapter in CHAPTERS for diagnostic in chapter}
)
"""Every diagnostic by its code; codes never change their meaning."""


def raise_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Make errors of the warnings that refuse a document, so that a failed compilation names its reason."""
    return tuple(
        replace(finding, severity=Severity.ERROR)
        if finding.code in CATALOGUE and CATALOGUE[finding.code].is_refused
        else finding
        for finding in findings
    )


MAX_SHOWN = 1000
"""Characters of an example that the document shows in full."""

_INTRODUCTION = """\
# Diagnostics

Everything that `gatewright check` and the compiler can say of a policy document. A code never changes its meaning.

Two questions are kept apart, because AWS answers them apart:

- **How bad is it?** The severity is the class that IAM Access Analyzer's policy check gives the same finding, or an
  error where AWS refuses to store the document.
- **Does the document compile?** A document is refused if it is no policy of the language, if AWS would not store it, or
  if a part of it could never be judged. Nearly every error refuses; so do a few warnings, such as a bad number. Some
  errors do not: what AWS gives a meaning to, such as a private address under `aws:SourceIp`, compiles with that
  meaning; and an entry of `Principal` that can match nobody refuses a Deny, which would be lax, but not an Allow. In
  save mode, what today's IAM API would not store is an error too, and refused.

This file is written by `python -m gatewright.compiler.diagnostics > docs/diagnostics.md`.
"""


def format_diagnostics() -> str:
    """Write docs/diagnostics.md: one section per code."""
    sections = [_INTRODUCTION]
    for title, chapter in CHAPTERS:
        sections.append(f"## {title}\n")
        sections.extend(_format_section(diagnostic) for diagnostic in sorted(chapter, key=lambda entry: entry.code))
    return "\n".join(sections)


def _format_section(diagnostic: Diagnostic) -> str:
    notes = [f"severity **{diagnostic.severity}**"]
    if diagnostic.is_refused:
        notes.append("refused")
    if diagnostic.is_error_on_save:
        notes.append("error in save mode")
    if diagnostic.aws_check:
        notes.append(f"Access Analyzer: `{diagnostic.aws_check}`")
    if diagnostic.kind is not PolicyKind.IDENTITY:
        notes.append(f"example of kind `{diagnostic.kind}`")
    if diagnostic.profile is not Profile.CURRENT:
        notes.append(f"profile `{diagnostic.profile}`")
    return (
        f"### {diagnostic.code}\n\n{_sentence(diagnostic.title)}\n\n{'; '.join(notes)}.\n\n"
        f"{_format_example(diagnostic)}\nMend: {diagnostic.hint}.\n"
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _format_example(diagnostic: Diagnostic) -> str:
    text = diagnostic.example
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    # What is no object is shown as it is: how it is written may be the point.
    shown = _format_members(value) if isinstance(value, dict) else text
    if len(shown) > MAX_SHOWN:
        shown = f"{shown[:240]} ...\n({len(text):,} characters)"
    return f"```{'json' if diagnostic.is_document else 'text'}\n{shown}\n```\n"


def _format_members(document: Mapping[str, object]) -> str:
    """Write one member of a document on a line, and each statement of a list on a line of its own."""
    lines = []
    for name, value in document.items():
        if isinstance(value, list) and len(value) > 1:
            entries = ",\n    ".join(json.dumps(entry, ensure_ascii=False) for entry in value)
            lines.append(f'  "{name}": [\n    {entries}\n  ]')
        else:
            lines.append(f'  "{name}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(lines) + "\n}"


if __name__ == "__main__":
    print(format_diagnostics(), end="")

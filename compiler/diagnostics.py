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


_INTRODUCTION = """\
# Diagnostics

Everything that `gatewright check` and the compiler can say of a policy document. A code never changes its meaning.

Two questions are kept apart, because AWS answers them apart:

- **How bad is it?** The severity is the class that IAM Access Analyzer's policy check gives the same finding.
- **Does the document compile?** A document is refused if it is no policy of the language, if AWS would not store it, or if
  a part of it could never be judged. Nearly every error refuses; so do a few warnings, such as a number that is none. Some
  errors do not: what AWS stores and gives a meaning to, such as a private address under `aws:SourceIp`, compiles with that
  meaning. In save mode, what today's IAM API would not store is an error too, and refused.

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
        f"{_format_example(diagnostic.example)}\nMend: {diagnostic.hint}.\n"
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _format_example(text: str) -> str:
    try:
        shown = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        shown = text
    if len(shown) > 1000 or (text and shown == text and "\n" not in text and len(text) > 1000):
        shown = f"{shown[:240]} ...\n({len(text):,} characters)"
    return f"```json\n{shown}\n```\n"


if __name__ == "__main__":
    print(format_diagnostics(), end="")

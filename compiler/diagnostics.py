"""The catalogue of diagnostics: what can be said of a policy document, by code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from .diagnostic_entry import Diagnostic
from .diagnostics_condition import CONDITION_DIAGNOSTICS
from .diagnostics_document import DOCUMENT_DIAGNOSTICS
from .diagnostics_kind import LINT_DIAGNOSTICS, PRINCIPAL_DIAGNOSTICS, PROFILE_DIAGNOSTICS
from .diagnostics_text import PATTERN_ENTRIES, TEXT_DIAGNOSTICS
from .errors import Finding, Severity

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

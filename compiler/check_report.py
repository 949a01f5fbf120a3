"""The report of one check: findings in the order of the document, and whether the document is refused."""

from __future__ import annotations

from collections.abc import Iterable

from .diagnostic_entry import Diagnostic, Profile
from .diagnostics import CATALOGUE
from .errors import Finding, Path, Severity, Span
from .messages import quote, suggest
from .source import JsonNumber
from .syntax import Document, PolicyKind

MAX_FINDINGS = 250
"""Errors listed per document, and lesser findings besides; a hostile document could bring a million."""

IAM_KINDS = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.TRUST})
"""Kinds that IAM itself stores or takes."""

WITHOUT_PRINCIPAL = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP})
"""Kinds that apply to whom they are attached (R31, R34-R36)."""


ILL_FORMED = frozenset({"GW230", "GW232", "GW233", "GW236", "GW243", "GW244"})
"""Findings about values that their operator cannot read (R90)."""


class ReportFullError(Exception):
    """The document is refused, and for more reasons than are listed: the rest need not be read."""


class Report:
    """Collects the findings on one document.

    Attributes
    ----------
    is_save : bool
        Save mode: what today's IAM API would not store is an error.
    is_refused : bool
        Some finding keeps the document from being compiled.
    has_variables : bool
        The document's version gives ``${...}`` its meaning (R101).
    """

    def __init__(self, document: Document, profile: Profile, is_save: bool, *, keeps_ill_formed: bool = False) -> None:
        self.document = document
        self.kind: PolicyKind = document.kind
        self.profile = profile
        self.is_save = is_save
        self.kept = ILL_FORMED if keeps_ill_formed else frozenset()
        self.is_refused: bool = False
        self.has_variables = True
        self.findings: list[Finding] = []
        self._counts = [0, 0]  # lesser findings, and errors

    def suggest(self, word: str, known: Iterable[str]) -> str | None:
        """Write a hint that names the known word nearest to ``word``; None where there is none, or no room for it."""
        return None if self._counts[True] >= MAX_FINDINGS else suggest(word, known) or None

    def add(
        self,
        code: str,
        path: Path,
        message: str,
        hint: str | None = None,
        *,
        is_key: bool = False,
        is_error: bool = False,
        span: Span | None = None,
    ) -> None:
        """Add a finding at ``path`` inside the document; at the member's name rather than its value if ``is_key``.

        Without a hint the catalogue's is taken.  ``is_error`` makes an error of a lesser finding, which then refuses.

        Raises
        ------
        ReportFullError
            There are too many findings that refuse the document.
        """
        diagnostic = CATALOGUE[code]
        severity = diagnostic.severity
        is_refused = diagnostic.is_refused and code not in self.kept
        if is_error or (self.is_save and diagnostic.is_error_on_save):
            severity = Severity.ERROR
            is_refused = True
        self.is_refused = self.is_refused or is_refused
        is_grave = is_refused or severity is Severity.ERROR
        self._counts[is_grave] += 1
        if self._counts[is_grave] <= MAX_FINDINGS:
            self._append(diagnostic, severity, path, message, hint, is_key=is_key, span=span)
        elif is_refused:
            raise ReportFullError

    def finish(self) -> tuple[Finding, ...]:
        """Return the findings, with a note where they are not all."""
        if max(self._counts) > MAX_FINDINGS:
            note = CATALOGUE["GW109"]
            self._append(note, note.severity, (), f"only the first {MAX_FINDINGS} findings are listed", None)
        return tuple(self.findings)

    def _append(
        self,
        diagnostic: Diagnostic,
        severity: Severity,
        path: Path,
        message: str,
        hint: str | None,
        *,
        is_key: bool = False,
        span: Span | None = None,
    ) -> None:
        source = self.document.source
        full = self.document.path + path
        self.findings.append(
            Finding(
                code=diagnostic.code,
                severity=severity,
                message=message,
                hint=diagnostic.hint if hint is None else hint,
                source=source.name,
                path=full,
                span=span or source.locate(full, "key" if is_key else "value"),
                aws_check=diagnostic.aws_check,
            )
        )


def describe(value: object) -> str:
    """Name a JSON value for a message: its text, or what it is."""
    if isinstance(value, JsonNumber):
        return f"the number {quote(value)}"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if value is None:
        return "`null`"
    return "an object" if isinstance(value, dict) else "a list"


def is_text(value: object) -> bool:
    """Tell whether a JSON value is text; numbers are held as text too, but are none."""
    return isinstance(value, str) and not isinstance(value, JsonNumber)

"""The report of one check: findings in the order of the document, and whether the document is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .diagnostic_entry import Diagnostic, Profile
from .diagnostics import CATALOGUE
from .errors import Finding, Path, Severity, Span
from .messages import quote, suggest
from .source import JsonNumber
from .syntax import Document, PolicyKind

MAX_FINDINGS = 250
"""Errors listed per document, and lesser findings besides; a hostile document could bring a million."""

MAX_WORK = 10_000_000
"""Product of the lengths of the patterns that are compared for covered entries, per document: a second or two.

AWS's managed policies need 3,000,000 at most (measured).
"""

IAM_KINDS = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.TRUST})
"""Kinds that IAM itself stores or takes."""

WITHOUT_PRINCIPAL = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP})
"""Kinds that apply to whom they are attached (R31, R34-R36)."""


ILL_FORMED: frozenset[str] = frozenset({"GW230", "GW232", "GW233", "GW236", "GW243", "GW244"})
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
        self.kept: frozenset[str] = ILL_FORMED if keeps_ill_formed else frozenset()
        self.is_refused: bool = False
        self.has_variables = True
        self.findings: list[Finding] = []
        self._counts = [0, 0]  # lesser findings, and errors
        self._spans: dict[tuple[Path, bool], Span] = {}
        self._work = MAX_WORK

    def may_compare(self, cost: int) -> bool:
        """Tell whether two patterns may still be compared, ``cost`` being the product of their lengths."""
        self._work -= cost
        return self._work >= 0

    def value_at(self, path: Path) -> object:
        """Return the JSON value at a path inside the document, which must exist."""
        value: Any = self.document.value
        for step in path:
            value = value[step]
        return value

    def entry_path(self, path: Path, index: int) -> Path:
        """Return the place of one of the texts at ``path``, which holds one text or a list of them."""
        return (*path, index) if isinstance(self.value_at(path), list) else path

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
        full = self.document.path + path
        self.findings.append(
            Finding(
                code=diagnostic.code,
                severity=severity,
                message=message,
                hint=diagnostic.hint if hint is None else hint,
                source=self.document.source.name,
                path=full,
                span=span or self._locate(full, is_key),
                aws_check=diagnostic.aws_check,
            )
        )

    def _locate(self, path: Path, is_key: bool) -> Span:
        # Many findings may be about one place, and the end of a long value takes long to find.
        span = self._spans.get((path, is_key))
        if span is None:
            span = self._spans[path, is_key] = self.document.source.locate(path, "key" if is_key else "value")
        return span


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

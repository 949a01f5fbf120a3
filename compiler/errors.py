"""What the compiler says of a document: findings with a code, a severity, a place and a hint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

Path = tuple[str | int, ...]
"""Where a value stands in a JSON document: member names and list indices, outermost first."""


class Severity(StrEnum):
    """How bad a finding is (R180); whether its document compiles is asked apart, of `Diagnostic.is_refused`."""

    ERROR = "error"
    SECURITY_WARNING = "security-warning"
    WARNING = "warning"
    SUGGESTION = "suggestion"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a document.

    Attributes
    ----------
    code : str
        Stable code, ``GW`` and three digits; docs/diagnostics.md lists them.
    message : str
        Lower case, no full stop, the user's text in backticks, one line.
    hint : str
        How to mend it, in the same form; may be empty.
    source : str
        Name of the text, as the user gave it.
    path : Path
        Place inside the text.
    span : Span or None
        The same place as lines and columns; None where the text is not at hand.
    aws_check : str or None
        Issue code of IAM Access Analyzer's policy check, where one fits.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    source: str
    path: Path = ()
    span: Span | None = None
    aws_check: str | None = None

    def __str__(self) -> str:
        place = f"{self.source}:{self.span.line}:{self.span.column}" if self.span else self.source
        hint = f"; {self.hint}" if self.hint else ""
        return f"{place}: {self.severity} {self.code}: {self.message}{hint}"


class PolicyError(Exception):
    """Documents that cannot be compiled, with every finding made on the way."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        errors = [finding for finding in self.findings if finding.severity is Severity.ERROR]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0] if errors else 'policy error'}{more}")


class TableSizeError(ValueError):
    """No table of the policies is as small as was asked for."""

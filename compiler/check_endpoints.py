"""Lint of VPC endpoint policies: what EC2 asks of their conditions and ARNs beyond the language (R38).

Source: AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies", considerations.  The page says
what must not be written, and neither who refuses it nor what comes of it, so these are warnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .check_keys import SENSITIVE_KEYS
from .check_report import Report
from .errors import Path
from .messages import quote
from .patterns import PatternError, parse_value
from .syntax import Condition, Part, Statement, Wildcard

_GENERATED = SENSITIVE_KEYS | {"aws:principalorgmasteraccountid", "aws:ec2instancesourcevpc"}
"""Keys whose values AWS makes up: ids of accounts, organizations and networks."""

LEAST_CHARACTERS = 6
"""In a row, before or behind each wildcard under a String operator."""

_MIXED_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(?=[*?]*[0-9])(?=[0-9]*[*?])([0-9*?]+)(?::|\Z)")


def lint_endpoint(report: Report, statement: Statement, path: Path) -> None:
    """Report what a statement of an endpoint policy has that EC2 does not take."""
    member = "NotResource" if statement.is_not_resource else "Resource"
    for i, text in enumerate(statement.resources):
        _lint_account(report, text, report.entry_path((*path, member), i))
    for condition in statement.conditions:
        _lint_condition(report, condition)


def _lint_condition(report: Report, condition: Condition) -> None:
    base = condition.operator.base
    place = condition.path[len(report.document.path) :]
    is_generated = condition.key.lower() in _GENERATED
    if is_generated and base.startswith("Numeric"):
        report.add("GW360", place, f"{quote(base)} compares the id in {quote(condition.key)} as a number", is_key=True)
    if not base.endswith("Like") and not base.startswith("Arn"):
        return
    for i, text in enumerate(condition.values):
        here = report.entry_path(place, i)
        if base.startswith("Arn") or not is_generated:
            _lint_account(report, text, here)
        parts = _parts(report, text)
        if is_generated:
            if Wildcard.ANY in parts or Wildcard.ONE in parts:
                report.add("GW360", here, f"a wildcard in {quote(text)}, which {quote(condition.key)} holds an id for")
        elif base.startswith("String") and any(length < LEAST_CHARACTERS for length in _longest_sides(parts)):
            report.add("GW361", here, f"a wildcard in {quote(text)} has fewer than six characters on either side")


def _lint_account(report: Report, text: str, path: Path) -> None:
    match = _MIXED_ACCOUNT.match(text)
    if match is not None:
        report.add("GW362", path, f"the account {quote(match[1])} in {quote(text)} is half id, half wildcard")


def _parts(report: Report, text: str) -> tuple[Part, ...]:
    try:
        return parse_value(text, wildcards=True, variables=report.has_variables).parts
    except PatternError:  # has been reported
        return ()


def _longest_sides(parts: tuple[Part, ...]) -> Iterator[int]:
    """Count the characters that stand in a row before and behind each wildcard; the larger number of the two.

    A variable counts as enough: what it holds is not known.
    """
    lengths = [0, *(_length(part) for part in parts), 0]
    for before, part, behind in zip(lengths, parts, lengths[2:], strict=False):
        if isinstance(part, Wildcard):
            yield max(before, behind)


def _length(part: Part) -> int:
    if isinstance(part, Wildcard):
        return 0
    return len(part) if isinstance(part, str) else LEAST_CHARACTERS

"""The catalogue: every code shows itself in its example."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from shared import shared

from gatewright.compiler.check import check_document
from gatewright.compiler.diagnostic_entry import Diagnostic
from gatewright.compiler.diagnostics import CATALOGUE, raise_severity
from gatewright.compiler.errors import Finding, Severity
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, Policy

ROOT = Path(__file__).resolve().parents[3]
ENTRIES = [pytest.param(entry, id=code) for code, entry in sorted(CATALOGUE.items())]
TEXTS = [pytest.param(entry, id=code) for code, entry in sorted(CATALOGUE.items()) if entry.is_document]
SAVED = [pytest.param(entry, id=code) for code, entry in sorted(CATALOGUE.items()) if entry.is_error_on_save]


def check_example(entry: Diagnostic, *, api: bool = False) -> tuple[Policy | None, tuple[Finding, ...]]:
    document = Document("example", entry.kind, Source(entry.example, "example.json"))
    return check_document(document, profile=entry.profile, api=api)


@pytest.mark.parametrize("entry", TEXTS)
def test_example_shows_its_code(entry: Diagnostic) -> None:
    """The example of a code has a finding of that code, at its severity, with its check and a place."""
    policy, findings = check_example(entry)
    ours = [finding for finding in findings if finding.code == entry.code]
    assert ours, [str(finding) for finding in findings]
    assert {finding.severity for finding in ours} == {entry.severity}
    assert {finding.aws_check for finding in ours} == {entry.aws_check}
    assert all(finding.span is not None and finding.message for finding in ours)
    # What should follow depends on the text that is no JSON.
    assert all(finding.hint for finding in ours) or entry.code == "GW004"
    # GW109 needs a document full of other errors.
    errors = {finding.code for finding in findings if finding.severity is Severity.ERROR} - {entry.code}
    assert not errors or entry.code == "GW109"
    assert (policy is None) == (entry.is_refused or entry.code == "GW109")


@pytest.mark.parametrize("entry", SAVED)
def test_save_mode_refuses(entry: Diagnostic) -> None:
    """What IAM would not store is an error in save mode, and refused."""
    policy, findings = check_example(entry, api=True)
    severities = {finding.severity for finding in findings if finding.code == entry.code}
    assert severities == {Severity.ERROR}
    assert policy is None


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_is_well_formed(entry: Diagnostic) -> None:
    """Titles and hints are single lines without a full stop; codes are GW and three digits."""
    assert re.fullmatch(r"GW[0-9]{3}", entry.code)
    for text in (entry.title, entry.hint):
        assert text and "\n" not in text and not text.endswith(".")


def test_messages_follow_the_form() -> None:
    """Messages and hints are single lines, begin in lower case or with a quotation, and end without a full stop."""
    for entry in CATALOGUE.values():
        if entry.is_document:
            for finding in check_example(entry)[1]:
                for text in (finding.message, finding.hint):
                    assert text == text.strip() and "\n" not in text and not text.endswith(".")
                first = finding.message.split()[0]
                assert first.islower() or not first.isalpha() or first in PROPER_NAMES, finding.message


PROPER_NAMES = {"Allow", "EC2", "IAM"}


def test_every_code_of_the_source_is_listed() -> None:
    """No pass names a code that the catalogue lacks, and the catalogue has none that no pass names."""
    named: set[str] = set()
    for path in (ROOT / "compiler").glob("*.py"):
        if path.name.startswith(("check", "source", "decode", "patterns")):
            named |= set(re.findall(r'"(GW[0-9]{3})"', path.read_text(encoding="utf-8")))
    variants = {code for code in CATALOGUE if code[:4] in ("GW40", "GW41")}
    assert named | variants == set(CATALOGUE)


def test_checks_are_access_analyzers() -> None:
    """Each Access Analyzer check that the catalogue names exists, in the class of its severity where it is refused."""
    text = shared("spec/iam-semantics.md").read_text(encoding="utf-8")
    classes = {
        severity: re.search(rf"\* \*\*{title}\*\* \(\d+\): (.*)", text)
        for severity, title in {
            Severity.ERROR: "Error",
            Severity.WARNING: "General Warning",
            Severity.SECURITY_WARNING: "Security Warning",
            Severity.SUGGESTION: "Suggestion",
        }.items()
    }
    listed = {}
    for severity, match in classes.items():
        assert match
        listed.update({name.strip(" +.\n"): severity for name in match[1].split(",")})
    for entry in CATALOGUE.values():
        if entry.aws_check:
            assert entry.aws_check in listed, entry.code
            if entry.code not in OWN_CLASS:
                assert listed[entry.aws_check] is entry.severity, entry.code


# Refused by IAM or Organizations although Access Analyzer only warns (R182); or the reverse, a lesser case of a check.
OWN_CLASS = {"GW023", "GW147", "GW153", "GW230", "GW319", "GW342"}


def test_raise_severity_makes_errors_of_refusals() -> None:
    """A warning that refuses becomes an error, and nothing else changes."""
    _, findings = check_example(CATALOGUE["GW232"])
    assert [finding.severity for finding in findings] == [Severity.WARNING]
    assert raise_severity(findings) == (replace(findings[0], severity=Severity.ERROR),)
    _, mild = check_example(CATALOGUE["GW125"])
    assert raise_severity(mild) == mild

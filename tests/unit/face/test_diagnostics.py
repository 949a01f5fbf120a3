"""docs/diagnostics.md holds every code that the program can say."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from gatewright.compiler.diagnostic_entry import Diagnostic
from gatewright.compiler.errors import Finding, Severity, Span
from gatewright.diagnostics import DIAGNOSTICS, STORE_DIAGNOSTICS, format_diagnostics
from gatewright.report import Report, write_json
from gatewright.terminal import Terminal

ROOT = Path(__file__).resolve().parents[3]
STORE_CODES = {entry.code for entry in STORE_DIAGNOSTICS}
# The catalogue's own files are left out: an entry is no use of its code.
SOURCES = [
    path
    for folder in ("compiler", "grammar", "runtime", "src")
    for path in sorted((ROOT / folder).rglob("*.py*"))
    if path.suffix in (".py", ".pyx", ".pxd") and not path.name.startswith("diagnostic")
]


def named_codes(paths: list[Path]) -> set[str]:
    """Return the codes that stand in the source as texts."""
    return {code for path in paths for code in re.findall(r'"(GW[0-9]{3})"', path.read_text(encoding="utf-8"))}


def test_document_is_current() -> None:
    """docs/diagnostics.md is what the catalogue writes."""
    written = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    assert written == format_diagnostics(), "run: python -m gatewright.diagnostics > docs/diagnostics.md"


def test_every_code_of_the_source_is_in_the_document() -> None:
    """Each code that a source file names has a section of its own, and only one."""
    sections = re.findall(r"^### (GW[0-9]{3})$", format_diagnostics(), re.MULTILINE)
    assert len(sections) == len(set(sections)) == len(DIAGNOSTICS)
    named = named_codes(SOURCES)
    assert STORE_CODES <= named, "a code that nothing reports"
    assert named <= set(sections), named - set(sections)


@pytest.mark.parametrize("entry", STORE_DIAGNOSTICS, ids=lambda entry: entry.code)
def test_an_entry_of_the_store_is_well_formed(entry: Diagnostic) -> None:
    """Title, hint and example are single lines without a full stop; an error refuses, a warning does not."""
    for text in (entry.title, entry.hint, entry.example):
        assert text and "\n" not in text and not text.endswith(".")
    assert entry.is_refused == (entry.severity is Severity.ERROR)


def test_members_of_findings_are_described() -> None:
    """The document describes every member that a finding has as JSON, and those of the whole, and no other."""
    section = format_diagnostics().partition("## For programs")[2].partition("\n## ")[0]
    whole, _, rest = section.partition("A finding has")
    listed = rest.partition("Members may be added")[0]
    out = io.StringIO()
    finding = Finding("GW121", Severity.ERROR, "m", "h", "policy.json", ("Statement", 0), Span(1, 1, 1, 2))
    write_json(Report([finding]), Terminal(out, io.StringIO()))
    value = json.loads(out.getvalue())
    assert set(re.findall("`(\\w+)`", whole)) == set(value)
    severities = {severity.value for severity in Severity}
    assert set(re.findall("`([\\w-]+)`", listed)) - severities == set(value["findings"][0])

"""SARIF 2.1.0, as the OASIS standard wants it; section numbers are the standard's."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from layout import ROOT

from gatewright.cli import main
from gatewright.compiler.errors import Finding, Severity, Span
from gatewright.diagnostics import DIAGNOSTICS
from gatewright.report import Report
from gatewright.sarif import FINGERPRINT, LEVELS, SCHEMA, format_run, write_sarif
from gatewright.terminal import Terminal


def run_of(*findings: Finding) -> dict[str, Any]:
    """Return the run of a report, as a reader of the output has it."""
    out = io.StringIO()
    write_sarif(Report(list(findings)), Terminal(out, io.StringIO()))
    log = json.loads(out.getvalue())
    validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def validate(log: Any) -> None:
    """Check what the standard requires of the objects that are written."""
    assert set(log) == {"$schema", "version", "runs"} and log["version"] == "2.1.0" and log["$schema"] == SCHEMA  # 3.13
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        assert driver["name"] and re.fullmatch(r"\d+\.\d+\.\d+.*", driver["semanticVersion"])  # 3.19
        assert run["columnKind"] == "unicodeCodePoints"  # 3.14.17
        assert all(isinstance(each["executionSuccessful"], bool) for each in run["invocations"])  # 3.20.14
        ids = [rule["id"] for rule in driver["rules"]]
        assert ids == sorted(set(ids))  # 3.49.3: no two rules have one id
        for rule in driver["rules"]:
            for message in (rule["shortDescription"], rule["fullDescription"], rule["help"]):
                assert message["text"]  # 3.12.3: wherever markdown is, text is too
            assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")  # 3.50.3
        for result in run["results"]:
            assert ids[result["ruleIndex"]] == result["ruleId"]  # 3.27.6
            assert result["level"] in ("none", "note", "warning", "error")  # 3.27.10
            assert result["message"]["text"]
            assert all(re.fullmatch("[0-9a-f]+", value) for value in result["partialFingerprints"].values())
            for location in result["locations"]:
                physical = location["physicalLocation"]
                uri = physical["artifactLocation"]["uri"]
                assert re.fullmatch(r"[\w.~:/?#\[\]@!$&'()*+,;=%-]+", uri, re.ASCII)  # 3.4.3: a URI reference
                assert urlsplit(uri).scheme in ("", "file")
                region = physical.get("region")
                if region is not None:  # 3.30.1: lines and columns count from 1, the end column is exclusive
                    start = region["startLine"], region["startColumn"]
                    assert (1, 1) <= start <= (region["endLine"], region["endColumn"])


def finding(code: str = "GW121", **members: Any) -> Finding:
    values: dict[str, Any] = {
        "severity": DIAGNOSTICS[code].severity, "message": "m", "hint": "h", "source": "policy.json",
        "path": ("Statement", 0, "Effect"), "span": Span(3, 5, 3, 9), "aws_check": DIAGNOSTICS[code].aws_check,
    }  # fmt: skip
    return Finding(code, **{**values, **members})


def test_every_diagnostic_is_a_rule() -> None:
    """Each code of the catalogue makes a rule with help and a level, and a result that names the rule."""
    findings = [finding(code) for code in DIAGNOSTICS]
    run = run_of(*findings)
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == sorted(DIAGNOSTICS)
    for rule in run["tool"]["driver"]["rules"]:
        entry = DIAGNOSTICS[rule["id"]]
        assert rule["defaultConfiguration"]["level"] == LEVELS[entry.severity]
        assert ("security" in rule["properties"]["tags"]) == (entry.severity is Severity.SECURITY_WARNING)
        assert entry.hint[1:] in rule["help"]["text"]
        assert (entry.aws_check or "") in rule["help"]["markdown"]


def test_a_result_says_where() -> None:
    """A result has its region, its place inside the document, its severity and Access Analyzer's code."""
    (result,) = run_of(finding())["results"]
    assert result["message"]["text"] == "m; h"
    assert result["properties"] == {"severity": "error", "awsCheck": "INVALID_EFFECT"}
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "policy.json"},
                "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9},
            },
            "logicalLocations": [{"fullyQualifiedName": "$.Statement[0].Effect"}],
        }
    ]


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("a/b.json", "a/b.json"),
        ("a b/ü#.json", "a%20b/%C3%BC"),  # what follows a hash sign is a document inside the file
        ("/tmp/a b.json", "file:///tmp/a%20b.json"),
        ("-", "-"),
    ],
)
def test_names_of_files_become_uris(source: str, uri: str) -> None:
    """A file is named by a URI reference, whatever characters its name has."""
    (result,) = run_of(finding(source=source))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_fingerprints_tell_findings_apart() -> None:
    """A fingerprint stays when lines and statements move, and differs between two findings that are alike else."""
    base = finding()

    def print_of(*findings: Finding) -> list[str]:
        return [result["partialFingerprints"][FINGERPRINT] for result in run_of(*findings)["results"]]

    (first,) = print_of(base)
    moved = finding(span=Span(9, 1, 9, 2), path=("Statement", 4, "Effect"))
    assert print_of(moved) == [first]
    assert print_of(base, moved)[0] == first != print_of(base, moved)[1]
    others = [finding(message="n"), finding(source="other.json"), finding("GW120"), finding(path=("Statement", 0))]
    assert len({first, *(print_of(other)[0] for other in others)}) == 5


def test_unreadable_inputs_fail_the_run() -> None:
    """A run that could not read an input was not successful (3.20.14)."""
    assert format_run(Report([]))["invocations"] == [{"executionSuccessful": True}]
    unread = finding("GW009", span=None, path=())
    run = run_of(unread)
    assert run["invocations"] == [{"executionSuccessful": False}]
    assert set(run["results"][0]["locations"][0]) == {"physicalLocation"}


def test_the_command_writes_valid_sarif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the command prints of a store, of a bad policy and of no JSON is valid, by the schema's own model too."""
    bad = tmp_path / "bad.json"
    bad.write_text('{"Version": "2012-10-17", "Statement": {"Effect": "Alow", "Action": 7}}', encoding="utf-8")
    none = tmp_path / "none.json"
    none.write_text("{\u0000", encoding="utf-8")
    assert main(["check", "--format", "sarif", str(bad), str(none), str(ROOT / "examples" / "store")]) == 1
    text = capsys.readouterr().out
    validate(json.loads(text))
    model = pytest.importorskip("pydantic_sarif.model")
    model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate_json(text)

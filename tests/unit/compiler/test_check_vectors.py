"""The check pass against documents that others wrote: findings where there must be some, and no false ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shared import shared

from gatewright.compiler.check import check_document
from gatewright.compiler.errors import Finding, Severity
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, Policy, PolicyKind

# What cannot be known without a table of services: actions, resource types, condition keys, Regions, RCP services.
NEEDS_SERVICE_DATA = {
    "IV-072", "IV-073", "IV-075", "IV-101", "IV-104", "IV-149", "IV-150", "IV-226", "IV-232",
}  # fmt: skip

# Kinds of invalid.jsonl that are an identity policy in a certain place, with the quota there (R29).
PLACES = {"identity-inline-user": (PolicyKind.IDENTITY, 2048), "managed": (PolicyKind.IDENTITY, 6144)}

# An ill-formed range beside a good one: refused (R90), while the vector says what a lenient evaluation would answer.
REFUSED_VECTORS = {"RB-043"}


def check(
    document: object, kind: PolicyKind, *, api: bool = False, quota: int | None = None
) -> tuple[Policy | None, tuple[Finding, ...]]:
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    return check_document(Document("vector", kind, Source(text, "vector.json")), api=api, quota=quota)


def read_lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shared(name).read_text(encoding="utf-8").splitlines()]


def show(findings: tuple[Finding, ...]) -> list[str]:
    return [str(finding) for finding in findings]


def check_vector(vector: dict[str, Any]) -> tuple[Policy | None, tuple[Finding, ...]]:
    name = vector["policy_kind"]
    kind, quota = PLACES[name] if name in PLACES else (PolicyKind(name), None)
    return check(vector["document"], kind, api=vector["phase"] == "save", quota=quota)


def test_invalid_documents_get_their_finding() -> None:
    """Each document of invalid.jsonl has a finding of the stated severity and check, and all findings have a place."""
    missing = {}
    for vector in read_lines("vectors/invalid.jsonl"):
        if vector["id"] in NEEDS_SERVICE_DATA:
            continue
        _, findings = check_vector(vector)
        wanted = vector.get("aws_check")
        if not any(
            finding.severity == vector["severity"] and wanted in (None, finding.aws_check) and finding.span
            for finding in findings
        ):
            missing[vector["id"]] = show(findings)
    assert missing == {}


def test_invalid_documents_are_refused() -> None:
    """What is no JSON, or AWS would not store, does not compile."""
    vectors = [vector for vector in read_lines("vectors/invalid.jsonl") if vector["phase"] != "lint"]
    compiled = {
        vector["id"]
        for vector in vectors
        if vector["id"] not in NEEDS_SERVICE_DATA and check_vector(vector)[0] is not None
    }
    assert compiled == set()


def test_warnings_are_no_errors() -> None:
    """A document that is listed for something lesser has no error."""
    wrong = {}
    for vector in read_lines("vectors/invalid.jsonl"):
        if vector["severity"] != "error":
            errors = tuple(finding for finding in check_vector(vector)[1] if finding.severity is Severity.ERROR)
            if errors:
                wrong[vector["id"]] = show(errors)
    assert wrong == {}


def read_policies(vector: dict[str, Any]) -> Iterator[tuple[PolicyKind, object]]:
    kinds = {"scps": PolicyKind.SCP, "rcps": PolicyKind.RCP, "vpce": PolicyKind.VPC_ENDPOINT}
    for name, value in vector["policies"].items():
        kind = kinds.get(name) or PolicyKind(name)
        if kind is PolicyKind.RESOURCE and vector["request"].get("facts", {}).get("resource_kind") == "role-trust":
            kind = PolicyKind.TRUST
        pending = [value]
        while pending:
            item = pending.pop()
            if isinstance(item, list):
                pending.extend(item)
            elif item is not None:
                yield kind, item


def test_decision_vectors_compile() -> None:
    """Every document of a decision vector whose outcome is certain compiles as its kind."""
    refused = {}
    folder = shared("vectors")
    count = 0
    for path in sorted(folder.glob("[0-9]*.jsonl")):
        for vector in read_lines(f"vectors/{path.name}"):
            if not vector.get("certain", True) or vector["id"] in REFUSED_VECTORS:
                continue
            for kind, document in read_policies(vector):
                count += 1
                policy, findings = check(document, kind)
                if policy is None:
                    refused[vector["id"]] = show(findings)
    assert refused == {}
    assert count > 1000


# Placeholders that are no text of their place (those in the principal of a Deny among them), and a Sid with blanks.
REFUSED_EXAMPLES = {
    25: "GW307", 46: "GW020", 59: "GW155", 153: "GW122", 177: "GW020", 245: "GW307", 252: "GW025", 260: "GW025",
    262: "GW025", 275: "GW025", 298: "GW025",
}  # fmt: skip


def guess_kind(document: dict[str, Any]) -> PolicyKind:
    statements = document["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    if not any("Principal" in statement or "NotPrincipal" in statement for statement in statements):
        return PolicyKind.IDENTITY
    is_trust = all("sts:Assume" in json.dumps(statement.get("Action")) for statement in statements)
    return PolicyKind.TRUST if is_trust else PolicyKind.RESOURCE


def test_examples_of_the_guides_compile() -> None:
    """The example policies of AWS's guides compile, but for those with a placeholder that is no text of its place."""
    refused = {}
    for index, line in enumerate(read_lines("data/policies/awsdocs-examples.jsonl")):
        policy, findings = check(line["document"], guess_kind(line["document"]))
        if policy is None:
            refused[index] = show(findings)
    assert refused.keys() == REFUSED_EXAMPLES.keys(), refused
    for index, code in REFUSED_EXAMPLES.items():
        assert any(f" {code}: " in line for line in refused[index]), refused[index]


# Dates that IAM stores although no calendar has them: a day and a T alone, an hour of one digit (R85).
STRICTER_DATES = {"moto-valid#30", "moto-valid#36"}


def test_save_mode_agrees_with_recorded_answers() -> None:
    """In save mode exactly those documents are refused that IAM refused, but for two ill-formed dates."""
    differ = {}
    for case in read_lines("data/peers/moto-policy-validation.jsonl"):
        policy, findings = check(case["document"], PolicyKind.IDENTITY, api=True)
        if (policy is not None) != case["valid"]:
            differ[case["id"]] = show(findings)
    assert differ.keys() == STRICTER_DATES, differ

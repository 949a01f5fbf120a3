"""AWS's own managed policies: each compiles, and nothing that it says is lost on the way (compile or refuse)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gatewright.compiler import compile_policies
from gatewright.compiler.check import check_document
from gatewright.compiler.errors import Severity
from gatewright.compiler.normalize import CanonicalStatement, Item, Template, TemplateVariable, normalize_policies
from gatewright.compiler.normalize import Test as CanonicalTest
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, Policy, PolicyKind

PLAIN_TEXT_VARIABLES = "GW032"
"""What one of the policies has, and AWS stores: variables where they are plain text."""


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    """Return the documents by the names of the policies."""
    managed = pytest.importorskip("moto.iam.aws_managed_policies")
    documents = {name: entry["Document"] for name, entry in json.loads(managed.aws_managed_policies_data).items()}
    assert len(documents) > 1000
    return documents


@pytest.fixture(scope="module")
def policies(documents: dict[str, Any]) -> dict[str, Policy]:
    """Return what the check pass makes of each; it refuses none, and finds no error in any."""
    policies = {}
    for name, document in documents.items():
        text = json.dumps(document)
        policy, findings = check_document(Document(name, PolicyKind.IDENTITY, Source(text, name)))
        errors = {finding.code for finding in findings if finding.severity is Severity.ERROR}
        assert policy is not None and errors <= {PLAIN_TEXT_VARIABLES}, (name, [str(finding) for finding in findings])
        policies[name] = policy
    return policies


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def texts_of(value: Any) -> tuple[str, ...]:
    """Return the values of a condition as texts (R25)."""
    return tuple(json.dumps(each) if isinstance(each, bool | int | float) else each for each in listed(value))


def elements(statement: dict[str, Any]) -> dict[str, Any]:
    """Return what a raw statement says, every member under its own name; a member that is not known raises."""
    said: dict[str, Any] = {}
    for name, value in statement.items():
        if name in ("Sid", "Effect"):
            said[name] = value
        elif name in ("Action", "NotAction", "Resource", "NotResource"):
            said[name] = tuple(listed(value))
        elif name == "Condition":
            said[name] = [
                (operator, key, texts_of(values)) for operator, keys in value.items() for key, values in keys.items()
            ]
        else:
            raise KeyError(name)
    return said


def test_the_check_pass_keeps_every_element(documents: dict[str, Any], policies: dict[str, Policy]) -> None:
    """A policy has as many statements as its document, and each says exactly what stands there."""
    for name, policy in policies.items():
        document = documents[name]
        assert set(document) <= {"Version", "Id", "Statement"}
        assert policy.version == document.get("Version", "2008-10-17")
        raw = listed(document["Statement"])
        assert len(policy.statements) == len(raw), name
        for statement, entry in zip(policy.statements, raw, strict=True):
            said: dict[str, Any] = {
                "Effect": statement.effect.value,
                "NotAction" if statement.is_not_action else "Action": statement.actions,
                "NotResource" if statement.is_not_resource else "Resource": statement.resources,
            }
            if statement.sid is not None:
                said["Sid"] = statement.sid
            if statement.conditions:
                said["Condition"] = [
                    (str(condition.operator), condition.key, condition.values) for condition in statement.conditions
                ]
            assert statement.principals is None
            assert said == elements(entry), (name, entry)


def show(item: Item | Template) -> str:
    """Write one entry of a canonical list as a policy would, in lower case."""
    pieces = []
    for piece in item:
        if isinstance(piece, TemplateVariable):
            pieces.append(f"${{{piece.key}}}" if piece.default is None else f"${{{piece.key}, '{piece.default}'}}")
        else:
            pieces.append(piece if isinstance(piece, str) else str(piece.value))  # type: ignore[union-attr]
    return "".join(pieces).lower()


def entries(test: CanonicalTest) -> Iterator[str]:
    if test.text[0].startswith("Numeric"):
        # One bound stands for one number; what it means has tests of its own.
        assert len(test.items) == len(set(test.text[2]))
        yield from (text.lower() for text in test.text[2])
    else:
        yield from map(show, test.templates or test.items)


def check_statement(statement: CanonicalStatement, said: dict[str, Any], name: str) -> None:
    assert statement.is_deny == (said.pop("Effect") == "Deny")
    assert statement.sid == said.pop("Sid", None)
    members = [
        (member, "", values)
        for member, values in said.items()
        # Everything matches a star, so that such a list is no test.
        if member != "Condition" and not (member == "Resource" and "*" in values)
    ]
    members += said.get("Condition", [])
    assert sorted(test.text for test in statement.tests) == sorted(members), name
    for test in statement.tests:
        operator, _, values = test.text
        if operator.startswith(("Null", "Bool")):
            # `Null` asks for the empty text, `Bool` for `true`, and `false` negates either (R73, R86).
            assert list(entries(test)) == ["" if operator == "Null" else "true"], (name, test)
            assert test.is_negated == (values[0].lower() == "false") and len(values) == 1, (name, test)
            continue
        # `${*}` is a star that is no wildcard (R107).
        wanted = {text.lower().replace("${*}", "*") for text in values}
        assert sorted(set(entries(test))) == sorted(wanted), (name, test)
        assert test.is_negated == ("Not" in operator), (name, test)


def test_the_canonical_form_keeps_every_element(documents: dict[str, Any], policies: dict[str, Policy]) -> None:
    """Every effect, action, resource and condition value arrives in the canonical form, and nothing else does."""
    order = list(policies)
    statements, findings = normalize_policies([policies[name] for name in order])
    assert findings == []
    raw = [(name, entry) for name in order for entry in listed(documents[name]["Statement"])]
    assert len(statements) == len(raw) > 5000
    for statement, (name, entry) in zip(statements, raw, strict=True):
        assert order[statement.policy_index] == name
        check_statement(statement, elements(entry), name)


def test_they_compile_to_tables(policies: dict[str, Policy]) -> None:
    """Tables of these policies hold each of their statements; a sample, since all take half a minute."""
    sample = list(policies.values())[::100]
    documents = tuple(policy.document for policy in sample)
    user = Principal("arn:aws:iam::123456789012:user/mara", PrincipalKind.USER, tuple(range(len(documents))))
    table = compile_policies(PolicySet(documents, (user,)), policies={policy.document: policy for policy in sample})
    assert table.statement_count == sum(len(policy.statements) for policy in sample)

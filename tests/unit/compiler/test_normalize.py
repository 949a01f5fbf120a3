"""The normalize pass: what it refuses, and that it refuses in the right place."""

from __future__ import annotations

import json

import pytest

import gatewright as gw
from gatewright.compiler import normalize
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind


def compile_statement(**members: object) -> gw.Table:
    """Compile one statement, attached to one user."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **members}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    document = Document("p", PolicyKind.IDENTITY, Source(text, "p.json"))
    user = Principal("arn:aws:iam::123456789012:user/Bob", PrincipalKind.USER, (0,))
    return gw.compile(PolicySet((document,), (user,)))


def test_too_many_conditions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement with more conditions than a table can count is refused with its place, not written wrongly."""
    monkeypatch.setattr(normalize, "TEST_LIMIT", 50)
    few = {"StringEquals": {f"aws:RequestTag/{n}": "x" for n in range(48)}}
    many = {"StringEquals": {f"aws:RequestTag/{n}": "x" for n in range(60)}}
    assert compile_statement(Condition=few).statement_count == 1
    with pytest.raises(gw.PolicyError) as refused:
        compile_statement(Condition=many)
    finding = refused.value.findings[-1]
    assert finding.code == "GW904"
    assert finding.path == ("Statement", 0)
    assert finding.span is not None

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


def test_conditions_on_one_key_count_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement's conditions are counted, on however few keys they are."""
    monkeypatch.setattr(normalize, "TEST_LIMIT", 8)
    operators = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]
    operators += [f"{operator}IfExists" for operator in operators]
    assert compile_statement(Condition={name: {"aws:RequestTag/a": "x"} for name in operators[:6]}).statement_count == 1
    with pytest.raises(gw.PolicyError, match="GW904"):
        compile_statement(Condition={name: {"aws:RequestTag/a": "x"} for name in operators})


@pytest.mark.parametrize("member", ["Action", "NotAction", "Resource", "NotResource"])
def test_patterns_that_are_too_long_are_refused_where_they_stand(monkeypatch: pytest.MonkeyPatch, member: str) -> None:
    """The finding names the member of the statement, and its place in the text."""
    monkeypatch.setattr(normalize, "PATTERN_LIMIT", 50)
    text = {"Action": "s3:{}*", "Resource": "arn:aws:s3:::{}*"}[member.removeprefix("Not")]
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    del statement[member.removeprefix("Not")]
    longest = 50 - len(text.format(""))
    for count, is_refused in ((longest, False), (longest + 1, True)):
        source = Source(
            json.dumps({"Version": "2012-10-17", "Statement": [statement | {member: text.format("a" * count)}]}), "p"
        )
        user = Principal("arn:aws:iam::123456789012:user/Bob", PrincipalKind.USER, (0,))
        policies = PolicySet((Document("p", PolicyKind.IDENTITY, source),), (user,))
        if not is_refused:
            assert gw.compile(policies).statement_count == 1
            continue
        with pytest.raises(gw.PolicyError) as refused:
            gw.compile(policies)
        finding = refused.value.findings[-1]
        assert (finding.code, finding.path) == ("GW903", ("Statement", 0, member))

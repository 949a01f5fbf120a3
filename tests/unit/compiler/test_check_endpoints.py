"""What EC2 asks of VPC endpoint policies beyond the language is warned about, and in them only (R38)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatewright.compiler.check import check_document
from gatewright.compiler.errors import Finding
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

CODES = ("GW360", "GW361", "GW362")


def check(kind: PolicyKind = PolicyKind.VPC_ENDPOINT, version: str = "2012-10-17", **members: Any) -> list[Finding]:
    """Check a document of one Allow for everybody and return the findings of this chapter; it is never refused."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **members}
    statement = {name: value for name, value in statement.items() if value is not None}
    text = json.dumps({"Version": version, "Statement": [statement]})
    policy, findings = check_document(Document("test", kind, Source(text, "test.json")))
    assert policy is not None
    return [finding for finding in findings if finding.code in CODES]


def codes(condition: Any, **options: Any) -> list[str]:
    """Return the codes that a condition is warned with."""
    return [finding.code for finding in check(Condition=condition, **options)]


@pytest.mark.parametrize(
    ("operator", "key", "value", "is_reported"),
    [
        ("StringLike", "aws:PrincipalAccount", "2109*", True),
        ("StringLike", "aws:principalaccount", "21098765432?", True),
        ("StringNotLikeIfExists", "aws:SourceVpc", "vpc-1a2b3c4*", True),
        ("StringLike", "aws:PrincipalOrgMasterAccountId", "*", True),
        ("ArnLike", "aws:PrincipalAccount", "arn:aws:iam::*:role/x", True),
        ("StringLike", "aws:PrincipalAccount", "210987654321", False),
        ("StringEquals", "aws:PrincipalAccount", "2109*", False),
        ("StringLike", "aws:PrincipalAccount", "${*}210987654321", False),
        ("NumericEquals", "aws:PrincipalAccount", "210987654321", True),
        ("NumericLessThanIfExists", "aws:ResourceAccount", "210987654321", True),
        ("NumericEquals", "s3:max-keys", "10", False),
        ("StringLike", "aws:PrincipalArn", "arn:aws:iam::210987654321:role/*", False),
        ("Null", "aws:PrincipalAccount", "false", False),
    ],
)
def test_ids_that_aws_makes_up_are_written_out(operator: str, key: str, value: str, is_reported: bool) -> None:
    """A key of such ids takes neither wildcards nor numeric operators (GW360)."""
    assert codes({operator: {key: value}}) == ["GW360"] * is_reported


@pytest.mark.parametrize(
    ("value", "is_reported"),
    [
        ("apples*", False),
        ("apple*", True),
        ("*apples", False),
        ("*apple", True),
        ("apple*pears", True),
        ("apple*quince", False),
        ("apples*pear*", True),
        ("apples*pear*quince", False),
        ("apples?", False),
        ("apple?", True),
        ("apples??", True),
        ("*", True),
        ("apples", False),
        ("apple${*}*", False),
        ("app${*}*", True),
        ("${aws:PrincipalTag/team}*", False),
        ("", False),
    ],
)
def test_six_characters_stand_beside_a_wildcard(value: str, is_reported: bool) -> None:
    """In a row before or behind each, under String operators (GW361); a variable holds as many as it may."""
    assert codes({"StringLike": {"s3:prefix": value}}) == ["GW361"] * is_reported
    assert codes({"StringNotLike": {"s3:prefix": value}}) == ["GW361"] * is_reported
    assert codes({"StringEquals": {"s3:prefix": value}}) == []
    assert codes({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{value}"}}) == []


def test_a_variable_of_the_old_level_is_text() -> None:
    """Its characters count as they are written, and the wildcards in it are some (R101, GW361)."""
    assert codes({"StringLike": {"s3:prefix": "${*}appl"}}, version="2008-10-17") == ["GW361"]
    assert codes({"StringLike": {"s3:prefix": "${*}apple"}}, version="2008-10-17") == []
    assert codes({"StringLike": {"s3:prefix": "${aws:username}*"}}, version="2008-10-17") == []


@pytest.mark.parametrize(
    ("account", "is_reported"),
    [
        ("2109*", True),
        ("*4321", True),
        ("21098765432?", True),
        ("2*1", True),
        ("210987654321", False),
        ("*", False),
        ("????????????", False),
        ("", False),
        ("cloud*", False),
    ],
)
def test_the_account_of_an_arn_is_an_id_or_a_wildcard(account: str, is_reported: bool) -> None:
    """Not both, in resources and in values of conditions (GW362)."""
    arn = f"arn:aws:sqs:eu-west-1:{account}:pears"
    assert [finding.code for finding in check(Resource=arn)] == ["GW362"] * is_reported
    assert [finding.code for finding in check(Resource=None, NotResource=["*", arn])] == ["GW362"] * is_reported
    for operator in ("ArnLike", "ArnEquals", "ArnNotLikeIfExists"):
        assert codes({operator: {"aws:SourceArn": arn}}) == ["GW362"] * is_reported
    assert ("GW362" in codes({"StringLike": {"aws:SourceArn": arn}})) is is_reported
    assert codes({"StringEquals": {"aws:SourceArn": arn}}) == []
    assert [finding.code for finding in check(Resource=f"arn:aws:s3:::{arn}")] == []


def test_each_value_has_its_place() -> None:
    """A finding tells the value, of a list the entry."""
    (finding,) = check(Condition={"StringLike": {"s3:prefix": ["apples*", "jam*"]}})
    assert finding.message == "a wildcard in `jam*` has fewer than six characters on either side"
    assert finding.span is not None
    (other,) = check(Resource=["*", "arn:aws:sqs:eu-west-1:2*:pears"])
    assert other.message == "the account `2*` in `arn:aws:sqs:eu-west-1:2*:pears` is half id, half wildcard"
    assert other.span is not None and other.span != finding.span


@pytest.mark.parametrize("kind", [PolicyKind.RESOURCE, PolicyKind.RCP])
def test_other_kinds_of_policy_take_it(kind: PolicyKind) -> None:
    """Nothing of it is said of a policy of a resource or an account."""
    members: dict[str, Any] = {"Effect": "Deny", "Action": "s3:*"} if kind is PolicyKind.RCP else {}
    condition = {"StringLike": {"s3:prefix": "jam*", "aws:PrincipalOrgMasterAccountId": "2*"}}
    assert check(kind, Condition=condition, Resource="arn:aws:s3:eu-west-1:2*:accesspoint/x", **members) == []

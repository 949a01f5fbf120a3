"""A launch template that a launch names -> what it adds, asked of the cloud.

The launch is forwarded with the version that was read, which nobody can change any more, and with the image in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gatewright.ec2 import Ec2Call
from gatewright.ec2.inventory import Facts, Inventory
from gatewright.ec2.judge import created
from gatewright.ec2.parse import partition_of
from gatewright.ec2.resources import TYPES, Place, name_resource
from gatewright.ec2.sharing_changes import Kind

from .upstream import Upstream
from .xml import read_texts

LAUNCH = "ec2:RunInstances"
_VERSION = "2016-11-15"
_ITEM = "launchTemplateVersionSet/item"
_DATA = f"{_ITEM}/launchTemplateData/"
_INTERFACE = "networkInterfaceSet/item"
_IMAGE = re.compile(r"ami-[0-9a-f]{8,17}")
_ID = re.compile(r"lt-[0-9a-f]{8,17}")
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_PREFIX = "LaunchTemplate."
_FURTHER: Mapping[str, Kind] = {
    "kernelId": "image",
    "ramDiskId": "image",
    "blockDeviceMappingSet/item/ebs/snapshotId": "snapshot",
}
# What nothing here judges: a template with one of these is not known.
_STRANGE = (
    "elasticGpuSpecificationSet/item/type",
    "elasticInferenceAcceleratorSet/item/type",
    "secondaryInterfaceSet/item/secondarySubnetId",
)


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a launch template.

    Attributes
    ----------
    image
        None where it has none, or one that only the cloud finds (`resolve:ssm:...`).
    items
        Further images and snapshots that it uses: kernel and RAM disk, and what it makes volumes of.
    has_interface
        Whether it brings a network interface that exists, whose subnet nobody tells.
    found
        ARNs of what it adds to a launch, by type; None for what is not known.
    """

    template_id: str
    version: str
    image: str | None
    items: tuple[tuple[Kind, str], ...]
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

    whole = read_texts(answer.body)
    data = {path.removeprefix(_DATA): texts for path, texts in whole.items() if path.startswith(_DATA)}
    ids, versions = whole.get(f"{_ITEM}/launchTemplateId", []), whole.get(f"{_ITEM}/versionNumber", [])
    if len(ids) != 1 or len(versions) != 1 or not _ID.fullmatch(ids[0]) or not _NUMBER.fullmatch(versions[0]):
        return None
    if any(path in data for path in _STRANGE):
        return None
    place = Place(partition_of(call.region), call.region, account)
    profiles = [text for name in ("arn", "name") for text in data.get(f"iamInstanceProfile/{name}", ())]
    images = data.get("imageId", [])
    image = images[0] if len(images) == 1 and _IMAGE.fullmatch(images[0]) else None
    items: list[tuple[Kind, str]] = []
    for path, kind in _FURTHER.items():
        items.extend((kind, name) for name in data.get(path, ()))
    found = {
        "launch-template": _write_arns("launch-template", ids, place),
        "image": None if image is None else _write_arns("image", [image], place),
        "role": inventory.find("role", "IamInstanceProfile", profiles[0]) if profiles else [],
        "tag": _find_tagged(data, place),
        **_find_others(data, place),
    }
    return Template(ids[0], versions[0], image, tuple(items), f"{_INTERFACE}/networkInterfaceId" in data, found)


def _find_others(data: Mapping[str, Sequence[str]], place: Place) -> dict[str, Sequence[str] | None]:
    """Return the ARNs of what the data of a template name, by type."""

    def write(kind: str, *paths: str) -> list[str] | None:
        return _write_arns(kind, [text for path in paths for text in data.get(path, ())], place)

    target = "capacityReservationSpecification/capacityReservationTarget/capacityReservation"
    has_interface = f"{_INTERFACE}/networkInterfaceId" in data
    is_by_name = "securityGroupSet/item" in data or "placement/groupId" in data
    subnets = write("subnet", f"{_INTERFACE}/subnetId")
    groups = write("security-group", "securityGroupIdSet/item", f"{_INTERFACE}/groupSet/groupId")
    return {
        "key-pair": write("key-pair", "keyName"),
        "placement-group": None if is_by_name else write("placement-group", "placement/groupName"),
        # What it does not name, the account's defaults or an interface that exists bring.
        "subnet": subnets if subnets and not has_interface else None,
        "security-group": groups if groups and not has_interface and not is_by_name else None,
        "capacity-reservation": write("capacity-reservation", f"{target}Id"),
        "group": write("group", f"{target}ResourceGroupArn"),
        "license-configuration": write("license-configuration", "licenseSet/item/licenseConfigurationArn"),
        "network-interface": write("network-interface", f"{_INTERFACE}/networkInterfaceId"),
        "snapshot": write("snapshot", "blockDeviceMappingSet/item/ebs/snapshotId"),
    }


def _find_tagged(data: Mapping[str, Sequence[str]], place: Place) -> list[str] | None:
    """Return what the template tags, as it is judged when it is created."""
    specification = "tagSpecificationSet/item"
    if f"{specification}/tagSet/item/key" not in data:
        return []
    kinds = data.get(f"{specification}/resourceType", ())
    return [created(kind, place) for kind in kinds] if kinds and all(kind in TYPES for kind in kinds) else None


def _write_arns(kind: str, values: Iterable[str], place: Place) -> list[str] | None:
    arns = [name_resource(kind, value, place.arn) for value in values]
    return None if None in arns else [arn for arn in arns if arn is not None]


def pin_template(call: Ec2Call, template: Template) -> Ec2Call:
    """Return a launch that says which version it means, and which image."""
    parameters = {name: value for name, value in call.parameters.items() if not name.startswith(_PREFIX)}
    parameters |= {f"{_PREFIX}LaunchTemplateId": template.template_id, f"{_PREFIX}Version": template.version}
    if template.image is not None and not parameters.get("ImageId"):
        parameters["ImageId"] = template.image
    return replace(call, parameters=parameters)

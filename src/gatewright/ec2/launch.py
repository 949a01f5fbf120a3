"""RunInstances: what a launch is judged on beyond the resources that it names (R164, R167)."""

from __future__ import annotations

from .errors import Ec2Error
from .inventory import Inventory
from .judge import check_count, created, pass_role
from .judged import Judged
from .parameters import Parameters
from .resources import Place

LAUNCH = "RunInstances"
# Element of a request -> type that it creates one of.
_CREATED = {
    "ElasticGpuSpecification": "elastic-gpu",
    "ElasticInferenceAccelerator": "elastic-inference",
    "SecondaryInterface": "secondary-interface",
}
# Type -> what takes keys from it, and which.
_INHERITED = {
    "image": {"instance": ("ec2:RootDeviceType", "ec2:ProductCode")},
    "subnet": {
        "instance": ("ec2:AvailabilityZone", "ec2:AvailabilityZoneId"),
        "network-interface": ("ec2:AvailabilityZone", "ec2:Vpc"),
        "volume": ("ec2:AvailabilityZone", "ec2:AvailabilityZoneId"),
    },
}
# What a launch uses that names none, with the parameter that would.
_DEFAULTS = {"security-group": "SecurityGroupId", "subnet": "SubnetId"}
# What a template adds where the call names none, and what it adds to what the call names.
_BY_TEMPLATE = ("image", "key-pair", "placement-group")
_BESIDE = ("capacity-reservation", "group", "license-configuration", "network-interface", "snapshot")
_TAG_KEYS = frozenset({"aws:RequestTag/*", "aws:TagKeys"})
_TEMPLATE = "ec2:LaunchTemplate"
_FROM_TEMPLATE = "ec2:IsLaunchTemplateResource"


def complete_launch(judged: list[Judged], parameters: Parameters, place: Place, inventory: Inventory) -> list[Judged]:
    """Return the named resources and the instance, with what the call creates or leaves to defaults.

    A launch template may add anything that the call does not say; what it may add is unknown.

    Raises
    ------
    Ec2Error
        There is neither an image nor a launch template, or a template without id and name.
    """
    is_templated = "LaunchTemplate" in parameters.tree
    if is_templated and find_template(parameters) is None:
        raise Ec2Error("MissingParameter", "the request must contain the parameter `LaunchTemplate.LaunchTemplateId`")
    if not is_templated and not any(entry.kind == "image" for entry in judged):
        raise Ec2Error("MissingParameter", "the request must contain the parameter `ImageId`")
    added = _volumes(judged, parameters, place, inventory, is_templated)
    added += _interfaces(judged, parameters, place)
    for group, kind in _CREATED.items():
        added += [
            Judged(kind, created(kind, place), is_created=True, element=item, prefix=f"{group}.")
            for item in parameters.items(group)
        ]
    added += _unnamed(judged, parameters, inventory, is_templated)
    whole = judged + added
    check_count(len(whole))
    _add_template(whole, is_templated)
    _inherit(whole, inventory)
    if not _names_profile(parameters):
        _settle(whole, "ec2:InstanceProfile", is_templated)
    if parameters.value("Placement.GroupName") is None and parameters.value("Placement.GroupId") is None:
        _settle(whole, "ec2:PlacementGroup", is_templated)
    return whole


def _unnamed(judged: list[Judged], parameters: Parameters, inventory: Inventory, is_templated: bool) -> list[Judged]:
    """Return what the account's defaults or a template add to what the call names."""
    kinds = {entry.kind for entry in judged}
    if any(entry.kind == "network-interface" and not entry.is_created for entry in judged):
        kinds |= set(_DEFAULTS)  # an interface that exists brings its own
    added = []
    for kind in (*_DEFAULTS, *(_BY_TEMPLATE if is_templated else ())):
        if kind not in kinds:
            source = ("LaunchTemplate", find_template(parameters) or "") if is_templated else (_DEFAULTS[kind], "")
            known = inventory.find(kind, *source)
            added += [Judged(kind, arn, is_templated=is_templated) for arn in ((None,) if known is None else known)]
    if is_templated:
        beside = {kind: inventory.find(kind, "LaunchTemplate", find_template(parameters) or "") for kind in _BESIDE}
        added += [Judged(kind, arn, is_templated=True) for kind, arns in beside.items() for arn in arns or ()]
        if None in beside.values():
            added.append(Judged("", None, is_templated=True))
    return added


def find_template(parameters: Parameters) -> str | None:
    """Return the id or name of the launch template, None where there is none."""
    return parameters.value("LaunchTemplate.LaunchTemplateId") or parameters.value("LaunchTemplate.LaunchTemplateName")


def judge_template_role(parameters: Parameters, inventory: Inventory) -> list[Judged]:
    """Return the right to pass the role of the template's instance profile (R166).

    Whether it has one is unknown, so without an inventory the right is asked for: a launch may not pass a role that
    nobody judged.
    """
    template = find_template(parameters)
    if template is None or _names_profile(parameters):
        return []
    roles = inventory.find("role", "LaunchTemplate", template)
    return [pass_role(role) for role in ((None,) if roles is None else roles)]


def add_template_tags(judged: list[Judged], parameters: Parameters, inventory: Inventory) -> list[Judged]:
    """Return the resources with the rights to tag that the tags of a launch template ask for (R165).

    Which tags it gives is unknown; so is what it tags, without an inventory.
    """
    template = find_template(parameters)
    tagged = [] if template is None else inventory.find("tag", "LaunchTemplate", template)
    if tagged is not None and not tagged:
        return judged
    for entry in judged:
        if entry.is_created and (tagged is None or entry.resource in tagged):
            entry.unknown |= _TAG_KEYS
            entry.context.pop("aws:TagKeys", None)
    asked = {entry.resource for entry in judged if entry.action == "ec2:CreateTags"}
    return judged + [
        Judged(
            "" if arn is None else arn.split(":", 5)[-1].partition("/")[0],
            arn,
            True,
            "ec2:CreateTags",
            context={"ec2:CreateAction": LAUNCH},
            unknown=set(_TAG_KEYS),
        )
        for arn in ((None,) if tagged is None else dict.fromkeys(tagged))
        if arn not in asked
    ]


def _names_profile(parameters: Parameters) -> bool:
    return any(parameters.value(f"IamInstanceProfile.{name}") is not None for name in ("Arn", "Name"))


def _settle(judged: list[Judged], key: str, is_templated: bool) -> None:
    """Say that the instance has not what the call does not ask for."""
    for entry in judged:
        if entry.kind == "instance" and not is_templated:
            entry.context[key] = None


def _volumes(
    judged: list[Judged], parameters: Parameters, place: Place, inventory: Inventory, is_templated: bool
) -> list[Judged]:
    """Return the volumes that device mappings describe, and those of the image, of which nothing is known."""
    group = "BlockDeviceMapping"
    volumes = [
        Judged("volume", created("volume", place), is_created=True, element=item, prefix=f"{group}.")
        for item in parameters.items(group)
        if "Ebs" in item and "NoDevice" not in item
    ]
    images = [entry.resource for entry in judged if entry.kind == "image"]
    known = [inventory.facts(image) for image in images if image is not None]
    is_without = known and all(facts and facts.keys.get("ec2:RootDeviceType") == "instance-store" for facts in known)
    if is_templated or not is_without:
        volumes.append(Judged("volume", created("volume", place), is_created=True, element={}, is_templated=True))
    return volumes


def _interfaces(judged: list[Judged], parameters: Parameters, place: Place) -> list[Judged]:
    """Return the interfaces that the launch creates: one for each that it describes, or one."""
    group = "NetworkInterface"
    items = parameters.items(group)
    if not items:
        return [Judged("network-interface", created("network-interface", place), is_created=True)]
    return [
        Judged("network-interface", created("network-interface", place), True, element=item, prefix=f"{group}.")
        for item in items
        if not item.get("NetworkInterfaceId")
    ]


def _inherit(judged: list[Judged], inventory: Inventory) -> None:
    """Give to what is created the keys that it has from the one image and the one subnet, where those are known."""
    for source, takers in _INHERITED.items():
        arns = {entry.resource for entry in judged if entry.kind == source}
        arn = next(iter(arns)) if len(arns) == 1 else None
        facts = inventory.facts(arn) if arn is not None else None
        if facts is None:
            continue
        for entry in judged:
            keys = takers.get(entry.kind, ()) if entry.is_created else ()
            entry.context |= {key: facts.keys[key] for key in keys if key in facts.keys}


def _add_template(judged: list[Judged], is_templated: bool) -> None:
    """Add the template, and whether a resource comes from it: what the call names itself does not (R167)."""
    templates = [entry.resource for entry in judged if entry.kind == "launch-template"]
    for entry in judged:
        if not is_templated:
            entry.context[_TEMPLATE] = None
            entry.context[_FROM_TEMPLATE] = None
            continue
        if len(templates) == 1 and templates[0] is not None:
            entry.context[_TEMPLATE] = templates[0]
        if not entry.is_created and entry.kind != "launch-template":
            entry.context[_FROM_TEMPLATE] = "true" if entry.is_templated else "false"
        entry.is_templated = True

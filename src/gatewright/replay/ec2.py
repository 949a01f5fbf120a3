"""EC2 calls -> the resources that each is judged on (R160, R164-R167).

EC2 judges every resource of a call on its own.  Those that the call creates have no id yet and are judged as
``TYPE/*``; so is an id that is ill-formed, as recorded denials show.  What names them is the table of `gatewright.ec2`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from gatewright.ec2.keys import LAUNCH_TYPES
from gatewright.ec2.resources import PARAMETERS, TYPES, Place, name_resource, type_of_id
from gatewright.ec2.rows import Cell, Parameter, known_rows

from .call import Call, Context, Target, as_text

# Parts of a request whose ids are not what it acts on.
_SKIPPED = frozenset({"filterset", "filter", "tagset", "tagspecificationset", "tagspecification", "ippermissions"})
_SKIPPED |= frozenset({"ippermissionset", "iaminstanceprofile", "createvolumepermission", "launchpermission"})


def ec2_targets(call: Call) -> list[Target]:
    """Return the authorizations of an EC2 call."""
    request = _unwrap(call.parameters)
    found = _resources(request)
    if call.name == "RunInstances":
        targets = list(_run_instances(call, request, found))
    else:
        targets = [Target(call.action, resource) for resource in _judged(call, found)]
    if call.name not in ("CreateTags", "DeleteTags"):
        targets = _with_tags(call, request, targets)
    return targets


def _unwrap(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return what newer operations wrap into one member named after the request."""
    if len(parameters) == 1:
        ((name, inner),) = parameters.items()
        if name.endswith("Request"):
            return inner if isinstance(inner, dict) else {}
    return parameters


def _resources(request: dict[str, Any]) -> dict[str, list[str]]:
    """Collect the ids by the resource type they stand for; parameters of no known type by their own name."""
    found: dict[str, list[str]] = {}
    for name, value in _leaves("", request, 8):
        kind = PARAMETERS.get(name)
        if kind is None and name in ("resourceid", "resource"):
            kind = type_of_id(value)
        ids = found.setdefault(kind or name, [])
        if value not in ids:
            ids.append(value)
    return found


def _leaves(name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth:
        content = as_text(value)
        if content is not None and "tag" in value:
            yield name, content
            return
        for key, inner in value.items():
            lower = key.lower()
            if lower not in _SKIPPED:
                yield from _leaves(name if lower in ("items", "item") else lower, inner, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from _leaves(name, inner, depth - 1)
    elif (text := as_text(value)) is not None:
        yield (name[:-1] if name.endswith("ids") else name), text


def _arn(call: Call, kind: str, name: str) -> str:
    return Place(call.partition, call.region, call.account).arn(kind, name)


def _named(call: Call, kind: str, names: list[str]) -> list[str | None]:
    return list(dict.fromkeys(name_resource(kind, name, partial(_arn, call)) for name in names))


def _judged(call: Call, found: dict[str, list[str]]) -> list[str | None]:
    """Return what the row of an action asks for; an action that the table lacks is judged on what is not known."""
    row = known_rows().get(call.name)
    if row is None or not row.is_known:
        return [None]
    judged: list[str | None] = []
    for cell in row.cells:
        if names := _names(cell, found):
            judged += _named(call, cell.kind, names)
        elif cell.is_created and not cell.parameters:
            judged += [_arn(call, cell.kind, "*")] if cell.is_required else []
        elif cell.is_required or any(_key(parameter) in found for parameter in cell.parameters):
            judged.append(None)
    return list(dict.fromkeys(judged)) or [None if row.cells else "*"]


def _names(cell: Cell, found: dict[str, list[str]]) -> list[str]:
    """Return what an event's parameters of the cell's names hold."""
    names = []
    for parameter in cell.parameters:
        if parameter.is_indirect:
            continue
        key = _key(parameter)
        names += found.get(key, [])
        if key == "resourceid":
            names += [name for kind in found if kind in TYPES for name in found[kind]]
    return names


def _key(parameter: Parameter) -> str:
    """Return the name under which `_resources` collects a parameter: logs write groups in other ways than requests."""
    name = parameter.path.rpartition(".")[2].lower()
    name = name[:-1] if name.endswith("ids") else name
    return PARAMETERS.get(name, name)


def _run_instances(call: Call, request: dict[str, Any], found: dict[str, list[str]]) -> Iterator[Target]:
    """What a launch needs: R164, and R166 for the role of an instance profile."""
    templated = bool(request.get("launchTemplate"))
    by_interface = bool(found.get("network-interface"))
    resources: list[tuple[str, list[str | None]]] = [
        ("image", _named(call, "image", found["image"]) if found.get("image") else [None]),
        ("instance", [_arn(call, "instance", "*")]),
        ("volume", [_arn(call, "volume", "*")]),
        ("network-interface", _named(call, "network-interface", found.get("network-interface", ["*"]))),
    ]
    for kind in ("security-group", "subnet"):
        if found.get(kind):
            resources.append((kind, _named(call, kind, found[kind])))
        elif not by_interface:
            resources.append((kind, [None]))  # the account's default, or the template's
    for kind in ("key-pair", "snapshot", "launch-template", "capacity-reservation"):
        if found.get(kind):
            resources.append((kind, _named(call, kind, found[kind])))
    if templated and not found.get("launch-template"):
        resources.append(("launch-template", [None]))
    instance_type = as_text(request.get("instanceType"))
    for kind, arns in resources:
        context: Context = {key: None for key, kinds in LAUNCH_TYPES.items() if kind not in kinds}
        if kind == "instance" and instance_type:
            context["ec2:InstanceType"] = instance_type
        for arn in arns:
            yield Target(call.action, arn, context)
    if request.get("iamInstanceProfile"):
        yield Target("iam:PassRole", None, {"iam:PassedToService": "ec2.amazonaws.com"})


def _with_tags(call: Call, request: dict[str, Any], targets: list[Target]) -> list[Target]:
    """Add the authorizations for tags given at creation, and those tags to the resources that get them (R165)."""
    for kind, tags in _tags(request):
        context: Context = {f"aws:RequestTag/{key}": value for key, value in tags}
        context["aws:TagKeys"] = [key for key, _ in tags]
        created = _arn(call, kind, "*")
        targets = [
            target._replace(context={**target.context, **context}) if target.resource == created else target
            for target in targets
        ]
        targets.append(Target("ec2:CreateTags", created, {"ec2:CreateAction": call.name, **context}))
    return targets


def _tags(request: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for specification in _items(request.get("tagSpecificationSet")) + _items(request.get("TagSpecification")):
        kind = specification.get("resourceType") or specification.get("ResourceType")
        tags = _items(specification.get("tags")) + _items(specification.get("Tag"))
        pairs = [(tag.get("key") or tag.get("Key"), tag.get("value", tag.get("Value"))) for tag in tags]
        texts = [(key, value) for key, value in pairs if isinstance(key, str) and isinstance(value, str)]
        if isinstance(kind, str) and re.fullmatch("[a-z0-9-]{1,64}", kind) and texts and len(texts) == len(pairs):
            yield kind, texts


def _items(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        value = value.get("items", value)
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, dict)]

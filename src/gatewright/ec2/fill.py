"""Resources that a call is judged on -> their condition keys: what is told of them, and what stays unknown."""

from __future__ import annotations

import re
from functools import cache

from .inventory import Inventory
from .judged import Judged, fold_key, fold_keys, tag_context
from .keys import IDENTITIES, LAUNCH_TYPES, KeyCell, known_keys
from .listing import Listing, find_listing
from .parameters import Parameters, read_bool, read_number
from .resources import TYPES, Place, is_id, name_resource

ATTRIBUTE = "ec2:Attribute"
# Parameters of older requests that say which attribute is set, and how.
_OLDER = ("Attribute", "OperationType", "Value")
# Parameters that say nothing about what is done to which resource.
PLAIN = frozenset({"Action", "Version", "DryRun", "ClientToken"})

_REGION = re.compile("[a-z0-9-]{1,32}")
# Keys that a resource has only where the reference lists them; others come from the caller's credentials.
RESOURCE_KEYS = ("ec2:", "aws:requesttag/", "aws:tagkeys", "aws:resourcetag/")
CREDENTIAL_KEYS = frozenset({"ec2:roledelivery", "ec2:sourceinstancearn"})
# Requests tell them completely.
_TOLD = frozenset({"aws:requesttag/*", "aws:tagkeys", "ec2:attribute/*", "ec2:region", "ec2:createaction"})
_TAGS = ("aws:ResourceTag/*", "ec2:ResourceTag/*")


def fill_keys(action: str, entry: Judged, parameters: Parameters, place: Place, inventory: Inventory) -> None:
    """Complete an entry's context and its unknown keys.

    Raises
    ------
    Ec2Error
        A parameter that a key takes its value from is not of the key's type.
    """
    mixed: set[str] = set()
    is_tagged = False
    if entry.action is None or entry.action.startswith("ec2:"):
        entry.context["ec2:Region"] = place.region
        _add_identity(action if entry.action is None else entry.action.removeprefix("ec2:"), entry)
    if entry.action is None:
        _add_parameters(action, entry, parameters, place)
        _add_attributes(action, entry, parameters)
        if action == "ModifySnapshotAttribute":
            _add_sharing(entry, parameters)
        if action == "CreateVpcPeeringConnection" and entry.kind == "vpc-peering-connection":
            _add_peer(entry, parameters, place)
    facts = None if entry.is_created or entry.resource is None else inventory.facts(entry.resource)
    if facts is not None:
        told = {fold_key(key) for key in entry.context}
        entry.context |= {key: value for key, value in facts.keys.items() if fold_key(key) not in told}
        if facts.tags is not None:
            is_tagged = True
            service = "iam" if entry.kind == "role" else "ec2"
            tags, mixed = tag_context((f"{service}:ResourceTag/", "aws:ResourceTag/"), facts.tags)
            entry.context |= tags
    if entry.action is None or entry.action.startswith("ec2:"):
        _add_unknown(action if entry.action is None else entry.action.removeprefix("ec2:"), entry)
    if is_tagged:
        entry.unknown = (entry.unknown - {*_TAGS, "iam:ResourceTag/*"}) | mixed
    _drop_doubles(entry)
    told = fold_keys(entry.context)
    if not told.isdisjoint(fold_keys(entry.unknown)):
        entry.unknown = {key for key in entry.unknown if fold_key(key) not in told}


def _drop_doubles(entry: Judged) -> None:
    """Leave no key in two spellings: which of two attributes the cloud takes is unknown."""
    if len(fold_keys(entry.context)) == len(entry.context):
        return
    spellings: dict[str, list[str]] = {}
    for key in entry.context:
        spellings.setdefault(fold_key(key), []).append(key)
    for keys in spellings.values():
        if len(keys) > 1:
            entry.unknown |= set(keys)
            for key in keys:
                del entry.context[key]


def _add_identity(action: str, entry: Judged) -> None:
    key = IDENTITIES.get(entry.kind)
    # Not every action that a type takes part in has the key; without the reference it is unknown which.
    listing = find_listing(action, entry.kind)
    if key is None or listing is None or key not in listing.keys or entry.resource is None:
        return
    if not entry.resource.endswith("/*"):
        entry.context[key] = entry.resource.partition("/")[2]


def _add_parameters(action: str, entry: Judged, parameters: Parameters, place: Place) -> None:
    for cell in known_keys().get((action, entry.kind), ()):
        value = parameters.value(cell.path, entry.element, entry.prefix)
        if value is not None:
            text = _read(cell, entry.prefix, value, place)
            if text is not None:
                entry.context[cell.key] = text
        elif cell.default is not None and not entry.is_templated:
            entry.context[cell.key] = None if cell.default == "-" else cell.default


def _read(cell: KeyCell, prefix: str, value: str, place: Place) -> str | None:
    """Return the value that a parameter gives to a key; None where that is unknown."""
    name = prefix + cell.path
    if cell.form == "text":
        return value
    if cell.form == "number":
        return read_number(name, value)
    if cell.form == "bool":
        return read_bool(name, value)
    return name_resource(cell.form, value, place.arn)


def _add_attributes(action: str, entry: Judged, parameters: Parameters) -> None:
    """Add ``ec2:Attribute`` and ``ec2:Attribute/NAME`` where the action has them.

    Older requests say ``Attribute=instanceType&Value=t3.micro``, newer ones ``InstanceType.Value=t3.micro``.
    """
    listing = find_listing(action, entry.kind)
    if listing is None:
        return
    if ATTRIBUTE in listing.keys and (attribute := parameters.value("Attribute")) is not None:
        entry.context[ATTRIBUTE] = attribute
    if f"{ATTRIBUTE}/*" not in listing.keys:
        return
    older = parameters.value("Attribute")
    if older is not None and (setting := parameters.value("Value")) is not None:
        entry.context[f"{ATTRIBUTE}/{older}"] = setting
    naming = TYPES[entry.kind].parameter if entry.kind else ""
    for name, node in parameters.tree.items():
        if name in PLAIN or name in (*_OLDER, naming):
            continue
        value = node.get("Value") if isinstance(node, dict) and len(node) == 1 else node
        if isinstance(value, str):
            entry.context[f"{ATTRIBUTE}/{name}"] = value
            parameters.take(name)
            parameters.take(f"{name}.Value")
        else:
            entry.unknown.add(f"{ATTRIBUTE}/{name}")


def _add_sharing(entry: Judged, parameters: Parameters) -> None:
    """Add whom a snapshot is shared with (R163); the keys hold one of several, and it is unknown which."""
    older = (parameters.value("OperationType") or "").lower()
    for change in ("Add", "Remove"):
        for key, newer, old in (("userId", "UserId", "UserId"), ("group", "Group", "UserGroup")):
            values = parameters.values(f"CreateVolumePermission.{change}.{newer}")
            named = parameters.values(old)
            values += named if older == change.lower() else []
            if len(values) > 1 or (named and older not in ("add", "remove")):
                entry.unknown.add(f"ec2:{change}/{key}")
            else:
                entry.context[f"ec2:{change}/{key}"] = values[0] if values else None


def _add_peer(entry: Judged, parameters: Parameters, place: Place) -> None:
    """Add the other side's VPC, which may be of another account and in another Region."""
    owner = parameters.value("PeerOwnerId") or place.account
    region = parameters.value("PeerRegion") or place.region
    name = parameters.value("PeerVpcId")
    if name is not None and is_id("vpc", name) and owner.isalnum() and _REGION.fullmatch(region):
        entry.context["ec2:AccepterVpc"] = Place(place.partition, region, owner).arn("vpc", name)


def _add_unknown(action: str, entry: Judged) -> None:
    """Name the keys that stay unknown, and drop those that the reference does not give to the resource (R128)."""
    listing = find_listing(action, entry.kind) if entry.kind or entry.resource == "*" else None
    if listing is None:
        entry.unknown |= {"ec2:*"} if entry.resource == "*" else {"ec2:*", *_TAGS}
        if action == "RunInstances" and entry.kind:
            for key, kinds in LAUNCH_TYPES.items():
                if entry.kind not in kinds:
                    entry.context.setdefault(key, None)
        return
    for key in [key for key in entry.context if not _may_have(listing, fold_key(key))]:
        del entry.context[key]
    entry.unknown = {key for key in entry.unknown if listing.has(fold_key(key))} | _untold(listing)


@cache
def _untold(listing: Listing) -> frozenset[str]:
    """Return the keys of a listing that no request tells completely; as many listings as actions and types."""
    return frozenset(key for key in listing.keys if fold_key(key) not in _TOLD)


def _may_have(listing: Listing, key: str) -> bool:
    return listing.has(key) or key in _TOLD or not key.startswith(RESOURCE_KEYS)

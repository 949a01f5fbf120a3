"""Calls that share images and snapshots -> what they change; both parameter forms of the API are read.

LaunchPermission.Add.1.UserId=111122223333                                         since 2010-08-31
Attribute=launchPermission&OperationType=add&UserId.1=111122223333&UserGroup.1=all before, and today's short form
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .errors import Ec2Error, shown
from .parameters import Parameters, refuse_misspelt
from .query import build_tree, find_values

Kind = Literal["image", "snapshot"]
EVERYBODY = "all"
"""The group of all accounts, as a grantee."""

PERMISSIONS: Mapping[Kind, str] = {"image": "LaunchPermission", "snapshot": "CreateVolumePermission"}
ATTRIBUTES: Mapping[Kind, str] = {"image": "launchPermission", "snapshot": "createVolumePermission"}
IDS: Mapping[Kind, str] = {"image": "ImageId", "snapshot": "SnapshotId"}
READS: Mapping[str, Kind] = {"DescribeImageAttribute": "image", "DescribeSnapshotAttribute": "snapshot"}
"""Actions that describe one image or snapshot, which has to be one that the caller may see."""
MEMBERS = ("UserId", "Group", "OrganizationArn", "OrganizationalUnitArn")
_OLD_MEMBERS = ("UserId", "UserGroup", "OrganizationArn", "OrganizationalUnitArn")

_ACCOUNT = re.compile(r"[0-9]{12}")
_PART = re.compile(r"arn:[a-z-]{3,20}:organizations::[0-9]{12}:(?:organization|ou)/[a-z0-9/-]{3,100}")
GRANTEE_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Change:
    """What one call changes of one image or snapshot.

    Attributes
    ----------
    add, remove
        Grantees: accounts, `EVERYBODY`, ARNs of organizations and their units; no grantee is in both.
    is_reset
        Nobody but the owner is left.
    usable
        Whether it can be used from now on, None: as before.  One that is gone cannot.
    region
        Where the cloud is asked for it; empty where nobody said.
    """

    kind: Kind
    id: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    is_reset: bool = False
    usable: bool | None = None
    region: str = ""

    @property
    def additions(self) -> dict[str, str]:
        """The context keys of a call that shares, as far as one value says it."""
        keys = {}
        for grantee in self.add:
            if grantee == EVERYBODY:
                keys["ec2:Add/group"] = grantee
            elif _ACCOUNT.fullmatch(grantee):
                keys["ec2:Add/userId"] = grantee
            else:
                keys["ec2:Add/organizationArn"] = grantee
        return keys

    def apply(self, grantees: frozenset[str]) -> frozenset[str]:
        """Return whom it is shared with once the change is made."""
        return frozenset(self.add) if self.is_reset else (grantees | set(self.add)) - set(self.remove)


_SWITCHES: Mapping[str, tuple[Kind, bool]] = {
    "DeregisterImage": ("image", False),
    "DisableImage": ("image", False),
    "EnableImage": ("image", True),
    "RestoreImageFromRecycleBin": ("image", True),
    "DeleteSnapshot": ("snapshot", False),
    "RestoreSnapshotFromRecycleBin": ("snapshot", True),
}


def read_change(action: str, texts: Mapping[str, str], account: str) -> Change | None:
    """Return what a call changes of sharing, or None where it changes nothing of it.

    Parameters
    ----------
    action
        Without its prefix.
    texts
        Parameters by their full names, as `Ec2Call.parameters`.
    account
        The caller's.

    Raises
    ------
    Ec2Error
        The permissions cannot be understood, or in more than one way.
    """
    parameters = Parameters(build_tree(dict(texts)))
    if action in ("ModifyImageAttribute", "ResetImageAttribute"):
        kind: Kind = "image"
    elif action in ("ModifySnapshotAttribute", "ResetSnapshotAttribute"):
        kind = "snapshot"
    elif action == "CancelImageLaunchPermission":
        return Change("image", _read_id(parameters, "image"), remove=(account,))
    elif action in _SWITCHES:
        kind, usable = _SWITCHES[action]
        return Change(kind, _read_id(parameters, kind), usable=usable)
    else:
        return None
    if action.startswith("Reset"):
        attribute = parameters.value("Attribute")
        if attribute is None:
            raise Ec2Error("MissingParameter", "the request must contain the parameter `Attribute`")
        if attribute != ATTRIBUTES[kind]:
            raise Ec2Error("InvalidParameterValue", f"the attribute `{shown(attribute)}` cannot be reset")
        return Change(kind, _read_id(parameters, kind), is_reset=True)
    change = _read_modification(parameters, kind)
    refuse_misspelt(texts, frozenset(parameters.paths))
    return change


def read_question(action: str, texts: Mapping[str, str]) -> tuple[Kind, str] | None:
    """Return the image or snapshot of which a call asks whom it is shared with, or None where it asks nothing so.

    Raises
    ------
    Ec2Error
        It names several, or the attribute in a spelling that a lenient cloud would answer.
    """
    kind = READS.get(action)
    if kind is None:
        return None
    parameters = Parameters(build_tree(dict(texts)))
    attribute, name = parameters.value("Attribute"), _read_id(parameters, kind)
    refuse_misspelt(texts, frozenset(parameters.paths))
    wanted = ATTRIBUTES[kind]
    if attribute is not None and attribute != wanted and attribute.strip().lower() == wanted.lower():
        raise Ec2Error("InvalidParameterValue", f"the attribute `{shown(attribute)}` is not valid; write `{wanted}`")
    return (kind, name) if attribute == wanted else None


def _read_modification(parameters: Parameters, kind: Kind) -> Change | None:
    name = PERMISSIONS[kind]
    add = _read_items(parameters, f"{name}.Add")
    remove = _read_items(parameters, f"{name}.Remove")
    listed = [grantee for member in _OLD_MEMBERS for grantee in _grantees(member, parameters.values(member))]
    operation = parameters.value("OperationType")
    attribute = parameters.value("Attribute")
    if listed or operation is not None:
        if add or remove or attribute not in (None, ATTRIBUTES[kind]):
            raise Ec2Error("InvalidParameterCombination", f"`OperationType` goes with `Attribute={ATTRIBUTES[kind]}`")
        if operation not in ("add", "remove"):
            raise Ec2Error("InvalidParameterValue", "`OperationType` has to be `add` or `remove`")
        if not listed:
            raise Ec2Error("MissingParameter", f"`OperationType={operation}` names no account and no group")
        add, remove = (listed, []) if operation == "add" else ([], listed)
    if not add and not remove:
        return None
    return _make_change(kind, _read_id(parameters, kind), add, remove)


def _make_change(kind: Kind, name: str, add: list[str], remove: list[str]) -> Change:
    both = set(add) & set(remove)
    if both:
        raise Ec2Error("InvalidParameterCombination", f"`{min(both)}` is added and removed")
    if len(add) + len(remove) > GRANTEE_LIMIT:
        raise Ec2Error("InvalidParameterValue", f"more than {GRANTEE_LIMIT:,} permissions are changed at once")
    return Change(kind, name, tuple(dict.fromkeys(add)), tuple(dict.fromkeys(remove)))


def _read_items(parameters: Parameters, path: str) -> list[str]:
    parameters.paths |= {f"{path}.{member}" for member in MEMBERS}
    found = []
    for item in parameters.items(path):
        given = [(member, value) for member in MEMBERS for value in find_values(item, member)]
        if len(given) != 1:
            raise Ec2Error("InvalidParameterValue", f"an entry of `{path}` has to name one account or group")
        found += _grantees(given[0][0], [given[0][1]])
    return found


def _grantees(member: str, values: list[str]) -> list[str]:
    """Check grantees; a lenient cloud would act on what an ill-formed one means."""
    for value in values:
        if member == "UserId":
            is_sound = _ACCOUNT.fullmatch(value) is not None
        elif member in ("Group", "UserGroup"):
            is_sound = value == EVERYBODY
        else:
            is_sound = _PART.fullmatch(value) is not None
        if not is_sound:
            raise Ec2Error("InvalidParameterValue", f"the value `{shown(value)}` of `{member}` is not valid")
    return values


def _read_id(parameters: Parameters, kind: Kind) -> str:
    name = parameters.value(IDS[kind])
    if name is None:
        raise Ec2Error("MissingParameter", f"the request must contain the parameter `{IDS[kind]}`")
    return name

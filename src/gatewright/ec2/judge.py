"""A row of the table of actions and a call's parameters -> the resources that it is judged on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from .errors import Ec2Error, shown
from .inventory import Inventory
from .judged import Judged
from .parameters import Parameters
from .resources import NAMED_TYPES, TYPES, Place, is_resource_id, name_resource
from .rows import Cell, Row

# More than EC2 takes in one call; what names more is refused instead of decided.
RESOURCE_LIMIT = 1_000

_PROFILES = (
    "IamInstanceProfile",
    "LaunchSpecification.IamInstanceProfile",
    "SpotFleetRequestConfig.LaunchSpecifications.IamInstanceProfile",
)


# Parameters of what is copied, which may be in another Region.  Both are judged since October 2024 and April 2025: EC2
# User Guide, "Grant permissions to copy AMIs"; AWS Storage Blog, "Enhancing resource-level permissions for copying
# Amazon EBS snapshots".
_SOURCES = frozenset({"SourceImageId", "SourceSnapshotId"})
_REGION = re.compile("[a-z0-9-]{1,32}")


# Parameters that are a role's ARN, with the service that gets the role.  Sources: VPC User Guide, "IAM role for
# publishing flow logs"; EC2 User Guide, "Spot Fleet permissions".
_ROLES = {
    "DeliverLogsPermissionArn": "vpc-flow-logs.amazonaws.com",
    "SpotFleetRequestConfig.IamFleetRole": "spotfleet.amazonaws.com",
}


def judge_row(
    row: Row, parameters: Parameters, place: Place, inventory: Inventory, tagged: frozenset[str]
) -> list[Judged]:
    """Return what a row asks for, each resource once; of unknown ones as many as there may be.

    Parameters
    ----------
    tagged
        Types that get tags at their creation.

    Raises
    ------
    Ec2Error
        A required parameter is missing, or too many resources are named.
    """
    if not row.cells:
        return [Judged("", "*" if row.is_known else None)]
    found: dict[tuple[object, ...], Judged] = {}
    for cell in row.cells:
        for entry in _judge_cell(cell, parameters, place, inventory, tagged):
            found[entry.kind, entry.resource, entry.is_created] = entry
            check_count(len(found))
    # All its resources are optional and none is named: it acts on something that only the cloud knows.
    return list(found.values()) or [Judged("", None)]


def check_count(count: int) -> None:
    """Refuse a call on too many resources."""
    if count > RESOURCE_LIMIT:
        raise Ec2Error("InvalidParameterValue", f"the call is on more than {RESOURCE_LIMIT:,} resources")


def _judge_cell(
    cell: Cell, parameters: Parameters, place: Place, inventory: Inventory, tagged: frozenset[str]
) -> Iterator[Judged]:
    if cell.is_created and not cell.parameters:
        if cell.is_required or cell.kind in tagged:
            yield Judged(cell.kind, created(cell.kind, place), is_created=True)
        return
    is_given = False
    for parameter in cell.parameters:
        for value in parameters.values(parameter.path):
            is_given = True
            if not parameter.is_indirect:
                _refuse_near_id(cell.kind, parameter.path, value)
            where = _source_place(parameters, place) if parameter.path in _SOURCES else place
            arn = None if parameter.is_indirect else name_resource(cell.kind, value, where.arn)
            known = (arn,) if arn is not None else inventory.find(cell.kind, parameter.path, value)
            for one in (None,) if known is None else known:
                yield Judged(_kind_of(cell.kind, one), one, cell.is_created)
    if cell.is_required and not is_given:
        names = " or ".join(f"`{parameter.path}`" for parameter in cell.parameters)
        raise Ec2Error("MissingParameter", f"the request must contain the parameter {names}")


def _source_place(parameters: Parameters, place: Place) -> Place:
    region = parameters.value("SourceRegion") or place.region
    if region != place.region and not _REGION.fullmatch(region):
        raise Ec2Error("InvalidParameterValue", f"the value `{shown(region)}` of `SourceRegion` is no Region")
    return replace(place, region=region)


def _refuse_near_id(kind: str, path: str, value: str) -> None:
    """Refuse an id that is ill-formed for its case or its spaces only: a lenient cloud would act on what it means."""
    meant = value.strip()
    if kind not in NAMED_TYPES and not meant.startswith(("arn:", "resolve:")):
        meant = meant.lower() if is_resource_id(kind, meant.lower()) and not is_resource_id(kind, meant) else meant
    if meant != value:
        raise Ec2Error("InvalidParameterValue", f"the value `{shown(value)}` of `{path}` is malformed")


def _kind_of(kind: str, arn: str | None) -> str:
    if kind != "any":
        return kind
    found = arn.split(":", 5)[-1].partition("/")[0] if arn is not None else ""
    return found if found in TYPES else ""


def created(kind: str, place: Place) -> str:
    """Return what a resource that the call creates is judged as: it has no id yet (R164)."""
    if kind == "elastic-inference":
        owner = f"arn:{place.partition}:elastic-inference:{place.region}:{place.account}"
        return f"{owner}:elastic-inference-accelerator/*"
    return place.arn(kind, "*")


def judge_roles(parameters: Parameters, place: Place, inventory: Inventory) -> list[Judged]:
    """Return the right to pass the role of an instance profile (R166), or another one, where the call names it."""
    found = [
        pass_role(name_resource("role", value, place.arn), service)
        for path, service in _ROLES.items()
        for value in parameters.values(path)
    ]
    for group in _PROFILES:
        for value in (*parameters.values(f"{group}.Arn"), *parameters.values(f"{group}.Name")):
            roles = inventory.find("role", "IamInstanceProfile", value)
            for role in (None,) if roles is None else roles:
                found.append(pass_role(role))
    return found


def pass_role(role: str | None, service: str = "ec2.amazonaws.com") -> Judged:
    """Return the right to pass a role to a service."""
    return Judged(
        "role",
        role,
        action="iam:PassRole",
        context={"iam:PassedToService": service},
        unknown={"iam:AssociatedResourceArn", "aws:ResourceTag/*", "iam:ResourceTag/*"},
    )

"""The attributes of EC2 images and snapshots, as the reference reads them and as a policy that says the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_ec2 import OF_IMAGE_OWNER, OF_SNAPSHOT_OWNER, USES_IMAGE, USES_SNAPSHOT
from strategies import ACCOUNT

from .alphabet import OTHER, THIRD
from .conditions import Dice

CANCEL = "ec2:cancelimagelaunchpermission"


def make_attributes(dice: Dice, name: str) -> dict[str, Any]:
    """Make the attributes of an image or a snapshot: its owner, and with whom it is shared."""
    permission: dict[str, Any] = {}
    if dice.chance(0.6):
        permission["users"] = dice.some((ACCOUNT, OTHER, THIRD), 2)
    if dice.chance(0.15):
        permission["groups"] = ["all"]
    owner = dice.one((ACCOUNT, OTHER, THIRD))
    if ":image/" in name:
        return {"image": {"owner": owner, "launch_permission": permission}}
    return {"snapshot": {"owner": owner, "create_volume_permission": permission}}


def attribute_document(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Say as a policy what attributes permit."""
    uses: tuple[str, ...]
    owned: tuple[str, ...]
    if "image" in attributes:
        owner, permission = attributes["image"]["owner"], attributes["image"]["launch_permission"]
        uses, owned = USES_IMAGE, OF_IMAGE_OWNER
    else:
        owner, permission = attributes["snapshot"]["owner"], attributes["snapshot"]["create_volume_permission"]
        uses, owned = USES_SNAPSHOT, OF_SNAPSHOT_OWNER
    users = permission.get("users", [])
    everyone = "all" in permission.get("groups", [])
    statements = [
        allow("*" if everyone else {"AWS": [owner, *users]}, Action=list(uses)),
        allow({"AWS": owner}, Action=list(owned)),
    ]
    special = [*uses, *owned]
    if "image" in attributes:
        special.append(CANCEL)
        if users:
            statements.append(allow({"AWS": users}, Action=CANCEL))
    statements.append(allow("*", NotAction=special))
    return {"Version": "2012-10-17", "Statement": statements}


def allow(principal: Any, **action: Any) -> dict[str, Any]:
    """Return an Allow on whatever it is attached to."""
    return {"Effect": "Allow", "Principal": principal, **action, "Resource": "*"}

"""The reference: what the attributes of EC2 images and snapshots permit, beside all policies (R161, R163)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reference import fold_ascii

USES_IMAGE: Final = ("ec2:runinstances", "ec2:copyimage")
USES_SNAPSHOT: Final = ("ec2:runinstances", "ec2:createvolume", "ec2:copysnapshot")
CROSSES_REGIONS: Final = ("ec2:copyimage", "ec2:copysnapshot")
"""Actions that name the Region of what they copy."""

OF_IMAGE_OWNER: Final = (
    "ec2:deregisterimage",
    "ec2:disableimage",
    "ec2:disableimagedeprecation",
    "ec2:disableimagederegistrationprotection",
    "ec2:enableimage",
    "ec2:enableimagedeprecation",
    "ec2:enableimagederegistrationprotection",
    "ec2:modifyimageattribute",
    "ec2:resetimageattribute",
)
OF_SNAPSHOT_OWNER: Final = ("ec2:deletesnapshot", "ec2:modifysnapshotattribute", "ec2:resetsnapshotattribute")


def permits_call(action: str, account: str | None, ec2: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Tell whether the attributes permit a call of an account that policies allow."""
    name = fold_ascii(action)
    image, snapshot = ec2.get("image"), ec2.get("snapshot")
    if image is not None and not permits_image(name, account, image, ec2, facts):
        return False
    return snapshot is None or permits_snapshot(name, account, snapshot, ec2)


def permits_image(
    name: str, account: str | None, image: Mapping[str, Any], ec2: Mapping[str, Any], facts: Mapping[str, Any]
) -> bool:
    """Tell whether an image's launch permission, state, Region and encryption permit an action (R161)."""
    is_owner = account == image["owner"]
    permission = image.get("launch_permission", {})
    storage = [image, *image.get("snapshots", [])]
    if is_elsewhere(name, image, ec2):
        return False
    if name in USES_IMAGE:
        if facts.get("image_state") in ("disabled", "deregistered"):
            return False
        organisations = ec2.get("caller_org_arns", [])
        shared_to = permission.get("organizations", []) + permission.get("units", [])
        is_shared = is_listed(account, permission) or any(arn in shared_to for arn in organisations)
        return (is_owner or is_shared) and all(is_readable(item, ec2, is_owner=is_owner) for item in storage)
    if name == "ec2:cancelimagelaunchpermission":  # sharing with the account itself only
        return account in permission.get("users", [])
    if name in OF_IMAGE_OWNER:
        return is_owner and may_share(storage, ec2.get("change", {}))
    return True


def permits_snapshot(name: str, account: str | None, snapshot: Mapping[str, Any], ec2: Mapping[str, Any]) -> bool:
    """Tell whether a snapshot's permission, Region and encryption permit an action (R163)."""
    is_owner = account == snapshot["owner"]
    if is_elsewhere(name, snapshot, ec2):
        return False
    if name in USES_SNAPSHOT:
        is_shared = is_listed(account, snapshot.get("create_volume_permission", {}))
        return (is_owner or is_shared) and is_readable(snapshot, ec2, is_owner=is_owner)
    if name in OF_SNAPSHOT_OWNER:
        return is_owner and may_share([snapshot], ec2.get("change", {}))
    return True


def is_elsewhere(name: str, item: Mapping[str, Any], ec2: Mapping[str, Any]) -> bool:
    """Tell whether a call goes to another Region than the one where the image or snapshot is."""
    if name in CROSSES_REGIONS or "region" not in item or "region" not in ec2:
        return False
    return bool(item["region"] != ec2["region"])


def is_listed(account: str | None, permission: Mapping[str, Any]) -> bool:
    """Tell whether a permission lists an account or everyone."""
    return account in permission.get("users", []) or "all" in permission.get("groups", [])


def is_readable(item: Mapping[str, Any], ec2: Mapping[str, Any], *, is_owner: bool) -> bool:
    """Tell whether the caller can read what is stored: keys are shared apart, and AWS-managed ones not at all."""
    if not item.get("encrypted"):
        return True
    if is_owner:
        return bool(ec2.get("key_usable", True))
    return item.get("kms") != "aws-managed" and bool(ec2.get("key_usable", False))


def may_share(storage: list[Mapping[str, Any]], change: Mapping[str, Any]) -> bool:
    """Tell whether an owner may share as a change says: nothing encrypted with everyone, nor under AWS-managed keys."""
    added = [member for member in change if member.startswith("add_")]
    if not added:
        return True
    if any(item.get("kms") == "aws-managed" for item in storage):
        return False
    is_public = change.get("add_group") == "all"
    return not (is_public and any(item.get("encrypted") or item.get("product_codes") for item in storage))

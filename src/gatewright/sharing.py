"""What the attributes of EC2 images and snapshots permit, said as a policy that every request for them must pass.

Launch permissions and create-volume permissions stand beside all policies (R161, R163): the caller's policies must
allow the call, and the image or snapshot must be the account's own, public, or shared with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

ACCOUNT_ID = re.compile("[0-9]{12}")
IMAGE_USES = ("ec2:RunInstances", "ec2:CopyImage")
SNAPSHOT_USES = ("ec2:RunInstances", "ec2:CreateVolume", "ec2:CopySnapshot")
CROSSING = frozenset({"ec2:CopyImage", "ec2:CopySnapshot"})
"""Uses that name the Region of what they copy: the others are for images and snapshots of their own Region."""

IMAGE_CHANGES = (
    "ec2:DeregisterImage", "ec2:DisableImage", "ec2:DisableImageDeprecation",
    "ec2:DisableImageDeregistrationProtection", "ec2:EnableImage", "ec2:EnableImageDeprecation",
    "ec2:EnableImageDeregistrationProtection", "ec2:ModifyImageAttribute", "ec2:ResetImageAttribute",
)  # fmt: skip
SNAPSHOT_CHANGES = ("ec2:DeleteSnapshot", "ec2:ModifySnapshotAttribute", "ec2:ResetSnapshotAttribute")
"""What only the owner can do."""

CANCEL = "ec2:CancelImageLaunchPermission"
"""What only an account that the image is shared with can do."""

ADDITIONS = ("ec2:Add/group", "ec2:Add/userId", "ec2:Add/organizationArn", "ec2:Add/organizationalUnitArn")
"""Context keys of a call that shares."""


@dataclass(frozen=True, slots=True)
class Storage:
    """What is stored: an image, or one of the snapshots behind it."""

    is_encrypted: bool = False
    is_key_aws_managed: bool = False
    has_product_codes: bool = False


@dataclass(frozen=True, slots=True)
class SharedItem:
    """An image or a snapshot and whom it is shared with.

    Attributes
    ----------
    users : tuple of str
        Accounts that its permission names.
    members : tuple of str
        Accounts of the organisations and organisational units that its permission names.
    storage : tuple of Storage
        The snapshot, or the image and its snapshots.
    is_usable : bool
        False for an image that is disabled or deregistered.
    """

    kind: Literal["image", "snapshot"]
    id: str
    owner: str
    is_public: bool = False
    users: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    storage: tuple[Storage, ...] = ()
    is_usable: bool = True

    @property
    def changes(self) -> tuple[str, ...]:
        """What only the owner can do."""
        return IMAGE_CHANGES if self.kind == "image" else SNAPSHOT_CHANGES

    @property
    def uses(self) -> tuple[str, ...]:
        """What reads it."""
        return IMAGE_USES if self.kind == "image" else SNAPSHOT_USES


def attribute_document(
    item: SharedItem, *, is_elsewhere: bool = False, owner_has_key: bool = True, others_have_key: bool = False
) -> Document:
    """Say what the attributes of an image or a snapshot permit.

    Parameters
    ----------
    is_elsewhere : bool
        The request goes to another Region than the one where the item is.
    owner_has_key, others_have_key : bool
        Whether the owner's callers, and those of others, can use the key that it is encrypted with.
    """
    uses = [use for use in item.uses if not is_elsewhere or use in CROSSING] if item.is_usable else []
    is_encrypted = any(storage.is_encrypted for storage in item.storage)
    is_key_aws_managed = any(storage.is_encrypted and storage.is_key_aws_managed for storage in item.storage)
    users: list[str] = []
    if not is_encrypted or owner_has_key:
        users.append(item.owner)
    is_open = not is_encrypted or (others_have_key and not is_key_aws_managed)
    if is_open:
        users.extend((*item.users, *item.members))
    statements: list[dict[str, Any]] = []
    if uses and users:
        anyone = item.is_public and is_open
        statements.append(_allow("Use", "*" if anyone else {"AWS": _accounts(users)}, Action=uses))
    if not is_elsewhere:
        changes: dict[str, Any] = {"Action": list(item.changes)}
        if any(storage.is_key_aws_managed for storage in item.storage):
            changes["Condition"] = {"Null": {key: "true" for key in ADDITIONS}}
        elif any(storage.is_encrypted or storage.has_product_codes for storage in item.storage):
            changes["Condition"] = {"StringNotEquals": {ADDITIONS[0]: "all"}}
        statements.append(_allow("Change", {"AWS": _accounts([item.owner])}, **changes))
        others = [*item.uses, *item.changes]
        if item.kind == "image":
            others.append(CANCEL)
            if item.users:
                statements.append(_allow("Cancel", {"AWS": _accounts(item.users)}, Action=CANCEL))
        statements.append(_allow("Rest", "*", NotAction=others))
    name = f"{'launch permission' if item.kind == 'image' else 'create-volume permission'} of {item.id}"
    return _document(name, statements)


def unknown_document(kind: Literal["image", "snapshot"]) -> Document:
    """Say what is permitted with images or snapshots that a store does not describe: nothing that an owner decides."""
    item = SharedItem(kind, f"unknown {kind}s", "")
    others = [*item.uses, *item.changes, *([CANCEL] if kind == "image" else [])]
    return _document(f"{kind}s that are not described", [_allow("Rest", "*", NotAction=others)])


def _allow(sid: str, principal: object, **rest: object) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Resource": "*", **rest}


def _accounts(names: Iterable[str]) -> list[str]:
    """Return the ids of accounts among names; any other name, which might mean everyone, is nobody's."""
    return list(dict.fromkeys(name for name in names if ACCOUNT_ID.fullmatch(name)))


def _document(name: str, statements: list[dict[str, Any]]) -> Document:
    # A permission that nobody has still needs a statement.
    value = {"Version": "2012-10-17", "Statement": statements or [_allow("Nobody", {"AWS": []}, Action="ec2:*")]}
    return Document(name, PolicyKind.EC2_ATTRIBUTE, Source(json.dumps(value), name))

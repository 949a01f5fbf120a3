"""The attributes of EC2 images and snapshots: at random, as the reference reads them, and as the engine's policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from reference import Value
from strategies import ACCOUNT

from gatewright.sharing import ADDITIONS, SharedItem, Storage, attribute_document, unknown_document

from .alphabet import OTHER, THIRD
from .conditions import Dice

OWNERS: Final = (ACCOUNT, OTHER, THIRD)
ORGANISATION: Final = f"arn:aws:organizations::{THIRD}:organization/o-a1b2c3d4e5"
CHANGES: Final = {
    "ec2:Add/group": ("add_group", ("all", "none")),
    "ec2:Add/userId": ("add_user", (OTHER, "all")),
    "ec2:Add/organizationArn": ("add_organization", (ORGANISATION,)),
}
"""Keys of a call that shares: the reference's name of the change, and values."""


def make_attributes(dice: Dice, name: str) -> dict[str, Any]:
    """Make the attributes of an image or a snapshot as the reference reads them.

    Besides what the reference knows, `members` holds the accounts of the organisation that the item is shared with,
    and `facts` what the facts of a request say of it.
    """
    kind, permission = (
        ("image", "launch_permission") if name.startswith("image/") else ("snapshot", "create_volume_permission")
    )
    if name.endswith("/"):  # of what is not described: nobody owns it
        return {kind: {"owner": "", permission: {}}}
    shared: dict[str, Any] = {}
    found: dict[str, Any] = {}
    if dice.chance(0.6):
        shared["users"] = dice.some(OWNERS, 2)
    if dice.chance(0.15):
        shared["groups"] = ["all"]
    item = {"owner": dice.one(OWNERS), permission: shared, **make_storage(dice)}
    if kind == "image":
        item["snapshots"] = [make_storage(dice) for _ in range(int(dice.random() * 3))]
        if dice.chance(0.15):
            shared["organizations"] = [ORGANISATION]
            found["members"] = dice.some(OWNERS, 2)
        if dice.chance(0.08):
            found["facts"] = {"image_state": dice.one(("disabled", "deregistered"))}
    if dice.chance(0.3):
        found["key_usable"] = dice.chance(0.5)
    return {kind: item, **found}


def make_storage(dice: Dice) -> dict[str, Any]:
    """Make what matters of something stored."""
    if dice.chance(0.75):
        return {"product_codes": ["code"]} if dice.chance(0.08) else {}
    return {"encrypted": True, "kms": "aws-managed"} if dice.chance(0.4) else {"encrypted": True}


def read_attributes(attributes: Mapping[str, Any], account: str | None, context: Mapping[str, Value]) -> dict[str, Any]:
    """Return attributes as the reference reads them for a caller's account and a request's context."""
    change = {CHANGES[key][0]: value for key, value in context.items() if key in CHANGES and value is not None}
    is_member = account is not None and account in attributes.get("members", ())
    return {**attributes, "caller_org_arns": [ORGANISATION] if is_member else [], "change": change}


def document_of(attributes: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the policy that says what attributes permit."""
    kind = "image" if "image" in attributes else "snapshot"
    item = attributes[kind]
    if name.endswith("/"):
        return cast(dict[str, Any], unknown_document("image" if kind == "image" else "snapshot").value)
    shared = item["launch_permission" if kind == "image" else "create_volume_permission"]
    storage = tuple(
        Storage(part.get("encrypted", False), part.get("kms") == "aws-managed", bool(part.get("product_codes")))
        for part in (item, *item.get("snapshots", ()))
    )
    document = attribute_document(
        SharedItem(
            "image" if kind == "image" else "snapshot",
            name,
            item["owner"],
            "all" in shared.get("groups", ()),
            tuple(shared.get("users", ())),
            tuple(attributes.get("members", ())),
            storage,
            "facts" not in attributes,
        ),
        owner_has_key=attributes.get("key_usable", True),
        others_have_key=attributes.get("key_usable", False),
    )
    return cast(dict[str, Any], document.value)


def make_change(dice: Dice, context: dict[str, Value], *, is_known: bool) -> None:
    """Say in a context what a call shares; the reference knows no sharing that is unknown."""
    for key, (_, values) in CHANGES.items():
        if dice.chance(0.15):
            context[key] = dice.one(values)
        elif not is_known:
            context[key] = None
    if not is_known:
        context[ADDITIONS[3]] = None

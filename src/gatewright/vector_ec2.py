"""The EC2 attributes of a decision vector -> what they permit, as policies, and the keys of what a call shares."""

from __future__ import annotations

from typing import Literal

from gatewright.compiler.syntax import Document
from gatewright.sharing import ADDITIONS, SharedItem, Storage, attribute_document
from gatewright.vector_members import (
    Members,
    VectorError,
    check_names,
    choice_of,
    is_text,
    member_of,
    optional_member,
    texts_of,
)

_ADDITIONS = dict(zip(("add_group", "add_user", "add_organization", "add_unit"), ADDITIONS, strict=True))
_CHANGES = (*_ADDITIONS, "remove_group", "remove_user", "remove_organization", "remove_unit")
_MEMBERS = ("image", "snapshot", "caller_org_arns", "key_usable", "region", "change")
_STORED = ("id", "encrypted", "kms", "product_codes")
_PERMISSIONS = {"image": "launch_permission", "snapshot": "create_volume_permission"}
_PERMITTED = ("users", "groups", "organizations", "units")
_UNUSABLE = ("disabled", "deregistered")


def read_attributes(ec2: Members, account: str | None, state: object) -> list[Document]:
    """Read what the attributes permit.

    Parameters
    ----------
    account : str or None
        The caller's.
    state : object
        The fact ``image_state``.

    Raises
    ------
    VectorError
        Ill-formed.
    """
    check_names(ec2, _MEMBERS, "the member of `ec2`")
    documents = []
    kinds: tuple[Literal["image"], Literal["snapshot"]] = ("image", "snapshot")
    for kind in kinds:
        item = optional_member(ec2, kind, dict)
        if item is not None:
            documents.append(_read_item(kind, item, ec2, account, state))
    return documents


def sharing_context(ec2: Members) -> dict[str, object]:
    """Return the context keys of a call that shares an image or a snapshot, from what it changes."""
    change = optional_member(ec2, "change", dict) or {}
    check_names(change, _CHANGES, "the member of `change`")
    for name, value in change.items():
        if not is_text(value):
            raise VectorError(f"`{name}` is not a text")
    return {key: change[name] for name, key in _ADDITIONS.items() if name in change}


def _read_item(
    kind: Literal["image", "snapshot"], item: Members, ec2: Members, account: str | None, state: object
) -> Document:
    check_names(item, (*_STORED, "owner", "region", "snapshots", _PERMISSIONS[kind]), f"the member of `{kind}`")
    permission = optional_member(item, _PERMISSIONS[kind], dict) or {}
    check_names(permission, _PERMITTED, f"the member of `{_PERMISSIONS[kind]}`")
    organizations = {*texts_of(permission, "organizations"), *texts_of(permission, "units")}
    is_member = account is not None and not organizations.isdisjoint(texts_of(ec2, "caller_org_arns"))
    snapshots = optional_member(item, "snapshots", list) or []
    key_usable = optional_member(ec2, "key_usable", bool)
    regions = {optional_member(part, "region", str) for part in (item, ec2)} - {None}
    shared = SharedItem(
        kind,
        optional_member(item, "id", str) or kind,
        member_of(item, "owner", str),
        "all" in texts_of(permission, "groups"),
        texts_of(permission, "users"),
        (account,) if is_member and account is not None else (),
        (_read_storage(item), *(_read_snapshot(snapshot) for snapshot in snapshots)),
        state not in _UNUSABLE,
    )
    return attribute_document(
        shared,
        is_elsewhere=len(regions) == 2,
        owner_has_key=key_usable is not False,
        others_have_key=key_usable is True,
    )


def _read_snapshot(snapshot: object) -> Storage:
    if not isinstance(snapshot, dict):
        raise VectorError("an entry of `snapshots` is not an object")
    check_names(snapshot, _STORED, "the member of a snapshot")
    optional_member(snapshot, "id", str)
    return _read_storage(snapshot)


def _read_storage(item: Members) -> Storage:
    is_managed = choice_of(item, "kms", ("aws-managed", "customer")) == "aws-managed"
    has_codes = bool(optional_member(item, "product_codes", list))
    return Storage(optional_member(item, "encrypted", bool) is True, is_managed, has_codes)

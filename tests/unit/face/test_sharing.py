"""What attributes permit, said as a policy, is what the reference says of the attributes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest
from reference_ec2 import permits_call
from stores import MAIN, PARTNER, STRANGER, allow

import gatewright as gw
from gatewright.compiler.check import check_document
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind, Resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.sharing import (
    CANCEL,
    IMAGE_CHANGES,
    IMAGE_USES,
    SNAPSHOT_CHANGES,
    SNAPSHOT_USES,
    SharedItem,
    Storage,
    attribute_document,
    unknown_document,
)

COUSIN = "777788889999"
"""An account of the organization that things are shared with."""

OTHERS = ("ec2:DescribeImages", "ec2:CreateTags", "s3:GetObject")
CALLERS = (MAIN, PARTNER, COUSIN, STRANGER)
ORGANIZATION = f"arn:aws:organizations::{MAIN}:organization/o-a1b2c3d4e5"
CHANGES: dict[str, dict[str, str]] = {
    "nothing": {},
    "adds everyone": {"ec2:Add/group": "all"},
    "adds an account": {"ec2:Add/userId": PARTNER},
    "adds an organization": {"ec2:Add/organizationArn": ORGANIZATION},
}
MEMBERS = {"ec2:Add/group": "add_group", "ec2:Add/userId": "add_user", "ec2:Add/organizationArn": "add_organization"}
SHARING: dict[str, dict[str, list[str]]] = {
    "nobody": {},
    "an account": {"users": [PARTNER]},
    "everyone": {"groups": ["all"]},
    "an organization": {"organizations": [ORGANIZATION]},
    "an account and an organization": {"users": [PARTNER], "organizations": [ORGANIZATION]},
}
STORAGE = {
    "plain": Storage(),
    "encrypted": Storage(is_encrypted=True),
    "encrypted by AWS's key": Storage(is_encrypted=True, is_key_aws_managed=True),
    "sold": Storage(has_product_codes=True),
}


def open_item(kind: str, *documents: Document) -> gw.Authorizer:
    """Open a table in which an administrator of each account may do all, and an item has attributes."""
    everything = Document("everything", PolicyKind.IDENTITY, Source(json.dumps(allow("*")), "everything"))
    principals = tuple(Principal(f"arn:aws:iam::{account}:user/admin", PrincipalKind.USER, (0,)) for account in CALLERS)
    resource = Resource(f"{kind}/x-1", attributes=tuple(range(1, 1 + len(documents))))
    return gw.Authorizer(gw.compile(PolicySet((everything, *documents), principals, (resource,))))


def grid(kind: str) -> Iterator[tuple[str, str, bool, bool | None, bool]]:
    """Yield whom it is shared with, how it is stored, whether elsewhere, whether the key is usable, whether usable."""
    usable = (True, False) if kind == "image" else (True,)
    return itertools.product(SHARING, STORAGE, (False, True), (None, False, True), usable)


@pytest.mark.parametrize("kind", ["image", "snapshot"])
def test_attributes_permit_what_the_reference_permits(kind: Literal["image", "snapshot"]) -> None:
    """On every combination of a small grid the policy and the reference say the same (R161, R163)."""
    uses, changes = (IMAGE_USES, IMAGE_CHANGES) if kind == "image" else (SNAPSHOT_USES, SNAPSHOT_CHANGES)
    actions = (*uses, *changes, *OTHERS, *([CANCEL] if kind == "image" else []))
    seen: set[tuple[str, bool]] = set()
    for combination in grid(kind):
        sharing, stored, is_elsewhere, key_usable, is_usable = combination
        if kind == "snapshot" and "organization" in sharing:
            continue  # snapshots are not shared with organizations
        permission, storage = SHARING[sharing], STORAGE[stored]
        item = SharedItem(
            kind,
            "x-1",
            MAIN,
            "all" in permission.get("groups", []),
            tuple(permission.get("users", ())),
            (COUSIN,) if "organizations" in permission else (),
            (storage,),
            is_usable,
        )
        document = attribute_document(
            item,
            is_elsewhere=is_elsewhere,
            owner_has_key=key_usable is not False,
            others_have_key=key_usable is True,
        )
        authorizer = open_item(kind, document)
        for account, action, change in itertools.product(CALLERS, actions, CHANGES):
            if change != "nothing" and action not in changes:
                continue
            ec2 = described(kind, permission, storage, account, is_elsewhere, key_usable, CHANGES[change])
            facts = {"image_state": "available" if is_usable else "disabled"}
            expected = permits_call(action, account, ec2, facts)
            asked = (f"arn:aws:iam::{account}:user/admin", action, f"arn:aws:ec2:eu-west-1::{kind}/x-1")
            explanation = authorizer.explain(*asked, CHANGES[change])
            assert explanation.answer.allowed is expected, (combination, account, action, change)
            assert explanation.missing == (None if expected else "ec2-attribute")
            seen.add((action, expected))
    assert seen == {(action, answer) for action in actions for answer in (True, False)}


def described(
    kind: str,
    permission: dict[str, list[str]],
    storage: Storage,
    account: str,
    is_elsewhere: bool,
    key_usable: bool | None,
    change: dict[str, str],
) -> dict[str, Any]:
    """Return the attributes as the reference takes them."""
    item: dict[str, Any] = {"owner": MAIN, "region": "us-east-1", "encrypted": storage.is_encrypted}
    item["kms"] = "aws-managed" if storage.is_key_aws_managed else "customer"
    item["product_codes"] = [{}] if storage.has_product_codes else []
    item["launch_permission" if kind == "image" else "create_volume_permission"] = permission
    ec2: dict[str, Any] = {kind: item, "region": "eu-west-1" if is_elsewhere else "us-east-1"}
    ec2["caller_org_arns"] = [ORGANIZATION] if account == COUSIN else []
    ec2["change"] = {MEMBERS[key]: value for key, value in change.items()}
    return ec2 if key_usable is None else {**ec2, "key_usable": key_usable}


def test_every_snapshot_of_an_image_counts() -> None:
    """One encrypted snapshot among others keeps an image from all but its owner (R161)."""
    item = SharedItem("image", "x-1", MAIN, users=(PARTNER,))
    for storage, is_allowed in (((Storage(), Storage()), True), ((Storage(), Storage(is_encrypted=True)), False)):
        authorizer = open_item("image", attribute_document(replace(item, storage=storage)))
        for account, expected in ((MAIN, True), (PARTNER, is_allowed)):
            who, arn = f"arn:aws:iam::{account}:user/admin", "arn:aws:ec2:eu-west-1::image/x-1"
            assert authorizer.authorize(who, "ec2:RunInstances", arn).allowed is expected


@pytest.mark.parametrize(("kind", "uses"), [("image", IMAGE_USES), ("snapshot", SNAPSHOT_USES)])
def test_what_is_not_described_permits_nothing_that_an_owner_decides(
    kind: Literal["image", "snapshot"], uses: tuple[str, ...]
) -> None:
    """Use, change and cancellation are refused to everyone; what no owner decides is left to the policies (R161)."""
    authorizer = open_item(kind, unknown_document(kind))
    changes = IMAGE_CHANGES if kind == "image" else SNAPSHOT_CHANGES
    cancel = (CANCEL,) if kind == "image" else ()
    arn = f"arn:aws:ec2:eu-west-1::{kind}/x-1"
    for account in CALLERS:
        who = f"arn:aws:iam::{account}:user/admin"
        assert not any(authorizer.authorize(who, action, arn).allowed for action in (*uses, *changes, *cancel))
        assert all(authorizer.authorize(who, action, arn).allowed for action in OTHERS)


@pytest.mark.parametrize("name", ["*", "", "all", "amazon", "1234567890123", "12345678901", "１２３４５６７８９０１２"])
def test_who_is_no_account_is_nobody(name: str) -> None:
    """A name that is not the id of an account gives nothing to anyone, as owner, user or member."""
    item = SharedItem("image", "x-1", name, users=(name,), members=(name,))
    authorizer = open_item("image", attribute_document(item))
    for account, action in itertools.product(CALLERS, (*IMAGE_USES, *IMAGE_CHANGES, CANCEL)):
        arn = "arn:aws:ec2:eu-west-1::image/x-1"
        assert not authorizer.authorize(f"arn:aws:iam::{account}:user/admin", action, arn).allowed


def test_what_is_written_is_a_sound_policy() -> None:
    """What is written of attributes is sound, but for a suggestion where nobody may; its name tells what it is."""
    documents = [unknown_document("image"), unknown_document("snapshot")]
    for sharing, storage, is_elsewhere in itertools.product(SHARING.values(), STORAGE.values(), (False, True)):
        item = SharedItem(
            "image", "ami-1", MAIN, bool(sharing.get("groups")), tuple(sharing.get("users", ())), (), (storage,)
        )
        documents.append(attribute_document(item, is_elsewhere=is_elsewhere, owner_has_key=False))
    for document in documents:
        policy, findings = check_document(document)
        assert policy is not None and {finding.code for finding in findings} <= {"GW312"}, findings
    assert {document.name for document in documents} == {
        "images that are not described",
        "snapshots that are not described",
        "launch permission of ami-1",
    }

"""The reference lets EC2 attributes permit or refuse what policies allow."""

from __future__ import annotations

from typing import Any

import pytest
from reference import OTHERS, Decision
from reference_kinds import Authorization, decide_call, decide_request
from reference_layers import Policies

A, B = "210987654321", "345678901234"
ANYTHING = {"Action": "*", "Resource": "*"}
ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **ANYTHING}}
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", **ANYTHING}}
MAYBE = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", **ANYTHING, "Condition": {"Bool": {"x:maybe": "true"}}},
}


def ec2_outcome(action: str, account: str = B, policies: Policies | None = None, **ec2: Any) -> tuple[str, str | None]:
    """Decide an EC2 call of an account's administrator on an image or snapshot."""
    authorizations = [Authorization(action, "*", {})]
    caller, facts = f"arn:aws:iam::{account}:user/admin", {"image_state": ec2.pop("state", "available")}
    decision = decide_call(policies or Policies([ALLOW]), caller, action, authorizations, account, facts, (), ec2)
    return decision.effect, decision.layer


REFUSED = ("implicit_deny", "ec2-attribute")
PERMITTED = ("allow", "identity")


def image(**members: Any) -> dict[str, Any]:
    """Return an image of account A."""
    return {"id": "ami-1", "owner": A, "region": "us-east-1", **members}


@pytest.mark.parametrize(
    ("action", "account", "ec2", "expected"),
    [
        ("ec2:CopyImage", B, {"image": image()}, REFUSED),
        ("ec2:CopyImage", B, {"image": image(launch_permission={"users": [B]}), "region": "eu-west-1"}, PERMITTED),
        ("ec2:RunInstances", A, {"image": image(), "region": "eu-west-1"}, REFUSED),
        ("ec2:RunInstances", A, {"image": {"id": "ami-1", "owner": A}, "region": "eu-west-1"}, PERMITTED),
        ("ec2:RunInstances", A, {"image": image(), "state": "deregistered"}, REFUSED),
        ("ec2:RunInstances", A, {"image": image(encrypted=True)}, PERMITTED),
        ("ec2:RunInstances", A, {"image": image(encrypted=True), "key_usable": False}, REFUSED),
        ("ec2:RunInstances", B, {"image": image(launch_permission={"users": [B]}, encrypted=True)}, REFUSED),
        (
            "ec2:RunInstances",
            B,
            {"image": image(launch_permission={"users": [B]}, encrypted=True), "key_usable": True},
            PERMITTED,
        ),
        (
            "ec2:RunInstances",
            B,
            {"image": image(launch_permission={"users": [B]}, encrypted=True, kms="aws-managed"), "key_usable": True},
            REFUSED,
        ),
        ("ec2:DeregisterImage", A, {"image": image()}, PERMITTED),
        ("ec2:DeregisterImage", B, {"image": image(launch_permission={"users": [B]})}, REFUSED),
        ("ec2:DescribeImages", B, {"image": image()}, PERMITTED),
        ("ec2:ModifyImageAttribute", A, {"image": image(product_codes=["x"]), "change": {"add_group": "all"}}, REFUSED),
        ("ec2:ModifyImageAttribute", A, {"image": image(encrypted=True), "change": {"remove_group": "all"}}, PERMITTED),
        (
            "ec2:ModifyImageAttribute",
            A,
            {"image": image(snapshots=[{"encrypted": True, "kms": "aws-managed"}]), "change": {"add_user": B}},
            REFUSED,
        ),
        ("ec2:CancelImageLaunchPermission", A, {"image": image(launch_permission={"users": [B]})}, REFUSED),
        ("ec2:CopySnapshot", B, {"snapshot": image()}, REFUSED),
        ("ec2:CreateVolume", B, {"snapshot": image(create_volume_permission={"users": [B]})}, PERMITTED),
        (
            "ec2:CreateVolume",
            B,
            {"snapshot": image(create_volume_permission={"organizations": ["o"]}), "caller_org_arns": ["o"]},
            REFUSED,
        ),
        ("ec2:CreateVolume", B, {"snapshot": image(encrypted=True), "key_usable": True}, REFUSED),
        ("ec2:RunInstances", B, {"snapshot": image()}, REFUSED),
        ("ec2:RunInstances", B, {"image": image(owner=B), "snapshot": image()}, REFUSED),
        ("ec2:ResetSnapshotAttribute", B, {"snapshot": image()}, REFUSED),
    ],
)
def test_ec2_attributes(action: str, account: str, ec2: dict[str, Any], expected: tuple[str, str]) -> None:
    """Beside the policies an image's or snapshot's own attributes must permit the call (R161, R163)."""
    assert ec2_outcome(action, account, **ec2) == expected


def test_ec2_attribute_comes_after_policies() -> None:
    """What policies refuse is refused by them; a refusal by attribute settles what is unknown otherwise (R161)."""
    private = image()
    assert ec2_outcome("ec2:RunInstances", policies=Policies([]), image=private) == ("implicit_deny", "identity")
    assert ec2_outcome("ec2:RunInstances", policies=Policies([DENY]), image=private) == ("explicit_deny", "identity")
    authorizations = [Authorization("ec2:RunInstances", "*", {})]
    caller = f"arn:aws:iam::{B}:user/x"
    decision = decide_call(
        Policies([MAYBE]), caller, "ec2:RunInstances", authorizations, B, unknown=OTHERS, ec2={"image": private}
    )
    assert decision == Decision("implicit_deny", None, frozenset(), "ec2-attribute")


def test_images_of_others_are_judged_within_the_account() -> None:
    """An image or snapshot of another owner needs no resource policy; any other resource abroad does (R140, R161)."""

    def effect(resource: str) -> str:
        caller = f"arn:aws:iam::{A}:user/admin"
        return decide_request(Policies([ALLOW]), caller, "ec2:CopyImage", resource, resource_account=B).effect

    assert effect("arn:aws:ec2:us-east-1::image/ami-1") == "allow"
    assert effect("arn:aws:ec2:us-east-1::snapshot/snap-1") == "allow"
    assert effect(f"arn:aws:ec2:us-east-1:{B}:volume/vol-1") == "implicit_deny"

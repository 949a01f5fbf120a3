"""Which entry of a table a resource's ARN stands under: its own, or that of what holds it (R32, R161)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind, Resource, ResourceKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime import RequestError, Target

ACCOUNT = "123456789012"
OTHER = "210987654321"
USER = f"arn:aws:iam::{ACCOUNT}:user/dev"
POINT = f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/pears"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/pears"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:pears"
STREAM = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:stream/pears"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}


def policy(kind: PolicyKind, statement: dict[str, Any]) -> Document:
    """Return a document."""
    return Document("p", kind, Source(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), "p"))


def denies(name: str, arn: str) -> bool:
    """Tell whether a Deny in the policy of an entry reaches the request of a user who may do everything else."""
    documents = (policy(PolicyKind.IDENTITY, ALLOW), policy(PolicyKind.RESOURCE, DENY))
    user = Principal(USER, PrincipalKind.USER, (0,))
    authorizer = gw.Authorizer(gw.compile(PolicySet(documents, (user,), (Resource(name, policy=1),))))
    decision = authorizer.authorize(USER, "orchard:Water", arn).decision
    assert decision in (gw.Decision.ALLOW, gw.Decision.EXPLICIT_DENY)
    return decision is gw.Decision.EXPLICIT_DENY


@pytest.mark.parametrize(
    ("name", "arn", "reaches"),
    [
        ("arn:aws:s3:::pears", "arn:aws:s3:::pears", True),
        ("arn:aws:s3:::pears", "arn:aws:s3:::pears/", True),
        ("arn:aws:s3:::pears", "arn:aws:s3:::pears/2026/may", True),
        ("arn:aws:s3:::pears", "arn:aws:s3:::pear/2026", False),
        ("arn:aws:s3:::pears", "arn:aws:s3:::pearss", False),
        ("arn:aws:s3:::pears/2026", "arn:aws:s3:::pears/2026/may", False),
        (POINT, POINT, True),
        (POINT, f"{POINT}/object/may", True),
        (POINT, f"{POINT}s/object/may", False),
        (POINT.removesuffix("/pears"), f"{POINT}/object/may", False),
        (TABLE, TABLE, True),
        (TABLE, f"{TABLE}/index/by-size", True),
        (TABLE, f"{TABLE}/index/", True),
        (TABLE.replace("pears", "p"), f"{TABLE.replace('pears', 'p')}/index/x", True),
        (POINT.replace("pears", "p"), f"{POINT.replace('pears', 'p')}/x", True),
        (TABLE, f"{TABLE}/stream/2026", False),
        (TABLE, f"{TABLE}/inde/x", False),
        (TABLE.removesuffix("/pears"), f"{TABLE}/index/by-size", False),
        (STREAM, f"{STREAM}/index/x", False),
        (STREAM.removesuffix("/pears"), f"{STREAM}/index/x", False),
        (QUEUE, QUEUE, True),
        (QUEUE, f"{QUEUE}/index/x", False),
        (QUEUE, f"{QUEUE}/x", False),
        (QUEUE.replace("pears", "table/pears"), f"{QUEUE.replace('pears', 'table/pears')}/index/x", False),
        ("image/ami-1", "arn:aws:ec2:eu-west-1::image/ami-1", True),
        ("image/ami-1", "arn:aws:ec2:eu-west-1::image/ami-12", False),
        ("image/ami-1", "arn:aws:ec2:eu-west-1::snapshot/ami-1", False),
        ("image/", "arn:aws:ec2:eu-west-1::image/ami-1", True),
        ("image/", "arn:aws:ec2:eu-west-1::snapshot/snap-1", False),
        ("snapshot/", "arn:aws:ec2:eu-west-1::snapshot/snap-1", True),
        ("snapshot/snap-1", "arn:aws:ec2:eu-west-1::snapshot/snap-1", True),
    ],
)
def test_what_holds_a_resource_has_its_policy(name: str, arn: str, reaches: bool) -> None:
    """Objects are under their bucket or access point, indexes under their table, nothing else under anything."""
    assert denies(name, arn) is reaches


def test_an_entry_of_its_own_comes_before_the_one_for_all() -> None:
    """An image that the table describes is not under what holds for those that it does not."""
    documents = (policy(PolicyKind.IDENTITY, ALLOW), policy(PolicyKind.RESOURCE, DENY))
    user = Principal(USER, PrincipalKind.USER, (0,))
    resources = (Resource("image/", policy=1), Resource("image/ami-1"))
    authorizer = gw.Authorizer(gw.compile(PolicySet(documents, (user,), resources)))
    image = "arn:aws:ec2:eu-west-1::image/ami-"
    assert authorizer.authorize(USER, "ec2:RunInstances", f"{image}1").allowed
    assert not authorizer.authorize(USER, "ec2:RunInstances", f"{image}2").allowed


def test_an_entry_of_its_own_comes_before_that_of_the_holder() -> None:
    """Where a table describes an object apart, its bucket's policy is not asked for it."""
    documents = (policy(PolicyKind.IDENTITY, ALLOW), policy(PolicyKind.RESOURCE, DENY))
    user = Principal(USER, PrincipalKind.USER, (0,))
    resources = (Resource("arn:aws:s3:::pears", policy=1), Resource("arn:aws:s3:::pears/may"))
    authorizer = gw.Authorizer(gw.compile(PolicySet(documents, (user,), resources)))
    assert authorizer.authorize(USER, "s3:GetObject", "arn:aws:s3:::pears/may").allowed
    assert not authorizer.authorize(USER, "s3:GetObject", "arn:aws:s3:::pears/june").allowed


@pytest.mark.parametrize(("account", "is_allowed"), [(None, True), (ACCOUNT, True), (OTHER, False)])
def test_an_entry_tells_who_owns_the_resource(account: str | None, is_allowed: bool) -> None:
    """A bucket's ARN tells no account; the entry does, and across accounts its policy must allow too (R140)."""
    user = Principal(USER, PrincipalKind.USER, (0,))
    resource = Resource("arn:aws:s3:::pears", account=account)
    policies = PolicySet((policy(PolicyKind.IDENTITY, ALLOW),), (user,), (resource,))
    answer = gw.Authorizer(gw.compile(policies)).authorize(USER, "s3:GetObject", "arn:aws:s3:::pears/may")
    assert answer.allowed is is_allowed


@pytest.mark.parametrize(("account", "is_allowed"), [(ACCOUNT, True), (OTHER, False)])
def test_an_arn_tells_who_owns_the_resource(account: str, is_allowed: bool) -> None:
    """Where the entry tells no account the ARN does, and across accounts the queue's policy must allow too (R140)."""
    user = Principal(USER, PrincipalKind.USER, (0,))
    queue = QUEUE.replace(ACCOUNT, account)
    policies = PolicySet((policy(PolicyKind.IDENTITY, ALLOW),), (user,), (Resource(queue),))
    assert gw.Authorizer(gw.compile(policies)).authorize(USER, "sqs:SendMessage", queue).allowed is is_allowed


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("sts:AssumeRole", gw.Decision.EXPLICIT_DENY),
        ("sts:TagSession", gw.Decision.EXPLICIT_DENY),
        ("iam:DeleteRole", gw.Decision.ALLOW),
        ("s3:GetObject", gw.Decision.ALLOW),
        ("kms:Decrypt", gw.Decision.ALLOW),
    ],
)
def test_trust_policies_are_asked_by_sts_only(action: str, expected: gw.Decision) -> None:
    """Who may do something else with a role is not told by whom it trusts (R141)."""
    role = f"arn:aws:iam::{ACCOUNT}:role/Baker"
    trust = {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}
    documents = (policy(PolicyKind.IDENTITY, ALLOW), policy(PolicyKind.TRUST, trust))
    user = Principal(USER, PrincipalKind.USER, (0,))
    policies = PolicySet(documents, (user,), (Resource(role, ResourceKind.ROLE, policy=1),))
    assert gw.Authorizer(gw.compile(policies)).authorize(USER, action, role).decision is expected


def test_attributes_are_missed_where_a_grant_suffices() -> None:
    """A grant that suffices spares the caller's own policies, not what an image's attributes permit (R161, R168)."""
    attributes = policy(PolicyKind.EC2_ATTRIBUTE, ALLOW | {"Principal": "*", "Action": "ec2:CopyImage"})
    grant = policy(PolicyKind.RESOURCE, ALLOW | {"Principal": {"AWS": USER}})
    user = Principal(USER, PrincipalKind.USER, ())
    image = Resource("image/ami-1", policy=0, attributes=(1,))
    authorizer = gw.Authorizer(gw.compile(PolicySet((grant, attributes), (user,), (image,))))
    for action, missing in (("ec2:CopyImage", None), ("ec2:RunInstances", "ec2-attribute")):
        explanation = authorizer.explain(USER, action, "arn:aws:ec2:eu-west-1::image/ami-1")
        assert (explanation.answer.allowed, explanation.missing) == (missing is None, missing)


@pytest.mark.parametrize(
    "account", ["", "12345678901", "1234567890123", "12345678901x", "x23456789012", "12345678901:", "12345678901/"]
)
def test_the_account_of_a_target_has_twelve_digits(account: str) -> None:
    """Anything else is an error, and no account that is like it."""
    user = Principal(USER, PrincipalKind.USER, (0,))
    authorizer = gw.Authorizer(gw.compile(PolicySet((policy(PolicyKind.IDENTITY, ALLOW),), (user,))))
    assert authorizer.authorize(USER, "s3:GetObject", "arn:aws:s3:::pears/may", target=Target(ACCOUNT)).allowed
    with pytest.raises(RequestError, match="a resource's account must be 12 digits"):
        authorizer.authorize(USER, "s3:GetObject", "arn:aws:s3:::pears/may", target=Target(account))

"""Requests one after the other: what a request tells of its resource and its way does not stay for the next one."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import gatewright as gw
from gatewright.compiler.policyset import Endpoint, PolicySet, Principal, PrincipalKind, Resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime import Target

ACCOUNT = "123456789012"
OTHER = "210987654321"
USER = f"arn:aws:iam::{ACCOUNT}:user/dev"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}

ASKED: dict[str, tuple[str | None, Any, Any, tuple[str, str | None]]] = {
    "no resource": ("*", None, (), ("ALLOW", None)),
    "an unknown resource": (None, None, (), ("UNKNOWN", None)),
    "no ARN": ("pears#", None, (), ("ALLOW", None)),
    "no ARN, of others": ("pears#", Target(OTHER), (), ("IMPLICIT_DENY", "resource")),
    "a queue": (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:pears#", None, (), ("ALLOW", None)),
    "a queue of others": (f"arn:aws:sqs:eu-west-1:{OTHER}:pears#", None, (), ("IMPLICIT_DENY", "resource")),
    "a bucket of others": ("arn:aws:s3:::plums/#", Target(OTHER), (), ("IMPLICIT_DENY", "resource")),
    "a bucket": ("arn:aws:s3:::plums/#", None, (), ("ALLOW", None)),
    "a closed bucket": ("arn:aws:s3:::pears/#", None, (), ("EXPLICIT_DENY", None)),
    "an image": ("arn:aws:ec2:eu-west-1::image/ami-#", None, (), ("ALLOW", None)),
    "a volume of others": (f"arn:aws:ec2:eu-west-1:{OTHER}:volume/vol-#", None, (), ("IMPLICIT_DENY", "resource")),
    "an image of others, by account": (
        f"arn:aws:ec2:eu-west-1:{OTHER}:image/ami-#",
        None,
        (),
        ("IMPLICIT_DENY", "resource"),
    ),
    "a closed endpoint": ("arn:aws:s3:::plums/#", Target(endpoints=("vpce-closed",)), (), ("EXPLICIT_DENY", None)),
    "an endpoint that nobody knows": (
        "arn:aws:s3:::plums/#",
        Target(endpoints=("vpce-else",)),
        (),
        ("IMPLICIT_DENY", "vpc-endpoint"),
    ),
    "perhaps an endpoint": ("arn:aws:s3:::plums/#", None, ("aws:SourceVpce",), ("UNKNOWN", None)),
}
"""What is asked: resource (with a number), target, unknown keys; what comes of it: decision, missing layer."""


def policy(kind: PolicyKind, statement: dict[str, Any]) -> Document:
    """Return a document."""
    return Document("p", kind, Source(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), "p"))


def test_nothing_stays_from_the_request_before() -> None:
    """Whatever was asked before, a request is decided as by itself (R38, R131, R140, R161, R190)."""
    documents = (
        policy(PolicyKind.IDENTITY, ALLOW),
        policy(PolicyKind.RESOURCE, DENY),
        policy(PolicyKind.VPC_ENDPOINT, DENY),
    )
    user = Principal(USER, PrincipalKind.USER, (0,))
    closed = Resource("arn:aws:s3:::pears", account=ACCOUNT, policy=1)
    authorizer = gw.Authorizer(
        gw.compile(PolicySet(documents, (user,), (closed,), endpoints=(Endpoint("vpce-closed", 2),)))
    )

    def ask(name: str, number: int) -> tuple[str, str | None]:
        resource, target, unknown, _ = ASKED[name]
        resource = resource.replace("#", str(number)) if resource else None
        explanation = authorizer.explain(USER, "s3:GetObject", resource, unknown=unknown, target=target)
        answer = authorizer.authorize(USER, "s3:GetObject", resource, unknown=unknown, target=target)
        assert answer == explanation.answer
        return answer.decision.name, explanation.missing if answer.decision is gw.Decision.IMPLICIT_DENY else None

    for number, (before, after) in enumerate(product(ASKED, repeat=2)):
        ask(before, number)
        for again in (number, -1):  # a resource that was never asked for, and one that was
            assert ask(after, again) == ASKED[after][3], (before, after)

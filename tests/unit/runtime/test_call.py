"""Calls that need several authorizations are one decision (R164)."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference_kinds import Authorization as Wanted
from reference_kinds import decide_call
from reference_layers import Policies
from strategies import documents, requests

import gatewright as gw
from gatewright.compiler.check import check_document
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

USER = "arn:aws:iam::210987654321:user/mara"
IMAGE = "arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0"
INSTANCE = "arn:aws:ec2:eu-west-1:210987654321:instance/*"
SUBNET = "arn:aws:ec2:eu-west-1:210987654321:subnet/subnet-0123456789abcdef0"
LAUNCH = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": [IMAGE, SUBNET]},
        {
            "Effect": "Allow",
            "Action": "ec2:RunInstances",
            "Resource": INSTANCE,
            "Condition": {"StringEquals": {"ec2:InstanceType": ["t3.micro", "t3.small"]}},
        },
        {
            "Effect": "Deny",
            "Action": "ec2:RunInstances",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
        },
    ],
}


def authorizer_of(*policies: object) -> gw.Authorizer:
    """Compile documents that are attached to one user."""
    found = tuple(Document("p", PolicyKind.IDENTITY, Source(json.dumps(p), "p")) for p in policies)
    user = Principal(USER, PrincipalKind.USER, tuple(range(len(found))))
    return gw.Authorizer(gw.compile(PolicySet(found, (user,))))


def launch(instance_type: str | None, region: str = "eu-west-1", subnet: str = SUBNET) -> gw.CallAnswer:
    """Ask whether the user may launch an instance."""
    own = {} if instance_type is None else {"ec2:InstanceType": instance_type}
    wanted = [gw.Authorization(IMAGE), gw.Authorization(INSTANCE, own), gw.Authorization(subnet)]
    return authorizer_of(LAUNCH).authorize_call(USER, "ec2:RunInstances", wanted, {"aws:RequestedRegion": region})


def test_every_authorization_must_be_allowed() -> None:
    """A launch is allowed only if image, instance and subnet are; the first that is not is named."""
    assert launch("t3.micro").allowed
    refused = launch("m5.large")
    assert (refused.decision, refused.deciding) == (gw.Decision.IMPLICIT_DENY, 1)
    elsewhere = launch("t3.micro", subnet=SUBNET.replace("0123", "9999"))
    assert (elsewhere.decision, elsewhere.deciding) == (gw.Decision.IMPLICIT_DENY, 2)


def test_a_deny_of_one_denies_the_call() -> None:
    """An explicit deny counts before an implicit one, wherever it stands."""
    answer = launch("m5.large", region="us-east-1")
    assert (answer.decision, answer.deciding) == (gw.Decision.EXPLICIT_DENY, 0)


def test_own_context_counts_before_the_calls() -> None:
    """An authorization's key replaces the call's, however it is spelled."""
    answer = authorizer_of(LAUNCH).authorize_call(
        USER,
        "ec2:RunInstances",
        [gw.Authorization(INSTANCE, {"EC2:instancetype": "t3.small"})],
        {"ec2:InstanceType": "m5.large"},
    )
    assert answer.allowed


def test_empty_action_is_not_the_calls() -> None:
    """An authorization has the call's action where it names none, not where it names an empty one."""
    own = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    authorizer = authorizer_of(own)
    for action, decision in ((None, gw.Decision.ALLOW), ("", gw.Decision.IMPLICIT_DENY)):
        answer = authorizer.authorize_call(USER, "s3:GetObject", [gw.Authorization("*", {}, action)])
        assert answer.decision is decision


def test_no_authorization_is_no_call() -> None:
    """A call without authorizations is an error, not an allowed call."""
    with pytest.raises(gw.RequestError, match="at least one authorization"):
        authorizer_of(LAUNCH).authorize_call(USER, "ec2:RunInstances", [])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    policies=st.lists(
        documents(variables=True).filter(
            lambda d: check_document(Document("d", PolicyKind.IDENTITY, Source(json.dumps(d), "d")))[0] is not None
        ),
        min_size=1,
        max_size=2,
    ),
    asked=st.lists(requests(), min_size=1, max_size=4),
)
def test_calls_agree_with_the_reference(policies: list[dict[str, object]], asked: list[object]) -> None:
    """Decision, the authorization that decided and the keys to settle are the reference's."""
    authorizer = authorizer_of(*policies)
    unknown = asked[0].unknown  # type: ignore[attr-defined]
    wanted = [Wanted(request.action, request.resource, request.context) for request in asked]  # type: ignore[attr-defined]
    expected = decide_call(Policies(identity=policies), USER, "s3:GetObject", wanted, None, {}, unknown)
    answer = authorizer.authorize_call(
        USER,
        "s3:GetObject",
        [gw.Authorization(item.resource, item.context, item.action) for item in wanted],
        unknown=gw.OTHERS if type(unknown).__name__ == "Others" else unknown,
    )
    assert answer.decision.name.lower() == expected.effect
    assert frozenset(answer.unknown_keys) == expected.unknown_keys

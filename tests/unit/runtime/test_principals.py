"""Who a caller's ARN is: sessions are their roles (R56), and nothing else is taken for somebody."""

from __future__ import annotations

import json

import pytest

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ROLE = "arn:aws:iam::123456789012:role/team/Deploy"
USER = "arn:aws:iam::123456789012:user/dev"


@pytest.fixture(scope="module")
def authorizer() -> gw.Authorizer:
    """Compile a user and a role who may do everything."""
    document = Document("p", PolicyKind.IDENTITY, Source(json.dumps(ALLOW), "p"))
    principals = (Principal(USER, PrincipalKind.USER, (0,)), Principal(ROLE, PrincipalKind.ROLE, (0,)))
    return gw.Authorizer(gw.compile(PolicySet((document,), principals)))


@pytest.mark.parametrize("arn", [USER, ROLE, "arn:aws:sts::123456789012:assumed-role/Deploy/run-42"])
def test_principals_of_the_table_are_known(authorizer: gw.Authorizer, arn: str) -> None:
    """A user, a role, and a session of the role, which names it without its path."""
    assert authorizer.knows(arn)
    assert authorizer.authorize(arn, "s3:GetObject").allowed


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sts::123456789012:assumed-role/Deploy",
        "arn:aws:sts::123456789012:assumed-role/Deploy/",
        "arn:aws:sts::123456789012:assumed-role/",
        "arn:aws:sts::123456789012:assumed-role/Other/run-42",
        "arn:aws:sts::210987654321:assumed-role/Deploy/run-42",
        "arn:aws:sts::123456789012:federated-user/dev",
        f"{USER}/bob",
        USER.upper(),
        "",
    ],
)
def test_anybody_else_is_nobody(authorizer: gw.Authorizer, arn: str) -> None:
    """A role without a session, another account's role, a longer path or another spelling are denied."""
    assert not authorizer.knows(arn)
    assert authorizer.authorize(arn, "s3:GetObject").decision is gw.Decision.IMPLICIT_DENY

"""VPC endpoints: each that a request passes must allow it, and an unknown one lets nothing pass (R38)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import gatewright as gw
from gatewright.compiler.policyset import Endpoint, PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime import RequestError, Target

USER = "arn:aws:iam::123456789012:user/dev"
OBJECT = "arn:aws:s3:::pears/may"


def policy(kind: PolicyKind, **members: Any) -> Document:
    """Return a document with one Allow."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **members}
    return Document("p", kind, Source(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), "p"))


@pytest.fixture(scope="module")
def authorizer() -> gw.Authorizer:
    """Compile a user who may do everything, an endpoint that is open and one that lets reads pass."""
    documents = (
        policy(PolicyKind.IDENTITY),
        policy(PolicyKind.VPC_ENDPOINT, Principal="*"),
        policy(PolicyKind.VPC_ENDPOINT, Principal="*", Action="s3:Get*"),
    )
    endpoints = (Endpoint("vpce-open", 1), Endpoint("vpce-reads", 2))
    principals = (Principal(USER, PrincipalKind.USER, (0,)),)
    return gw.Authorizer(gw.compile(PolicySet(documents, principals, endpoints=endpoints)))


@pytest.mark.parametrize(
    ("endpoints", "reads", "writes"),
    [
        ((), True, True),
        (("vpce-open",), True, True),
        (("vpce-reads",), True, False),
        (("vpce-open", "vpce-reads"), True, False),
        (("vpce-reads", "vpce-open"), True, False),
        (("vpce-else",), False, False),
        (("vpce-open", "vpce-else"), False, False),
        (("vpce-else", "vpce-open"), False, False),
        (("vpce-open",) * 8, True, True),
        (("vpce-open",) * 7 + ("vpce-reads",), True, False),
    ],
)
def test_every_endpoint_must_allow(
    authorizer: gw.Authorizer, endpoints: tuple[str, ...], reads: bool, writes: bool
) -> None:
    """One that the table does not know allows nothing; what is missing is said to be the endpoint's Allow."""
    for action, is_allowed in (("s3:GetObject", reads), ("s3:PutObject", writes)):
        explanation = authorizer.explain(USER, action, OBJECT, target=Target(endpoints=endpoints))
        assert explanation.answer.allowed is is_allowed
        assert explanation.missing == (None if is_allowed else "vpc-endpoint")
        assert explanation.answer.decision in (gw.Decision.ALLOW, gw.Decision.IMPLICIT_DENY)


def test_the_context_names_the_endpoint(authorizer: gw.Authorizer) -> None:
    """Without a target it is the one of aws:SourceVpce."""
    for name, is_allowed in (("vpce-open", True), ("vpce-reads", False), ("vpce-else", False)):
        assert authorizer.authorize(USER, "s3:PutObject", OBJECT, {"aws:SourceVpce": name}).allowed is is_allowed


def test_nine_endpoints_are_refused(authorizer: gw.Authorizer) -> None:
    """A request that passes more endpoints than are evaluated is an error, and not decided by some of them."""
    with pytest.raises(RequestError, match="passes 9 endpoints; at most 8 are evaluated"):
        authorizer.authorize(USER, "s3:GetObject", OBJECT, target=Target(endpoints=("vpce-open",) * 9))


def test_statements_of_every_endpoint_are_explained(authorizer: gw.Authorizer) -> None:
    """All statements that were considered are told, those of the endpoints on the way and no others."""
    for endpoints, expected in (
        (("vpce-open",), [0, 1]),
        (("vpce-reads", "vpce-open"), [0, 1, 2]),
        (("vpce-else",), [0]),
    ):
        explanation = authorizer.explain(USER, "s3:GetObject", OBJECT, target=Target(endpoints=endpoints))
        assert sorted(trace.statement.index for trace in explanation.statements) == expected

"""An unknown resource, and an unknown way to it: nothing is allowed that some resolution would deny (R190, R194)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import gatewright as gw
from gatewright.compiler.policyset import Endpoint, PolicySet, Principal, PrincipalKind, Resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

MARA = "arn:aws:iam::123456789012:user/mara"
PEARS = "arn:aws:s3:::pears"
ENDPOINT = "vpce-0a1b2c3d"


def document(kind: PolicyKind, effect: str, action: str = "*", **more: Any) -> Document:
    """Return a document of one statement for everything."""
    statement = {"Effect": effect, "Action": action, "Resource": "*", **more}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return Document(kind, kind, Source(text, kind))


def authorizer(bucket: Document | None, endpoint: Document | None, *identity: Document) -> gw.Authorizer:
    """Return an authorizer for one user, a bucket and an endpoint."""
    documents = (*identity, *(side for side in (bucket, endpoint) if side is not None))
    resources = (Resource(PEARS, policy=documents.index(bucket)),) if bucket else ()
    endpoints = (Endpoint(ENDPOINT, documents.index(endpoint)),) if endpoint else ()
    principal = Principal(MARA, PrincipalKind.USER, tuple(range(len(identity))))
    return gw.Authorizer(gw.compile(PolicySet(documents, (principal,), resources, (), endpoints)))


ALLOW = document(PolicyKind.IDENTITY, "Allow")


@pytest.mark.parametrize("way", ["single", "rows", "columns"])
@pytest.mark.parametrize(("effect", "identity"), [("Deny", [ALLOW]), ("Allow", [])])
def test_an_unknown_resource_may_have_a_policy(way: str, effect: str, identity: list[Document]) -> None:
    """What a bucket's policy would decide otherwise is unknown, and the resource would settle it."""
    asked = authorizer(document(PolicyKind.RESOURCE, effect, "s3:*", Principal={"AWS": MARA}), None, *identity)
    assert ask(asked, way, "s3:GetObject", None) == ("UNKNOWN", ("resource",))
    settled = "EXPLICIT_DENY" if effect == "Deny" else "ALLOW"
    assert ask(asked, way, "s3:GetObject", f"{PEARS}/1") == (settled, ())
    # No policy of a resource speaks of this action.
    assert ask(asked, way, "ec2:RunInstances", None)[0] == ("ALLOW" if identity else "IMPLICIT_DENY")


@pytest.mark.parametrize("way", ["single", "rows", "columns"])
def test_nobody_knows_whether_an_endpoint_is_passed(way: str) -> None:
    """A key that tells the endpoint is as unknown as any other, also where the context names it."""
    asked = authorizer(None, document(PolicyKind.VPC_ENDPOINT, "Deny", Principal="*"), ALLOW)
    key = "aws:sourcevpce"
    assert ask(asked, way, "s3:GetObject", PEARS, unknown=gw.OTHERS) == ("UNKNOWN", (key,))
    assert ask(asked, way, "s3:GetObject", PEARS, {"aws:SourceVpce": None}, unknown=gw.OTHERS) == ("ALLOW", ())
    assert ask(asked, way, "s3:GetObject", PEARS, {"aws:SourceVpce": ENDPOINT}) == ("EXPLICIT_DENY", ())
    if way != "columns":  # whose `unknown` is for all keys that are not there
        context = {"aws:SourceVpce": ENDPOINT}
        assert ask(asked, way, "s3:GetObject", PEARS, context, unknown=["AWS:SourceVpce"]) == ("UNKNOWN", (key,))


def test_the_key_of_the_endpoint_is_named_among_others() -> None:
    """However many keys a table asks for, it is the endpoint's that would settle the decision (R193)."""
    names = ("aws:CurrentTime", "aws:PrincipalOrgID", "aws:SourceIp", "aws:SourceVpc", "aws:UserAgent", "aws:username")
    identity = document(PolicyKind.IDENTITY, "Allow", Condition={"Null": dict.fromkeys(names, "true")})
    asked = authorizer(None, document(PolicyKind.VPC_ENDPOINT, "Deny", Principal="*"), identity)
    assert ask(asked, "single", "s3:GetObject", PEARS, unknown=["aws:SourceVpce"]) == ("UNKNOWN", ("aws:sourcevpce",))


def ask(
    asked: gw.Authorizer, way: str, action: str, resource: str | None, context: Any = None, unknown: Any = ()
) -> tuple[str, tuple[str, ...]]:
    """Decide one request, alone, as a row or as columns."""
    if way == "single":
        answer = asked.authorize(MARA, action, resource, context, unknown=unknown)
        return answer.decision.name, answer.unknown_keys
    if way == "rows":
        result = asked.authorize_batch([(MARA, action, resource, context, unknown)])
    else:
        keys = {name: [value] for name, value in (context or {}).items() if value is not None}
        known_absent = [name for name, value in (context or {}).items() if value is None]
        if known_absent:  # a column cannot say so: a missing value is an unknown one
            return ask(asked, "rows", action, resource, context, unknown)
        columns = {"principal": [MARA], "action": [action], "resource": [resource], **keys}
        result = asked.authorize_batch(columns, unknown=unknown)
    return gw.Decision(int(result.decision[0])).name, result.unknown_keys(0)

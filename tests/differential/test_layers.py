"""The engine against the reference where session and service control policies join identity policies and boundary."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reference_kinds import decide_request
from reference_layers import Policies
from strategies import ROOT, Request, documents, requests

import gatewright as gw
from gatewright.compiler.check import check_document
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

SESSION = "arn:aws:sts::210987654321:assumed-role/Harvester/run-42"
ROLE = "arn:aws:iam::210987654321:role/Harvester"
USER = "arn:aws:iam::210987654321:user/mara"


def taken(kind: PolicyKind) -> st.SearchStrategy[dict[str, Any]]:
    """Generate documents that a kind takes: of the new language level, and with whole ARNs."""

    def is_taken(document: dict[str, Any]) -> bool:
        return check_document(Document("d", kind, Source(json.dumps(document), "d")))[0] is not None

    return documents(variables=True).map(lambda document: document | {"Version": "2012-10-17"}).filter(is_taken)


POLICIES = st.builds(
    Policies,
    identity=st.lists(taken(PolicyKind.IDENTITY), max_size=2),
    boundary=st.none() | taken(PolicyKind.BOUNDARY),
    session=st.lists(taken(PolicyKind.SESSION), max_size=2),
    scps=st.none() | st.lists(st.lists(taken(PolicyKind.SCP), max_size=2), max_size=3),
)


def policy_set(policies: Policies) -> PolicySet:
    """Attach the policies to a user, a role and a root user, to each what it can be under (R130)."""
    found: list[Document] = []

    def add(kind: PolicyKind, given: Any) -> tuple[int, ...]:
        first = len(found)
        found.extend(Document(str(kind), kind, Source(json.dumps(document), str(kind))) for document in given)
        return tuple(range(first, len(found)))

    identity = add(PolicyKind.IDENTITY, policies.identity)
    boundary = None if policies.boundary is None else add(PolicyKind.BOUNDARY, [policies.boundary])[0]
    session = add(PolicyKind.SESSION, policies.session) or None
    scps = None if policies.scps is None else tuple(add(PolicyKind.SCP, level) for level in policies.scps)
    principals = (
        Principal(USER, PrincipalKind.USER, identity, boundary, None, scps),
        Principal(ROLE, PrincipalKind.ROLE, identity, boundary, session, scps),
        Principal(ROOT, PrincipalKind.ROOT, (), None, session, scps),
    )
    return PolicySet(tuple(found), principals)


@pytest.mark.parametrize("principal", [USER, SESSION, ROOT])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(policies=POLICIES, asked=st.lists(requests(), min_size=1, max_size=6))
def test_engine_agrees_on_layers(principal: str, policies: Policies, asked: list[Request]) -> None:
    """Decision, kind of policy that decided, keys to settle: as the reference says, for each kind of principal."""
    authorizer = gw.Authorizer(gw.compile(policy_set(policies)))
    for request in asked:
        # Calls that STS refuses to some principals, whatever the policies say, are no matter of layers.
        assume(not request.action.lower().startswith("sts:"))
        expected = decide_request(
            policies, principal, request.action, request.resource, request.context, None, {}, request.unknown
        )
        unknown = gw.OTHERS if type(request.unknown).__name__ == "Others" else request.unknown
        explanation = authorizer.explain(principal, request.action, request.resource, request.context, unknown=unknown)
        answer = explanation.answer
        assert answer.decision.name.lower() == expected.effect
        assert frozenset(answer.unknown_keys) == expected.unknown_keys
        kind = answer.statements[0].kind if answer.statements else explanation.missing
        assert kind == expected.layer

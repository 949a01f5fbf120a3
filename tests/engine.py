"""Compile a generated world and ask the engine and the reference the same requests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import reference
from reference import Others
from strategies import ROOT, USERS, Request, World

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.vectors import run_vectors

VECTOR_FILES = [
    *sorted(Path(__file__).parent.glob("vectors/*.jsonl")),
    *sorted(Path(__file__).parent.glob("conformance/vectors/*.jsonl")),
]
Answer = tuple[str, int, frozenset[str]]
"""A decision's name, the number of its determining statement or -1, and the keys that would settle it."""


def policy_set(world: World) -> PolicySet:
    """Return a world as the compiler takes it."""
    documents = tuple(
        Document(f"document {index}", PolicyKind(world.kind(index)), Source(json.dumps(document), f"document {index}"))
        for index, document in enumerate(world.documents)
    )
    principals = tuple(
        Principal(arn, principal_kind(arn), identity, world.boundary.get(arn))
        for arn, identity in world.identity.items()
    )
    return PolicySet(documents, principals)


def principal_kind(arn: str) -> PrincipalKind:
    """Return the kind that an ARN tells."""
    if arn == ROOT:
        return PrincipalKind.ROOT
    return PrincipalKind.USER if ":user/" in arn else PrincipalKind.ROLE


def compile_world(world: World) -> gw.Authorizer:
    """Compile a world and open it."""
    return gw.Authorizer(gw.compile(policy_set(world)))


def first_statements(world: World) -> list[int]:
    """Return the number of each document's first statement."""
    firsts = []
    count = 0
    for document in world.documents:
        firsts.append(count)
        count += len(reference.statements_of(document))
    return firsts


def ask_reference(world: World, request: Request) -> Answer:
    """Decide a request with the reference; a principal that the policy set does not name has no policies."""
    if request.principal not in world.identity:
        return "implicit_deny", -1, frozenset()
    identity = world.identity[request.principal]
    boundary = world.boundary.get(request.principal)
    decision = reference.decide(
        [world.documents[index] for index in identity],
        None if boundary is None else world.documents[boundary],
        request.principal,
        request.action,
        request.resource,
        request.context,
        request.unknown,
    )
    place = decision.determining
    if place is None:
        return decision.effect, -1, decision.unknown_keys
    document = boundary if place.layer == "boundary" else identity[place.document]
    assert document is not None
    return decision.effect, first_statements(world)[document] + place.statement, decision.unknown_keys


def unknown_of(request: Request) -> Any:
    """Return the unknown keys as the engine takes them."""
    return gw.OTHERS if isinstance(request.unknown, Others) else sorted(request.unknown)


def ask_engine(authorizer: gw.Authorizer, request: Request) -> Answer:
    """Decide a request with the engine."""
    answer = authorizer.authorize(
        request.principal, request.action, request.resource, request.context, unknown=unknown_of(request)
    )
    assert answer.allowed is (answer.decision is gw.Decision.ALLOW)
    assert len(answer.statements) <= 1
    number = answer.statements[0].index if answer.statements else -1
    return answer.decision.name.lower(), number, frozenset(answer.unknown_keys)


def ask_engine_in_batch(authorizer: gw.Authorizer, requests: Sequence[Request]) -> list[Answer]:
    """Decide requests in one batch."""
    rows = [
        {
            "principal": request.principal,
            "action": request.action,
            "resource": request.resource,
            "context": request.context,
            "unknown": unknown_of(request),
        }
        for request in requests
    ]
    result = authorizer.authorize_batch(rows)
    assert result.decision.shape == result.statement.shape == (len(requests),)
    return [
        (
            gw.Decision(int(result.decision[i])).name.lower(),
            int(result.statement[i]),
            frozenset(result.unknown_keys(i)),
        )
        for i in range(len(requests))
    ]


def single_world(*documents: dict[str, Any], boundary: dict[str, Any] | None = None) -> World:
    """Return a world of one user under all documents and perhaps a boundary."""
    if boundary is None:
        return World(documents, {USERS[0]: tuple(range(len(documents)))}, {})
    return World((*documents, boundary), {USERS[0]: tuple(range(len(documents)))}, {USERS[0]: len(documents)})


def compare_with_reference(authorizer: gw.Authorizer, world: World, asked: Sequence[Request]) -> None:
    """Each request is decided as by the reference, alone and in a batch."""
    expected = [ask_reference(world, request) for request in asked]
    assert [ask_engine(authorizer, request) for request in asked] == expected
    assert ask_engine_in_batch(authorizer, asked) == expected


def sample_vectors(file: Path, every: int) -> list[str]:
    """Return the results of every so many vectors of a file."""
    with file.open("rb") as lines:
        return [str(result) for result in run_vectors(islice(lines, 0, None, every), file.name)]

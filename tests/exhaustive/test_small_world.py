"""Every set of up to three statements of a small world, against every request, engine and reference.

The world: 2 effects x 3 principals x 3 actions x 3 resources, each dimension two names and `*`, makes 54 statements,
and sets of none to three of them 1 + 54 + 1,431 + 24,804 = 26,290.  A statement's principal is whom its document is
attached to, `*` being both users; so a set is two principals, each under the statements of its name and of `*`.  Of the
8 requests of the world (2 principals x 2 actions x 2 resources) each set is asked all, and an action and a resource
beside the world's names in addition.
"""

from __future__ import annotations

import json
from itertools import combinations, product
from typing import Any

import pytest
import reference

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

EFFECTS = ("Allow", "Deny")
NAMES = ("a", "b")
ACTIONS = ("s3:GetObject", "s3:PutObject")
RESOURCES = ("arn:aws:s3:::pears/1", "arn:aws:s3:::pears/2")
OTHER_ACTION = "s3:DeleteObject"
OTHER_RESOURCE = "arn:aws:s3:::pears/3"

Statement = tuple[str, str, str, str]
STATEMENTS: list[Statement] = list(product(EFFECTS, (*NAMES, "*"), (*ACTIONS, "*"), (*RESOURCES, "*")))
SETS = [chosen for size in range(4) for chosen in combinations(range(len(STATEMENTS)), size)]
REQUESTS = list(product((*ACTIONS, OTHER_ACTION), (*RESOURCES, OTHER_RESOURCE)))


def document_of(statement: Statement) -> dict[str, Any]:
    """Return a statement as a document of its own."""
    effect, _, action, resource = statement
    body = {"Effect": effect, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [body]}


DOCUMENTS = [document_of(statement) for statement in STATEMENTS]


def attached(chosen: tuple[int, ...], name: str) -> tuple[int, ...]:
    """Return the statements of a set that a principal is under."""
    return tuple(index for index in chosen if STATEMENTS[index][1] in (name, "*"))


def arn_of(number: int, name: str) -> str:
    """Return the ARN of a principal of a set."""
    return f"arn:aws:iam::210987654321:user/set-{number}/{name}"


def compile_sets(numbers: range) -> gw.Authorizer:
    """Compile sets together: the documents once, two principals for each set."""
    documents = tuple(
        Document(f"statement {index}", PolicyKind.IDENTITY, Source(json.dumps(document), f"statement {index}"))
        for index, document in enumerate(DOCUMENTS)
    )
    principals = tuple(
        Principal(arn_of(number, name), PrincipalKind.USER, attached(SETS[number], name))
        for number in numbers
        for name in NAMES
    )
    return gw.Authorizer(gw.compile(PolicySet(documents, principals)))


JUDGED: dict[tuple[tuple[int, ...], str, str], tuple[str, int]] = {}


def expected(chosen: tuple[int, ...], action: str, resource: str) -> tuple[str, int]:
    """Return the reference's decision and determining statement for documents and a request."""
    asked = (chosen, action, resource)
    if asked not in JUDGED:
        decision = reference.decide([DOCUMENTS[index] for index in chosen], None, "user", action, resource)
        place = decision.determining
        JUDGED[asked] = (decision.effect, -1 if place is None else chosen[place.document])
    return JUDGED[asked]


def test_world_has_its_size() -> None:
    """The world is complete: 54 statements, 26,290 sets with the empty one."""
    assert len(STATEMENTS) == 54
    assert len(SETS) == 26_290


@pytest.mark.parametrize("chunk", range(4))
def test_every_set_in_a_batch(chunk: int) -> None:
    """Every set of statements decides every request as the reference does, with the same determining statement."""
    size = -(-len(SETS) // 4)
    numbers = range(chunk * size, min((chunk + 1) * size, len(SETS)))
    authorizer = compile_sets(numbers)
    rows: list[tuple[str, str, str]] = []
    wanted: list[tuple[str, int]] = []
    for number, name, (action, resource) in product(numbers, NAMES, REQUESTS):
        rows.append((arn_of(number, name), action, resource))
        wanted.append(expected(attached(SETS[number], name), action, resource))
    result = authorizer.authorize_batch(rows)
    names = {int(decision): decision.name.lower() for decision in gw.Decision}
    got = list(zip((names[code] for code in result.decision.tolist()), result.statement.tolist(), strict=True))
    wrong = [(row, was, want) for row, was, want in zip(rows, got, wanted, strict=True) if was != want]
    assert not wrong, f"{len(wrong)} of {len(rows)}, the first: {wrong[0]}"


@pytest.mark.parametrize("number", range(0, len(SETS), 263))
def test_set_alone(number: int) -> None:
    """A set compiled on its own decides as it does among others."""
    authorizer = compile_sets(range(number, number + 1))
    for name, (action, resource) in product(NAMES, REQUESTS):
        answer = authorizer.authorize(arn_of(number, name), action, resource)
        effect, index = expected(attached(SETS[number], name), action, resource)
        assert answer.decision.name.lower() == effect
        assert answer.statements == (() if index < 0 else (authorizer.statement(index),))

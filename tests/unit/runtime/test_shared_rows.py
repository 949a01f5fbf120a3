"""Callers that share rows: the programs of several rows decide together as one program of all policies would."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from engine import ask_engine, ask_engine_in_batch, ask_reference, policy_set
from sharing import sharing_rows
from strategies import ACCOUNT, Request, World
from tables import document, statement

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime.layout import SECTIONS

TRUTHS = ("1", "0", None)
"""Values of a key that the statement on it asks for, does not ask for, or nobody knows."""
KEYS = tuple(f"x:k{number}" for number in range(6))
ACTIONS = ("s3:GetObject", "s3:PutObject", "sqs:SendMessage", "sns:Publish", "no:Such")


def on(effect: str, action: str, key: int) -> dict[str, object]:
    """Return a statement that applies where a key is 1."""
    return statement(effect, action, "*", {"StringEquals": {KEYS[key]: "1"}})


DOCUMENTS = (
    document(on("Allow", "s3:*", 0), on("Deny", "s3:*", 1), on("Allow", "s3:GetObject", 2)),
    document(on("Deny", "s3:GetObject", 2), on("Allow", "s3:GetObject", 3), on("Allow", "sqs:*", 0)),
    document(on("Deny", "s3:*", 3), on("Allow", "s3:*", 4), on("Deny", "s3:*", 0)),
    document(on("Allow", "s3:*", 1), on("Allow", "s3:Put*", 5), statement("Allow", "sns:*", "*")),
    document(on("Allow", "s3:*", 2), on("Deny", "s3:Put*", 4)),
    document(on("Allow", "s3:*", 5), on("Deny", "s3:*", 4), statement("Allow", "sns:*", "*")),  # a boundary
)
MEMBERS: dict[str, tuple[tuple[tuple[int, ...], ...], tuple[int, ...], bool]] = {
    "one": (((0,),), (), False),
    "one-and-own": (((0, 1),), (2,), False),
    "two": (((1,), (0,)), (), False),
    "two-that-overlap": (((2, 1), (1, 0)), (), False),
    "three": (((3,), (4,), (2, 1)), (), False),
    "under-a-boundary": (((3,), (1,)), (0,), True),
    "boundary-alone": (((4,),), (), True),
    "as-many-as-can-be": (((4,), (3,), (2,), (1,)), (0,), False),
    "as-many-under-a-boundary": (((1,), (4,), (0,)), (3,), True),
    "in-no-group": ((), (0, 1), False),
    "in-no-group-under-a-boundary": ((), (1,), True),
}
"""Groups, each of some documents; documents beside them; whether there is a boundary."""


def arn_of(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def world() -> World:
    """Return who is under which documents, as the reference takes it."""
    identity = {arn_of(name): tuple(sorted({*own, *sum(groups, ())})) for name, (groups, own, _) in MEMBERS.items()}
    boundary = {arn_of(name): len(DOCUMENTS) - 1 for name, (*_, is_under) in MEMBERS.items() if is_under}
    return World(DOCUMENTS, identity, boundary)


def sharing(own_cells: int) -> gw.Authorizer:
    """Compile a table in which members of groups share rows."""
    policies = policy_set(world())
    groups = {arn_of(name): groups for name, (groups, *_) in MEMBERS.items()}
    principals = tuple(replace(principal, groups=groups[principal.arn]) for principal in policies.principals)
    with sharing_rows(own_cells):
        authorizer = gw.Authorizer(gw.compile(replace(policies, principals=principals)))
    records = np.frombuffer(authorizer.table.section("principals"), dtype=SECTIONS["principals"])
    assert set(records["shared_count"].tolist()) == {0, 1, 2, 3, 4}
    return authorizer


def make_requests() -> list[Request]:
    """Every member asks with the keys in every third state that there is, and for actions that few name."""
    chance = random.Random(11)
    states = list(product(TRUTHS, repeat=len(KEYS)))
    found = []
    for name in (*MEMBERS, "nobody"):
        for truths in chance.sample(states, 60):
            context = {key: truth for key, truth in zip(KEYS, truths, strict=True) if truth is not None}
            action = chance.choice(ACTIONS[:2] * 3 + ACTIONS)
            found.append(Request(arn_of(name), action, "*", context, frozenset(set(KEYS) - set(context))))
    chance.shuffle(found)
    return found


@pytest.mark.parametrize("own_cells", [0, 1 << 20])
def test_programs_of_several_rows_decide_together(own_cells: int) -> None:
    """Who shares none, one or as many rows as there can be is decided as the reference says, alone and in a batch."""
    authorizer, asked = sharing(own_cells), make_requests()
    expected = [ask_reference(world(), request) for request in asked]
    assert [ask_engine(authorizer, request) for request in asked] == expected
    assert ask_engine_in_batch(authorizer, asked) == expected
    assert {effect for effect, *_ in expected} == {"allow", "unknown", "implicit_deny", "explicit_deny"}


@pytest.mark.parametrize("own_cells", [0, 1 << 20])
def test_each_ceiling_must_allow(own_cells: int) -> None:
    """Levels of SCPs and a boundary stand in one row: what one of them has beside its first Allow is of no other."""
    texts = (
        (PolicyKind.IDENTITY, document(statement("Allow", "s3:*", "*"))),
        (PolicyKind.BOUNDARY, document(on("Allow", "s3:*", 0), on("Allow", "s3:*", 1))),
        (PolicyKind.SCP, document(on("Allow", "s3:*", 2), on("Allow", "s3:*", 3))),
        (PolicyKind.SCP, document(on("Allow", "s3:*", 4), on("Allow", "s3:*", 5))),
    )
    documents = tuple(
        Document(f"document {number}", kind, Source(json.dumps(text), f"document {number}"))
        for number, (kind, text) in enumerate(texts)
    )
    arn = arn_of("one")
    principal = Principal(arn, PrincipalKind.USER, (0,), 1, scps=((2,), (3,)), groups=((0,),))
    with sharing_rows(own_cells):
        authorizer = gw.Authorizer(gw.compile(PolicySet(documents, (principal,))))
    for states in product("10", repeat=len(KEYS)):
        first, second, third = (states[at : at + 2] for at in (0, 2, 4))
        answer = authorizer.authorize(arn, "s3:GetObject", "*", dict(zip(KEYS, states, strict=True)))
        assert answer.allowed is ("1" in first and "1" in second and "1" in third), states

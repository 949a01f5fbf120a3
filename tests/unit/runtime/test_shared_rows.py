"""Callers that share rows: the programs of several rows decide together as one program of all policies would."""

from __future__ import annotations

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

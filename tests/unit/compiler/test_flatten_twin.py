"""Flattening: cells and programs are those of the slow twin, whatever the policies and who is under them."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from plain_flatten import flatten_plainly

from gatewright.compiler.check import check_document
from gatewright.compiler.flatten import FlatPolicies, flatten_policies
from gatewright.compiler.lower import LoweredPolicies, lower_statements
from gatewright.compiler.normalize import CanonicalStatement, normalize_policies
from gatewright.compiler.policyset import (
    Account,
    Endpoint,
    PolicySet,
    Principal,
    PrincipalKind,
    Resource,
    ResourceKind,
)
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

NAMES = [f"ec2:{verb}{noun}" for verb in ("Get", "Create", "Delete", "Describe") for noun in ("Vpc", "Tags", "Image")]
PATTERNS = ["*", "ec2:*", "ec2:Get*", "ec2:*Tags", "ec2:*e*", "sts:*", "STS:GetCallerIdentity", "sts:GetSessionToken"]
CONDITION = {"Bool": {"aws:SecureTransport": "true"}}

Lowered = tuple[list[CanonicalStatement], LoweredPolicies, list[int]]


def random_statement(rng: random.Random, names: list[str]) -> dict[str, Any]:
    """Draw a statement; about half decide by the action alone."""
    actions = [rng.choice(rng.choice((names, names, PATTERNS))) for _ in range(rng.randint(1, 4))]
    statement: dict[str, Any] = {
        "Effect": rng.choice(("Allow", "Allow", "Deny")),
        rng.choice(("Action", "Action", "Action", "NotAction")): actions,
        "Resource": rng.choice(("*", "*", "arn:aws:s3:::pears")),
    }
    if rng.random() < 0.4:
        statement["Condition"] = CONDITION
    return statement


def lower(documents: list[list[dict[str, Any]]]) -> Lowered:
    """Take statements as far as flattening needs them."""
    policies = []
    firsts = [0]
    for number, statements in enumerate(documents):
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
        document = Document(f"p{number}", PolicyKind.IDENTITY, Source(text, f"p{number}"))
        policy, _ = check_document(document, quota=10**6)
        assert policy is not None
        policies.append(policy)
        firsts.append(firsts[-1] + len(statements))
    canonical, unsupported = normalize_policies(policies)
    assert not unsupported
    return list(canonical), lower_statements(canonical), firsts


def random_principals(rng: random.Random, policy_count: int) -> list[Principal]:
    """Draw principals of all kinds: some under the same policies, some bounded by a policy that they also have."""
    levels = [tuple(rng.choices(range(policy_count), k=rng.randint(0, 2))) for _ in range(rng.randint(1, 3))]
    principals = [
        Principal("arn:aws:iam::111122223333:root", PrincipalKind.ROOT, ()),
        Principal("arn:aws:iam::444455556666:root", PrincipalKind.ROOT, (), scps=tuple(levels)),
    ]
    for number in range(rng.randint(1, 8)):
        kind = rng.choice((PrincipalKind.USER, PrincipalKind.ROLE))
        identity = tuple(rng.choices(range(policy_count), k=rng.randint(0, policy_count)))
        boundary = rng.choice((None, rng.randrange(policy_count)))
        session = rng.choice((None, tuple(rng.choices(range(policy_count), k=2))))
        scps = rng.choice((None, tuple(levels)))
        arn = f"arn:aws:iam::111122223333:{kind}/p{number}"
        principals.append(Principal(arn, kind, identity, boundary, session, scps))
        twin = PrincipalKind.ROLE if rng.random() < 0.5 else kind
        principals.append(Principal(f"arn:aws:iam::111122223333:{twin}/q{number}", twin, identity[::-1], boundary))
    return principals


def random_policy_set(rng: random.Random, policy_count: int, *, has_policies: bool) -> PolicySet:
    """Make principals, and what stands at the side of resources; with policies of resources ceilings are kept."""
    some = range(policy_count)
    resources = [
        Resource(
            f"r{number}",
            rng.choice(list(ResourceKind)),
            policy=rng.choice((None, rng.choice(some))) if has_policies else None,
            attributes=tuple(rng.choices(some, k=rng.randint(0, 2))),
        )
        for number in range(rng.randint(0, 3))
    ]
    accounts = [Account(f"11112222333{n}", rcps=rng.choice((None, tuple(rng.choices(some, k=2))))) for n in range(2)]
    endpoints = [Endpoint(f"vpce-{number}", rng.choice(some)) for number in range(rng.randint(0, 2))]
    principals = random_principals(rng, policy_count)
    principals.append(
        Principal(
            "arn:aws:sts::111122223333:federated-user/f",
            PrincipalKind.FEDERATED,
            tuple(rng.choices(some, k=2)),
            session=rng.choice((None, (0,))),
            federating_user=rng.choice(("arn:aws:iam::111122223333:root", None)),
        )
    )
    return PolicySet((), tuple(principals), tuple(resources), tuple(accounts), tuple(endpoints))


def assert_equal(flat: FlatPolicies, plain: FlatPolicies) -> None:
    """Hold all of one result against the other."""
    assert flat.principal_rows == plain.principal_rows
    assert flat.shared_rows.tolist() == plain.shared_rows.tolist()
    assert flat.shared_counts.tolist() == plain.shared_counts.tolist()
    assert (flat.policy_rows, flat.attribute_rows) == (plain.policy_rows, plain.attribute_rows)
    assert (flat.rcp_rows, flat.endpoint_rows) == (plain.rcp_rows, plain.endpoint_rows)
    assert flat.layer_limit == plain.layer_limit
    assert flat.cells.dtype == np.uint32
    np.testing.assert_array_equal(flat.cells, plain.cells)
    assert flat.programs.tolist() == plain.programs.tolist()


@pytest.mark.parametrize("seed", range(60))
def test_flattening_is_what_the_plain_twin_makes(seed: int) -> None:
    """Cells, programs and who shares which row are the plain twin's, bit for bit."""
    rng = random.Random(seed)
    names = NAMES if seed % 3 else [f"ec2:Create{number}" for number in range(150)]
    documents = [[random_statement(rng, names) for _ in range(rng.randint(1, 9))] for _ in range(rng.randint(1, 9))]
    statements, lowered, firsts = lower(documents)
    policy_set = random_policy_set(rng, len(documents), has_policies=seed % 2 == 0)
    flat = flatten_policies(statements, lowered, policy_set, firsts)
    assert_equal(flat, flatten_plainly(statements, lowered, policy_set, firsts))


def test_sets_of_statements_have_several_words() -> None:
    """Policies with far more statements than an integer has bits are told apart by the last statement, too."""
    rng = random.Random(7)
    names = [f"ec2:Create{number}" for number in range(128)]
    documents = [[random_statement(rng, names) for _ in range(150)] for _ in range(3)]
    statements, lowered, firsts = lower(documents)
    principals = [
        Principal("arn:aws:iam::111122223333:user/a", PrincipalKind.USER, (0,)),
        Principal("arn:aws:iam::111122223333:user/b", PrincipalKind.USER, (0, 1, 2), 1),
        Principal("arn:aws:iam::111122223333:role/c", PrincipalKind.ROLE, (2, 1), 0),
    ]
    policy_set = PolicySet((), tuple(principals))
    flat = flatten_policies(statements, lowered, policy_set, firsts)
    assert_equal(flat, flatten_plainly(statements, lowered, policy_set, firsts))


def test_programs_are_built_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody's programs do not fit into one block, the blocks together are the same."""
    monkeypatch.setattr("gatewright.compiler.flatten.BLOCK_WORDS", 4)
    monkeypatch.setattr("gatewright.compiler.flatten.BLOCK_CELLS", 40)
    rng = random.Random(11)
    statements, lowered, firsts = lower([[random_statement(rng, NAMES) for _ in range(12)] for _ in range(2)])
    principals = [Principal("arn:aws:iam::111122223333:user/a", PrincipalKind.USER, (0, 1), 0)]
    policy_set = PolicySet((), tuple(principals))
    flat = flatten_policies(statements, lowered, policy_set, firsts)
    assert_equal(flat, flatten_plainly(statements, lowered, policy_set, firsts))


def test_nobody_has_no_cells() -> None:
    """Policies that nobody is under make a table without rows."""
    statements, lowered, firsts = lower([[{"Effect": "Allow", "Action": "*", "Resource": "*"}]])
    flat = flatten_policies(statements, lowered, PolicySet((), ()), firsts)
    assert_equal(flat, flatten_plainly(statements, lowered, PolicySet((), ()), firsts))
    assert flat.cells.shape[0] == 0

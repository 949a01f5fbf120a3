"""Tables of a limited size."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

from gatewright.compiler import compile_policies
from gatewright.compiler.errors import TableSizeError
from gatewright.compiler.listing import list_table
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime import Authorizer, Table
from gatewright.runtime.layout import HEADER

ACCOUNT = "arn:aws:iam::111122223333"
NAMES = [
    f"ec2:{verb}{noun}" for verb in ("Create", "Delete", "Describe") for noun in ("Image", "Vpc", "Volume", "Tags")
]
NAMES += ["sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRole", "sts:SetSourceIdentity", "s3:GetObject"]
PATTERNS = ["ec2:*Image*", "ec2:*Vpc*", "ec2:Describe*", "ec2:C*e", "sts:*", "*", "s3:Get?bject"]
RESOURCES = ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username}/*", "arn:aws:ec2:*:*:image/*"]
REQUESTED = ["*", "arn:aws:s3:::b/k", "arn:aws:s3:::user0/k", "arn:aws:ec2:eu-west-1:111122223333:image/i"]
CONTEXTS: list[dict[str, str]] = [{}, {"aws:SourceIp": "10.1.2.3"}, {"aws:SourceIp": "192.0.2.1"}]


def random_statement(rng: random.Random) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": rng.choice(["Allow", "Allow", "Deny"]),
        rng.choice(["Action", "Action", "NotAction"]): rng.sample(NAMES + PATTERNS, rng.randint(1, 4)),
        "Resource": rng.choice(RESOURCES),
    }
    if rng.random() < 0.5:
        statement["Condition"] = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    return statement


def random_policy_set(rng: random.Random) -> PolicySet:
    documents = []
    for number in range(12):
        statements = [random_statement(rng) for _ in range(rng.randint(1, 5))]
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
        documents.append(Document(f"d{number}", PolicyKind.IDENTITY, Source(text, f"{number}.json")))
    principals = []
    for number in range(24):
        kind = (PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.ROOT)[number % 3 if number < 9 else 0]
        name = "root" if kind is PrincipalKind.ROOT else f"{kind}/{kind}{number}"
        account = ACCOUNT.replace("111122223333", f"{number:012d}") if kind is PrincipalKind.ROOT else ACCOUNT
        own = () if kind is PrincipalKind.ROOT else tuple(rng.sample(range(12), rng.randint(1, 4)))
        scps = (tuple(rng.sample(range(12), 2)),) if number % 4 == 0 else None
        principals.append(Principal(f"{account}:{name}", kind, own, 3 if number % 5 == 0 else None, scps=scps))
    return PolicySet(tuple(documents), tuple(principals))


def answers(table: Table, principals: list[str]) -> list[object]:
    authorizer = Authorizer(table)
    found: list[object] = []
    for principal in principals:
        for action in [*NAMES, "ec2:CopyImage", "ec2:CreateFleet", "nothing:AtAll", "ecs:*"]:
            for resource in REQUESTED:
                for context in CONTEXTS:
                    answer = authorizer.authorize(principal, action, resource, context)
                    found.append((answer.decision, answer.statements, answer.unknown_keys))
                answer = authorizer.authorize(principal, action, resource, unknown=("aws:SourceIp",))
                found.append((answer.decision, answer.unknown_keys))
    return found


def column_count(table: Table) -> int:
    return int(np.frombuffer(bytes(table), dtype=HEADER, count=1)["action_column_count"][0])


def smallest_size(policy_set: PolicySet) -> int:
    with pytest.raises(TableSizeError, match="the table has at least") as caught:
        compile_policies(policy_set, max_table_bytes=1)
    return int(str(caught.value).split()[5].replace(",", ""))


@pytest.mark.parametrize("seed", range(4))
def test_a_smaller_table_answers_the_same(seed: int) -> None:
    """Whatever the limit, down to the least, the table keeps it, and every decision and its reason stay as they are."""
    rng = random.Random(seed)
    policy_set = random_policy_set(rng)
    principals = rng.sample([principal.arn for principal in policy_set.principals], 8)
    whole = compile_policies(policy_set)
    expected = answers(whole, principals)
    least = smallest_size(policy_set)
    assert least < whole.byte_count
    widths = [column_count(whole)]
    for share in (0.95, 0.6, 0.3, 0.0):
        limit = least + int(share * (whole.byte_count - least))
        table = compile_policies(policy_set, max_table_bytes=limit)
        assert table.byte_count <= limit
        assert answers(table, principals) == expected
        widths.append(column_count(table))
    assert widths == sorted(widths, reverse=True) and widths[0] > widths[-1]


def test_a_table_that_fits_is_left_alone() -> None:
    """A limit that the whole table keeps changes no byte."""
    policy_set = random_policy_set(random.Random(5))
    whole = compile_policies(policy_set)
    assert bytes(compile_policies(policy_set, max_table_bytes=whole.byte_count)) == bytes(whole)


def test_a_smaller_table_has_a_listing() -> None:
    """The listing says which actions have no cells."""
    policy_set = random_policy_set(random.Random(6))
    table = compile_policies(policy_set, max_table_bytes=smallest_size(policy_set))
    assert "(in the cells without row)" in list_table(table)

"""Batches of codes against single requests: whatever stands in a block, and wherever it begins and ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from globs import SPARSE, set_limits
from sharing import into_groups, sharing_rows
from tables import SIDES, document, elements, statement

import gatewright as gw
from gatewright.compiler.policyset import Endpoint, PolicySet, Principal, PrincipalKind, Resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime import BatchResult
from gatewright.runtime.layout import LAYER_COUNT, PROGRAM_COUNT, PROGRAM_MARK

ACCOUNT = "123456789012"
LENGTHS = (1, 1, 1, 2, 3, 4, 6, 9, 14, 20, 24, 24, 24, 24, 24, 24)
"""Statements of policies; principals are under several."""
ACTIONS = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "sts:GetCallerIdentity",
    "sts:AssumeRole",
    "sqs:SendMessage",
]
RESOURCES = [
    "arn:aws:s3:::pears/1",
    "arn:aws:s3:::pears/2",
    f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs",
    "arn:aws:sqs:us-east-1:111122223333:jobs",
    f"arn:aws:iam::{ACCOUNT}:role/mill",
    "*",
]
KEYS: dict[str, list[Any]] = {
    "aws:username": ["mara", "noor", "", "o"],
    "aws:SecureTransport": ["true", "false", "maybe"],
    "s3:max-keys": ["1", "10", "99", "many"],
    "aws:TagKeys": [("a",), ("a", "b"), (), ("c",)],
    "aws:PrincipalTag/home": ["pears", "jobs", "*"],
    "aws:SourceVpce": ["vpce-1", "vpce-9"],
}
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"StringNotEquals": {"aws:username": ["mara", "noor"]}},
    {"StringEqualsIfExists": {"aws:username": "mara"}, "NumericLessThan": {"s3:max-keys": "20"}},
    {"Null": {"aws:username": "true"}, "Bool": {"aws:SecureTransport": "true"}, "NumericEquals": {"s3:max-keys": "1"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
    {"ForAnyValue:StringLike": {"aws:TagKeys": "a*"}},
    {"StringEquals": {"aws:username": "nobody"}},
]


def make_policy(chance: np.random.Generator, length: int, allows: float) -> dict[str, Any]:
    """Make a policy of so many statements, of which few hold; resources take several words of bits."""
    statements = []
    for _ in range(length):
        effect = "Allow" if chance.random() < allows else "Deny"
        action = ACTIONS[chance.integers(3)] if chance.random() < 0.6 else chance.choice(["s3:*", "s3:Get*", "*"])
        named = f"arn:aws:s3:::pears/{chance.integers(100)}"
        resource = chance.choice(["*", named, "arn:aws:s3:::${aws:PrincipalTag/home}/1", "arn:aws:sqs:*:*:*"])
        made = statement(effect, str(action), str(resource), CONDITIONS[chance.integers(len(CONDITIONS))])
        if chance.random() < 0.1:
            made["NotAction"] = made.pop("Action")
        statements.append(made)
    return document(*statements)


def long_policy(length: int) -> dict[str, Any]:
    """Return a policy of so many statements for one action, of which the last holds."""
    resources = [*(f"arn:aws:s3:::plums/{number}" for number in range(length - 1)), "arn:aws:s3:::pears/*"]
    return document(*(statement("Allow", "s3:GetObject", resource) for resource in resources))


ALL = document(statement("Allow", "*", "*"))


def make_policies(seed: int) -> PolicySet:
    """Make principals under policies of all lengths, with and without ceilings of several levels, and root users.

    The first may do everything, so that nobody else is decided as if he were the first; under the last ones a block has
    as many statements, or layers, as it has no room for.
    """
    chance = np.random.default_rng(seed)
    identity = [ALL, long_policy(32), long_policy(32), long_policy(1)]
    identity += [make_policy(chance, length, share) for length in LENGTHS for share in (0.5, 0.9, 0.97)]
    ceilings = [ALL, *(make_policy(chance, length, 0.95) for length in (1, 3, 9, 24))]
    kinds = [PolicyKind.IDENTITY] * len(identity) + [PolicyKind.SCP] * len(ceilings)
    documents = tuple(
        Document(f"p{number}", kind, Source(json.dumps(policy), f"p{number}.json"))
        for number, (policy, kind) in enumerate(zip([*identity, *ceilings], kinds, strict=True))
    )
    ceiling = len(identity)

    def user(number: int, *own: int, **more: Any) -> Principal:
        return Principal(f"arn:aws:iam::{ACCOUNT}:user/u{number}", PrincipalKind.USER, tuple(sorted(own)), **more)

    def under(number: int) -> Principal:
        own = chance.choice(ceiling, number % 11, replace=False).tolist()
        scps = tuple((ceiling + int(chance.integers(5)),) for _ in range(number % 10)) if number % 3 == 0 else None
        boundary = int(chance.integers(ceiling)) if number % 4 == 1 else None
        return user(number, *own, boundary=boundary, scps=scps)

    roots = tuple(
        Principal(f"arn:aws:iam::{account}:root", PrincipalKind.ROOT, (), scps=((ceiling,), (last,)))
        for account, last in ((ACCOUNT, ceiling + 1), ("444455556666", ceiling))
    )
    lasts = (user(201, 1, 2), user(202, 1, 2, 3), user(203, 0, scps=((ceiling,),) * 9))
    return PolicySet(documents, (user(0, 0), *(under(number) for number in range(1, 120)), *roots, *lasts))


def with_sides(policies: PolicySet) -> PolicySet:
    """Give a bucket and an endpoint policies that deny what principals may do."""
    sides = (
        (PolicyKind.RESOURCE, statement("Deny", "s3:GetObject", "*", Principal="*")),
        (PolicyKind.VPC_ENDPOINT, statement("Allow", "s3:PutObject", "*", Principal="*")),
    )
    first = len(policies.documents)
    documents = tuple(Document(kind, kind, Source(json.dumps(document(what)), f"{kind}.json")) for kind, what in sides)
    return replace(
        policies,
        documents=policies.documents + documents,
        resources=(Resource("arn:aws:s3:::pears", account=ACCOUNT, policy=first),),
        endpoints=(Endpoint("vpce-1", first + 1),),
    )


def program_lengths(table: gw.Table) -> set[int]:
    """Return how many statements programs have."""
    words = elements(bytearray(bytes(table)), "programs").tolist()
    lengths = set()
    for place, word in enumerate(words):
        if word & PROGRAM_MARK:
            layers = words[place + 2 : place + 2 + words[place + 1]]
            lengths.add((word & PROGRAM_COUNT) + sum(layer & LAYER_COUNT for layer in layers))
    return lengths


@contextmanager
def sparse_rows() -> Iterator[None]:
    """Let rows be lists."""
    with pytest.MonkeyPatch.context() as patch:
        set_limits(patch, {}, SPARSE)
        yield


WAYS: dict[str, tuple[Callable[[], AbstractContextManager[None]], Callable[[PolicySet], PolicySet], int | None]] = {
    "flat": (nullcontext, lambda policies: policies, None),
    "sides": (nullcontext, with_sides, None),
    "groups": (lambda: sharing_rows(1 << 20), into_groups, None),
    "groups and programs": (lambda: sharing_rows(0), into_groups, None),
    "lists": (sparse_rows, lambda policies: policies, None),
    "least table": (nullcontext, lambda policies: policies, 203_000),
}


Columns = dict[str, tuple[list[Any], Any]]
"""By name of a column: its values, and the codes of the requests."""


def columns_of(authorizer: gw.Authorizer, seed: int, count: int) -> Columns:
    """Make columns: values, and the codes of the requests; some principals and resources are nobody's."""
    chance = np.random.default_rng(seed)
    values = {
        "principal": [*authorizer.table.principals, "arn:aws:iam::444455556666:user/x"],
        "action": ACTIONS,
        **KEYS,
    }
    values["resource"] = [*RESOURCES]
    lowest = {"principal": 0, "action": 0}
    return {
        name: (own, chance.integers(lowest.get(name, -1), len(own), count, dtype=np.int32))
        for name, own in values.items()
    }


def check(authorizer: gw.Authorizer, columns: Columns, threads: int = 1, unknown: Any = ()) -> BatchResult:
    """Compare a batch of codes with its requests one by one."""
    batch = {name: authorizer.column(name, values).take(codes) for name, (values, codes) in columns.items()}
    result = authorizer.authorize_batch(batch, threads=threads, unknown=unknown)
    for i in range(len(result)):
        parts = {name: values[codes[i]] if codes[i] >= 0 else None for name, (values, codes) in columns.items()}
        context = {name: parts[name] for name in KEYS if parts[name] is not None}
        answer = authorizer.authorize(parts["principal"], parts["action"], parts["resource"], context, unknown=unknown)
        number = answer.statements[0].index if answer.statements else -1
        assert (answer.decision, number) == (result.decision[i], result.statement[i]), (i, parts)
        assert answer.unknown_keys == result.unknown_keys(i)
    return result


@pytest.mark.parametrize("way", WAYS)
def test_blocks_of_any_policies(way: str) -> None:
    """Short and long programs, layers, templates, lists and generic programs stand in a block together."""
    laid_out, changed, max_table_bytes = WAYS[way]
    with laid_out():
        table = gw.compile(changed(make_policies(6)), max_table_bytes=max_table_bytes)
    assert program_lengths(table) >= {0, 1, 7, 8, 9, 63, 64, 65} or way != "flat"
    authorizer = gw.Authorizer(table)
    decided = [
        check(authorizer, columns_of(authorizer, 2, 3000)),
        check(authorizer, columns_of(authorizer, 3, 3000), 3, gw.OTHERS),
    ]
    assert {gw.Decision(d) for result in decided for d in np.unique(result.decision)} == set(gw.Decision)


@pytest.mark.parametrize("count", [1, 7, 31, 32, 33, 63, 64, 65, 97, 129])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_blocks_of_any_count(count: int, threads: int) -> None:
    """The last block is full or not; with several threads blocks begin anywhere."""
    authorizer = gw.Authorizer(gw.compile(make_policies(4)))
    check(authorizer, columns_of(authorizer, count, count), threads)


@pytest.mark.parametrize("way", ["flat", "groups", "groups and programs"])
def test_blocks_of_one_principal(way: str) -> None:
    """Where each request of a block has many statements, or many layers, what does not fit is decided by itself."""
    laid_out, changed, _ = WAYS[way]
    with laid_out():
        authorizer = gw.Authorizer(gw.compile(changed(make_policies(5))))
    for number in range(len(authorizer.table.principals)):
        columns = columns_of(authorizer, number, 70)
        columns["principal"][1][:] = number
        if number % 2 or number > 120:
            columns["action"][1][:] = 0
        check(authorizer, columns)


def test_blocks_of_policies_of_all_sides() -> None:
    """What has policies of its own stands beside what has none."""
    authorizer = gw.Authorizer(gw.compile(SIDES))
    columns = columns_of(authorizer, 6, 2000)
    columns["resource"][0][:3] = [resource.name for resource in SIDES.resources[:3]]
    check(authorizer, columns, unknown=gw.OTHERS)


@pytest.mark.parametrize("unsure", [["aws:username"], ["s3:max-keys"], ["aws:username", "s3:max-keys"]])
def test_a_block_in_which_one_statement_is_unsure(unsure: list[str]) -> None:
    """Whichever test of its two nobody can tell, and whatever the other one says."""
    both = {"StringEquals": {"aws:username": "mara"}, "NumericLessThan": {"s3:max-keys": "20"}}
    documents = (
        Document("p", PolicyKind.IDENTITY, Source(json.dumps(document(statement("Allow", "s3:*", "*", both))), "p")),
    )
    user = Principal(f"arn:aws:iam::{ACCOUNT}:user/u", PrincipalKind.USER, (0,))
    authorizer = gw.Authorizer(gw.compile(PolicySet(documents, (user,))))
    for name in ("mara", "noor"):
        for count in ("1", "99"):
            context = {"aws:username": name, "s3:max-keys": count}
            known = {key: text for key, text in context.items() if key not in unsure}
            batch = {"principal": [user.arn], "action": ["s3:GetObject"], "unknown": [unsure]}
            result = authorizer.authorize_batch(batch | {key: [text] for key, text in known.items()})
            answer = authorizer.authorize(user.arn, "s3:GetObject", "*", known, unknown=unsure)
            assert result.decision[0] == answer.decision
            assert answer.decision in (gw.Decision.UNKNOWN, gw.Decision.IMPLICIT_DENY)

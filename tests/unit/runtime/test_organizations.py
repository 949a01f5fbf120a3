"""Accounts of a table: each request is under the resource control policies of the resource's own account (R133)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import gatewright as gw
from gatewright.compiler.policyset import Account, PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ACTIONS = ("sqs:SendMessage", "sqs:ReceiveMessage")


def policy(kind: PolicyKind, *statements: dict[str, Any]) -> Document:
    """Return a document."""
    return Document("p", kind, Source(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), "p"))


def user_of(account: str) -> str:
    """Return the user of an account."""
    return f"arn:aws:iam::{account}:user/dev"


def compile_accounts(accounts: list[str], others: list[str], *rcps: dict[str, Any]) -> gw.Authorizer:
    """Compile a user for each account who may do everything, and the policies for the accounts in turn."""
    documents = (policy(PolicyKind.IDENTITY, ALLOW), *(policy(PolicyKind.RCP, rcp) for rcp in rcps))
    principals = tuple(Principal(user_of(id), PrincipalKind.USER, (0,)) for id in [*accounts, *others])
    known = tuple(Account(id, rcps=(1 + number % len(rcps),)) for number, id in enumerate(accounts))
    return gw.Authorizer(gw.compile(PolicySet(documents, principals, accounts=known)))


def deny(action: str, **members: Any) -> dict[str, Any]:
    """Return a Deny for everyone."""
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", **members}


@pytest.mark.parametrize("count", range(1, 9))
def test_every_account_has_its_own_policies(count: int) -> None:
    """However many accounts there are, each is found, and none of those beside and between them."""
    ids = [f"{number:012}" for number in range(100, 101 + 2 * count)]
    others, accounts = ids[::2], ids[1::2]
    authorizer = compile_accounts(accounts, others, *(deny(action) for action in ACTIONS))
    for id in ids:
        denied = [
            action
            for action in ACTIONS
            if authorizer.authorize(user_of(id), action, f"arn:aws:sqs:eu-west-1:{id}:q").decision
            is gw.Decision.EXPLICIT_DENY
        ]
        assert denied == ([] if id in others else [ACTIONS[accounts.index(id) % 2]])


def test_unknown_resources_may_be_under_them() -> None:
    """An unknown resource may be none at all, so that a Deny is in doubt, and one that does not apply is not (R193)."""
    authorizer = compile_accounts(["123456789012"], [], deny(ACTIONS[0]))
    doubtful = authorizer.authorize(user_of("123456789012"), ACTIONS[0], None)
    assert doubtful.decision is gw.Decision.UNKNOWN
    assert doubtful.unknown_keys == ("resource",)
    assert authorizer.authorize(user_of("123456789012"), ACTIONS[1], None).allowed


def test_unknown_resources_and_unknown_keys_are_both_named() -> None:
    """Where a Deny on an unknown resource has an unknown condition, both would settle the decision (R193)."""
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    authorizer = compile_accounts(["123456789012"], [], deny(ACTIONS[0], Condition=condition))
    answer = authorizer.authorize(user_of("123456789012"), ACTIONS[0], None, unknown=["aws:SecureTransport"])
    assert answer.decision is gw.Decision.UNKNOWN
    assert answer.unknown_keys == ("aws:securetransport", "resource")

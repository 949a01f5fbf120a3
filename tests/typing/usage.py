"""How the face is used, with the types that users get; mypy and pyright read this file, nothing runs it."""

from __future__ import annotations

from typing import assert_type

import gatewright as gw
from gatewright import Answer, Authorizer, Decision, Finding, PolicySet, PolicyStore, StatementInfo, Table


def load_and_compile() -> Authorizer:
    store = PolicyStore.load("store/")
    assert_type(store, PolicyStore)
    assert_type(store.policy_set, PolicySet)
    assert_type(store.findings, tuple[Finding, ...])
    assert_type(store.accounts, tuple[str, ...])
    assert_type(PolicyStore.from_policy("policy.json", "arn:aws:iam::123456789012:user/Bob"), PolicyStore)
    table = gw.compile(store)
    assert_type(table, Table)
    assert_type(gw.compile(store.policy_set), Table)
    assert_type(gw.Compiler().compile(store, max_table_bytes=1 << 30), Table)
    assert_type(gw.PolicyStore.load("store/", previous=store), gw.PolicyStore)
    table.save("policies.gwt")
    assert_type(Authorizer.open("policies.gwt"), Authorizer)
    return gw.Authorizer(table)


def ask(authorizer: Authorizer) -> bool:
    answer = authorizer.authorize(
        "arn:aws:iam::123456789012:user/Bob",
        "s3:GetObject",
        "arn:aws:s3:::bucket/key",
        {"aws:SourceIp": "10.0.0.1", "aws:TagKeys": ["a", "b"], "aws:username": None},
        unknown=["aws:MultiFactorAuthPresent"],
    )
    assert_type(answer, Answer)
    assert_type(answer.decision, Decision)
    assert_type(answer.allowed, bool)
    assert_type(answer.statements, tuple[StatementInfo, ...])
    assert_type(answer.unknown_keys, tuple[str, ...])
    assert_type(authorizer.knows("arn:aws:iam::123456789012:user/Bob"), bool)
    authorizer.authorize("arn:aws:iam::123456789012:root", "s3:ListAllMyBuckets", unknown=gw.OTHERS)
    return answer.allowed


def report(error: gw.PolicyError) -> list[str]:
    assert_type(error.findings, tuple[Finding, ...])
    assert_type(gw.get_include(), str)
    assert_type(gw.__version__, str)
    return [f"{finding.code} {finding.message}" for finding in error.findings]

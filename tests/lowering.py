"""Documents taken through the passes one by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from gatewright.compiler.check import check_document
from gatewright.compiler.flatten import FlatPolicies, flatten_policies
from gatewright.compiler.lower import LoweredPolicies, lower_statements
from gatewright.compiler.normalize import CanonicalStatement, normalize_policies
from gatewright.compiler.policyset import PolicySet, Principal
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind


def statement(
    effect: str = "Allow", action: Any = "s3:GetObject", resource: Any = "*", **condition: Any
) -> dict[str, Any]:
    """Return a statement; the other arguments are condition operators."""
    whole = {"Effect": effect, "Action": action, "Resource": resource}
    return {**whole, "Condition": condition} if condition else whole


def normalize(*documents: Sequence[dict[str, Any]]) -> tuple[list[CanonicalStatement], list[int]]:
    """Return the canonical statements of documents, and where each document's begin."""
    policies = []
    for statements in documents:
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        policy, findings = check_document(Document("document", PolicyKind.IDENTITY, Source(text, "document")))
        assert policy is not None, findings
        policies.append(policy)
    canonical, refused = normalize_policies(policies)
    assert not refused
    firsts = [sum(len(policy.statements) for policy in policies[:n]) for n in range(len(policies) + 1)]
    return canonical, firsts


def lower(*statements: dict[str, Any]) -> LoweredPolicies:
    """Lower the statements of one document."""
    return lower_statements(normalize(statements)[0])


def flatten(
    principals: Sequence[Principal], *documents: Sequence[dict[str, Any]]
) -> tuple[LoweredPolicies, FlatPolicies]:
    """Lower documents and flatten them for principals."""
    canonical, firsts = normalize(*documents)
    lowered = lower_statements(canonical)
    return lowered, flatten_policies(canonical, lowered, PolicySet((), tuple(principals)), firsts)

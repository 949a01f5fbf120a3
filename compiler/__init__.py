"""Compile policy documents into one flat decision table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..runtime import Table
from ..runtime.requests import SOURCE_ENDPOINT
from .check import check_document
from .diagnostics import raise_severity
from .errors import Finding, PolicyError
from .flatten import flatten_policies
from .lower import lower_statements
from .normalize import normalize_policies
from .policyset import PolicySet
from .syntax import Document, Policy
from .write import write_table

__all__ = ["compile_policies"]


def compile_policies(
    policy_set: PolicySet,
    *,
    policies: Mapping[Document, Policy] | None = None,
    report: Callable[[Finding], None] | None = None,
) -> Table:
    """Compile a policy set.

    Parameters
    ----------
    policy_set : PolicySet
        Documents and who is under them.
    policies : mapping, optional
        What documents say that have been checked already; the others are checked here.
    report : callable, optional
        Called with every finding made here that does not stop the compilation.

    Returns
    -------
    Table
        Immutable; its statements are numbered in the order of the documents.

    Raises
    ------
    PolicyError
        Some document is not understood in full; the error holds every finding.
    ValueError
        Two resources or two endpoints of the set have one name.
    """
    for what, names in (("resources", policy_set.resources), ("endpoints", policy_set.endpoints)):
        if len({entry.name for entry in names}) < len(names):
            raise ValueError(f"two {what} of the policy set have one name")
    findings: list[Finding] = []
    readable: list[Policy] = []
    for document in policy_set.documents:
        policy = policies.get(document) if policies else None
        if policy is None:
            policy, found = check_document(document)
            findings += found
        if policy is not None:
            readable.append(policy)
    if len(readable) < len(policy_set.documents):
        raise PolicyError(raise_severity(findings))
    gateways = {endpoint.policy for endpoint in policy_set.endpoints if endpoint.is_gateway}
    statements, unsupported = normalize_policies(readable, gateways)
    if unsupported:
        raise PolicyError([*findings, *unsupported])
    lowered = lower_statements(statements, [SOURCE_ENDPOINT] if policy_set.endpoints else [])
    flat = flatten_policies(statements, lowered, policy_set, _first_statements(readable))
    for finding in findings:
        if report is not None:
            report(finding)
    return Table(write_table(policy_set, statements, lowered, flat))


def _first_statements(policies: list[Policy]) -> list[int]:
    firsts = [0]
    for policy in policies:
        firsts.append(firsts[-1] + len(policy.statements))
    return firsts

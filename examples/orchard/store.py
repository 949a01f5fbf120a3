"""Policy store -> the principals of Orchard, each with its documents."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAIN, PRODUCTION, DATA, VENDOR = "123456789012", "111122223333", "444455556666", "777788889999"
"""Accounts; the vendor's is not in the store."""

Document = dict[str, Any]


@dataclass(frozen=True)
class Principal:
    """A user or a role as the store has it."""

    arn: str
    unique_id: str
    name: str
    account: str
    is_role: bool
    identity: tuple[Document, ...]
    boundary: Document | None
    tags: dict[str, str]
    groups: tuple[str, ...] = field(default=())


def load_principals(folder: Path) -> dict[str, Principal]:
    """Read the accounts of a store; the result is keyed by ARN."""
    principals: dict[str, Principal] = {}
    for path in sorted((folder / "accounts").glob("*.json")):
        principals |= read_account(json.loads(path.read_text(encoding="utf-8")))
    return principals


def read_account(details: Document) -> dict[str, Principal]:
    """Put together what applies to each user and role of one account."""
    managed = {policy["Arn"]: default_document(policy) for policy in details["Policies"]}
    groups = {
        group["GroupName"]: documents_of(group, "GroupPolicyList", managed) for group in details["GroupDetailList"]
    }
    principals = []
    for user in details["UserDetailList"]:
        documents = documents_of(user, "UserPolicyList", managed)
        for group in user["GroupList"]:
            documents += groups[group]
        principals.append(read_principal(user, "User", documents, managed))
    for role in details["RoleDetailList"]:
        principals.append(read_principal(role, "Role", documents_of(role, "RolePolicyList", managed), managed))
    return {principal.arn: principal for principal in principals}


def read_principal(entry: Document, kind: str, documents: list[Document], managed: dict[str, Document]) -> Principal:
    """Turn one user or role into a principal."""
    boundary = entry.get("PermissionsBoundary")
    return Principal(
        arn=entry["Arn"],
        unique_id=entry[f"{kind}Id"],
        name=entry[f"{kind}Name"],
        account=entry["Arn"].split(":")[4],
        is_role=kind == "Role",
        identity=tuple(documents),
        boundary=managed[boundary["PermissionsBoundaryArn"]] if boundary else None,
        tags={tag["Key"]: tag["Value"] for tag in entry["Tags"]},
        groups=tuple(entry.get("GroupList", ())),
    )


def documents_of(entry: Document, inline: str, managed: dict[str, Document]) -> list[Document]:
    """List the inline and the attached documents of a user, group or role."""
    documents = [policy["PolicyDocument"] for policy in entry.get(inline, [])]
    return documents + [managed[policy["PolicyArn"]] for policy in entry["AttachedManagedPolicies"]]


def default_document(policy: Document) -> Document:
    """Return the version of a managed policy that is in force."""
    document: Document = next(
        version["Document"] for version in policy["PolicyVersionList"] if version["IsDefaultVersion"]
    )
    return document

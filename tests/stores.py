"""Write small policy stores of invented accounts, and ask them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import gatewright as gw
from gatewright.compiler.errors import Finding, PolicyError, Severity
from gatewright.store import PolicyStore

MAIN, PARTNER, STRANGER = "123456789012", "111122223333", "444455556666"
"""Account ids of AWS's own examples."""

Json = dict[str, Any]


def statement(effect: str, action: str | list[str], **members: Any) -> Json:
    """Return a statement; a member that is None is left out."""
    value = {"Effect": effect, "Action": action, "Resource": "*"} | members
    return {name: member for name, member in value.items() if member is not None}


def policy(*statements: Json) -> Json:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str | list[str], **members: Any) -> Json:
    """Return a policy document that allows."""
    return policy(statement("Allow", action, **members))


def trust(principal: object, *actions: str) -> Json:
    """Return a trust policy."""
    return allow(list(actions) or "sts:AssumeRole", Principal=principal, Resource=None)


def user(name: str, account: str = MAIN) -> str:
    """Return the ARN of a user."""
    return f"arn:aws:iam::{account}:user/{name}"


def role(name: str, account: str = MAIN) -> str:
    """Return the ARN of a role."""
    return f"arn:aws:iam::{account}:role/{name}"


def details(
    account: str = MAIN, users: Mapping[str, Json | None] | None = None, roles: Mapping[str, Json] | None = None
) -> Json:
    """Return the details of an account: users with their policy, if any; roles, who may do all, with their trust."""
    return {
        "UserDetailList": [
            {
                "UserName": name,
                "Arn": user(name, account),
                "UserPolicyList": [{"PolicyName": "Own", "PolicyDocument": document}] if document else [],
            }
            for name, document in (users or {}).items()
        ],
        "RoleDetailList": [
            {
                "RoleName": name.rpartition("/")[2],
                "Arn": role(name, account),
                "AssumeRolePolicyDocument": document,
                "RolePolicyList": [{"PolicyName": "All", "PolicyDocument": allow("*")}],
            }
            for name, document in (roles or {"idle": trust({"Service": "ec2.amazonaws.com"})}).items()
        ],
    }


def write(folder: Path, files: Mapping[str, object]) -> Path:
    """Write the files of a store, values as JSON and texts and bytes as they are, and return its folder."""
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, bytes):
            path.write_bytes(value)
        else:
            path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1), encoding="utf-8")
    return folder


def load(folder: Path, files: Mapping[str, object]) -> PolicyStore:
    """Load a store of the main account, which nobody is in, but for what the files say."""
    return PolicyStore.load(write(folder, {"accounts/main.json": details(), **files}))


def errors_of(folder: Path, files: Mapping[str, object]) -> list[Finding]:
    """Return the errors of a store that must not load."""
    with pytest.raises(PolicyError) as caught:
        load(folder, files)
    return [finding for finding in caught.value.findings if finding.severity is Severity.ERROR]


def open_store(folder: Path, files: Mapping[str, object]) -> gw.Authorizer:
    """Load a store, compile it and open the table."""
    return gw.Authorizer(gw.compile(load(folder, files)))


def ask(authorizer: gw.Authorizer, principal: str, action: str, resource: str, **more: Any) -> tuple[str, str | None]:
    """Return a decision and the kind of policy that made it, or that is missing."""
    explanation = authorizer.explain(principal, action, resource, **more)
    answer = authorizer.authorize(principal, action, resource, **more)
    assert answer == explanation.answer
    kind = answer.statements[0].kind if answer.statements else explanation.missing
    return answer.decision.name.lower(), kind

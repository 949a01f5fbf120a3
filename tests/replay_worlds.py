"""Small policy sets for replays: principals under one policy each, and policies at the side of resources."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gatewright as gw
from gatewright.compiler.policyset import (
    Endpoint,
    PolicySet,
    Principal,
    PrincipalKind,
    Resource,
    ResourceKind,
)
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.replay import ReplayOptions, replay

Statement = dict[str, Any]


def allow(action: str = "*", resource: str | None = "*", **members: Any) -> Statement:
    """Return a statement that allows; without a resource it is one for a trust policy."""
    return {"Effect": "Allow", "Action": action, **({"Resource": resource} if resource else {}), **members}


class World:
    """Collects documents and what they apply to."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.principals: list[Principal] = []
        self.resources: list[Resource] = []
        self.endpoints: list[Endpoint] = []

    def _document(self, kind: PolicyKind, statements: tuple[Statement, ...]) -> int:
        name = f"{kind.value} {len(self.documents)}"
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.documents.append(Document(name, kind, Source(text, name)))
        return len(self.documents) - 1

    def principal(self, arn: str, *statements: Statement, **members: Any) -> None:
        """Add a principal under one policy, or under none."""
        kinds = {
            ":user/": PrincipalKind.USER,
            ":role/": PrincipalKind.ROLE,
            ":federated-user/": PrincipalKind.FEDERATED,
        }
        kind = next((kind for part, kind in kinds.items() if part in arn), PrincipalKind.ROOT)
        identity = (self._document(PolicyKind.IDENTITY, statements),) if statements else ()
        if kind is PrincipalKind.FEDERATED:
            members["session"] = (self._document(PolicyKind.SESSION, statements),)
        self.principals.append(Principal(arn, kind, identity, **members))

    def resource(self, arn: str, *statements: Statement, account: str | None = None) -> None:
        """Add a resource with its policy: a role with its trust policy, a key, a bucket or anything else."""
        kind = ResourceKind.ROLE if ":role/" in arn else ResourceKind.KEY if ":key/" in arn else ResourceKind.OTHER
        policy = PolicyKind.TRUST if kind is ResourceKind.ROLE else PolicyKind.RESOURCE
        self.resources.append(Resource(arn, kind, account, self._document(policy, statements)))

    def endpoint(self, name: str, *statements: Statement) -> None:
        """Add a VPC endpoint with its policy."""
        self.endpoints.append(Endpoint(name, self._document(PolicyKind.VPC_ENDPOINT, statements)))

    def open(self) -> gw.Authorizer:
        """Compile it."""
        documents, principals = tuple(self.documents), tuple(self.principals)
        resources, endpoints = tuple(self.resources), tuple(self.endpoints)
        return gw.Authorizer(gw.compile(PolicySet(documents, principals, resources, (), endpoints)))


def trusts(principal: Mapping[str, str] | str, action: str = "sts:AssumeRole", **members: Any) -> Statement:
    """Return a statement of a trust policy."""
    return allow(action, None, Principal=principal, **members)


def replayed(
    folder: Path, engine: gw.Authorizer, *documents: dict[str, Any], proposed: gw.Authorizer | None = None
) -> list[dict[str, Any]]:
    """Replay events and return the records."""
    log, output = folder / "log.jsonl", folder / "decisions.jsonl"
    log.write_text("".join(f"{json.dumps(document)}\n" for document in documents))
    options = ReplayOptions([str(log)], output=str(output))
    assert replay(options, authorizer=engine, proposed=proposed, out=io.StringIO(), err=io.StringIO()) < 2
    return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]


def outcome(record: dict[str, Any]) -> str:
    """Return the decision of a record, or the reason why there is none."""
    decision: str = record["decision"] or record["reason"]
    return decision

"""A world: documents of all kinds, whom and what they apply to, and requests; as objects and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from reference import OTHERS, Others, Value, statements_of

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
from gatewright.runtime.requests import Target

KINDS = ("identity", "boundary", "resource", "trust", "session", "scp", "rcp", "vpc-endpoint", "ec2-attribute")
"""Kinds of document in the order of their numbers: that in which the reference looks for a Deny."""
KINDS_OF_CALLERS = ("identity", "boundary", "session", "scp")


@dataclass(frozen=True)
class Question:
    """One request; `target` tells what the resource's ARN does not."""

    principal: str
    action: str
    resource: str | None
    context: Mapping[str, Value]
    unknown: frozenset[str] | Others
    target: Target | None = None


@dataclass(frozen=True)
class World:
    """Documents with their kinds, in the order of their numbers, and who and what is under them.

    `attributes` holds what the reference reads of EC2 (`reference_ec2`), by the entry of the image or snapshot.  A call
    is the numbers of its questions.
    """

    documents: tuple[tuple[str, dict[str, Any]], ...]
    principals: tuple[Principal, ...]
    resources: tuple[Resource, ...] = ()
    accounts: tuple[Account, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    calls: tuple[tuple[int, ...], ...] = ()

    def policy_set(self) -> PolicySet:
        """Return the world as the compiler takes it."""
        documents = tuple(
            Document(f"{kind} {number}", PolicyKind(kind), Source(json.dumps(value), f"document {number}"))
            for number, (kind, value) in enumerate(self.documents)
        )
        if not (self.resources or self.accounts or self.endpoints):
            return PolicySet(documents, self.principals)
        return PolicySet(documents, self.principals, self.resources, self.accounts, self.endpoints)

    def first_statements(self) -> list[int]:
        """Return the number of each document's first statement."""
        firsts = []
        count = 0
        for _, document in self.documents:
            firsts.append(count)
            count += len(statements_of(document))
        return firsts

    # --- less of it, for shrinking ------------------------------------------------------------------------------------

    def without_document(self, gone: int) -> World:
        """Return the world without one document, and nothing else changed."""

        def moved(index: int | None) -> int | None:
            return None if index is None or index == gone else index - (index > gone)

        def left(indices: Sequence[int]) -> tuple[int, ...]:
            return tuple(index - (index > gone) for index in indices if index != gone)

        return replace(
            self,
            documents=self.documents[:gone] + self.documents[gone + 1 :],
            principals=tuple(
                replace(
                    principal,
                    identity=left(principal.identity),
                    boundary=moved(principal.boundary),
                    session=left(principal.session or ()) or None,  # no policies are no session's
                    scps=None if principal.scps is None else tuple(map(left, principal.scps)),
                )
                for principal in self.principals
            ),
            resources=tuple(
                replace(resource, policy=moved(resource.policy), attributes=left(resource.attributes))
                for resource in self.resources
            ),
            accounts=tuple(
                replace(account, rcps=None if account.rcps is None else left(account.rcps)) for account in self.accounts
            ),
            endpoints=tuple(
                replace(endpoint, policy=endpoint.policy - (endpoint.policy > gone))
                for endpoint in self.endpoints
                if endpoint.policy != gone
            ),
        )

    def with_document(self, index: int, document: dict[str, Any]) -> World:
        """Return the world with another text of one document."""
        changed = (self.documents[index][0], document)
        return replace(self, documents=(*self.documents[:index], changed, *self.documents[index + 1 :]))

    # --- as JSON ------------------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Return the world as JSON values."""
        return {
            "documents": [{"kind": kind, "document": document} for kind, document in self.documents],
            "principals": [asdict(principal) for principal in self.principals],
            "resources": [asdict(resource) for resource in self.resources],
            "accounts": [asdict(account) for account in self.accounts],
            "endpoints": [asdict(endpoint) for endpoint in self.endpoints],
            "attributes": dict(self.attributes),
            "questions": [
                {
                    "principal": question.principal,
                    "action": question.action,
                    "resource": question.resource,
                    "context": dict(question.context),
                    "unknown": None if isinstance(question.unknown, Others) else sorted(question.unknown),
                    "target": None if question.target is None else asdict(question.target),
                }
                for question in self.questions
            ],
            "calls": [list(call) for call in self.calls],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> World:
        """Read what `to_json` returned."""
        return cls(
            documents=tuple((item["kind"], item["document"]) for item in value["documents"]),
            principals=tuple(
                Principal(
                    **{
                        **item,
                        "kind": PrincipalKind(item["kind"]),
                        "identity": tuple(item["identity"]),
                        "session": None if item["session"] is None else tuple(item["session"]),
                        "scps": None if item["scps"] is None else tuple(map(tuple, item["scps"])),
                        "groups": tuple(map(tuple, item.get("groups", ()))),
                    }
                )
                for item in value["principals"]
            ),
            resources=tuple(
                Resource(**{**item, "kind": ResourceKind(item["kind"]), "attributes": tuple(item["attributes"])})
                for item in value["resources"]
            ),
            accounts=tuple(
                Account(**{**item, "rcps": None if item["rcps"] is None else tuple(item["rcps"])})
                for item in value["accounts"]
            ),
            endpoints=tuple(Endpoint(**item) for item in value["endpoints"]),
            attributes=value["attributes"],
            questions=tuple(
                Question(
                    item["principal"],
                    item["action"],
                    item["resource"],
                    item["context"],
                    OTHERS if item["unknown"] is None else frozenset(item["unknown"]),
                    None if item["target"] is None else _target(item["target"]),
                )
                for item in value["questions"]
            ),
            calls=tuple(map(tuple, value["calls"])),
        )


def _target(value: Mapping[str, Any]) -> Target:
    endpoints = value["endpoints"]
    return Target(value["account"], value["policy"], None if endpoints is None else tuple(endpoints))

"""The policies of a decision vector -> a policy set: the caller, the resource, its owner, the endpoints on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

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
from gatewright.vector_ec2 import read_attributes
from gatewright.vector_members import VectorError, check_names, choice_of, member_of, optional_account, optional_member

THE_RESOURCE = "the resource"
"""Name of the entry whose policies decide, whatever the ARN of the request."""

NO_ACCOUNT = "999999999999"
"""Stands for the owner of a resource where neither the vector nor the caller tells one."""

PRINCIPAL = re.compile(
    r"arn:(?P<partition>[^:]*):(?P<service>iam|sts):[^:]*:(?P<account>[0-9]{12}):"
    r"(?P<kind>root\Z|user/|role/|assumed-role/|federated-user/)(?P<name>.*)",
    re.DOTALL,
)
"""Callers that are under policies of an account (R130); all others are who their text says."""

POLICIES = ("identity", "resource", "candidates", "boundary", "session", "scps", "rcps", "vpce")

KINDS = {"role-trust": ResourceKind.ROLE, "kms-key": ResourceKind.KEY}
"""Kinds of resource whose policies decide in different ways, as vectors name them."""

Facts = Mapping[str, object]
Paths = Sequence[tuple[str | int, ...]]


def account_of(principal: str) -> str | None:
    """Return the account of a caller that is under policies of one."""
    match = PRINCIPAL.fullmatch(principal)
    return match["account"] if match else None


def read_policies(source: Source, principal: str, owner: str, facts: Facts) -> PolicySet:
    """Read the policies of a vector whose members ``policies`` and ``request`` are objects.

    Parameters
    ----------
    owner : str
        The resource's account.

    Raises
    ------
    VectorError
        Ill-formed.
    """
    return _Reader(source, principal, owner, facts).read()


def _kind_of_policy(kind: ResourceKind) -> PolicyKind:
    return PolicyKind.TRUST if kind is ResourceKind.ROLE else PolicyKind.RESOURCE


class _Reader:
    """Documents are numbered kind by kind, in the order in which an applying Deny is looked for."""

    def __init__(self, source: Source, principal: str, owner: str, facts: Facts) -> None:
        self.source = source
        self.principal = principal
        self.owner = owner
        self.facts = facts
        self.vector: Any = source.value
        self.policies: Mapping[str, object] = self.vector["policies"]
        self.documents: list[Document] = []

    def read(self) -> PolicySet:
        check_names(self.policies, POLICIES, "the member of `policies`")
        identity = self._add(PolicyKind.IDENTITY, self._paths("identity"))
        boundary = self._add_one(PolicyKind.BOUNDARY, "boundary")
        kind = KINDS.get(str(self.facts.get("resource_kind")), ResourceKind.OTHER)
        policy = self._add_one(_kind_of_policy(kind), "resource")
        candidates = self._candidates()
        session = self._add(PolicyKind.SESSION, self._session_paths())
        scps = self._add_levels(PolicyKind.SCP, "scps")
        rcps = self._add_levels(PolicyKind.RCP, "rcps")
        vpce = self._add(PolicyKind.VPC_ENDPOINT, self._paths("vpce"))
        principals = self._principals(identity, boundary, session, scps)
        is_under_rcps = not (self.facts.get("aws_managed_key") or self.facts.get("service_linked_role_resource"))
        resource = Resource(THE_RESOURCE, kind, None, policy, self._attributes(), is_under_rcps)
        is_gateway = self.facts.get("vpce_type") == "gateway"
        endpoints = tuple(Endpoint(f"vpce-{number}", number, is_gateway) for number in vpce)
        return PolicySet(tuple(self.documents), principals, candidates or (resource,), self._accounts(rcps), endpoints)

    def _principals(
        self,
        identity: tuple[int, ...],
        boundary: int | None,
        session: tuple[int, ...],
        scps: tuple[tuple[int, ...], ...] | None,
    ) -> tuple[Principal, ...]:
        match = PRINCIPAL.fullmatch(self.principal)
        if match is None:
            return ()
        is_service_linked = bool(self.facts.get("service_linked_role"))
        if is_service_linked or self.facts.get("principal_in_management_account"):
            scps = None
        common: dict[str, Any] = {"scps": scps, "is_service_linked": is_service_linked}
        if match["kind"] == "root":
            return (Principal(self.principal, PrincipalKind.ROOT, (), session=session or None, **common),)
        if match["kind"] == "user/":
            return (Principal(self.principal, PrincipalKind.USER, identity, boundary, **common),)
        if match["kind"] == "federated-user/":
            who = self._text_fact("federating_user")
            kind = PrincipalKind.FEDERATED
            return (Principal(self.principal, kind, identity, boundary, session, federating_user=who, **common),)
        arn = self.principal
        if match["kind"] == "assumed-role/":
            # R56: a session's ARN holds no path, so the fact counts and not the text.
            role = f"arn:{match['partition']}:iam::{match['account']}:role/{match['name'].partition('/')[0]}"
            arn = self._text_fact("role_arn") or role
            if arn.count(":") != 5:
                raise VectorError("`role_arn` is not a role's ARN")
        return (Principal(arn, PrincipalKind.ROLE, identity, boundary, session or None, **common),)

    def _accounts(self, rcps: tuple[tuple[int, ...], ...] | None) -> tuple[Account, ...]:
        under = None
        if rcps is not None and not self.facts.get("resource_in_management_account"):
            under = tuple(number for level in rcps for number in level)
        own = account_of(self.principal)
        names = {own: self._text_fact("canonical_user")} if own else {}
        return tuple(
            Account(account, names.get(account), under if account == self.owner else None)
            for account in dict.fromkeys((*names, self.owner))
        )

    def _text_fact(self, name: str) -> str | None:
        return optional_member(self.facts, name, str)

    # --- documents

    def _add(self, kind: PolicyKind, paths: Paths) -> tuple[int, ...]:
        first = len(self.documents)
        self.documents.extend(Document(" ".join(map(str, p)), kind, self.source, ("policies", *p)) for p in paths)
        return tuple(range(first, len(self.documents)))

    def _add_one(self, kind: PolicyKind, name: str) -> int | None:
        return None if self.policies.get(name) is None else self._add(kind, [(name,)])[0]

    def _add_levels(self, kind: PolicyKind, name: str) -> tuple[tuple[int, ...], ...] | None:
        if self.policies.get(name) is None:
            return None
        levels = member_of(self.policies, name, list)
        if not all(isinstance(level, list) for level in levels):
            raise VectorError(f"`{name}` is not a list of levels, each a list of documents")
        return tuple(
            self._add(kind, [(name, number, index) for index in range(len(level))])
            for number, level in enumerate(levels)
        )

    def _paths(self, name: str) -> Paths:
        if name != "identity" and self.policies.get(name) is None:
            return []
        return [(name, index) for index in range(len(member_of(self.policies, name, list)))]

    def _session_paths(self) -> Paths:
        session = self.policies.get("session")
        return [("session",)] if isinstance(session, dict) else self._paths("session")

    def _candidates(self) -> tuple[Resource, ...]:
        """Read what the unknown resource may be; nothing then tells its policy."""
        given = optional_member(self.policies, "candidates", list) or []
        told = (self.policies.get("resource"), self.facts.get("resource_kind"), self.vector.get("ec2"))
        if given and any(member is not None for member in told):
            raise VectorError("`candidates` say what the resource may be, and another member what it is; leave one out")
        found = []
        for number, item in enumerate(given):
            if not isinstance(item, dict):
                raise VectorError("an entry of `candidates` is not an object")
            check_names(item, ("kind", "account", "policy"), "the member of a candidate")
            kind = KINDS.get(choice_of(item, "kind", KINDS) or "", ResourceKind.OTHER)
            account = optional_account(item, "account")
            paths = [] if item.get("policy") is None else [("candidates", number, "policy")]
            policy = next(iter(self._add(_kind_of_policy(kind), paths)), None)
            found.append(Resource(f"candidate {number}", kind, account, policy))
        return tuple(found)

    def _attributes(self) -> tuple[int, ...]:
        ec2 = optional_member(self.vector, "ec2", dict) or {}
        first = len(self.documents)
        self.documents.extend(read_attributes(ec2, account_of(self.principal), self.facts.get("image_state")))
        return tuple(range(first, len(self.documents)))

"""The policies of a decision vector -> a policy set: the caller, the resource, its owner, the endpoints on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeGuard, TypeVar

from gatewright.compiler.policyset import (
    Account,
    Endpoint,
    PolicySet,
    Principal,
    PrincipalKind,
    Resource,
    ResourceKind,
)
from gatewright.compiler.source import JsonNumber, Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.sharing import ADDITIONS, SharedItem, Storage, attribute_document

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

_CHANGES = dict(zip(("add_group", "add_user", "add_organization", "add_unit"), ADDITIONS, strict=True))

Kind = TypeVar("Kind")
Facts = Mapping[str, object]
Paths = Sequence[tuple[str | int, ...]]


class VectorError(Exception):
    """A vector that cannot be run, with the reason."""


def member_of(value: Mapping[str, object], name: str, kind: type[Kind], default: Kind | None = None) -> Kind:
    """Return a member of a vector.

    Raises
    ------
    VectorError
        It is missing, and there is no default, or it is of another type.
    """
    member = value.get(name, default)
    if member is None:
        raise VectorError(f"`{name}` is missing; a decision vector needs policies, request and expect")
    if not isinstance(member, kind) or isinstance(member, JsonNumber):
        what: dict[type, str] = {str: "a text", dict: "an object", list: "a list"}
        raise VectorError(f"`{name}` is not {what[kind]}")
    return member


def is_text(value: object) -> TypeGuard[str]:
    """Tell whether a value of a vector is a text, not a number."""
    return isinstance(value, str) and not isinstance(value, JsonNumber)


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


def sharing_context(ec2: object) -> dict[str, object]:
    """Return the context keys of a call that shares an image or a snapshot, from what it changes."""
    change = ec2.get("change") if isinstance(ec2, dict) else None
    if change is None:
        return {}
    if not isinstance(change, dict):
        raise VectorError("`change` is not an object")
    return {key: change[member] for member, key in _CHANGES.items() if member in change}


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
        identity = self._add(PolicyKind.IDENTITY, self._paths("identity"))
        boundary = self._add_one(PolicyKind.BOUNDARY, "boundary")
        is_trust, is_key = (self.facts.get("resource_kind") == kind for kind in ("role-trust", "kms-key"))
        policy = self._add_one(PolicyKind.TRUST if is_trust else PolicyKind.RESOURCE, "resource")
        session = self._add(PolicyKind.SESSION, self._session_paths())
        scps = self._add_levels(PolicyKind.SCP, "scps")
        rcps = self._add_levels(PolicyKind.RCP, "rcps")
        vpce = self._add(PolicyKind.VPC_ENDPOINT, self._paths("vpce"))
        principals = self._principals(identity, boundary, session, scps)
        kind = ResourceKind.ROLE if is_trust else ResourceKind.KEY if is_key else ResourceKind.OTHER
        is_under_rcps = not (self.facts.get("aws_managed_key") or self.facts.get("service_linked_role_resource"))
        resource = Resource(THE_RESOURCE, kind, None, policy, self._attributes(), is_under_rcps)
        is_gateway = self.facts.get("vpce_type") == "gateway"
        endpoints = tuple(Endpoint(f"vpce-{number}", number, is_gateway) for number in vpce)
        return PolicySet(tuple(self.documents), principals, (resource,), self._accounts(rcps), endpoints)

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
        fact = self.facts.get(name)
        if fact is not None and not is_text(fact):
            raise VectorError(f"`{name}` is not a text")
        return fact

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

    # --- EC2 attributes

    def _attributes(self) -> tuple[int, ...]:
        if self.vector.get("ec2") is None:
            return ()
        ec2 = member_of(self.vector, "ec2", dict)
        kinds: tuple[Literal["image"], Literal["snapshot"]] = ("image", "snapshot")
        first = len(self.documents)
        for kind in kinds:
            if ec2.get(kind) is not None:
                self.documents.append(self._attribute_document(kind, member_of(ec2, kind, dict), ec2))
        return tuple(range(first, len(self.documents)))

    def _attribute_document(
        self, kind: Literal["image", "snapshot"], item: Mapping[str, Any], ec2: Mapping[str, Any]
    ) -> Document:
        permission = item.get(f"{'launch' if kind == 'image' else 'create_volume'}_permission", {})
        shared_to = {*permission.get("organizations", []), *permission.get("units", [])}
        own = account_of(self.principal)
        is_member = own is not None and not shared_to.isdisjoint(ec2.get("caller_org_arns", []))
        has_key: Callable[[bool], bool] = lambda default: bool(ec2.get("key_usable", default))  # noqa: E731
        shared = SharedItem(
            kind,
            str(item.get("id", kind)),
            member_of(item, "owner", str),
            "all" in permission.get("groups", []),
            tuple(permission.get("users", [])),
            (own,) if is_member and own is not None else (),
            tuple(_storage(stored) for stored in (item, *item.get("snapshots", []))),
            self.facts.get("image_state") not in ("disabled", "deregistered"),
        )
        is_elsewhere = "region" in item and "region" in ec2 and item["region"] != ec2["region"]
        return attribute_document(
            shared, is_elsewhere=is_elsewhere, owner_has_key=has_key(True), others_have_key=has_key(False)
        )


def _storage(item: Mapping[str, Any]) -> Storage:
    return Storage(bool(item.get("encrypted")), item.get("kms") == "aws-managed", bool(item.get("product_codes")))

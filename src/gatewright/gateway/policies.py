"""The policies that a gateway decides by: a store, compiled, and what else it tells; replaced whole, never changed."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import gatewright
from gatewright.compiler import compile_policies
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind, ResourceKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, Policy, PolicyKind
from gatewright.credentials import Session, SessionKind
from gatewright.organization import Organization, read_organization
from gatewright.runtime import Authorizer
from gatewright.store import ORGANIZATION, PolicyStore, check_reading, read_store
from gatewright.store_reading import StoreReading
from gatewright.sts import Role

from .standins import StandIns, read_patterns

SESSION_LIMIT = 1_024
"""Tables of sessions that are kept."""


@dataclass(frozen=True, slots=True)
class Policies:
    """A policy store as a gateway uses it.

    Attributes
    ----------
    authorizer
        Of everybody with policies of their own, sessions without session policies included.
    tags, ids
        Of users and roles, by ARN.
    roles
        Those that may be assumed.
    managed
        Managed policies, by ARN.
    organization
        None where the store has none.
    profiles
        Roles of instance profiles, by their ARNs.
    stand_ins
        Of the store's policies; see `find_stand_ins`.
    """

    policy_set: PolicySet
    checked: Mapping[Document, Policy]
    authorizer: Authorizer
    tags: Mapping[str, Mapping[str, str]]
    ids: Mapping[str, str]
    roles: Mapping[str, Role]
    managed: Mapping[str, Document]
    organization: Organization | None
    principals: Mapping[str, Principal]
    profiles: Mapping[str, str] = field(default_factory=dict)
    stand_ins: StandIns = field(default_factory=lambda: StandIns(()))
    _sessions: OrderedDict[tuple[str, str | None], Authorizer] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find_authorizer(self, session: Session | None, role: str | None = None) -> Authorizer | None:
        """Return who decides about a caller, None where its table has to be compiled first (`make_authorizer`)."""
        if session is None or not has_policies(session):
            return self.authorizer
        with self._lock:
            found = self._sessions.get((session.access_key_id, role))
            if found is not None:
                self._sessions.move_to_end((session.access_key_id, role))
            return found

    def find_stand_ins(self, session: Session | None) -> StandIns:
        """Return what stands for resources whose names are unknown, before the policies of a caller."""
        if session is None or not has_policies(session):
            return self.stand_ins
        return StandIns(self.stand_ins.patterns | read_patterns(self._passed(session)))

    def make_authorizer(self, session: Session, role: str | None = None) -> Authorizer:
        """Compile the policies over a session: those of its principal, and those passed for it, as a ceiling (R138).

        Parameters
        ----------
        role
            One that the session wants to assume, whose trust policy takes part.

        Raises
        ------
        PolicyError
            A session policy cannot be compiled.
        """
        authorizer = Authorizer(compile_policies(self._session_set(session, role), policies=self.checked))
        with self._lock:
            self._sessions[session.access_key_id, role] = authorizer
            while len(self._sessions) > SESSION_LIMIT:
                self._sessions.popitem(last=False)
        return authorizer

    def _session_set(self, session: Session, role: str | None) -> PolicySet:
        numbers: dict[int, int] = {}  # from the store's documents to those of the session's table
        documents: list[Document] = []

        def take(number: int) -> int:
            if number not in numbers:
                numbers[number] = len(documents)
                documents.append(self.policy_set.documents[number])
            return numbers[number]

        def add(document: Document) -> int:
            documents.append(document)
            return len(documents) - 1

        base = self.principals.get(session.principal_arn)
        principals: tuple[Principal, ...] = ()
        if base is not None:
            passed = [add(document) for document in self._passed(session)]
            principal = replace(
                base,
                identity=tuple(take(number) for number in base.identity),
                boundary=None if base.boundary is None else take(base.boundary),
                scps=None if base.scps is None else tuple(tuple(take(n) for n in level) for level in base.scps),
                session=tuple(passed) or None,
            )
            if session.kind is SessionKind.FEDERATED:
                principal = replace(
                    principal,
                    arn=session.session_arn,
                    kind=PrincipalKind.FEDERATED,
                    federating_user=session.principal_arn,
                )
            principals = (principal,)
        accounts = tuple(
            replace(account, rcps=None if account.rcps is None else tuple(take(number) for number in account.rcps))
            for account in self.policy_set.accounts
        )
        resources = tuple(
            replace(resource, policy=take(resource.policy))
            for resource in self.policy_set.resources
            if resource.name == role and resource.policy is not None
        )
        return PolicySet(tuple(documents), principals, resources, accounts)

    def _passed(self, session: Session) -> Iterable[Document]:
        if session.policy is not None:
            name = "session policy"
            yield Document(name, PolicyKind.SESSION, Source(session.policy, name))
        for arn in session.policy_arns:
            document = self.managed.get(arn)
            if document is None:  # it was there when the session began
                nothing = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
                document = Document(arn, PolicyKind.SESSION, Source(nothing, arn))
            yield Document(document.name, PolicyKind.SESSION, document.source, document.path)

    def accounts_in(self, arns: Iterable[str]) -> tuple[str, ...]:
        """Return the accounts of organizations and units, by their ARNs."""
        if self.organization is None:
            return ()
        return tuple(account for arn in arns for account in self.organization.accounts_in(arn))

    def has_organization(self, account: str) -> bool:
        """Tell whether an account is in the organization of the store."""
        return self.organization is not None and account in self.organization.levels


def has_policies(session: Session) -> bool:
    """Tell whether a session is judged by a table of its own."""
    return session.kind is SessionKind.FEDERATED or session.policy is not None or bool(session.policy_arns)


def load_policies(path: str | os.PathLike[str]) -> Policies:
    """Read and compile a store.

    Raises
    ------
    PolicyError
        Something is wrong with it.
    """
    reading = check_reading(read_store(path))
    store = PolicyStore(reading)
    # Sharing is decided by its own state, which changes while a table cannot.
    policy_set = replace(
        store.policy_set, resources=tuple(one for one in store.policy_set.resources if not one.attributes)
    )
    table = compile_policies(policy_set, policies=store.policies)
    organization = None
    tree = reading.sources.get(os.fspath(Path(path) / ORGANIZATION))
    if tree is not None:
        organization = read_organization(tree)
    ids, limits = _read_ids(reading)
    roles = {
        resource.name: Role(resource.name, ids.get(resource.name, resource.name), limits.get(resource.name, 3600))
        for resource in policy_set.resources
        if resource.kind is ResourceKind.ROLE
    }
    managed = {
        document.name: document
        for document in (*reading.documents, *reading.beside)
        if document.name.startswith("arn:") and document.kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY)
    }
    return Policies(
        policy_set,
        store.policies,
        gatewright.Authorizer(table),
        store.tags,
        ids,
        roles,
        managed,
        organization,
        {principal.arn: principal for principal in policy_set.principals},
        _read_profiles(reading),
        StandIns(read_patterns((*reading.documents, *reading.beside))),
    )


def read_stamps(path: str | os.PathLike[str]) -> frozenset[tuple[str, int, int, int]]:
    """Return what changes when a store does: paths, inodes, sizes and times of its files."""
    found = set()
    for folder, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(OSError):  # replaced meanwhile
                status = os.stat(file := os.path.join(folder, name))
                found.add((file, status.st_ino, status.st_size, status.st_mtime_ns))
    return frozenset(found)


def _read_ids(reading: StoreReading) -> tuple[dict[str, str], dict[str, int]]:
    """Return the unique ids of users and roles, and the longest sessions of roles, by ARN."""
    ids: dict[str, str] = {}
    limits: dict[str, int] = {}
    for source in reading.sources.values():
        value: Any = source.value
        if not isinstance(value, dict):
            continue
        for listed, member in (("UserDetailList", "UserId"), ("RoleDetailList", "RoleId")):
            for entry in value.get(listed, ()):
                arn, name = str(entry.get("Arn", "")), entry.get(member)
                if isinstance(name, str) and name:
                    ids[arn] = str(name)
                seconds = str(entry.get("MaxSessionDuration", ""))
                if seconds.isdigit() and 3600 <= int(seconds[:6]) <= 43200:
                    limits[arn] = int(seconds)
    return ids, limits


def _read_profiles(reading: StoreReading) -> dict[str, str]:
    """Return the roles of instance profiles, which are printed with the roles."""
    found: dict[str, str] = {}
    for source in reading.sources.values():
        details: Any = source.value if isinstance(source.value, dict) else {}
        for role in details.get("RoleDetailList", ()):
            profiles: Any = role.get("InstanceProfileList", ())
            for profile in profiles if isinstance(profiles, list) else ():
                arn = profile.get("Arn") if isinstance(profile, dict) else None
                if isinstance(arn, str) and arn.count(":") == 5:
                    found[arn] = str(role.get("Arn", ""))
    return found

"""``organization.json`` -> the control policies over each account, level by level from the root (R133, R134).

The file is written from what ``aws organizations`` prints (docs/getting-started.md).  What it leaves open is an error,
never a guess: an account that the tree does not name, or a level that alone lacks the member
``ServiceControlPolicies``, would be under fewer policies than in AWS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from gatewright.compiler.errors import Finding, Path, PolicyError, Severity
from gatewright.compiler.messages import quote
from gatewright.compiler.policyset import Principal
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.details import MAX_FINDINGS, Members, decode_document, near_name

Level = tuple[Document, ...]
"""Policies attached to one root, unit or account."""

GUIDE = "docs/getting-started.md shows how to write the file"
THINGS = {"organization": "the organization", "root": "the root", "unit": "a unit", "account": "an account"}
SCPS, RCPS = "ServiceControlPolicies", "ResourceControlPolicies"
CHILDREN = ("OrganizationalUnits", "Accounts")
NODE = frozenset({"Id", "Name", SCPS, RCPS})
KNOWN: Mapping[str, frozenset[str]] = {
    "organization": frozenset({"Id", "ManagementAccountId", "Root"}),
    "root": NODE.union(CHILDREN),
    "unit": NODE.union(CHILDREN),
    "account": NODE,
}
DEEPEST_UNIT = 5  # units below the root, AWS's quota; with root and account 7 of the 64 layers that a table takes
MOST_EMPTY = 20  # levels without a policy that are named one by one
MOST_POLICIES = 64  # of one level, where AWS attaches 10 (R29): every principal below is under each of them
ACCOUNT_ID = re.compile(r"[0-9]{12}\Z")
SERVICE_LINKED = re.compile(r"arn:[^:]*:iam::[0-9]{12}:role/aws-service-role/")
FULL_ACCESS = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


@dataclass(slots=True)
class Organization:
    """An organization, read; everything to say about it is in ``findings``."""

    source: Source
    id: str = ""
    management_account: str = ""
    levels: dict[str, tuple[Level, ...]] = field(default_factory=dict)  # by account id, from the root down
    rcps: dict[str, Level] = field(default_factory=dict)  # by account id, those of all levels but the built-in one
    members: dict[str, list[str]] = field(default_factory=dict)  # accounts below a root or unit, by its id
    documents: list[Document] = field(default_factory=list)  # control policies, in the order of the file
    uses_scps: bool = False  # some level has the member
    has_all_accounts: bool = True  # False: one could not be read, so that a missing one may be that
    decoded: list[Source] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def levels_over(self, principal: Principal) -> tuple[Level, ...] | None:
        """Return the levels that must all allow what a principal does; None: it is under none (R134, R146)."""
        account = principal.arn.split(":")[4]
        if not self.uses_scps or account == self.management_account or SERVICE_LINKED.match(principal.arn):
            return None
        return self.levels.get(account)

    def rcps_over(self, account: str) -> Level | None:
        """Return the resource control policies over what an account owns; None: it is under none (R133, R146)."""
        return None if account == self.management_account else self.rcps.get(account)

    def accounts_in(self, arn: str) -> tuple[str, ...]:
        """Return the accounts of an organization or a unit, by its ARN; of another organization none is known."""
        name = arn.rpartition(":")[2]
        if name == f"organization/{self.id}":
            return tuple(self.levels)
        prefix = f"ou/{self.id}/"
        return tuple(self.members.get(name.removeprefix(prefix), ())) if name.startswith(prefix) else ()


def read_organization(source: Source) -> Organization:
    """Read an organization from a text that is JSON."""
    organization = Organization(source)
    with suppress(_EnoughError):
        _Reader(organization).read(source.value)
    return organization


class _EnoughError(Exception):
    """There is no use in reading on."""


class _Above(NamedTuple):
    """What is above a root, unit or account: policies, and ids of root and units."""

    levels: tuple[Level, ...] = ()
    rcps: Level = ()
    ids: tuple[str, ...] = ()


class _Reader:
    """Walks the JSON values of the file; methods are named for the things that it holds."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.places: dict[str, Path] = {}  # id of each root, unit and account -> where it was first
        self.lacking: list[tuple[str, Path]] = []  # levels without the member for service control policies
        self.empty: list[tuple[str, str, Path]] = []  # id and label of levels that have it, with nothing attached

    # What is asked of every value

    def report(
        self,
        code: str,
        message: str,
        hint: str,
        path: Path,
        part: Literal["key", "value"] = "value",
        severity: Severity = Severity.ERROR,
    ) -> None:
        source = self.organization.source
        self.add(Finding(code, severity, message, hint, source.name, path, source.locate(path, part)))

    def add(self, *more: Finding) -> None:
        findings, source = self.organization.findings, self.organization.source
        if len(findings) >= MAX_FINDINGS:
            message = f"more than {MAX_FINDINGS} errors"
            findings.append(Finding("GW627", Severity.ERROR, message, "", source.name, (), source.locate(())))
            self.organization.has_all_accounts = False
            raise _EnoughError
        findings.extend(more)

    def members(self, value: object, thing: str, path: Path) -> Members | None:
        """Return the members of an object of which all are known."""
        if not isinstance(value, dict):
            self.report("GW631", f"{THINGS[thing]} must be an object", GUIDE, path)
            return None
        for name in value:
            if name not in KNOWN[thing]:
                hint = near_name(name, KNOWN[thing]) or GUIDE
                self.report("GW632", f"unknown member {quote(name)} in {THINGS[thing]}", hint, (*path, name), "key")
        return value

    def text(self, members: Members, name: str, thing: str, path: Path) -> str | None:
        """Return a member that must be there and be text."""
        if name not in members:
            self.report("GW633", f"{THINGS[thing]} has no `{name}`", GUIDE, path)
            return None
        value = members[name]
        if type(value) is not str or not value:  # a JSON number is a kind of str
            self.report("GW631", f"`{name}` of {THINGS[thing]} must be text", "write it in quotes", (*path, name))
            return None
        return value

    def account_id(self, members: Members, name: str, thing: str, path: Path) -> str | None:
        """Return a member that must be the id of an account."""
        text = self.text(members, name, thing, path)
        if text is None or ACCOUNT_ID.match(text):
            return text
        hint = "such an id has 12 digits"
        self.report("GW634", f"{quote(text)} is not the id of an account", hint, (*path, name))
        return None

    def items(self, members: Members, name: str, path: Path) -> Iterator[tuple[object, Path]]:
        """Go through a list; an absent one is empty."""
        value = members.get(name, [])
        if not isinstance(value, list):
            if name in CHILDREN:
                self.organization.has_all_accounts = False
            self.report("GW631", f"`{name}` must be a list", GUIDE, (*path, name))
            return
        for index, item in enumerate(value):
            yield item, (*path, name, index)

    # What the file holds

    def read(self, value: object) -> None:
        organization = self.organization
        members = self.members(value, "organization", ())
        if members is None:
            organization.has_all_accounts = False
            return
        organization.id = self.text(members, "Id", "organization", ()) or ""
        management = self.account_id(members, "ManagementAccountId", "organization", ())
        organization.management_account = management or ""
        if "Root" in members:
            self.node(members["Root"], "root", ("Root",), _Above(), 0)
        else:
            organization.has_all_accounts = False
            self.report("GW633", "the organization has no `Root`", GUIDE, ())
        if management and management not in organization.levels and organization.has_all_accounts:
            hint = "list it among the `Accounts` of the root or of a unit"
            message = f"the management account {management} is not in the tree"
            self.report("GW636", message, hint, ("ManagementAccountId",))
        if organization.uses_scps:
            self.report_levels()

    def report_levels(self) -> None:
        """Report the levels whose service control policies are not told, or are none."""
        for label, path in self.lacking:
            hint = f"list what is attached to it, `FullAWSAccess` if nothing else is; {GUIDE}"
            self.report("GW633", f"`{label}` has no `{SCPS}`, though other levels have", hint, path)
        empty = [level for level in self.empty if level[0] != self.organization.management_account]  # it is exempt
        for _, label, path in empty[:MOST_EMPTY]:
            more = f" (and {len(empty) - 1} levels more like it)" if len(empty) > MOST_EMPTY else ""
            message = f"no service control policy is attached to `{label}`, so nothing is allowed below it{more}"
            hint = f"list what is attached; where such policies are not in use, leave `{SCPS}` out everywhere"
            self.report("GW639", message, hint, path, severity=Severity.WARNING)

    def node(self, value: object, thing: str, path: Path, above: _Above, depth: int) -> None:
        """Read the root, a unit or an account and what is below it."""
        organization = self.organization
        members = self.members(value, thing, path)
        if members is None:
            organization.has_all_accounts = False
            return
        read_id = self.account_id if thing == "account" else self.text
        node_id = read_id(members, "Id", thing, path)
        name = self.text(members, "Name", thing, path)
        label = quote(f"{thing} {name or '?'} ({node_id or '?'})").strip("`")
        is_first = node_id is not None and self.is_first(node_id, thing, path)
        levels = (*above.levels, self.level(members, node_id or "", label, path))
        rcps = (*above.rcps, *self.resource_control(members, label, path))
        if thing == "account":
            if node_id is None:
                organization.has_all_accounts = False
            elif is_first:
                organization.levels[node_id] = levels
                organization.rcps[node_id] = rcps
                for unit in above.ids:
                    organization.members.setdefault(unit, []).append(node_id)
            return
        above = _Above(levels, rcps, (*above.ids, *((node_id,) if node_id and is_first else ())))
        for item, place in self.items(members, "OrganizationalUnits", path):
            if depth == DEEPEST_UNIT:
                organization.has_all_accounts = False
                message = f"more than {DEEPEST_UNIT} levels of units below the root"
                self.report("GW638", message, "AWS nests units no deeper", place)
                break
            self.node(item, "unit", place, above, depth + 1)
        for item, place in self.items(members, "Accounts", path):
            self.node(item, "account", place, above, depth)

    def is_first(self, node_id: str, thing: str, path: Path) -> bool:
        """Tell whether an id comes up for the first time; report it else."""
        first = self.places.setdefault(node_id, (*path, "Id"))
        if first == (*path, "Id"):
            return True
        line = self.organization.source.locate(first).line
        message = f"the {thing} {quote(node_id)} is in two places"
        self.report("GW635", message, f"the first is on line {line}; keep one of them", (*path, "Id"))
        return False

    def level(self, members: Members, node_id: str, label: str, path: Path) -> Level:
        """Return the service control policies attached to a root, unit or account."""
        if SCPS not in members:
            self.lacking.append((label, path))
            return ()
        self.organization.uses_scps = True
        if members[SCPS] == []:
            self.empty.append((node_id, label, (*path, SCPS)))
        level = tuple(document for document, _ in self.attached(members, SCPS, PolicyKind.SCP, label, path))
        self.organization.documents.extend(level)
        return level

    def resource_control(self, members: Members, label: str, path: Path) -> Level:
        """Return the resource control policies of a level but the built-in one, which allows everything (R37)."""
        attached = self.attached(members, RCPS, PolicyKind.RCP, label, path)
        level = tuple(document for document, _ in attached if not is_full_access(document.value))
        self.organization.documents.extend(level)
        return level

    def attached(
        self, members: Members, member: str, kind: PolicyKind, label: str, path: Path
    ) -> Iterator[tuple[Document, Path]]:
        """Go through the policies of one kind that are attached to a root, unit or account."""
        organization = self.organization
        for number, (_, place) in enumerate(self.items(members, member, path), 1):
            if number > MOST_POLICIES:
                hint = "AWS attaches at most 10 to a root, unit or account"
                self.report("GW640", f"`{member}` has more than {MOST_POLICIES} policies", hint, (*path, member))
                return
            document = Document(f"{kind.upper()} {number} of {label}", kind, organization.source, place)
            try:
                decoded = decode_document(document)
            except PolicyError as error:
                self.add(*error.findings)
                continue
            if decoded is not document:
                organization.decoded.append(decoded.source)
            yield decoded, place


def is_full_access(value: object) -> bool:
    """Tell whether JSON values are ``RCPFullAWSAccess``, which AWS attaches everywhere and nobody can detach (R37)."""
    if not isinstance(value, dict) or value.keys() != {"Version", "Statement"} or value["Version"] != "2012-10-17":
        return False
    statements = value["Statement"]
    statement = statements[0] if isinstance(statements, list) and len(statements) == 1 else statements
    if not isinstance(statement, dict) or type(statement.get("Sid", "")) is not str:
        return False
    return {name: member for name, member in statement.items() if name != "Sid"} == FULL_ACCESS

"""The policy store: a folder of what ``aws`` prints, one such file, or one policy document -> a `PolicySet`.

A user is under its inline and attached policies and those of its groups, a role under its own; the root user of an
account is under none.  Where the store has an organization, all of them are under its service control policies, but
in the management account.  What the store holds and gatewright does not evaluate yet is an error, never ignored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from gatewright.compiler.check import Profile, check_document
from gatewright.compiler.diagnostics import raise_severity
from gatewright.compiler.errors import Finding, PolicyError, Severity
from gatewright.compiler.errors import Path as Place
from gatewright.compiler.messages import quote
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, Policy, PolicyKind
from gatewright.details import (
    AWS_MANAGED,
    COMMAND,
    MAX_FINDINGS,
    Account,
    looks_like_details,
    near_name,
    read_details,
)
from gatewright.files import read_source, unreadable
from gatewright.organization import Organization, read_organization

__all__ = ["PolicyStore", "StoreReading", "check_reading", "read_any"]

NOT_EVALUATED: Mapping[str, tuple[str, str]] = {
    "resource-policies.json": ("GW952", "resource-based policies"),
    "images": ("GW953", "launch permissions of images"),
    "snapshots": ("GW953", "permissions of snapshots"),
}
ORGANIZATION = "organization.json"
ROOT_ARN = re.compile(r"arn:[a-z][a-z0-9-]*:iam::\d{12}:root\Z")
SUBJECT_ARN = re.compile(r"arn:[a-z][a-z0-9-]*:iam::(\d{12}):(user|role)/[\x21-\x7e]+\Z")


@dataclass(slots=True)
class StoreReading:
    """What was read, sound or not: the store, everything to say about it, and the texts to show with it."""

    documents: list[Document] = field(default_factory=list)
    beside: list[Document] = field(default_factory=list)  # checked, but no part of decisions
    principals: list[Principal] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    tags: dict[str, Mapping[str, str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    policies: list[Policy] = field(default_factory=list)  # the documents that were checked and hold
    quotas: dict[Document, int] = field(default_factory=dict)
    is_refused: bool = False  # cannot be compiled

    def report(
        self, code: str, message: str, hint: str, source: str, path: Place = (), severity: Severity = Severity.ERROR
    ) -> None:
        """Add a finding about the store; its place is looked up in the source of that name."""
        self.is_refused = self.is_refused or severity is Severity.ERROR
        text = self.sources.get(source)
        self.findings.append(Finding(code, severity, message, hint, source, path, text.locate(path) if text else None))


class PolicyStore:
    """Policies and the principals that are under them, read and checked.

    Attributes
    ----------
    policy_set : PolicySet
        What `gatewright.compile` compiles.
    policies : mapping of Document to Policy
        What the documents that were checked say; `gatewright.compile` does not check them again.
    findings : tuple of Finding
        What is worth saying though it stops nothing.
    accounts : tuple of str
        Account ids, in the order of the files.
    tags : mapping of str to mapping of str to str
        Tags of users and roles by ARN; AWS sends them as ``aws:PrincipalTag/...`` with each request.
    """

    def __init__(self, reading: StoreReading) -> None:
        if reading.is_refused:
            raise PolicyError(reading.findings)
        self.policy_set: PolicySet = PolicySet(tuple(reading.documents), tuple(reading.principals))
        self.policies: Mapping[Document, Policy] = MappingProxyType(
            {policy.document: policy for policy in reading.policies}
        )
        self.findings: tuple[Finding, ...] = tuple(reading.findings)
        self.accounts: tuple[str, ...] = tuple(reading.accounts)
        self.tags: Mapping[str, Mapping[str, str]] = MappingProxyType(reading.tags)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PolicyStore:
        """Load a store: a folder with ``accounts/*.json`` and maybe ``organization.json``, or one file of details.

        Raises
        ------
        PolicyError
            Something is wrong; ``findings`` holds everything that is, not only the first thing.
        """
        return cls(check_reading(read_store(path)))

    @classmethod
    def from_policy(cls, policy: str | os.PathLike[str] | Source, principal: str) -> PolicyStore:
        """Make a store of one identity policy and the user or role that is under it.

        Parameters
        ----------
        policy : path or Source
            File of the policy document; ``-`` is standard input.
        principal : str
            ARN of a user or role.
        """
        return cls(check_reading(read_policy(policy, principal)))

    def __repr__(self) -> str:
        counts = f"{len(self.policy_set.principals)} principals, {len(self.policy_set.documents)} documents"
        return f"<PolicyStore: {len(self.accounts)} accounts, {counts}>"


def check_reading(reading: StoreReading, profile: Profile = Profile.CURRENT) -> StoreReading:
    """Check the documents of a reading and add what there is to say; return the same reading."""
    seen: set[tuple[int, Place]] = set()
    for document in (*reading.documents, *reading.beside):
        place = (id(document.source), document.path)
        if place in seen:  # one managed policy, as identity policy and as boundary
            continue
        seen.add(place)
        policy, findings = check_document(document, profile=profile, quota=reading.quotas.get(document))
        if policy is None:
            reading.is_refused = True
            findings = raise_severity(findings)
        else:
            reading.policies.append(policy)
        if policy is not None and AWS_MANAGED.match(document.name):  # nobody but AWS could mend it
            continue
        reading.findings.extend(findings)
    reading.findings.sort(key=order_findings)
    return reading


def order_findings(finding: Finding) -> tuple[str, int, int]:
    """Return what sorts findings by their place."""
    return finding.source, finding.span.line if finding.span else 0, finding.span.column if finding.span else 0


def read_policy(policy: str | os.PathLike[str] | Source, principal: str) -> StoreReading:
    """Read one policy document as the store of one principal, without checking it."""
    reading = read_document(policy, PolicyKind.IDENTITY)
    match = SUBJECT_ARN.match(principal)
    if match is None:
        message = f"{quote(principal)} is not the ARN of a user or role"
        hint = "such an ARN reads `arn:aws:iam::123456789012:user/name`"
        if ROOT_ARN.match(principal):
            message, hint = "the root user of an account has no policies", "name a user or a role"
        elif ":assumed-role/" in principal:
            hint = "name the role, `arn:aws:iam::123456789012:role/name`; its sessions are judged as the role"
        reading.report("GW630", message, hint, "principal")
    if match is not None and reading.documents:
        reading.accounts.append(match[1])
        reading.principals.append(Principal(principal, PrincipalKind(match[2]), (0,)))
    return reading


def read_document(policy: str | os.PathLike[str] | Source, kind: PolicyKind) -> StoreReading:
    """Read one policy document of any kind, under which nobody is."""
    reading = StoreReading()
    source = policy if isinstance(policy, Source) else _read_source(Path(policy), reading)
    if source is not None:
        reading.sources[source.name] = source
        if not isinstance(policy, Source) and looks_like_details(source.value):
            message = "these are the details of an account, not a policy document"
            reading.report("GW629", message, "give them with `--store`", source.name)
        else:
            reading.documents.append(Document("the policy", kind, source))
    return reading


def read_store(path: str | os.PathLike[str]) -> StoreReading:
    """Read a store without checking its documents; everything wrong with it is in ``findings``."""
    reading = StoreReading()
    root = Path(path)
    if os.fspath(path) == "-" or not root.is_dir():
        files, tree = [root], None
    else:
        files, tree = _list_accounts(root, reading), root / ORGANIZATION
    sources = [source for file in files if (source := _read_source(file, reading)) is not None]
    organization = _read_source(tree, reading) if tree is not None and os.path.lexists(tree) else None
    return _assemble(sources, reading, organization)


def _assemble(sources: Iterable[Source], reading: StoreReading, tree: Source | None = None) -> StoreReading:
    """Read the details of accounts and put their documents and principals into a reading."""
    accounts: dict[str, Account] = {}
    for source in sources:
        account = read_details(source)
        reading.findings.extend(account.findings)
        reading.is_refused = reading.is_refused or bool(account.findings)
        reading.quotas.update(account.quotas)
        reading.sources.update({decoded.name: decoded for decoded in account.decoded})
        if not account.id:
            continue
        if account.id in accounts:
            first = accounts[account.id].source.name
            message = f"account {account.id} is also described by `{first}`"
            reading.report("GW607", message, "keep the newer one", source.name)
            continue
        accounts[account.id] = account
    assembly = _Assembly(reading)
    assembly.add_accounts(accounts.values())
    if tree is not None:
        organization = read_organization(tree)
        reading.findings.extend(organization.findings)
        reading.is_refused = reading.is_refused or any(f.severity is Severity.ERROR for f in organization.findings)
        reading.sources.update({decoded.name: decoded for decoded in organization.decoded})
        assembly.add_organization(organization, accounts.values())
    return reading


def read_any(path: str | os.PathLike[str], kind: PolicyKind, principal: str | None) -> StoreReading:
    """Read a store, the details of an account, or a policy document: whatever it turns out to be."""
    if os.fspath(path) != "-" and Path(path).is_dir():
        return read_store(path)
    reading = StoreReading()
    source = _read_source(Path(path), reading)
    if source is None:
        return reading
    if looks_like_details(source.value):
        return _assemble([source], reading)
    return read_policy(source, principal) if principal else read_document(source, kind)


def _read_source(path: Path, reading: StoreReading) -> Source | None:
    """Return the text of a file that is JSON; None where it is not, which is reported."""
    try:
        source = read_source(path)
        reading.sources[source.name] = source
        source.value  # noqa: B018 - decodes
    except PolicyError as error:
        reading.findings.extend(error.findings)
        reading.is_refused = True
        return None
    return source


def _list_accounts(root: Path, reading: StoreReading) -> list[Path]:
    """Return the files of account details, and say what else lies in the store."""
    try:
        entries = sorted(root.iterdir())
        folder = root / "accounts"
        inside = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        name = str(error.filename or root)
        raise unreadable(name, f"cannot read the folder: {(error.strerror or str(error)).lower()}") from None
    for entry in entries:
        if entry.name in NOT_EVALUATED:
            code, what = NOT_EVALUATED[entry.name]
            reading.report(
                code, f"{what} are not evaluated yet", "move it out of the store to go on without", str(entry)
            )
        elif entry.name not in ("accounts", ORGANIZATION) and not entry.name.startswith("."):
            hint = near_name(entry.name, [*NOT_EVALUATED, "accounts", ORGANIZATION])
            reading.report("GW606", "not part of a store; not read", hint, str(entry), severity=Severity.WARNING)
    files = []
    for entry in inside:
        if entry.suffix == ".json" and not entry.name.startswith("."):
            files.append(entry)
        elif not entry.name.startswith("."):
            hint = "account details are named `<any name>.json`"
            reading.report("GW606", "not part of a store; not read", hint, str(entry), severity=Severity.WARNING)
    if not files:
        hint = f"save the output of `{COMMAND}` as `{root / 'accounts' / 'any-name.json'}`"
        stores = [f"`{entry}`" for entry in entries[:1000] if (entry / "accounts").is_dir()]
        if stores:
            hint = f"did you mean {' or '.join(stores[:2])}?"
        reading.report("GW605", "the store has no `accounts/*.json`", hint, str(root))
    return files


class _Assembly:
    """Accounts -> documents, numbered, and principals that name them."""

    def __init__(self, reading: StoreReading) -> None:
        self.reading = reading
        self.numbers: dict[tuple[int, PolicyKind, Place], int] = {}
        self.aws_managed: dict[str, Document] = {}

    def add_accounts(self, accounts: Iterable[Account]) -> None:
        has_roles = False
        for account in accounts:
            self.add_account(account)
            has_roles = has_roles or bool(account.roles)
        if has_roles:
            self.reading.findings.append(
                Finding(
                    "GW626",
                    Severity.WARNING,
                    "`sts:AssumeRole` and its kin are decided by the caller's identity policies alone",
                    "role trust policies are checked, but take no part in decisions yet",
                    next(iter(self.reading.sources)),
                )
            )

    def add_account(self, account: Account) -> None:
        reading = self.reading
        reading.accounts.append(account.id)
        self.report_dangling(account)
        for holder in account.holders:
            for document in holder.inline:
                self.number(document)
        managed = {
            arn: self.shared(account, arn, document)
            for arn, document in account.managed.items()
            if document is not None  # reported already
        }
        used = self.used_policies(account)
        boundaries = {holder.boundary[0] for _, holder in account.principals if holder.boundary}
        for arn, document in managed.items():
            if arn in used:
                self.number(document)
            elif arn not in boundaries:
                reading.beside.append(document)
        for arn in managed:
            if arn in boundaries:
                self.number(_as_boundary(managed[arn]))
        reading.principals.append(Principal(f"arn:{account.partition}:iam::{account.id}:root", PrincipalKind.ROOT, ()))
        for kind, holder in account.principals:
            groups = [account.groups[name] for name, _ in holder.groups if name in account.groups]
            documents: list[Document] = []
            for owner in (holder, *groups):
                documents.extend(owner.inline)
                documents.extend(managed[arn] for arn, _ in owner.attached if arn in managed)
            identity = tuple(dict.fromkeys(self.number(document) for document in documents))
            boundary = None
            if holder.boundary and holder.boundary[0] in managed:
                boundary = self.number(_as_boundary(managed[holder.boundary[0]]))
            reading.principals.append(Principal(holder.arn, kind, identity, boundary))
            if holder.tags:
                reading.tags[holder.arn] = MappingProxyType(holder.tags)
        reading.beside.extend(role.trust for role in account.roles.values() if role.trust is not None)

    def add_organization(self, organization: Organization, accounts: Iterable[Account]) -> None:
        """Put principals under the service control policies of their account.

        These are numbered behind all other documents, and those of the root before those of its units: where several
        policies deny, the statement that is named does not depend on the order of the accounts.
        """
        reading = self.reading
        levels: dict[str, tuple[tuple[int, ...], ...]] = {}  # by account; its principals share them
        for index, principal in enumerate(reading.principals):
            over = organization.levels_over(principal)
            if over is not None:
                account_id = principal.arn.split(":")[4]
                if account_id not in levels:
                    levels[account_id] = tuple(tuple(self.number(document) for document in level) for level in over)
                reading.principals[index] = replace(principal, scps=levels[account_id])
        reading.beside.extend(document for document in organization.documents if not self.has_number(document))
        for account in accounts:
            if account.id not in organization.levels and organization.has_all_accounts:
                name = organization.source.name
                message = f"account {account.id} is not in `{name}`, so that it is not known which policies limit it"
                hint = "add it there, or keep accounts of other organizations in a store of their own"
                reading.report("GW637", message, hint, account.source.name)

    def report_dangling(self, account: Account) -> None:
        """Report what users, groups and roles refer to and the details do not hold."""
        source = account.source.name
        for count, (code, message, hint, place) in enumerate(self.dangling(account)):
            if count == MAX_FINDINGS:
                self.reading.report("GW627", f"more than {MAX_FINDINGS} errors", "", source)
                break
            self.reading.report(code, message, hint, source, place)

    def dangling(self, account: Account) -> Iterator[tuple[str, str, str, Place]]:
        for holder in account.holders:
            for name, place in holder.groups:
                if name not in account.groups and account.has_all_groups:
                    hint = near_name(name, account.groups) or "print the details without `--filter`, or with `Group`"
                    yield "GW622", f"group {quote(name)} is not in the details", hint, place
            references = [("GW623", "policy", *attached) for attached in holder.attached]
            if holder.boundary:
                references.append(("GW624", "permissions boundary", *holder.boundary))
            for code, what, arn, place in references:
                if arn not in account.managed and account.has_all_policies:
                    kind = "AWSManagedPolicy" if AWS_MANAGED.match(arn) else "LocalManagedPolicy"
                    hint = f"print the details without `--filter`, or with `{kind}` in it"
                    yield code, f"{what} {quote(arn)} is not in the details", hint, place

    def number(self, document: Document) -> int:
        """Return the number of a document in the policy set; a new one gets the next."""
        key = _key(document)
        if key not in self.numbers:
            self.numbers[key] = len(self.reading.documents)
            self.reading.documents.append(document)
        return self.numbers[key]

    def has_number(self, document: Document) -> bool:
        """Tell whether somebody is under a document."""
        return _key(document) in self.numbers

    def used_policies(self, account: Account) -> set[str]:
        """Return the ARNs of the managed policies that some user or role is under."""
        holders = [holder for _, holder in account.principals]
        groups = {name for holder in holders for name, _ in holder.groups}
        holders.extend(account.groups[name] for name in groups if name in account.groups)
        return {arn for holder in holders for arn, _ in holder.attached}

    def shared(self, account: Account, arn: str, document: Document) -> Document:
        """Return the document of an AWS managed policy that another account has too, where they are equal."""
        if not AWS_MANAGED.match(arn):
            return document
        first = self.aws_managed.setdefault(arn, document)
        if first is document or first.value == document.value:
            return first
        self.reading.report(
            "GW625",
            f"`{arn}` differs from the one in `{first.source.name}`",
            "print the details of all accounts again; each account keeps the version that it shows",
            account.source.name,
            account.managed_places[arn],
            Severity.WARNING,
        )
        return document


def _as_boundary(document: Document) -> Document:
    return Document(document.name, PolicyKind.BOUNDARY, document.source, document.path)


def _key(document: Document) -> tuple[int, PolicyKind, Place]:
    return id(document.source), document.kind, document.path

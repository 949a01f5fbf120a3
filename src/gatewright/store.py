"""The policy store: a folder of what ``aws`` prints, one such file, or one policy document -> a `PolicySet`.

A user is under its inline and attached policies and those of its groups, a role under its own; the root user of an
account is under none.  Where the store has an organization, all of them are under its service control policies, but
in the management account.  Resources are under the policies that the store has for them, roles under their trust
policies.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from gatewright.assembly import Assembly
from gatewright.compiler.check import Profile
from gatewright.compiler.diagnostics import raise_severity
from gatewright.compiler.errors import Finding, PolicyError, Severity
from gatewright.compiler.errors import Path as Place
from gatewright.compiler.incremental import without_collections
from gatewright.compiler.messages import quote
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, Policy, PolicyKind
from gatewright.details import AWS_MANAGED, COMMAND, Account, looks_like_details, near_name, read_details
from gatewright.files import read_source, unreadable
from gatewright.organization import read_organization
from gatewright.sides import Sides
from gatewright.store_reading import KnownDocuments, StoreFiles, StoreReading

__all__ = ["PolicyStore", "StoreReading", "check_reading", "read_any"]

RESOURCE_POLICIES = "resource-policies.json"
FOLDERS = ("endpoints", "images", "snapshots")
ORGANIZATION = "organization.json"
ROOT_ARN = re.compile(r"arn:[a-z][a-z0-9-]*:iam::\d{12}:root\Z")
SUBJECT_ARN = re.compile(r"arn:[a-z][a-z0-9-]*:iam::(\d{12}):(user|role)/[\x21-\x7e]+\Z")


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
        self.policy_set: PolicySet = PolicySet(
            tuple(reading.documents),
            tuple(reading.principals),
            tuple(reading.resources),
            tuple(reading.owners),
            tuple(reading.endpoints),
        )
        self.policies: Mapping[Document, Policy] = MappingProxyType(
            {policy.document: policy for policy in reading.policies}
        )
        self.findings: tuple[Finding, ...] = tuple(reading.findings)
        self.accounts: tuple[str, ...] = tuple(reading.accounts)
        self.tags: Mapping[str, Mapping[str, str]] = MappingProxyType(reading.tags)
        self._reading = reading

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, previous: PolicyStore | None = None) -> PolicyStore:
        """Load a store: a folder with ``accounts/*.json`` and maybe ``organization.json``, or one file of details.

        Parameters
        ----------
        previous : PolicyStore, optional
            The store as it was loaded before.  All files are read; those whose text is the same are not understood
            anew, and documents that say the same are not checked again.  What is loaded is the same with it or without.

        Raises
        ------
        PolicyError
            Something is wrong; ``findings`` holds everything that is, not only the first thing.
        """
        return cls.from_files(read_files(path, previous=previous))

    @classmethod
    def from_files(cls, files: StoreFiles) -> PolicyStore:
        """Make a store of its files; errors are those of `load`."""
        with without_collections():
            return cls(check_reading(read_documents(files)))

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
    known = KnownDocuments(reading.previous.checked if reading.previous is not None else ())
    for document in (*reading.documents, *reading.beside):
        place = (id(document.source), document.path)
        if place in seen:  # one managed policy, as identity policy and as boundary
            continue
        seen.add(place)
        checked = known.check(document, profile, reading.quotas.get(document))
        reading.checked.append(checked)
        policy, findings = checked.policy, checked.findings
        if policy is None:
            reading.is_refused = True
            findings = raise_severity(findings)
        else:
            reading.policies.append(policy)
        if policy is not None and AWS_MANAGED.match(document.name):  # nobody but AWS could mend it
            continue
        reading.findings.extend(findings)
    reading.findings.sort(key=order_findings)
    reading.forget_previous()
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


def read_store(path: str | os.PathLike[str], *, previous: PolicyStore | None = None) -> StoreReading:
    """Read a store without checking its documents; everything wrong with it is in ``findings``.

    What has not changed since ``previous`` is taken from there; `check_reading` takes the rest.
    """
    return read_documents(read_files(path, previous=previous))


def read_files(path: str | os.PathLike[str], *, previous: PolicyStore | None = None) -> StoreFiles:
    """Read the files of a store, whatever they say."""
    reading = StoreReading(previous=previous._reading if previous is not None else None)
    root = Path(path)
    if os.fspath(path) == "-" or not root.is_dir():
        return StoreFiles(reading, _read_texts([root], reading))
    accounts = _read_texts(_list_accounts(root, reading), reading)
    organization, policies = (
        _read_texts([root / name] if os.path.lexists(root / name) else [], reading)
        for name in (ORGANIZATION, RESOURCE_POLICIES)
    )
    folders = {name: _read_texts(_list_json(root / name, reading), reading) for name in FOLDERS}
    return StoreFiles(reading, accounts, organization, policies, folders)


def read_documents(files: StoreFiles) -> StoreReading:
    """Read what the files of a store say, without checking its documents."""
    reading = files.reading
    accounts, organization, policies = (
        _decode(sources, reading) for sources in (files.accounts, files.organization, files.policies)
    )
    folders = {name: _decode(sources, reading) for name, sources in files.folders.items()}
    return _assemble(
        accounts, reading, organization[0] if organization else None, policies[0] if policies else None, folders
    )


def _read_texts(files: Iterable[Path], reading: StoreReading) -> list[Source]:
    """Return the texts of files; what cannot be read is reported."""
    sources = []
    for file in files:
        try:
            source = reading.recall_source(read_source(file))
        except PolicyError as error:
            reading.findings.extend(error.findings)
            reading.is_refused = True
            continue
        reading.sources[source.name] = source
        sources.append(source)
    return sources


def _decode(sources: Iterable[Source], reading: StoreReading) -> list[Source]:
    """Return the sources that are JSON; what is not is reported."""
    decoded = []
    for source in sources:
        try:
            source.value  # noqa: B018 - decodes
        except PolicyError as error:
            reading.findings.extend(error.findings)
            reading.is_refused = True
            continue
        decoded.append(source)
    return decoded


def _assemble(
    sources: Iterable[Source],
    reading: StoreReading,
    tree: Source | None = None,
    policies: Source | None = None,
    folders: Mapping[str, Sequence[Source]] = MappingProxyType({}),
) -> StoreReading:
    """Read the files of a store and put their documents, principals and resources into a reading.

    Documents are numbered kind by kind, in the order in which an applying Deny is looked for.
    """
    accounts = _read_accounts(sources, reading)
    assembly = Assembly(reading)
    assembly.add_accounts(accounts.values())
    sides = _read_sides(policies, folders, reading)
    if policies is not None:
        assembly.add_resource_policies(sides.policies, policies)
    assembly.add_trust(accounts.values())
    organization = None
    if tree is not None:
        organization = read_organization(tree)
        reading.findings.extend(organization.findings)
        reading.is_refused = reading.is_refused or any(f.severity is Severity.ERROR for f in organization.findings)
        reading.sources.update({decoded.name: decoded for decoded in organization.decoded})
        assembly.add_organization(organization, accounts.values())
    assembly.add_endpoints(sides.endpoints)
    kinds: tuple[Literal["image"], Literal["snapshot"]] = ("image", "snapshot")
    for kind in kinds:
        if folders.get(f"{kind}s"):
            assembly.add_shared(sides, kind, organization)
    return reading


def _read_accounts(sources: Iterable[Source], reading: StoreReading) -> dict[str, Account]:
    """Read the details of accounts, by id."""
    accounts: dict[str, Account] = {}
    for source in sources:
        account = reading.recall_details(source) or read_details(source)
        reading.read[source.name] = account
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
    return accounts


def _read_sides(policies: Source | None, folders: Mapping[str, Sequence[Source]], reading: StoreReading) -> Sides:
    """Read what stands at the side of resources."""
    sides = Sides()
    if policies is not None:
        sides.read_policies(policies)
    for source in folders.get("endpoints", ()):
        sides.read_endpoints(source)
    for source in folders.get("images", ()):
        sides.read_shared(source, "image")
    for source in folders.get("snapshots", ()):
        sides.read_shared(source, "snapshot")
    reading.findings.extend(sides.findings)
    reading.is_refused = reading.is_refused or any(f.severity is Severity.ERROR for f in sides.findings)
    reading.sources.update({decoded.name: decoded for decoded in sides.decoded})
    return sides


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
    return next(iter(_decode(_read_texts([path], reading), reading)), None)


def _list_accounts(root: Path, reading: StoreReading) -> list[Path]:
    """Return the files of account details, and say what else lies in the store."""
    known = ("accounts", ORGANIZATION, RESOURCE_POLICIES, *FOLDERS)
    entries = _list_folder(root)
    for entry in entries:
        if entry.name not in known and not entry.name.startswith("."):
            hint = near_name(entry.name, known)
            reading.report("GW606", "not part of a store; not read", hint, str(entry), severity=Severity.WARNING)
    files = _list_json(root / "accounts", reading)
    if not files:
        hint = f"save the output of `{COMMAND}` as `{root / 'accounts' / 'any-name.json'}`"
        stores = [f"`{entry}`" for entry in entries[:1000] if (entry / "accounts").is_dir()]
        if stores:
            hint = f"did you mean {' or '.join(stores[:2])}?"
        reading.report("GW605", "the store has no `accounts/*.json`", hint, str(root))
    return files


def _list_json(folder: Path, reading: StoreReading) -> list[Path]:
    """Return the JSON files of a folder that may be there, and say what else lies in it."""
    if os.path.lexists(folder) and not folder.is_dir():
        reading.report("GW602", "is not a folder", f"put files into a folder `{folder.name}`", str(folder))
        return []
    files = []
    for entry in _list_folder(folder) if folder.is_dir() else []:
        if entry.suffix == ".json" and not entry.name.startswith("."):
            files.append(entry)
        elif not entry.name.startswith("."):
            hint = f"files of `{folder.name}` are named `<any name>.json`"
            reading.report("GW606", "not part of a store; not read", hint, str(entry), severity=Severity.WARNING)
    return files


def _list_folder(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        name = str(error.filename or folder)
        raise unreadable(name, f"cannot read the folder: {(error.strerror or str(error)).lower()}") from None

"""Account details, as ``aws iam get-account-authorization-details`` prints them -> documents and principals.

The order of the documents decides which statement is reported where several apply, so it is fixed: by account (files
in the order of their names), and in an account the inline policies of users, of groups and of roles, then the managed
policies, each in the order of the file.  Policies of one principal alone thus come before those that it shares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import Literal
from urllib.parse import unquote

from gatewright.compiler.errors import Finding, Path, PolicyError, Severity
from gatewright.compiler.messages import quote
from gatewright.compiler.policyset import PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

Members = dict[str, object]

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
COMMAND = "aws iam get-account-authorization-details"

# Members that mean nothing for a decision are listed too: a member that is in no list may be a misspelt policy list,
# and skipping that would drop a Deny.
KNOWN: Mapping[str, frozenset[str]] = {
    "details": frozenset({*LISTS, "IsTruncated", "Marker", "NextToken", "ResponseMetadata"}),
    "user": frozenset(
        "Path UserName UserId Arn CreateDate PasswordLastUsed UserPolicyList GroupList AttachedManagedPolicies "
        "PermissionsBoundary Tags".split()
    ),
    "group": frozenset("Path GroupName GroupId Arn CreateDate GroupPolicyList AttachedManagedPolicies".split()),
    "role": frozenset(
        "Path RoleName RoleId Arn CreateDate AssumeRolePolicyDocument Description MaxSessionDuration "
        "InstanceProfileList RolePolicyList AttachedManagedPolicies PermissionsBoundary Tags RoleLastUsed".split()
    ),
    "managed policy": frozenset(
        "PolicyName PolicyId Arn Path DefaultVersionId AttachmentCount PermissionsBoundaryUsageCount IsAttachable "
        "Description CreateDate UpdateDate PolicyVersionList Tags".split()
    ),
    "policy version": frozenset({"Document", "VersionId", "IsDefaultVersion", "CreateDate"}),
    "inline policy": frozenset({"PolicyName", "PolicyDocument"}),
    "attachment": frozenset({"PolicyName", "PolicyArn"}),
    "boundary": frozenset({"PermissionsBoundaryType", "PermissionsBoundaryArn"}),
    "tag": frozenset({"Key", "Value"}),
}
INLINE_QUOTAS = {"user": 2048, "group": 5120, "role": 10240}  # characters of the inline policies of one (R29)
MAX_FINDINGS = 250  # reported per file: a hostile one could bring a million
BOUNDARY_TYPES = ("Policy", "PermissionsBoundaryPolicy")  # what the command prints; what the API reference says

ARN = re.compile(r"arn:([a-z][a-z0-9-]*):iam::(\d{12}):(user|group|role|policy)/([\x21-\x7e]+)\Z")
AWS_MANAGED = re.compile(r"arn:[a-z][a-z0-9-]*:iam::aws:policy/[\x21-\x7e]+\Z")


@dataclass(slots=True)
class Holder:
    """A user, group or role: what it is and the policies it has."""

    arn: str
    name: str
    path: Path
    inline: list[Document] = field(default_factory=list)
    attached: list[tuple[str, Path]] = field(default_factory=list)
    groups: list[tuple[str, Path]] = field(default_factory=list)
    boundary: tuple[str, Path] | None = None
    tags: dict[str, str] = field(default_factory=dict)
    trust: Document | None = None


@dataclass(slots=True)
class Account:
    """One file of account details, read; managed policies by ARN, each its default version's document."""

    source: Source
    id: str = ""
    partition: str = ""
    users: dict[str, Holder] = field(default_factory=dict)
    groups: dict[str, Holder] = field(default_factory=dict)
    roles: dict[str, Holder] = field(default_factory=dict)
    managed: dict[str, Document | None] = field(default_factory=dict)  # None: there, but reported as unusable
    managed_places: dict[str, Path] = field(default_factory=dict)
    has_all_groups: bool = True  # False: one could not be read, so that a missing one may be that
    has_all_policies: bool = True
    decoded: list[Source] = field(default_factory=list)
    quotas: dict[Document, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)  # errors all

    @property
    def holders(self) -> tuple[Holder, ...]:
        """Users, groups and roles, each in the order of the file."""
        return (*self.users.values(), *self.groups.values(), *self.roles.values())

    @property
    def principals(self) -> Iterator[tuple[PrincipalKind, Holder]]:
        """Users and roles, in the order of the file."""
        for holder in self.users.values():
            yield PrincipalKind.USER, holder
        for holder in self.roles.values():
            yield PrincipalKind.ROLE, holder


def looks_like_details(value: object) -> bool:
    """Tell whether JSON values are account details rather than a policy document."""
    return isinstance(value, dict) and any(name in value for name in LISTS)


def read_details(source: Source) -> Account:
    """Read the details of one account; everything wrong with them is in ``findings``."""
    account = Account(source)
    try:
        value = source.value
    except PolicyError as error:
        account.findings.extend(error.findings)
        return account
    with suppress(_EnoughError):
        _Reader(account).read(value)
    return account


class _EnoughError(Exception):
    """There is no use in reading on."""


class _Reader:
    """Walks the JSON values of one file; methods are named for the things that the file holds."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.places: dict[str, Path] = {}  # ARN of each user, group, role and policy -> where it was first

    # What is asked of every value

    def report(self, code: str, message: str, hint: str, path: Path, part: Literal["key", "value"] = "value") -> None:
        findings, source = self.account.findings, self.account.source
        if len(findings) == MAX_FINDINGS:
            message = f"more than {MAX_FINDINGS} errors"
            findings.append(Finding("GW627", Severity.ERROR, message, "", source.name, (), source.locate(())))
            raise _EnoughError
        span = source.locate(path, part)
        findings.append(Finding(code, Severity.ERROR, message, hint, source.name, path, span))

    def members(self, value: object, thing: str, path: Path) -> Members | None:
        """Return the members of an object of which all are known."""
        if not isinstance(value, dict):
            article = "an" if thing[0] in "aeio" else "a"
            self.report("GW611", f"{article} {thing} must be an object", f"print the details with `{COMMAND}`", path)
            return None
        for name in value:
            if name not in KNOWN[thing]:
                hint = near_name(name, KNOWN[thing]) or f"print the details with `{COMMAND}`"
                self.report("GW612", f"unknown member {quote(name)} in a {thing}", hint, (*path, name), "key")
        return value

    def text(self, members: Members, name: str, thing: str, path: Path) -> str | None:
        """Return a member that must be there and be text."""
        if name not in members:
            self.report("GW613", f"a {thing} has no `{name}`", f"print the details with `{COMMAND}`", path)
            return None
        value = members[name]
        if type(value) is not str or not value:  # a JSON number is a kind of str
            self.report("GW611", f"`{name}` of a {thing} must be text", "", (*path, name))
            return None
        return value

    def items(self, members: Members, name: str, path: Path) -> Iterator[tuple[object, Path]]:
        """Go through a list; an absent one is empty, as the command leaves empty lists out."""
        value = members.get(name, [])
        if not isinstance(value, list):
            self.report("GW611", f"`{name}` must be a list", f"print the details with `{COMMAND}`", (*path, name))
            return
        for index, item in enumerate(value):
            yield item, (*path, name, index)

    def arn(self, members: Members, thing: str, path: Path) -> str | None:
        """Return the ARN of a thing of this account; the first one tells which account this is."""
        arn = self.text(members, "Arn", thing, path)
        if arn is None:
            return None
        match = ARN.match(arn)
        kind = thing.removeprefix("managed ")
        if match is None or match[3] != kind:
            self.report(
                "GW614",
                f"{quote(arn)} is not the ARN of a {thing}",
                f"such an ARN reads `arn:aws:iam::123456789012:{kind}/name`",
                (*path, "Arn"),
            )
            return None
        account = self.account
        if not account.id:
            account.partition, account.id = match[1], match[2]
        elif (account.partition, account.id) != (match[1], match[2]):
            self.report(
                "GW615",
                f"{quote(arn)} is not in account {account.id}, as what stands before it is",
                "give each account a file of its own",
                (*path, "Arn"),
            )
            return None
        return self.first(arn, thing, path)

    def first(self, arn: str, thing: str, path: Path) -> str | None:
        if arn in self.places:
            span = self.account.source.locate(self.places[arn])
            hint = f"the first is on line {span.line}" if span else ""
            self.report("GW616", f"the {thing} {quote(arn)} is there twice", hint, (*path, "Arn"))
            return None
        self.places[arn] = (*path, "Arn")
        return arn

    # What the file holds

    def read(self, value: object) -> None:
        if not looks_like_details(value):
            hint = f"print the details with `{COMMAND}`; a policy document is given with `--policy`"
            self.report("GW610", "these are not the details of an account", hint, ())
            return
        details = self.members(value, "details", ())
        assert details is not None  # looks_like_details
        for name in ("IsTruncated", "NextToken", "Marker"):
            if details.get(name) not in (None, False, ""):
                hint = "print them without `--max-items` and `--no-paginate`"
                self.report("GW617", f"the details are not complete: `{name}` says that more follows", hint, (name,))
        account = self.account
        for item, path in self.items(details, "UserDetailList", ()):
            if holder := self.holder(item, "user", "UserName", "UserPolicyList", path):
                account.users[holder.arn] = holder
        for item, path in self.items(details, "GroupDetailList", ()):
            if holder := self.holder(item, "group", "GroupName", "GroupPolicyList", path):
                account.groups[holder.name] = holder
            else:
                account.has_all_groups = False
        for item, path in self.items(details, "RoleDetailList", ()):
            if holder := self.holder(item, "role", "RoleName", "RolePolicyList", path):
                account.roles[holder.arn] = holder
        for item, path in self.items(details, "Policies", ()):
            if not self.managed_policy(item, path):
                account.has_all_policies = False
        if not account.id and not account.findings:
            hint = "print the details without `--filter`"
            self.report("GW618", "the details name no user, group, role or policy of an account", hint, ())

    def holder(self, value: object, thing: str, name_member: str, inline_member: str, path: Path) -> Holder | None:
        members = self.members(value, thing, path)
        if members is None:
            return None
        name = self.text(members, name_member, thing, path)
        arn = self.arn(members, thing, path)
        if name is None or arn is None:
            return None
        holder = Holder(arn, name, path)
        for item, place in self.items(members, inline_member, path):
            if document := self.inline_policy(item, f"{thing} {name}", place):
                self.account.quotas[document] = INLINE_QUOTAS[thing]
                holder.inline.append(document)
        for item, place in self.items(members, "AttachedManagedPolicies", path):
            attachment = self.members(item, "attachment", place)
            policy = self.text(attachment, "PolicyArn", "attachment", place) if attachment is not None else None
            if policy is not None:
                holder.attached.append((policy, (*place, "PolicyArn")))
        for item, place in self.items(members, "GroupList", path):
            if type(item) is str:
                holder.groups.append((item, place))
            else:
                self.report("GW611", "the name of a group must be text", "", place)
        if "PermissionsBoundary" in members:
            holder.boundary = self.boundary(members["PermissionsBoundary"], (*path, "PermissionsBoundary"))
        for item, place in self.items(members, "Tags", path):
            self.tag(item, holder, place)
        if thing == "role":
            place = (*path, "AssumeRolePolicyDocument")
            if "AssumeRolePolicyDocument" in members:
                holder.trust = self.document(f"role {name}, trust policy", PolicyKind.TRUST, place)
            else:
                self.report("GW613", "a role has no `AssumeRolePolicyDocument`", f"print it with `{COMMAND}`", path)
        return holder

    def inline_policy(self, value: object, owner: str, path: Path) -> Document | None:
        members = self.members(value, "inline policy", path)
        name = self.text(members, "PolicyName", "policy", path) if members is not None else None
        if members is None or name is None:
            return None
        if "PolicyDocument" not in members:
            self.report("GW613", "an inline policy has no `PolicyDocument`", f"print it with `{COMMAND}`", path)
            return None
        return self.document(f"{owner}, inline {name}", PolicyKind.IDENTITY, (*path, "PolicyDocument"))

    def boundary(self, value: object, path: Path) -> tuple[str, Path] | None:
        members = self.members(value, "boundary", path)
        arn = self.text(members, "PermissionsBoundaryArn", "boundary", path) if members is not None else None
        if members is None or arn is None:
            return None
        if members.get("PermissionsBoundaryType", BOUNDARY_TYPES[0]) not in BOUNDARY_TYPES:
            self.report(
                "GW619",
                "a permissions boundary can only be a managed policy",
                f"`PermissionsBoundaryType` must be `{BOUNDARY_TYPES[0]}`",
                (*path, "PermissionsBoundaryType"),
            )
        return arn, (*path, "PermissionsBoundaryArn")

    def tag(self, value: object, holder: Holder, path: Path) -> None:
        members = self.members(value, "tag", path)
        if members is None:
            return
        key, text = self.text(members, "Key", "tag", path), members.get("Value", "")
        if key is None:
            return
        if type(text) is not str:
            self.report("GW611", "`Value` of a tag must be text", "", (*path, "Value"))
            return
        holder.tags[key] = text

    def managed_policy(self, value: object, path: Path) -> bool:
        members = self.members(value, "managed policy", path)
        if members is None:
            return False
        text = members.get("Arn")
        if type(text) is str and AWS_MANAGED.match(text):
            arn = self.first(text, "managed policy", path)
        else:
            arn = self.arn(members, "managed policy", path)
        if arn is None:
            return False
        self.account.managed_places[arn] = path
        self.account.managed[arn] = self.default_version(members, arn, path)
        return True

    def default_version(self, policy: Members, arn: str, path: Path) -> Document | None:
        """Return the document of the one version that counts."""
        wanted = policy.get("DefaultVersionId")
        chosen: list[Path] = []
        for item, place in self.items(policy, "PolicyVersionList", path):
            version = self.members(item, "policy version", place)
            if version is None:
                continue
            is_default = version.get("IsDefaultVersion")
            if not isinstance(is_default, bool | None):
                self.report("GW611", "`IsDefaultVersion` must be true or false", "", (*place, "IsDefaultVersion"))
                return None
            is_named = wanted is not None and wanted == version.get("VersionId")
            if None not in (is_default, wanted) and is_default != is_named:
                message = f"`DefaultVersionId` and `IsDefaultVersion` of {quote(arn)} disagree"
                self.report("GW621", message, f"print the details with `{COMMAND}`", place)
                return None
            if is_default is None:
                is_default = is_named
            if not is_default:
                continue
            if "Document" not in version:
                self.report("GW613", "a policy version has no `Document`", f"print it with `{COMMAND}`", place)
                return None
            chosen.append((*place, "Document"))
        if len(chosen) != 1:
            few = "no default version" if not chosen else "more than one default version"
            self.report("GW620", f"{quote(arn)} has {few}", f"print the details with `{COMMAND}`", path)
            return None
        return self.document(arn, PolicyKind.IDENTITY, chosen[0])

    def document(self, name: str, kind: PolicyKind, path: Path) -> Document | None:
        """Return the document at a place."""
        account = self.account
        document = Document(name, kind, account.source, path)
        try:
            decoded = decode_document(document)
        except PolicyError as error:
            account.findings.extend(error.findings)
            return None
        if decoded is not document:
            account.decoded.append(decoded.source)
        return decoded


def decode_document(document: Document) -> Document:
    """Return a document that is JSON in its file as it is, one that is text, maybe percent-encoded, as its JSON.

    Raises
    ------
    PolicyError
        The text is not JSON.
    """
    value = document.value
    if type(value) is not str:  # a JSON number is a kind of str
        return document
    text = value if value.lstrip().startswith("{") else unquote(value)
    source = Source(text, f"{document.source.name}#{pointer(document.path)}")
    source.value  # noqa: B018 - decodes
    return Document(document.name, document.kind, source)


def near_name(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean`` for a mistyped name, or nothing; bounded, for the name may be anybody's."""
    near = get_close_matches(name, islice(known, 1000), 1) if len(name) <= 128 else []
    return f"did you mean `{near[0]}`?" if near else ""


def pointer(path: Path) -> str:
    """Write a path as people do: ``UserDetailList[3].UserPolicyList[0]``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")

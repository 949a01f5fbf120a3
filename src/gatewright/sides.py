"""What stands at the side of resources in a store: their policies, VPC endpoints, EC2 attributes.

The files are what ``aws`` prints, gathered:

    resource-policies.json  {"<ARN>": policy}; a policy as JSON or as text, or where the ARN does not tell the owner
                            {"Account": "123456789012", "Policy": policy}
    endpoints/*.json        ``aws ec2 describe-vpc-endpoints``
    images/*.json           ``aws ec2 describe-images``, and for each image of one's own
                            ``aws ec2 describe-image-attribute --attribute launchPermission``
    snapshots/*.json        ``aws ec2 describe-snapshots``, and for each snapshot of one's own
                            ``aws ec2 describe-snapshot-attribute --attribute createVolumePermission``

What a file leaves open is an error or denies, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gatewright.compiler.errors import Finding, Path, PolicyError, Severity
from gatewright.compiler.messages import quote
from gatewright.compiler.policyset import ResourceKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.details import MAX_FINDINGS, decode_document
from gatewright.sharing import SharedItem, Storage

ACCOUNT_ID = re.compile(r"[0-9]{12}\Z")
RESOURCE_ARN = re.compile(r"arn:[a-z][a-z0-9-]*:(?P<service>[a-z0-9-]+):[^:]*:(?P<account>[^:]*):(?P<name>\S+)\Z")
BESIDE_POLICY = frozenset({"Account", "Policy", "PolicyName", "RevisionId"})  # the last two as `aws` prints them
ENDPOINT_TYPES = ("Interface", "Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork")
WITH_POLICY = ENDPOINT_TYPES[:2]
GUIDE = "docs/getting-started.md shows what the file holds"
PERMISSIONS: Mapping[str, str] = {"image": "LaunchPermissions", "snapshot": "CreateVolumePermissions"}
LISTS: Mapping[str, str] = {"image": "Images", "snapshot": "Snapshots"}
IDS: Mapping[str, str] = {"image": "ImageId", "snapshot": "SnapshotId"}


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The policy of one resource; ``account`` is None where neither the ARN nor the file tells the owner."""

    arn: str
    kind: ResourceKind
    account: str | None
    document: Document
    path: Path


@dataclass(frozen=True, slots=True)
class EndpointPolicy:
    """The policy of one VPC endpoint."""

    id: str
    is_gateway: bool
    document: Document


@dataclass(slots=True)
class Permission:
    """Whom an image or a snapshot is shared with."""

    is_public: bool = False
    users: list[str] = field(default_factory=list)
    organizations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Sides:
    """What was read; everything wrong with it is in ``findings``."""

    policies: list[ResourcePolicy] = field(default_factory=list)
    endpoints: list[EndpointPolicy] = field(default_factory=list)
    items: dict[tuple[str, str], SharedItem] = field(default_factory=dict)  # by kind and id, without its permission
    permissions: dict[tuple[str, str], tuple[Permission, Source]] = field(default_factory=dict)
    decoded: list[Source] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def report(
        self, source: Source, code: str, message: str, hint: str, path: Path, severity: Severity = Severity.ERROR
    ) -> None:
        """Add a finding, unless there are more than anybody reads."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(code, severity, message, hint, source.name, path, source.locate(path)))
        elif len(self.findings) == MAX_FINDINGS:
            message = f"more than {MAX_FINDINGS} errors"
            self.findings.append(Finding("GW627", Severity.ERROR, message, "", source.name, (), source.locate(())))

    # --- what every file is asked for

    def members(self, source: Source, value: object, what: str, path: Path) -> Mapping[str, Any] | None:
        """Return the members of an object."""
        if isinstance(value, dict):
            return value
        self.report(source, "GW641", f"{what} must be an object", GUIDE, path)
        return None

    def text(self, source: Source, members: Mapping[str, Any], name: str, what: str, path: Path) -> str | None:
        """Return a member that must be there and be text."""
        value = members.get(name)
        if type(value) is str and value:  # a JSON number is a kind of str
            return value
        self.report(source, "GW641", f"`{name}` of {what} must be text", GUIDE, (*path, name) if value else path)
        return None

    def flag(self, source: Source, members: Mapping[str, Any], name: str, what: str, path: Path) -> bool:
        """Return a member that is true or false; an absent one is false."""
        value = members.get(name, False)
        if isinstance(value, bool):
            return value
        self.report(source, "GW641", f"`{name}` of {what} must be true or false", GUIDE, (*path, name))
        return False

    def account(self, source: Source, members: Mapping[str, Any], name: str, what: str, path: Path) -> str | None:
        """Return a member that must be the id of an account."""
        text = self.text(source, members, name, what, path)
        if text is None or ACCOUNT_ID.match(text):
            return text
        hint = "such an id has 12 digits"
        self.report(source, "GW634", f"{quote(text)} is not the id of an account", hint, (*path, name))
        return None

    def items_of(
        self, source: Source, members: Mapping[str, Any], name: str, path: Path
    ) -> Iterator[tuple[Mapping[str, Any], Path]]:
        """Go through a list of objects; an absent one is empty."""
        value = members.get(name, [])
        if not isinstance(value, list):
            self.report(source, "GW641", f"`{name}` must be a list", GUIDE, (*path, name))
            return
        for index, item in enumerate(value):
            place = (*path, name, index)
            found = self.members(source, item, f"an entry of `{name}`", place)
            if found is not None:
                yield found, place

    def document(self, name: str, kind: PolicyKind, source: Source, path: Path) -> Document | None:
        """Return the policy document at a place."""
        document = Document(name, kind, source, path)
        try:
            decoded = decode_document(document)
        except PolicyError as error:
            self.findings.extend(error.findings)
            return None
        if decoded is not document:
            self.decoded.append(decoded.source)
        return decoded

    # --- the files

    def read_policies(self, source: Source) -> None:
        """Read ``resource-policies.json``."""
        members = self.members(source, source.value, "the file", ())
        for arn, value in (members or {}).items():
            match = RESOURCE_ARN.match(arn)
            if match is None or any(c in arn for c in "*?") or not ACCOUNT_ID.match(match["account"] or "0" * 12):
                hint = "name one resource, such as `arn:aws:s3:::bucket`"
                self.report(source, "GW642", f"{quote(arn)} is not the ARN of a resource", hint, (arn,))
                continue
            holder = _holder_instead(match["service"], match["name"])
            if holder is not None:
                self.report(source, "GW642", f"{quote(arn)} has no policy of its own here", holder, (arn,))
                continue
            path: Path = (arn,)
            owner = match["account"] or None
            if isinstance(value, dict) and "Policy" in value:
                path = (arn, "Policy")
                for name in [name for name in value if name not in BESIDE_POLICY]:
                    self.report(source, "GW641", f"unknown member {quote(name)} beside `Policy`", GUIDE, (arn, name))
                if "Account" in value:
                    told = self.account(source, value, "Account", quote(arn), (arn,))
                    if told is not None and owner is not None and told != owner:
                        message = f"the owner {told} is not the account of {quote(arn)}"
                        self.report(source, "GW643", message, "leave `Account` out", (arn, "Account"))
                    owner = told or owner
            is_key = match["service"] == "kms" and match["name"].startswith("key/")
            document = self.document(f"policy of {arn}", PolicyKind.RESOURCE, source, path)
            if document is not None:
                kind = ResourceKind.KEY if is_key else ResourceKind.OTHER
                self.policies.append(ResourcePolicy(arn, kind, owner, document, (arn,)))

    def read_endpoints(self, source: Source) -> None:
        """Read the output of ``aws ec2 describe-vpc-endpoints``."""
        members = self.members(source, source.value, "the file", ())
        if members is not None and "VpcEndpoints" not in members:
            self.report(source, "GW644", "the file has no `VpcEndpoints`", GUIDE, ())
            return
        for entry, path in self.items_of(source, members or {}, "VpcEndpoints", ()):
            name = self.text(source, entry, "VpcEndpointId", "an endpoint", path)
            kind = self.text(source, entry, "VpcEndpointType", "an endpoint", path)
            if name is None or kind is None:
                continue
            if kind not in ENDPOINT_TYPES:
                message = f"{quote(kind)} is not a type of endpoint; there are {', '.join(ENDPOINT_TYPES)}"
                self.report(source, "GW641", message, GUIDE, (*path, "VpcEndpointType"))
            if kind not in WITH_POLICY:
                continue
            if "PolicyDocument" not in entry:
                self.report(source, "GW641", f"{quote(name)} has no `PolicyDocument`", GUIDE, path)
                continue
            place = (*path, "PolicyDocument")
            document = self.document(f"policy of {name}", PolicyKind.VPC_ENDPOINT, source, place)
            if document is not None:
                self.endpoints.append(EndpointPolicy(name, kind == "Gateway", document))

    def read_shared(self, source: Source, kind: Literal["image", "snapshot"]) -> None:
        """Read images or snapshots, or the permission of one."""
        members = self.members(source, source.value, "the file", ())
        if members is None:
            return
        if LISTS[kind] in members:
            describe: Callable[[Source, Mapping[str, Any], Path], SharedItem | None]
            describe = self._image if kind == "image" else self._snapshot
            for entry, path in self.items_of(source, members, LISTS[kind], ()):
                item = describe(source, entry, path)
                if item is not None and self.items.setdefault((kind, item.id), item) != item:
                    message = f"{quote(item.id)} is described twice, in different ways"
                    self.report(source, "GW646", message, "keep the newer one", path)
        elif PERMISSIONS[kind] in members:
            name = self.text(source, members, IDS[kind], f"the {kind}", ())
            if name is not None:
                permission = self._permission(source, members, PERMISSIONS[kind])
                if self.permissions.setdefault((kind, name), (permission, source))[0] != permission:
                    message = f"whom {quote(name)} is shared with is told twice, in different ways"
                    self.report(source, "GW646", message, "keep the newer one", (PERMISSIONS[kind],))
        else:
            message = f"the file has neither `{LISTS[kind]}` nor `{PERMISSIONS[kind]}`"
            self.report(source, "GW644", message, GUIDE, ())

    def _image(self, source: Source, entry: Mapping[str, Any], path: Path) -> SharedItem | None:
        name = self.text(source, entry, "ImageId", "an image", path)
        owner = self.account(source, entry, "OwnerId", "an image", path)
        if name is None or owner is None:
            return None
        storage = [Storage(has_product_codes=bool(entry.get("ProductCodes")))]
        for mapping, place in self.items_of(source, entry, "BlockDeviceMappings", path):
            if "Ebs" in mapping:
                block = self.members(source, mapping["Ebs"], "`Ebs`", (*place, "Ebs")) or {}
                is_encrypted = self.flag(source, block, "Encrypted", "a volume", (*place, "Ebs"))
                storage.append(Storage(is_encrypted=is_encrypted))
        is_usable = entry.get("State", "available") == "available"
        is_public = self.flag(source, entry, "Public", "an image", path)
        return SharedItem("image", name, owner, is_public, (), (), tuple(storage), is_usable)

    def _snapshot(self, source: Source, entry: Mapping[str, Any], path: Path) -> SharedItem | None:
        name = self.text(source, entry, "SnapshotId", "a snapshot", path)
        owner = self.account(source, entry, "OwnerId", "a snapshot", path)
        if name is None or owner is None:
            return None
        is_encrypted = self.flag(source, entry, "Encrypted", "a snapshot", path)
        storage = Storage(is_encrypted, has_product_codes=bool(entry.get("ProductCodes")))
        return SharedItem("snapshot", name, owner, storage=(storage,))

    def _permission(self, source: Source, members: Mapping[str, Any], name: str) -> Permission:
        permission = Permission()
        for entry, path in self.items_of(source, members, name, ()):
            if entry.get("Group") == "all":
                permission.is_public = True
            elif "UserId" in entry:
                user = self.account(source, entry, "UserId", "a permission", path)
                permission.users.extend([user] if user else [])
            elif "OrganizationArn" in entry or "OrganizationalUnitArn" in entry:
                member = "OrganizationArn" if "OrganizationArn" in entry else "OrganizationalUnitArn"
                arn = self.text(source, entry, member, "a permission", path)
                permission.organizations.extend([arn] if arn else [])
            else:
                message = "a permission names a `UserId`, the `Group` `all`, or a part of an organization"
                self.report(source, "GW641", message, GUIDE, path)
        return permission


def _holder_instead(service: str, name: str) -> str | None:
    """Return what has the policy where a resource has none of its own, or None."""
    if service == "iam" and name.startswith("role/"):
        return "trust policies come with the details of accounts; take it out"
    if service == "s3" and name.count("/") > (1 if name.startswith("accesspoint/") else 0):
        return "name the bucket or the access point, whose policy is that of its objects"
    if service == "dynamodb" and "/index/" in name:
        return "name the table, whose policy is that of its indexes"
    if service == "kms" and name.startswith("alias/"):
        return "name the key, not an alias of it"
    return None

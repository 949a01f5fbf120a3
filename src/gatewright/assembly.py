"""Put what a store holds together: documents, numbered kind by kind, and who and what is under them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import Literal

from gatewright.compiler import policyset
from gatewright.compiler.errors import Path as Place
from gatewright.compiler.errors import Severity
from gatewright.compiler.messages import quote
from gatewright.compiler.policyset import Endpoint, Principal, PrincipalKind, Resource, ResourceKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.details import AWS_MANAGED, MAX_FINDINGS, Account, Holder, near_name
from gatewright.organization import SERVICE_LINKED, Organization
from gatewright.sharing import attribute_document, unknown_document
from gatewright.sides import EndpointPolicy, ResourcePolicy, Sides
from gatewright.store_reading import StoreReading


class Assembly:
    """Accounts -> documents, numbered, and principals that name them."""

    def __init__(self, reading: StoreReading) -> None:
        self.reading = reading
        self.numbers: dict[tuple[int, PolicyKind, Place], int] = {}
        self.aws_managed: dict[str, Document] = {}

    def add_accounts(self, accounts: Iterable[Account]) -> None:
        """Put the users and roles of accounts under their policies."""
        for account in accounts:
            self.add_account(account)

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
        policies_of: dict[str, tuple[int, ...]] = {}  # by group; its members share them
        for kind, holder in account.principals:
            own = self.policies_of(holder, managed)
            names = [name for name, _ in holder.groups if name in account.groups]
            for name in names:
                if name not in policies_of:
                    policies_of[name] = self.policies_of(account.groups[name], managed)
            groups = tuple(policies_of[name] for name in names if policies_of[name])
            identity = tuple(dict.fromkeys(chain(own, *groups)))
            boundary = None
            if holder.boundary and holder.boundary[0] in managed:
                boundary = self.number(_as_boundary(managed[holder.boundary[0]]))
            is_service_linked = SERVICE_LINKED.match(holder.arn) is not None
            principal = Principal(
                holder.arn, kind, identity, boundary, is_service_linked=is_service_linked, groups=groups
            )
            reading.principals.append(principal)
            if holder.tags:
                reading.tags[holder.arn] = MappingProxyType(holder.tags)

    def policies_of(self, owner: Holder, managed: Mapping[str, Document]) -> tuple[int, ...]:
        """Number the policies of a user, a group or a role."""
        documents = [*owner.inline, *(managed[arn] for arn, _ in owner.attached if arn in managed)]
        return tuple(self.number(document) for document in documents)

    def add_trust(self, accounts: Iterable[Account]) -> None:
        """Put roles under their trust policies, which say who may assume them (R141)."""
        for account in accounts:
            for role in account.roles.values():
                if role.trust is not None:
                    is_under_rcps = not SERVICE_LINKED.match(role.arn)
                    policy = self.number(role.trust)
                    resource = Resource(role.arn, ResourceKind.ROLE, None, policy, is_under_rcps=is_under_rcps)
                    self.reading.resources.append(resource)

    def add_resource_policies(self, policies: Iterable[ResourcePolicy], source: Source) -> None:
        """Put resources under their policies; an owner that nothing tells is the only account of the store."""
        accounts = self.reading.accounts
        for resource in policies:
            account = resource.account or (accounts[0] if len(accounts) == 1 else None)
            if account is None:
                message = f"the owner of {quote(resource.arn)} is not told, and the store has {len(accounts)} accounts"
                hint = 'write `{"Account": "<id of the owner>", "Policy": ...}`'
                self.reading.report("GW645", message, hint, source.name, resource.path)
                continue
            policy = self.number(resource.document)
            self.reading.resources.append(Resource(resource.arn, resource.kind, account, policy))

    def add_endpoints(self, endpoints: Iterable[EndpointPolicy]) -> None:
        """Put VPC endpoints under their policies (R38)."""
        seen: set[str] = set()
        for endpoint in endpoints:
            if endpoint.id in seen:
                name = endpoint.document.source.name
                self.reading.report("GW646", f"{quote(endpoint.id)} is described twice", "keep the newer one", name)
                continue
            seen.add(endpoint.id)
            self.reading.endpoints.append(Endpoint(endpoint.id, self.number(endpoint.document), endpoint.is_gateway))

    def add_shared(self, sides: Sides, kind: Literal["image", "snapshot"], organization: Organization | None) -> None:
        """Say what the attributes of images or snapshots permit; what a store does not describe is nobody's (R161)."""
        reading = self.reading
        for (of_kind, name), (_, source) in sides.permissions.items():
            if of_kind == kind and (kind, name) not in sides.items:
                hint = f"add the output of `aws ec2 describe-{kind}s`, which tells the owner"
                reading.report("GW647", f"the {kind} {quote(name)} is not described", hint, source.name)
        unknown = unknown_document(kind)
        reading.sources[unknown.source.name] = unknown.source
        reading.resources.append(Resource(f"{kind}/", attributes=(self.number(unknown),)))
        for (of_kind, name), item in sides.items.items():
            if of_kind != kind:
                continue
            if (kind, name) in sides.permissions:
                permission = sides.permissions[kind, name][0]
                members = [
                    account
                    for arn in permission.organizations
                    for account in (organization.accounts_in(arn) if organization else ())
                ]
                item = replace(
                    item,
                    is_public=item.is_public or permission.is_public,
                    users=tuple(permission.users),
                    members=tuple(members),
                )
            document = attribute_document(item)
            reading.sources[document.source.name] = document.source
            reading.resources.append(Resource(f"{kind}/{name}", attributes=(self.number(document),)))

    def add_organization(self, organization: Organization, accounts: Iterable[Account]) -> None:
        """Put principals under the service control policies of their account, and accounts under those of resources.

        These are numbered behind the policies of principals and resources, those of the root before those of its units:
        where several policies deny, the statement that is named does not depend on the order of the accounts.
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
        for account_id in organization.levels:
            rcps = organization.rcps_over(account_id)
            if rcps:
                numbers = tuple(self.number(document) for document in rcps)
                reading.owners.append(policyset.Account(account_id, rcps=numbers))
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

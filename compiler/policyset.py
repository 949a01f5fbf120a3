"""What the compiler compiles: documents, and whom and what they apply to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .syntax import Document


class PrincipalKind(StrEnum):
    """Kinds of principal that a store knows by name."""

    USER = "user"
    ROLE = "role"
    FEDERATED = "federated-user"
    ROOT = "root"


@dataclass(frozen=True, slots=True)
class Principal:
    """One principal and the documents that apply to it, as indices into `PolicySet.documents`.

    Attributes
    ----------
    identity : tuple of int
        The user's and its groups' policies, or the role's, or those of who federated a user (R139); a root user, and
        whom it federated, has none and needs none (R143).
    boundary : int or None
    session : tuple of int or None
        Policies passed for a session, together one ceiling (R138); None: none was passed, which leaves a federated
        user with nothing (R139).
    scps : tuple of tuple of int, or None
        Service control policies, one entry a level from the root of the organisation to the account: each level must
        allow (R134); None: the account is under none.
    federating_user : str or None
        ARN of who federated a user: an IAM user, or a root user, whose session has all its permissions (R139).
    groups : tuple of tuple of int
        The policies of each group that it is a member of, all of them among `identity`: what members share is laid out
        once in a large table.  They change no decision.
    is_service_linked : bool
        A service-linked role, which no control policies of organisations limit (R134, R133).

    Notes
    -----
    A session of a role is judged as its role.
    """

    arn: str
    kind: PrincipalKind
    identity: tuple[int, ...]
    boundary: int | None = None
    session: tuple[int, ...] | None = None
    scps: tuple[tuple[int, ...], ...] | None = None
    federating_user: str | None = None
    is_service_linked: bool = False
    groups: tuple[tuple[int, ...], ...] = ()

    @property
    def is_limited_by_identity(self) -> bool:
        """Tell whether identity policies must allow, unless a resource's policy does."""
        if self.kind is PrincipalKind.FEDERATED:
            return not (self.federating_user or "").endswith(":root")
        return self.kind is not PrincipalKind.ROOT


class ResourceKind(StrEnum):
    """Kinds of resource whose policies decide in different ways (R141, R142)."""

    ROLE = "role"
    KEY = "key"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource and what stands at its side, as indices into `PolicySet.documents`.

    Attributes
    ----------
    name : str
        Its ARN.  A bucket's or an access point's entry is that of its objects too, a DynamoDB table's that of its
        indexes.  An image or a snapshot, whose id is one of a kind, goes by ``image/ami-...`` or
        ``snapshot/snap-...``; ``image/`` and ``snapshot/`` stand for all that have no entry.
    account : str or None
        Its owner, where the ARN does not tell.
    policy : int or None
        Its resource-based policy, its key policy, or as a role its trust policy.
    attributes : tuple of int
        What its EC2 attributes permit, as policies of kind `PolicyKind.EC2_ATTRIBUTE`, each of which must allow (R161,
        R163).
    is_under_rcps : bool
        False for an AWS managed key, and for a service-linked role (R133).
    """

    name: str
    kind: ResourceKind = ResourceKind.OTHER
    account: str | None = None
    policy: int | None = None
    attributes: tuple[int, ...] = ()
    is_under_rcps: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of an account as such.

    Attributes
    ----------
    id : str
        12 digits.
    canonical_user : str or None
        Its canonical user id, by which bucket policies may name it (R61).
    rcps : tuple of int, or None
        Resource control policies of all levels above it: only their Deny counts (R133); None: it is under none.
    """

    id: str
    canonical_user: str | None = None
    rcps: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A VPC endpoint and its policy, an index into `PolicySet.documents` (R38)."""

    name: str
    policy: int
    is_gateway: bool = False


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Documents compiled together; a document that several principals share stands here once.

    Where several statements deny, the one with the lowest number is named, and statements are numbered in the order of
    the documents.
    """

    documents: tuple[Document, ...]
    principals: tuple[Principal, ...]
    resources: tuple[Resource, ...] = ()
    accounts: tuple[Account, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()

    def __post_init__(self) -> None:
        """Refuse, with ValueError, an account whose id is none, and a document that means two things."""
        for account in self.accounts:
            if not (len(account.id) == 12 and account.id.isascii() and account.id.isdigit()):
                raise ValueError(f"`{account.id[:100]}` is no account id; give 12 digits")
        gateways = {endpoint.policy for endpoint in self.endpoints if endpoint.is_gateway}
        for endpoint in self.endpoints:
            if not endpoint.is_gateway and endpoint.policy in gateways:
                raise ValueError(
                    f"document {endpoint.policy} is the policy of `{endpoint.name}` and of a gateway endpoint, where "
                    "its principals mean something else; give each endpoint a document of its own"
                )

    @property
    def has_rcps(self) -> bool:
        """Whether an account is under resource control policies."""
        return any(account.rcps is not None for account in self.accounts)

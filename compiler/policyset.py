"""What the compiler compiles: documents, and which principal is under which of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .syntax import Document


class PrincipalKind(StrEnum):
    """Kinds of principal that a store knows by name."""

    USER = "user"
    ROLE = "role"
    ROOT = "root"


@dataclass(frozen=True, slots=True)
class Principal:
    """One principal and the documents that apply to it, as indices into `PolicySet.documents`.

    Attributes
    ----------
    identity : tuple of int
        The user's and its groups' policies, or the role's; the root user has none and needs none (R143).
    boundary : int or None
    session : tuple of int or None
        Policies passed for a session, together one ceiling (R138); None: none was passed.
    scps : tuple of tuple of int, or None
        Service control policies, one entry a level from the root of the organisation to the account: each level must
        allow (R134); None: the account is under none.

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


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Documents compiled together; a document that several principals share stands here once."""

    documents: tuple[Document, ...]
    principals: tuple[Principal, ...]

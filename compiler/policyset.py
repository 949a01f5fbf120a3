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

    ``identity`` holds the user's and its groups' policies, or the role's; ``boundary`` is None without one;
    ``session`` holds the policies passed for a session, together one ceiling, and is None without any (R138); ``scps`` has
    one entry a level, from the root of the organisation to the account, and is None for an account under none: each
    level must allow (R134).  A session of a role is judged as its role.  The root user has neither identity policies nor a
    boundary and may do everything that the other layers let it (R143).
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

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

    ``identity`` holds the user's and its groups' policies, or the role's; ``boundary`` is None without one.
    A session of a role is judged as its role; the root user has no policies and is not limited (R143).
    """

    arn: str
    kind: PrincipalKind
    identity: tuple[int, ...]
    boundary: int | None = None


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Documents compiled together; a document that several principals share stands here once."""

    documents: tuple[Document, ...]
    principals: tuple[Principal, ...]

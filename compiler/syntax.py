"""Policies as the compiler's passes hand them on: what a document says, without its JSON.

``Document`` goes into the check pass, ``Policy`` comes out of it.  Every node keeps its path, from which
`Source.locate` finds lines and columns when something has to be reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import Path
    from .source import Source


class PolicyKind(StrEnum):
    """Kinds of policy (R31-R38); each has its own rules for principals, resources and sizes."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    RESOURCE = "resource"
    TRUST = "trust"
    SCP = "scp"
    RCP = "rcp"
    VPC_ENDPOINT = "vpc-endpoint"
    EC2_ATTRIBUTE = "ec2-attribute"  # what the attributes of an image or a snapshot permit, said as a policy


class Effect(StrEnum):
    """What a statement says."""

    ALLOW = "Allow"
    DENY = "Deny"


class Wildcard(Enum):
    """Wildcards of a pattern (R41)."""

    ANY = "*"  # any run of characters, also none
    ONE = "?"  # exactly one character


@dataclass(frozen=True, slots=True)
class Variable:
    """A policy variable (R100): ``${key}`` or ``${key, 'default'}``."""

    key: str
    default: str | None = None


Part = str | Wildcard | Variable
"""A piece of a pattern; text pieces are never empty and never neighbours."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern over one text: ``text`` as written, ``parts`` in order."""

    text: str
    parts: tuple[Part, ...]

    @property
    def is_literal(self) -> bool:
        """Tell whether the pattern is one fixed text."""
        return all(isinstance(part, str) for part in self.parts)

    @property
    def has_variables(self) -> bool:
        """Tell whether the pattern depends on the request."""
        return any(isinstance(part, Variable) for part in self.parts)


class Quantifier(StrEnum):
    """Set qualifiers of a condition operator (R76, R77)."""

    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True, slots=True)
class Operator:
    """A condition operator taken apart (R23): ``ForAllValues:StringNotLikeIfExists`` has base ``StringNotLike``."""

    base: str
    quantifier: Quantifier | None = None
    if_exists: bool = False

    def __str__(self) -> str:
        prefix = f"{self.quantifier}:" if self.quantifier else ""
        return f"{prefix}{self.base}{'IfExists' if self.if_exists else ''}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator; numbers and booleans have become their JSON text (R25)."""

    operator: Operator
    key: str
    values: tuple[str, ...]
    path: Path


@dataclass(frozen=True, slots=True)
class Principals:
    """The principal part of a statement (R15): ``anyone`` for ``"*"``, else (type, text) pairs."""

    anyone: bool
    entries: tuple[tuple[str, str], ...]
    is_negated: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; an absent resource part is an empty tuple and not negated."""

    sid: str | None
    effect: Effect
    actions: tuple[str, ...]
    is_not_action: bool
    resources: tuple[str, ...]
    is_not_resource: bool
    conditions: tuple[Condition, ...]
    principals: Principals | None
    path: Path


@dataclass(frozen=True, slots=True)
class Document:
    """One policy document, not yet checked.

    ``path`` is its place in ``source``: () for a file of its own, deeper inside an account's details.  ``name`` is
    what people call it: ``group Developers, inline LaunchInstances`` or a managed policy's ARN.
    """

    name: str
    kind: PolicyKind
    source: Source
    path: Path = ()

    @property
    def value(self) -> object:
        """The document as JSON values."""
        value: object = self.source.value
        for step in self.path:
            value = value[step]  # type: ignore[index]
        return value


@dataclass(frozen=True, slots=True)
class Policy:
    """One checked document; ``version`` is the language level, 2008-10-17 where the document names none (R3)."""

    document: Document
    version: str
    statements: tuple[Statement, ...]

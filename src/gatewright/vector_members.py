"""Read the members of a decision vector: each has a type, and what is of another one is an error with the reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeGuard, TypeVar

from gatewright.compiler.messages import quote
from gatewright.compiler.source import JsonNumber
from gatewright.sharing import ACCOUNT_ID

Kind = TypeVar("Kind")
Members = Mapping[str, object]

_WHAT: Mapping[type, str] = {str: "a text", dict: "an object", list: "a list", bool: "true or false"}

FACTS: Mapping[str, type | tuple[str, ...]] = {
    "aws_managed_key": bool,
    "canonical_user": str,
    "credentials": ("valid", "expired", "invalid-signature", "missing-token"),
    "federating_user": str,
    "image_state": ("available", "disabled", "deregistered"),
    "principal_in_management_account": bool,
    "resource_in_management_account": bool,
    "resource_kind": ("role-trust", "kms-key"),
    "role_arn": str,
    "service_linked_role": bool,
    "service_linked_role_resource": bool,
    "vpce_type": ("interface", "gateway"),
}
"""What a vector can tell beside policies and request: a type, or the texts that there are."""


class VectorError(Exception):
    """A vector that cannot be run, with the reason."""


def is_text(value: object) -> TypeGuard[str]:
    """Tell whether a value of a vector is a text, not a number."""
    return isinstance(value, str) and not isinstance(value, JsonNumber)


def member_of(value: Members, name: str, kind: type[Kind], default: Kind | None = None) -> Kind:
    """Return a member of a vector.

    Raises
    ------
    VectorError
        It is missing, and there is no default, or it is of another type.
    """
    member = optional_member(value, name, kind)
    if member is None:
        member = default
    if member is None:
        raise VectorError(f"`{name}` is missing; a decision vector needs policies, request and expect")
    return member


def optional_member(value: Members, name: str, kind: type[Kind]) -> Kind | None:
    """Return a member of a vector, or None where it is absent or null; errors as `member_of`."""
    member = value.get(name)
    if member is None:
        return None
    if not isinstance(member, kind) or isinstance(member, JsonNumber):
        raise VectorError(f"`{name}` is not {_WHAT[kind]}")
    return member


def optional_account(value: Members, name: str) -> str | None:
    """Return a member that is the id of an account, or None."""
    account = optional_member(value, name, str)
    if account is not None and not ACCOUNT_ID.fullmatch(account):
        raise VectorError(f"`{name}` is {quote(account)}; the id of an account has 12 digits")
    return account


def texts_of(value: Members, name: str) -> tuple[str, ...]:
    """Return a member that is a list of texts; none where it is absent."""
    texts = optional_member(value, name, list) or []
    if not all(is_text(text) for text in texts):
        raise VectorError(f"`{name}` is not a list of texts")
    return tuple(texts)


def choice_of(value: Members, name: str, choices: Collection[str]) -> str | None:
    """Return a member that is one of some texts, or None."""
    text = optional_member(value, name, str)
    if text is not None and text not in choices:
        raise VectorError(f"`{name}` is {quote(text)}; it can be {', '.join(choices)}")
    return text


def check_names(value: Members, names: Collection[str], what: str) -> None:
    """Refuse members that are not known: what is misspelt would be passed over."""
    for name in value:
        if name not in names:
            raise VectorError(f"{what} {quote(name)} is not known; there are {', '.join(names)}")


def check_facts(facts: Members) -> None:
    """Refuse facts that are not known or of another type."""
    check_names(facts, FACTS, "the fact")
    for name in facts:
        kind = FACTS[name]
        if isinstance(kind, tuple):
            choice_of(facts, name, kind)
        else:
            optional_member(facts, name, kind)

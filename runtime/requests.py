"""What a request is made of, and how its values become text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .errors import RequestError


class Others:
    """The type of `OTHERS`."""

    def __repr__(self) -> str:
        return "gatewright.OTHERS"

    def __reduce__(self) -> str:
        return "OTHERS"


OTHERS: Final = Others()
"""As ``unknown``: every context key that the context does not name is unknown (R190), not absent."""

UNKNOWN_RESOURCE: Final = "resource"
"""Name under which an unknown resource is reported among the unknown keys; no context key has a name without colon."""


SOURCE_ENDPOINT: Final = "aws:sourcevpce"
"""The key, in lower case, that names the VPC endpoint a request passes."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the ARN of a resource does not tell of it, and of the way to it.

    Attributes
    ----------
    account : str or None
        Its owner, 12 digits.  None: that of the table's entry for the resource, else the ARN's, else the caller's.
    policy : str or None
        Name of the table's entry whose resource-based policy decides.  None: the one of the resource's ARN.
    endpoints : tuple of str, or None
        VPC endpoints that the request passes; one that the table does not know lets nothing pass.  None: the one that
        the context names as ``aws:SourceVpce``, if the table knows any.  At most eight.
    """

    account: str | None = None
    policy: str | None = None
    endpoints: tuple[str, ...] | None = None


def value_text(key: str, value: object) -> str:
    """Return the text of a single context value: text as it is, booleans and integers as IAM writes them.

    Raises
    ------
    RequestError
        Any other type.
    """
    if isinstance(value, str):
        return str.__str__(value)  # of a subclass the text itself, whatever it prints as
    if value is True:
        return "true"
    if value is False:
        return "false"
    if type(value) is int:
        # No policy can hold a longer number (R84); nor does Python spell it out for nothing.
        return str(value) if -(10**300) < value < 10**300 else "out of range"
    raise RequestError(
        f"context key `{key}` has a value of type {type(value).__name__}; give text, a boolean, an integer, None, or a "
        "list of them"
    )


def context_value(key: str, value: object) -> str | tuple[str, ...]:
    """Return the text of a context value, or the texts of a multivalued key."""
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(value_text(key, text) for text in value)
    return value_text(key, value)


def merge_contexts(outer: Mapping[str, Any] | None, inner: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one context over another; of two spellings of a key the inner one counts."""
    merged = dict(outer or {})
    if inner:
        own = {str(name).lower() for name in inner}
        merged = {name: value for name, value in merged.items() if str(name).lower() not in own}
        merged.update(inner)
    return merged


def context_dict(context: object) -> dict[Any, Any]:
    """Return any mapping as a dict."""
    if isinstance(context, Mapping):
        return dict(context)
    raise RequestError(f"the context must be a mapping from keys to values, not {type(context).__name__}")


def key_names(unknown: object) -> tuple[Any, ...]:
    """Return the keys that ``unknown`` names: one, or an iterable of them; None is nothing."""
    if isinstance(unknown, str):
        return (unknown,)
    if unknown is None:
        return ()
    if isinstance(unknown, Iterable):
        return tuple(unknown)
    raise RequestError(f"`unknown` must be OTHERS or a list of keys, not {type(unknown).__name__}")


def is_others(unknown: object) -> bool:
    """Tell whether every key that no request of a batch names is unknown; a batch names no other keys."""
    if unknown is not OTHERS and unknown:
        raise RequestError("`unknown` of a batch is OTHERS or nothing; give the keys of single requests with them")
    return unknown is OTHERS


def check_threads(threads: int) -> None:
    """Refuse a number of threads that is none."""
    if threads < 1:
        raise RequestError(f"a batch is decided by one thread or more, not {threads}")

"""What a request is made of, and how its values become text."""

from __future__ import annotations

from typing import Final

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


def value_text(key: str, value: object) -> str:
    """Return the text of a single context value: text as it is, booleans and integers as IAM writes them.

    Raises
    ------
    RequestError
        Any other type.
    """
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if type(value) is int:
        return str(value) if -(10**300) < value < 10**300 else "out of range"
    raise RequestError(
        f"context key `{key}` has a value of type {type(value).__name__}; give text, a boolean, an integer, None, or a "
        "list of them"
    )


def set_texts(key: str, values: list[object] | tuple[object, ...] | frozenset[object] | set[object]) -> tuple[str, ...]:
    """Return the texts of a multivalued key."""
    return tuple(value_text(key, value) for value in values)

"""Caches of what texts of untrusted logs were read as, bounded in memory and not only in number."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVar

MAX_LENGTH: Final = 2_048
"""Characters of a text that is remembered; no ARN is longer."""

T = TypeVar("T")


def remember(count: int) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Remember what a function makes of its arguments, `count` of them at most, unless a text among them is long.

    The arguments are texts and booleans; the function has no other input.
    """

    def decorate(function: Callable[..., T]) -> Callable[..., T]:
        known = lru_cache(maxsize=count)(function)

        @wraps(function)
        def call(*arguments: str | bool) -> T:
            for argument in arguments:
                if isinstance(argument, str) and len(argument) > MAX_LENGTH:
                    return function(*arguments)
            return known(*arguments)

        call.cache_clear = known.cache_clear  # type: ignore[attr-defined]
        return call

    return decorate

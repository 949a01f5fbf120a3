"""Remember results of the reference's pure functions of texts; the reference itself stays plain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import reference
import reference_ec2
import reference_kinds
import reference_layers
import reference_principals

REMEMBERED = 1 << 16
"""Results of each function: some megabytes."""


def remember_results() -> None:
    """Put functions that remember their results in place of the pure ones that take most of the time."""
    if hasattr(reference.fold_ascii, "cache_info"):
        return
    fold_ascii: Any = lru_cache(REMEMBERED)(reference.fold_ascii)
    for module in (reference, reference_ec2, reference_kinds, reference_layers, reference_principals):
        module.fold_ascii = fold_ascii  # type: ignore[attr-defined]
    setattr(reference, "glob_matches", over_tuples(reference.glob_matches))  # noqa: B010 - a function of any type
    for name in ("action_matches", "days_before_year", "read_number", "read_date", "read_address", "read_range"):
        setattr(reference, name, lru_cache(REMEMBERED)(getattr(reference, name)))


def over_tuples(glob_matches: Callable[[Sequence[str], str], bool]) -> Callable[[Sequence[str], str], bool]:
    """Remember results by the tokens, which come as a list."""
    remembered = lru_cache(REMEMBERED)(glob_matches)
    return lambda tokens, subject: remembered(tuple(tokens), subject)

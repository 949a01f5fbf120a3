"""Tables in which principals share rows, however small they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from gatewright.compiler import fit, flatten
from gatewright.compiler.policyset import PolicySet


@contextmanager
def sharing_rows(own_cells: int) -> Iterator[None]:
    """Give members of groups rows of these in every table, and so many cells to what they have beside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "FLAT_CELLS", 0)
        patch.setattr(flatten, "OWN_CELLS", own_cells)
        yield


def into_groups(policy_set: PolicySet) -> PolicySet:
    """Say that principals have their policies by way of groups: of one, of several that overlap, or of some beside."""
    principals = []
    for number, principal in enumerate(policy_set.principals):
        identity = principal.identity
        half = len(identity) // 2
        groups = (
            (identity,),
            tuple((policy,) for policy in identity),
            (identity[: half + 1], identity[half:]),
            (identity[1:],),
        )[number % 4]
        principals.append(replace(principal, groups=tuple(group for group in groups if group)))
    return replace(policy_set, principals=tuple(principals))

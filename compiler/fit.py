"""Flatten and write tables that must not be larger than a limit.

What is given up costs time, never an answer: rows for each principal, whose places those of its groups take; then
programs for actions one by one, whose places the program of all actions takes; and then automata, whose places
simulations take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .automaton import Budget
from .errors import TableSizeError
from .flatten import FLAT_CELLS, KnownCells, flatten_policies
from .lower import LoweredPolicies, lower_statements, put_special_rows_first
from .normalize import CanonicalStatement
from .policyset import PolicySet
from .write import KnownPieces, write_table

TRIES = 6
"""Widths of the cells that are tried, at most, before the narrowest is taken."""
CELL_BYTES = 4


def write_fitting_table(
    policy_set: PolicySet,
    statements: Sequence[CanonicalStatement],
    lowered: LoweredPolicies,
    first_statements: Sequence[int],
    keys: Sequence[str],
    limit: int | None,
    progress: Callable[[int, int], None] | None = None,
    known: KnownCells | None = None,
    pieces: KnownPieces | None = None,
) -> memoryview:
    """Flatten lowered policies and write the table, in at most ``limit`` bytes.

    Raises
    ------
    TableSizeError
        No table of these policies is as small.
    """

    flat_cells = FLAT_CELLS

    def write(row_limit: int | None) -> memoryview:
        flat = flatten_policies(
            statements,
            lowered,
            policy_set,
            first_statements,
            row_limit=row_limit,
            flat_cells=flat_cells,
            known=known if limit is None else None,
            progress=progress,
        )
        return write_table(policy_set, statements, lowered, flat, pieces if limit is None else None)

    if limit is None:
        return write(None)
    widest = len(lowered.classifiers[0].rows)
    # Cells alone may tell that the whole table does not fit.
    flat_cells = min(FLAT_CELLS, limit // CELL_BYTES)
    largest = 0
    for cells in (flat_cells, 0):
        flat_cells = cells
        data = write(None)
        if len(data) <= limit:
            return data
        largest = len(data)
    narrowest = put_special_rows_first(lowered)
    smallest = write(narrowest)
    if len(smallest) > limit:
        lowered = lower_statements(statements, keys, budget=Budget(0, 0), has_rcps=policy_set.has_rcps)
        smallest = min(smallest, write(put_special_rows_first(lowered)), key=len)
        if len(smallest) > limit:
            raise TableSizeError(f"the table has at least {len(smallest):,} bytes, and {limit:,} are allowed")
        return smallest
    return _widen(write, narrowest, smallest, widest, largest, limit)


def _widen(
    write: Callable[[int], memoryview], narrowest: int, smallest: memoryview, widest: int, largest: int, limit: int
) -> memoryview:
    """Return about the widest table that fits, by trying widths between one that fits and one that does not."""
    best = smallest
    # Where the whole table was never made, its size is taken for a multiple of what is allowed.
    too_large = largest or 4 * limit
    for _ in range(TRIES):
        share = (limit - len(best)) / (too_large - len(best))
        middle = narrowest + max(1, int((widest - narrowest) * min(share, 0.5)))
        if middle >= widest or len(best) > 0.9 * limit:
            break
        data = write(middle)
        if len(data) <= limit:
            narrowest, best = middle, data
        else:
            widest, too_large = middle, len(data)
    return best

"""Flatten statements into cells: for each row of policies and each class of actions the program that decides.

A program lists the statements that can still apply, denies first; what the action decides has been decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..runtime.layout import (
    PROGRAM_ALWAYS,
    PROGRAM_NONE,
    PROGRAM_SPECIAL,
    SHARED_PROGRAM,
    ActionSet,
)
from ._programs import LocalRow, Programs
from .automaton import Automaton, Group
from .lower import Classifier, LoweredPolicies, find_rows
from .normalize import CanonicalStatement
from .plan import Plan, PlannedRow, count_distinct, plan_rows
from .policyset import PolicySet, PrincipalKind

BLOCK_CELLS = 1 << 20
"""Statements x rows of actions that are matched at once."""
BLOCK_WORDS = 1 << 20
"""Words of sets of statements under construction at once, 64 statements each, however many somebody is under."""
FLAT_CELLS = 3 << 19
"""Cells of principals that have a row each, at most; where there would be more, members of groups share rows."""
ROW_STEP = 256
"""Limits of rows are multiples, so that a column more or less seldom changes who shares rows."""
OWN_CELLS = 1 << 22
"""Cells for what members of groups have beside these, at most; what is left runs the action tests of its statements."""


@dataclass(frozen=True, slots=True)
class FlatPolicies:
    """Cells and programs.

    Attributes
    ----------
    cells : ndarray of shape (rows, action columns), dtype uint32
        Places of programs.  Column 0 is of actions whose row no single row of the table is: their program runs the
        action tests too.  Column 1 + r is of the actions of row r.
    programs : ndarray, dtype uint32
        Words, as runtime/include/gatewright/decide.h draws them.
    principal_rows : list of int
        Row of the cells for each principal; principals under the same policies share one.
    shared_rows : ndarray of shape (principals, SHARED_LIMIT), dtype uint32
        What else each principal is under: rows of the cells, or marked with `SHARED_PROGRAM` places of programs.
    shared_counts : ndarray of shape (principals,), dtype uint16
        How many of the shared rows each principal has.
    policy_rows, attribute_rows : list of (int or None)
        For each resource the row of its policy, and of what its EC2 attributes permit.
    rcp_rows : list of (int or None)
        For each account the row of its resource control policies.
    endpoint_rows : list of int
    unknown_row : int or None
        The row of all policies of resources, for requests whose resource nobody knows; None: there are none.
    layer_limit : int
        No program has more layers.
    """

    cells: NDArray[np.uint32]
    programs: NDArray[np.uint32]
    principal_rows: list[int]
    shared_rows: NDArray[np.uint32]
    shared_counts: NDArray[np.uint16]
    policy_rows: list[int | None]
    attribute_rows: list[int | None]
    rcp_rows: list[int | None]
    endpoint_rows: list[int]
    unknown_row: int | None
    layer_limit: int


@dataclass(slots=True)
class _Made:
    """What was made of which input; rows of policies that have not changed serve again."""

    sides: tuple[object, ...]  # what the plan depends on
    principal_count: int
    flat_limit: int | None
    own_limit: int
    plan: Plan
    row_count: int
    literals: dict[str, int]  # texts of the rows of actions
    groups: list[tuple[Group, list[int]]]
    policies: list[Sequence[CanonicalStatement]]
    rows: list[LocalRow]

    def is_planned_for(self, flat_limit: int | None, own_limit: int) -> bool:
        """Tell whether the plan is what these lead to."""
        has_all = min(own_limit, self.own_limit) >= self.plan.own_count
        return flat_limit == self.flat_limit and (has_all or own_limit == self.own_limit)


@dataclass(slots=True)
class KnownCells:
    """What is known of cells from one flattening to the next."""

    made: _Made | None = field(default=None)


def flatten_policies(
    statements: Sequence[CanonicalStatement],
    lowered: LoweredPolicies,
    policy_set: PolicySet,
    first_statements: Sequence[int],
    *,
    row_limit: int | None = None,
    flat_cells: int = FLAT_CELLS,
    known: KnownCells | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> FlatPolicies:
    """Flatten lowered policies.

    Parameters
    ----------
    first_statements : sequence of int
        Policy i has the statements first_statements[i] to first_statements[i + 1] - 1.
    row_limit : int, optional
        Only so many rows of actions, the first ones, have cells; the actions of others run the program of column 0.
    flat_cells : int
        Where the rows of all principals would have more cells, members of groups share rows, but for so many cells.
    known : KnownCells, optional
        What is known from before, and is replaced by what was made now.
    progress : callable, optional
        Called now and then with the number of principals that are done, and of all.
    """
    known = KnownCells() if known is None else known
    actions = lowered.classifiers[0]
    row_count = len(actions.rows) if row_limit is None else row_limit
    own_cells = OWN_CELLS if row_limit is None else 0
    before, known.made = known.made, None
    sides = (policy_set.principals, policy_set.resources, policy_set.accounts, policy_set.endpoints)
    if before is not None and before.sides != sides:
        before = None
    principal_count = before.principal_count if before is not None else count_distinct(policy_set.principals)
    is_flat = (1 + row_count) * principal_count <= flat_cells
    flat_limit = None if is_flat else _limit_rows(flat_cells, row_count)
    own_limit = _limit_rows(own_cells, row_count)
    if before is not None and before.is_planned_for(flat_limit, own_limit):
        plan = before.plan
    else:
        before = None
        plan = plan_rows(policy_set, flat_limit=flat_limit, own_limit=own_limit, progress=progress)
    columns = None
    if before is not None:
        columns = _find_columns(before, actions, row_count)
        if columns is None:
            before = None
    policies = [statements[first:end] for first, end in pairwise(first_statements)]
    flattener = _Flattener(statements, lowered, first_statements, row_count)
    rows = flattener.make_rows(plan.rows, policies, before)
    if before is not None and columns is not None and columns.tolist() != list(range(1 + before.row_count)):
        for row, old in zip(rows, before.rows, strict=True):
            if row is old:
                row.renumber(columns)
    cells, places = flattener.place_rows(rows, plan.rows)
    groups = [(group, list(of_group)) for group, of_group in actions.groups]
    known.made = _Made(
        sides, principal_count, flat_limit, own_limit, plan, row_count, actions.literals, groups, policies, rows
    )
    _mark_special(cells, plan.rows, lowered)
    is_program = (plan.shared_rows & SHARED_PROGRAM) != 0
    shared_rows = plan.shared_rows.copy()
    shared_rows[is_program] = SHARED_PROGRAM | places[plan.shared_rows[is_program] & ~np.uint32(SHARED_PROGRAM)]
    return FlatPolicies(
        cells,
        np.frombuffer(flattener.programs.to_bytes(), dtype=np.uint32),
        plan.principal_rows,
        shared_rows,
        plan.shared_counts,
        plan.policy_rows,
        plan.attribute_rows,
        plan.rcp_rows,
        plan.endpoint_rows,
        plan.unknown_row,
        plan.layer_limit,
    )


def _limit_rows(cells: int, row_count: int) -> int:
    """Return how many rows have no more cells."""
    limit = cells // (1 + row_count)
    return limit if limit < ROW_STEP else limit - limit % ROW_STEP


def _find_columns(before: _Made, actions: Classifier, row_count: int) -> NDArray[np.intp] | None:
    """Say for each column which one had its actions before; None: that cannot be told.

    All actions of a row match the same lists.  So the row that any of them had before matched what the row matches
    now, of the lists that have not changed.
    """
    if [id(group) for group, _ in before.groups] != [id(group) for group, _ in actions.groups]:
        return None
    old_row = np.full(len(actions.rows), -1, dtype=np.intp)
    for (_, rows), (_, old_rows) in zip(actions.groups, before.groups, strict=True):
        old_row[rows] = old_rows
    old_row[0] = 0
    for text, row in actions.literals.items():
        if old_row[row] < 0:
            old = before.literals.get(text)
            if old is None and len(before.groups) == 1:
                old = _run(*before.groups[0], text)
            if old is None:
                return None
            old_row[row] = old
    old_row = old_row[:row_count]
    if (old_row < 0).any() or (old_row >= before.row_count).any():
        return None
    return np.concatenate([[0], 1 + old_row])


def _run(group: Group, rows: Sequence[int], text: str) -> int | None:
    """Return the row of a text that no list names."""
    if not isinstance(group, Automaton) or group.gathers:
        return None
    return rows[group.run_to_state(text.encode("utf-8", "surrogatepass"))]


def _mark_special(cells: NDArray[np.uint32], planned: Sequence[PlannedRow], lowered: LoweredPolicies) -> None:
    """Mark what is decided whatever the policies of principals say, or not by them alone."""
    actions = lowered.classifiers[0]
    columns_of = {
        number: np.array([1 + row for row in find_rows(actions, column) if 1 + row < cells.shape[1]], dtype=np.intp)
        for number, column in lowered.cell_columns.items()
    }
    kinds = [row.kind for row in planned if row.has_cells]
    rows_of = {
        kind: np.array([number for number, k in enumerate(kinds) if k is kind], dtype=np.intp) for kind in set(kinds)
    }
    nobody = np.zeros(0, dtype=np.intp)
    role = rows_of.get(PrincipalKind.ROLE, nobody)
    principals = np.flatnonzero([kind is not None for kind in kinds])
    cells[np.ix_(principals, columns_of[ActionSet.TRUST])] = PROGRAM_SPECIAL  # R141, R143
    cells[np.ix_(principals, columns_of[ActionSet.FREE])] = PROGRAM_ALWAYS  # R149
    cells[np.ix_(role, columns_of[ActionSet.NOT_FOR_ROLES])] = PROGRAM_NONE


class _Flattener:
    """Rows of cells over programs made unique."""

    def __init__(
        self,
        statements: Sequence[CanonicalStatement],
        lowered: LoweredPolicies,
        first_statements: Sequence[int],
        row_count: int,
    ) -> None:
        self.row_count = row_count
        self._lowered = lowered
        is_deny = np.fromiter((statement.is_deny for statement in statements), np.uint8, len(statements))
        is_plain = np.array([test_count == 1 for _, test_count in lowered.statements], dtype=np.uint8)
        self._firsts = np.array(first_statements, dtype=np.uint32)
        self.programs = Programs(row_count, is_deny, is_plain, self._firsts, BLOCK_WORDS)

    def make_rows(
        self,
        planned: Sequence[PlannedRow],
        policies: list[Sequence[CanonicalStatement]],
        before: _Made | None,
    ) -> list[LocalRow]:
        """Make the rows of a plan, but for those made before whose policies have not changed."""
        rows: list[LocalRow | None] = [None] * len(planned) if before is None else list(before.rows)
        if before is not None:
            changed = {
                number for number, (old, new) in enumerate(zip(before.policies, policies, strict=False)) if old != new
            }
            changed.update(range(len(before.policies), len(policies)))
            for number, row in enumerate(planned):
                if any(not changed.isdisjoint(own) for _, own in row.layers):
                    rows[number] = None
        wanted = {
            policy
            for row, made in zip(planned, rows, strict=True)
            if made is None
            for _, own in row.layers
            for policy in own
        }
        self.programs.set_hits(*_match_actions(self._lowered, self._firsts, sorted(wanted), self.row_count))
        return [
            self.programs.make_row(row.layers, row.keeps_layers, row.has_cells) if made is None else made
            for row, made in zip(planned, rows, strict=True)
        ]

    def place_rows(
        self, rows: Sequence[LocalRow], planned: Sequence[PlannedRow]
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Return the cells of the rows that have them, and the places of the programs of those that have none."""
        cell_row_count = sum(row.has_cells for row in planned)
        cells = np.empty((cell_row_count, 1 + self.row_count), dtype=np.uint32)
        places = np.empty(len(rows) - cell_row_count, dtype=np.uint32)
        self.programs.place_rows(rows, cells, places)
        return cells, places


def _match_actions(
    lowered: LoweredPolicies, first_statements: NDArray[np.uint32], policies: Sequence[int], row_count: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """List the rows whose actions may reach statements of policies: where the list of each begins, and all lists."""
    actions: Classifier = lowered.classifiers[0]
    byte_count = (len(actions.columns) + 7) // 8
    used = actions.rows[:row_count]
    packed = np.frombuffer(b"".join(bits.to_bytes(byte_count, "little") for bits in used), dtype=np.uint8)
    bits = np.unpackbits(packed.reshape(len(used), byte_count), axis=1, bitorder="little").astype(np.bool_)
    of_column = bits.T
    numbers = [
        number for policy in policies for number in range(first_statements[policy], first_statements[policy + 1])
    ]
    first_tests = [lowered.tests[lowered.statements[number][0]] for number in numbers]
    columns = np.array([test.column for test in first_tests], dtype=np.intp)
    negated = np.array([test.is_negated for test in first_tests], dtype=np.bool_)
    counts = np.zeros(len(lowered.statements) + 1, dtype=np.int64)
    lists = [np.zeros(0, dtype=np.uint32)]
    step = BLOCK_CELLS // len(actions.rows) + 1
    for first in range(0, len(columns), step):
        hits = of_column[columns[first : first + step]] ^ negated[first : first + step, None]
        counts[1 + np.array(numbers[first : first + step], dtype=np.intp)] = np.count_nonzero(hits, axis=1)
        lists.append(hits.nonzero()[1].astype(np.uint32))
    return counts.cumsum().astype(np.uint64), np.concatenate(lists)

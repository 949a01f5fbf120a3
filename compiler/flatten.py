"""Flatten statements into cells: for each principal and class of actions the program that decides.

A program lists the statements that can still apply, denies first; what the action decides has been decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..runtime.layout import (
    PROGRAM_ALWAYS,
    PROGRAM_NONE,
    PROGRAM_SPECIAL,
    SHARED_LIMIT,
    SHARED_PROGRAM,
    ActionSet,
    LayerKind,
)
from ._programs import Programs
from .lower import Classifier, LoweredPolicies, find_rows
from .normalize import CanonicalStatement
from .policyset import PolicySet, Principal, PrincipalKind, ResourceKind

Layers = tuple[tuple[LayerKind, tuple[int, ...]], ...]
"""Layers of a row: their kind, and policies in ascending order."""
PROGRESS_STEP = 256
"""Principals from one report of progress to the next."""
BLOCK_CELLS = 1 << 20
"""Statements x rows of actions that are matched at once."""
BLOCK_WORDS = 1 << 20
"""Words of sets of statements under construction at once, 64 statements each, however many somebody is under."""
FLAT_CELLS = 1 << 20
"""Cells of principals that have a row each, at most; where there would be more, groups have the rows."""
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
    shared_rows : list of tuple of int
        What else each principal is under: rows of the cells, or marked with `SHARED_PROGRAM` places of programs.
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
    shared_rows: list[tuple[int, ...]]
    policy_rows: list[int | None]
    attribute_rows: list[int | None]
    rcp_rows: list[int | None]
    endpoint_rows: list[int]
    unknown_row: int | None
    layer_limit: int


def flatten_policies(
    statements: Sequence[CanonicalStatement],
    lowered: LoweredPolicies,
    policy_set: PolicySet,
    first_statements: Sequence[int],
    *,
    row_limit: int | None = None,
    flat_cells: int = FLAT_CELLS,
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
        Where the rows of all principals would have more cells, members of a group share the row of its policies.
    progress : callable, optional
        Called now and then with the number of principals that are done, and of all.
    """
    row_count = len(lowered.classifiers[0].rows)
    flattener = _Flattener(statements, lowered, first_statements, row_count if row_limit is None else row_limit)
    rows = _Rows(flattener, lowered, keeps_layers=any(r.policy is not None for r in policy_set.resources))
    if rows.column_count * _count_distinct(policy_set.principals) > flat_cells:
        rows.share(policy_set.principals, OWN_CELLS if row_limit is None else 0)
    principal_rows = []
    shared_rows = []
    for number, principal in enumerate(policy_set.principals):
        if progress is not None and number % PROGRESS_STEP == 0:
            progress(number, len(policy_set.principals))
        first, *shared = rows.add_principal(principal)
        principal_rows.append(first)
        shared_rows.append(tuple(shared))
    policy_rows: list[int | None] = []
    for resource in policy_set.resources:
        kind = LayerKind.TRUST if resource.kind is ResourceKind.ROLE else LayerKind.RESOURCE
        policy_rows.append(None if resource.policy is None else rows.add_layer(kind, (resource.policy,)))
    attribute_rows = [
        rows.add_layers((LayerKind.EC2_ATTRIBUTE, (policy,)) for policy in resource.attributes)
        if resource.attributes
        else None
        for resource in policy_set.resources
    ]
    rcp_rows = [
        None if account.rcps is None else rows.add_layer(LayerKind.RCP, account.rcps) for account in policy_set.accounts
    ]
    endpoint_rows = [rows.add_layer(LayerKind.VPC_ENDPOINT, (endpoint.policy,)) for endpoint in policy_set.endpoints]
    unknown_row = rows.add_layers(_resource_layers(policy_set)) if rows.keeps_layers else None
    cells = np.stack(rows.cells) if rows.cells else np.zeros((0, rows.column_count), dtype=np.uint32)
    programs = np.frombuffer(flattener.programs.to_bytes(), dtype=np.uint32)
    return FlatPolicies(
        cells,
        programs,
        principal_rows,
        shared_rows,
        policy_rows,
        attribute_rows,
        rcp_rows,
        endpoint_rows,
        unknown_row,
        rows.layer_limit,
    )


def _count_distinct(principals: Iterable[Principal]) -> int:
    """Count the principals that are not under the same policies as another."""
    return len({(p.kind, p.identity, p.boundary, p.session, p.scps) for p in principals})


def _resource_layers(policy_set: PolicySet) -> Layers:
    """List the policies of all resources: those of roles in a layer of their own."""
    trust, others = (
        tuple(
            sorted(
                resource.policy
                for resource in policy_set.resources
                if resource.policy is not None and (resource.kind is ResourceKind.ROLE) is is_role
            )
        )
        for is_role in (True, False)
    )
    return ((LayerKind.RESOURCE, others), (LayerKind.TRUST, trust))


class _Rows:
    """Rows of cells, made unique.

    A program is cut to what its principal's own policies can decide, unless ``keeps_layers``: a resource's policy may
    grant what they do not, and then it matters which of the ceilings allow.
    """

    def __init__(self, flattener: _Flattener, lowered: LoweredPolicies, *, keeps_layers: bool) -> None:
        actions = lowered.classifiers[0]
        self.cells: list[NDArray[np.uint32]] = []
        self.column_count = 1 + flattener.row_count
        self.layer_limit = 0
        self._flattener = flattener
        self.keeps_layers = keeps_layers
        self._parts: dict[tuple[Layers, tuple[tuple[int, ...], ...]], _Parts | None] = {}
        self._own_with_rows: set[tuple[int, ...]] = set()
        self._row_of: dict[tuple[PrincipalKind | None, Layers], int] = {}
        self._program_of: dict[tuple[int, ...], int] = {}
        self._columns_of = {
            number: [1 + row for row in find_rows(actions, column)] for number, column in lowered.cell_columns.items()
        }

    def share(self, principals: Iterable[Principal], own_cells: int) -> None:
        """Let members of groups share the rows of these, and give so many cells to what they have beside."""
        for principal in principals:
            key = (_layers(principal), principal.groups)
            if principal.groups and key not in self._parts:
                self._parts[key] = _split(*key)
        own = dict.fromkeys(parts.own for parts in self._parts.values() if parts is not None and parts.own)
        most_first = sorted(own, key=self._flattener.count_statements, reverse=True)
        self._own_with_rows = set(most_first[: own_cells // self.column_count])

    def add_principal(self, principal: Principal) -> list[int]:
        """Return the row of a principal, then what it shares."""
        layers = _layers(principal)
        parts = self._parts.get((layers, principal.groups))
        if parts is None:
            return [self._add_row(principal, layers, keeps_layers=self.keeps_layers)]
        numbers = [
            self._add_row(principal, ((LayerKind.IDENTITY, group),), keeps_layers=self.keeps_layers)
            for group in parts.groups
        ]
        if parts.own in self._own_with_rows:
            own = ((LayerKind.IDENTITY, parts.own),)
            numbers.append(self._add_row(principal, own, keeps_layers=self.keeps_layers))
        elif parts.own:
            numbers.append(SHARED_PROGRAM | self._add_program(parts.own))
        if parts.ceilings:
            # Nothing of a ceiling is cut: where it allows nothing, that must be told from having none.
            numbers.append(self._add_row(principal, parts.ceilings, keeps_layers=True))
        return numbers

    def _add_program(self, policies: tuple[int, ...]) -> int:
        """Return the place of the program that runs all statements of identity policies, with their action tests."""
        place = self._program_of.get(policies)
        if place is None:
            place = self._program_of[policies] = self._flattener.place_all(((LayerKind.IDENTITY, policies),))
            self.layer_limit = max(self.layer_limit, 1)
        return place

    def _add_row(self, principal: Principal, layers: Layers, *, keeps_layers: bool) -> int:
        row = self._row_of.get((principal.kind, layers))
        if row is not None:
            return row
        if not layers:  # a root user that nothing limits (R143)
            cells = np.full(self.column_count, PROGRAM_ALWAYS, dtype=np.uint32)
        else:
            cells = self._flattener.flatten_row(layers, keeps_layers=keeps_layers)
        if principal.kind is PrincipalKind.ROOT:
            cells[self._columns_of[ActionSet.ASSUME_ROLE]] = PROGRAM_SPECIAL  # R143
        if principal.kind is PrincipalKind.ROLE:
            cells[self._columns_of[ActionSet.SOURCE_IDENTITY]] = PROGRAM_SPECIAL  # R141
        cells[self._columns_of[ActionSet.FREE]] = PROGRAM_ALWAYS  # R149
        if principal.kind is PrincipalKind.ROLE:
            cells[self._columns_of[ActionSet.NOT_FOR_ROLES]] = PROGRAM_NONE
        return self._add(principal.kind, layers, cells)

    def add_layer(self, kind: LayerKind, policies: tuple[int, ...]) -> int:
        """Return the row of one layer beside the principals."""
        return self.add_layers([(kind, policies)])

    def add_layers(self, parts: Iterable[tuple[LayerKind, tuple[int, ...]]]) -> int:
        """Return the row of layers beside the principals."""
        layers = tuple((kind, tuple(sorted(set(policies)))) for kind, policies in parts)
        row = self._row_of.get((None, layers))
        return self._add(None, layers, self._flattener.flatten_row(layers, keeps_layers=True)) if row is None else row

    def _add(self, kind: PrincipalKind | None, layers: Layers, cells: NDArray[np.uint32]) -> int:
        row = self._row_of[kind, layers] = len(self.cells)
        self.cells.append(cells)
        self.layer_limit = max(self.layer_limit, len(layers))
        return row


def _layers(principal: Principal) -> Layers:
    """List the layers that must all allow, in the order in which an Allow is looked for."""
    layers: list[tuple[LayerKind, tuple[int, ...]]] = []
    if principal.is_limited_by_identity:
        layers.append((LayerKind.IDENTITY, principal.identity))
    if principal.boundary is not None and principal.kind is not PrincipalKind.ROOT:
        layers.append((LayerKind.BOUNDARY, (principal.boundary,)))
    if principal.session is not None or principal.kind is PrincipalKind.FEDERATED:
        layers.append((LayerKind.SESSION, principal.session or ()))
    layers += [(LayerKind.SCP, level) for level in (() if principal.is_service_linked else principal.scps or ())]
    return tuple((kind, tuple(sorted(set(policies)))) for kind, policies in layers)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The layers of a principal, apart: policies of groups, its own, and whatever must allow too."""

    groups: list[tuple[int, ...]]
    own: tuple[int, ...]
    ceilings: Layers


def _split(layers: Layers, groups: Iterable[tuple[int, ...]]) -> _Parts | None:
    """Take the layers of a member of groups apart; None where that makes more rows than a principal can have."""
    if layers[0][0] is not LayerKind.IDENTITY:
        return None
    identity = set(layers[0][1])
    shared = [policies for group in dict.fromkeys(groups) if identity.issuperset(policies := tuple(sorted(set(group))))]
    own = identity.difference(*shared)
    ceilings = layers[1:]
    if not shared or len(shared) - 1 + bool(own) + bool(ceilings) > SHARED_LIMIT:
        return None
    return _Parts(shared, tuple(sorted(own)), ceilings)


class _Flattener:
    """Rows of cells, one after the other, over programs made unique."""

    def __init__(
        self,
        statements: Sequence[CanonicalStatement],
        lowered: LoweredPolicies,
        first_statements: Sequence[int],
        row_count: int,
    ) -> None:
        self.row_count = row_count
        self._firsts = first_statements
        first_hits, hits = _match_actions(lowered)
        is_deny = np.array([statement.is_deny for statement in statements], dtype=np.uint8)
        is_plain = np.array([test_count == 1 for _, test_count in lowered.statements], dtype=np.uint8)
        firsts = np.array(first_statements, dtype=np.uint32)
        self.programs = Programs(self.row_count, first_hits, hits, is_deny, is_plain, firsts, BLOCK_WORDS)

    def flatten_row(self, layers: Layers, *, keeps_layers: bool) -> NDArray[np.uint32]:
        """Return the cells of who is under these policies."""
        cells = np.empty(1 + self.row_count, dtype=np.uint32)
        self.programs.flatten_row(layers, keeps_layers, cells)
        return cells

    def place_all(self, layers: Layers) -> int:
        """Return the place of the program that runs all statements, with their action tests."""
        return self.programs.place_all(layers)

    def count_statements(self, policies: Iterable[int]) -> int:
        """Count the statements of policies."""
        return sum(self._firsts[policy + 1] - self._firsts[policy] for policy in policies)


def _match_actions(lowered: LoweredPolicies) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """List the rows whose actions may reach each statement: where the list of each begins, and all lists."""
    actions: Classifier = lowered.classifiers[0]
    byte_count = (len(actions.columns) + 7) // 8
    packed = np.frombuffer(b"".join(bits.to_bytes(byte_count, "little") for bits in actions.rows), dtype=np.uint8)
    bits = np.unpackbits(packed.reshape(len(actions.rows), byte_count), axis=1, bitorder="little").astype(np.bool_)
    of_column = np.ascontiguousarray(bits.T)
    first_tests = [lowered.tests[first] for first, _ in lowered.statements]
    columns = np.array([test.column for test in first_tests], dtype=np.intp)
    negated = np.array([test.is_negated for test in first_tests], dtype=np.bool_)
    counts = [np.zeros(1, dtype=np.int64)]
    lists = [np.zeros(0, dtype=np.uint32)]
    step = BLOCK_CELLS // len(actions.rows) + 1
    for first in range(0, len(columns), step):
        hits = of_column[columns[first : first + step]] ^ negated[first : first + step, None]
        counts.append(np.count_nonzero(hits, axis=1))
        lists.append(hits.nonzero()[1].astype(np.uint32))
    return np.concatenate(counts).cumsum().astype(np.uint64), np.concatenate(lists)

"""Flatten statements into cells: for each principal and class of actions the program that decides.

A program lists the statements that can still apply, denies first; what the action decides has been decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..runtime.layout import (
    LAYER_SHIFT,
    PROGRAM_ALWAYS,
    PROGRAM_FIRST,
    PROGRAM_GENERIC,
    PROGRAM_MARK,
    PROGRAM_NONE,
    PROGRAM_SPECIAL,
    ActionSet,
    LayerKind,
)
from .lower import Classifier, LoweredPolicies
from .normalize import CanonicalStatement
from .policyset import PolicySet, Principal, PrincipalKind, ResourceKind

Layers = tuple[tuple[LayerKind, tuple[int, ...]], ...]
"""Layers of a row: their kind, and policies in ascending order."""
MERGED_ROWS = 64
"""With fewer action rows, finding those that reach the same statements costs more than it saves (tens of us)."""
BLOCK_WORDS = 1 << 20
"""About as many words of programs are under construction at once, however many statements somebody is under."""


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
    policy_rows, attribute_rows : list of (int or None)
        For each resource the row of its policy, and of what its EC2 attributes permit.
    rcp_rows : list of (int or None)
        For each account the row of its resource control policies.
    endpoint_rows : list of int
    layer_limit : int
        No program has more layers.
    """

    cells: NDArray[np.uint32]
    programs: NDArray[np.uint32]
    principal_rows: list[int]
    policy_rows: list[int | None]
    attribute_rows: list[int | None]
    rcp_rows: list[int | None]
    endpoint_rows: list[int]
    layer_limit: int


def flatten_policies(
    statements: Sequence[CanonicalStatement],
    lowered: LoweredPolicies,
    policy_set: PolicySet,
    first_statements: Sequence[int],
) -> FlatPolicies:
    """Flatten lowered policies.

    Parameters
    ----------
    first_statements : sequence of int
        Policy i has the statements first_statements[i] to first_statements[i + 1] - 1.
    """
    flattener = _Flattener(statements, lowered, first_statements)
    rows = _Rows(flattener, lowered, keeps_layers=any(r.policy is not None for r in policy_set.resources))
    principal_rows = [rows.add_principal(principal) for principal in policy_set.principals]
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
    cells = np.stack(rows.cells) if rows.cells else np.zeros((0, rows.column_count), dtype=np.uint32)
    programs = np.frombuffer(flattener.programs, dtype="<u4")
    return FlatPolicies(
        cells, programs, principal_rows, policy_rows, attribute_rows, rcp_rows, endpoint_rows, rows.layer_limit
    )


class _Rows:
    """Rows of cells, made unique.

    A program is cut to what its principal's own policies can decide, unless ``keeps_layers``: a resource's policy may
    grant what they do not, and then it matters which of the ceilings allow.
    """

    def __init__(self, flattener: _Flattener, lowered: LoweredPolicies, *, keeps_layers: bool) -> None:
        actions = lowered.classifiers[0]
        self.cells: list[NDArray[np.uint32]] = []
        self.column_count = 1 + len(actions.rows)
        self.layer_limit = 0
        self._flattener = flattener
        self._keeps_layers = keeps_layers
        self._row_of: dict[tuple[PrincipalKind | None, Layers], int] = {}
        self._columns_of = {
            number: [1 + row for row, bits in enumerate(actions.rows) if bits >> column & 1]
            for number, column in lowered.cell_columns.items()
        }

    def add_principal(self, principal: Principal) -> int:
        """Return the row of a principal."""
        layers = _layers(principal)
        row = self._row_of.get((principal.kind, layers))
        if row is not None:
            return row
        if not layers:  # a root user that nothing limits (R143)
            cells = np.full(self.column_count, PROGRAM_ALWAYS, dtype=np.uint32)
        else:
            cells = self._flattener.flatten_row(layers, keeps_layers=self._keeps_layers)
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


class _Flattener:
    """Rows of cells, one after the other, over programs made unique.

    A principal can be under hundreds of statements while hundreds of action rows exist, and there are thousands of
    principals: whatever costs a step of Python is done once per policy or once per principal, the rest by numpy.
    """

    def __init__(
        self, statements: Sequence[CanonicalStatement], lowered: LoweredPolicies, first_statements: Sequence[int]
    ) -> None:
        self.programs = bytearray(4 * PROGRAM_FIRST)
        # The program without words is the one that nothing applies in.
        self._places: dict[bytes, int] = {b"": PROGRAM_NONE}
        self._matches = _match_actions(lowered)
        self._is_plain = [test_count == 1 for _, test_count in lowered.statements]
        self._is_deny = [statement.is_deny for statement in statements]
        self._statements_of = [range(*pair) for pair in pairwise(first_statements)]
        self._kinds_of: dict[int, _Kinds] = {}

    def flatten_row(self, layers: Layers, *, keeps_layers: bool) -> NDArray[np.uint32]:
        """Return the cells of who is under these policies."""
        row_count = self._matches.shape[1]
        cells = np.zeros(1 + row_count, dtype=np.uint32)
        policies = sorted({policy for _, layer in layers for policy in layer})
        kinds_of_layers = [kind << LAYER_SHIFT for kind, _ in layers]
        runs = [[s for p in policies for s in self._statements_of[p] if self._is_deny[s]]]
        runs += [[s for p in layer for s in self._statements_of[p] if not self._is_deny[s]] for _, layer in layers]
        own = [statement for run in runs for statement in run]
        counts = [len(run) for run in runs]
        heads = [kind | count for kind, count in zip(kinds_of_layers, counts[1:], strict=True)]
        head = [PROGRAM_MARK | PROGRAM_GENERIC | counts[0], len(layers), *heads]
        cells[0] = self._place_program(np.array([*head, *own], dtype="<u4").tobytes())
        if not own:
            cells[1:] = cells[0] if keeps_layers else PROGRAM_NONE
            return cells
        kinds = _single_kinds(row_count) if row_count < MERGED_ROWS else self._merge_kinds(policies)
        places: list[int] = []
        step = BLOCK_WORDS // len(own) + 1
        for first in range(0, len(kinds.first_rows), step):
            hits = self._matches[own].take(kinds.first_rows[first : first + step], axis=1).T
            needed = self._cut_hits(hits, runs, keeps_layers)
            places += self._place_programs(needed, own, counts, kinds_of_layers, keeps_layers)
        cells[1:] = np.array(places, dtype=np.uint32)[kinds.kind_of_row]
        return cells

    def _merge_kinds(self, policies: Sequence[int]) -> _Kinds:
        row_count = self._matches.shape[1]
        for policy in policies:
            if policy not in self._kinds_of:
                matches = ((self._matches[statement], 2) for statement in self._statements_of[policy])
                self._kinds_of[policy] = _merge_numbers(matches, row_count)
        own = (self._kinds_of[policy] for policy in policies)
        return _merge_numbers(((kinds.kind_of_row, len(kinds.first_rows)) for kinds in own), row_count)

    def _cut_hits(
        self, hits: NDArray[np.bool_], runs: Sequence[Sequence[int]], keeps_layers: bool
    ) -> NDArray[np.bool_]:
        """Leave of the statements that actions reach, of shape (kinds, statements), those that a program needs.

        Behind a run's first statement without further tests none changes the decision or its reason.
        """
        needed = hits.copy()
        can_allow: NDArray[np.bool_] = np.ones(len(hits), dtype=np.bool_)
        begin = 0
        for number, run in enumerate(runs):
            own = needed[:, begin : begin + len(run)]  # a view
            begin += len(run)
            if number > 0:
                can_allow &= own.any(axis=1)
            is_plain = [self._is_plain[statement] for statement in run]
            if any(is_plain):
                stops = own & is_plain
                is_stopped = stops.any(axis=1)
                last = np.where(is_stopped, stops.argmax(axis=1), len(run))
                own &= np.arange(len(run)) <= last[:, None]
                if number == 0:
                    can_allow &= ~is_stopped
        # Where allowing is out of the question, whether a Deny applies still tells one kind of denial from the other.
        if not keeps_layers:
            needed[:, len(runs[0]) :] &= can_allow[:, None]
        return needed

    def _place_programs(
        self,
        needed: NDArray[np.bool_],
        own: Sequence[int],
        counts: Sequence[int],
        kinds_of_layers: Sequence[int],
        keeps_layers: bool,
    ) -> list[int]:
        """Return the places of programs; each has those of its own statements that are needed, run by run."""
        head = 1 + len(counts)
        words: NDArray[np.uint32] = np.empty((len(needed), head + len(own)), dtype="<u4")
        words[:, 1] = len(counts) - 1
        words[:, head:] = own
        begin = 0
        marks = [PROGRAM_MARK, *kinds_of_layers]
        for place, count, mark in zip((0, *range(2, head)), counts, marks, strict=True):
            words[:, place] = mark + needed[:, begin : begin + count].sum(axis=1, dtype=np.uint32)
            begin += count
        is_used = np.empty(words.shape, dtype=np.bool_)
        is_used[:, :head] = True if keeps_layers else needed.any(axis=1, keepdims=True)
        is_used[:, head:] = needed
        data = words[is_used].tobytes()
        edges = [0, *(4 * np.count_nonzero(is_used, axis=1).cumsum()).tolist()]
        known = self._places.get
        return [known(program := data[i:j]) or self._place_program(program) for i, j in pairwise(edges)]

    def _place_program(self, program: bytes) -> int:
        place = self._places.get(program)
        if place is None:
            place = self._places[program] = len(self.programs) // 4
            self.programs += program
        return place


def _match_actions(lowered: LoweredPolicies) -> NDArray[np.bool_]:
    """Say which statements the actions of each row may reach: bool of shape (statements, rows)."""
    actions: Classifier = lowered.classifiers[0]
    byte_count = (len(actions.columns) + 7) // 8
    packed = np.frombuffer(b"".join(bits.to_bytes(byte_count, "little") for bits in actions.rows), dtype=np.uint8)
    bits = np.unpackbits(packed.reshape(len(actions.rows), byte_count), axis=1, bitorder="little").astype(np.bool_)
    first_tests = [lowered.tests[first] for first, _ in lowered.statements]
    columns = np.array([test.column for test in first_tests], dtype=np.intp)
    negated = np.array([test.is_negated for test in first_tests], dtype=np.bool_)
    return np.ascontiguousarray(bits.T)[columns] ^ negated[:, None]


# ---- kinds of action rows ----


@dataclass(frozen=True, slots=True)
class _Kinds:
    """Kinds of action rows: those of one kind reach the same statements.

    Attributes
    ----------
    kind_of_row : ndarray of shape (rows,), dtype int64
        Kinds are numbered as they come up.
    first_rows : ndarray of shape (kinds,), dtype int64
    """

    kind_of_row: NDArray[np.int64]
    first_rows: NDArray[np.int64]


def _single_kinds(row_count: int) -> _Kinds:
    rows = np.arange(row_count)
    return _Kinds(rows, rows)


def _merge_numbers(parts: Iterable[tuple[NDArray[np.bool_] | NDArray[np.int64], int]], row_count: int) -> _Kinds:
    """Make kinds of rows that have the same number in every part; a part has numbers below its limit."""
    numbers = np.zeros(row_count, dtype=np.int64)
    count = 1
    for part, limit in parts:
        if count * limit >= 1 << 63:
            kinds = _number_rows(numbers)
            numbers, count = kinds.kind_of_row, len(kinds.first_rows)
        numbers = numbers * limit + part
        count *= limit
    return _number_rows(numbers)


def _number_rows(numbers: NDArray[np.int64]) -> _Kinds:
    _, first_rows, kind_of_row = np.unique(numbers, return_index=True, return_inverse=True)
    order = first_rows.argsort()
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return _Kinds(rank[kind_of_row], first_rows[order])

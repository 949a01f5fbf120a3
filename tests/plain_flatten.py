"""The flatten pass written plainly, a step of Python per cell: the slow twin of `gatewright.compiler.flatten`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gatewright.compiler.flatten import FlatPolicies
from gatewright.compiler.lower import LoweredPolicies
from gatewright.compiler.normalize import CanonicalStatement
from gatewright.compiler.policyset import PolicySet, PrincipalKind, ResourceKind
from gatewright.runtime.layout import (
    LAYER_SHIFT,
    PROGRAM_ALWAYS,
    PROGRAM_FIRST,
    PROGRAM_GENERIC,
    PROGRAM_MARK,
    PROGRAM_NONE,
    PROGRAM_SPECIAL,
    SHARED_LIMIT,
    ActionSet,
    LayerKind,
)

Layer = tuple[LayerKind, Sequence[int]]
"""A kind, and statements."""


class _Programs:
    """Programs made unique: words -> place."""

    def __init__(self, lowered: LoweredPolicies) -> None:
        self._lowered = lowered
        self.words: list[int] = [0] * PROGRAM_FIRST
        self._places: dict[tuple[int, ...], int] = {}

    def place(self, denies: Sequence[int], layers: Sequence[Layer], flags: int = 0) -> int:
        heads = [kind << LAYER_SHIFT | len(allows) for kind, allows in layers]
        head = (PROGRAM_MARK | flags | len(denies), len(layers), *heads)
        statements = [*denies, *(statement for _, allows in layers for statement in allows)]
        words = (*head, *statements, *(map(self._ask_action, statements) if flags & PROGRAM_GENERIC else ()))
        place = self._places.get(words)
        if place is None:
            place = self._places[words] = len(self.words)
            self.words += words
        return place

    def _ask_action(self, statement: int) -> int:
        test = self._lowered.statements[statement][0]
        return 2 * int(self._lowered.tests.column[test]) + int(self._lowered.tests.is_negated[test])


def flatten_plainly(
    statements: Sequence[CanonicalStatement],
    lowered: LoweredPolicies,
    policy_set: PolicySet,
    first_statements: Sequence[int],
) -> FlatPolicies:
    """Flatten lowered policies as `flatten_policies` does, cell by cell."""
    # A key lets nobody in but by its policy, whether it has one or not (R142).
    keeps_layers = any(r.policy is not None or r.kind is ResourceKind.KEY for r in policy_set.resources)
    rows = _Rows(statements, lowered, first_statements)
    principal_rows = []
    for principal in policy_set.principals:
        kinds: list[tuple[LayerKind, tuple[int, ...]]] = []
        if principal.is_limited_by_identity:
            kinds.append((LayerKind.IDENTITY, principal.identity))
        if principal.boundary is not None and principal.kind is not PrincipalKind.ROOT:
            kinds.append((LayerKind.BOUNDARY, (principal.boundary,)))
        if principal.kind is PrincipalKind.FEDERATED:
            kinds.append((LayerKind.SESSION, principal.session or ()))
        elif principal.session is not None:
            kinds.append((LayerKind.SESSION, principal.session))
        for level in () if principal.is_service_linked else principal.scps or ():
            kinds.append((LayerKind.SCP, level))
        principal_rows.append(rows.add(principal.kind, kinds, keeps_layers))
    policy_rows, attribute_rows, rcp_rows = [], [], []
    for resource in policy_set.resources:
        kind = LayerKind.TRUST if resource.kind is ResourceKind.ROLE else LayerKind.RESOURCE
        policy_rows.append(None if resource.policy is None else rows.add(None, [(kind, (resource.policy,))], True))
    for resource in policy_set.resources:
        layers = [(LayerKind.EC2_ATTRIBUTE, (policy,)) for policy in resource.attributes]
        attribute_rows.append(rows.add(None, layers, True) if layers else None)
    for account in policy_set.accounts:
        rcp_rows.append(None if account.rcps is None else rows.add(None, [(LayerKind.RCP, account.rcps)], True))
    endpoint_rows = [
        rows.add(None, [(LayerKind.VPC_ENDPOINT, (endpoint.policy,))], True) for endpoint in policy_set.endpoints
    ]
    unknown_row = None
    if keeps_layers:
        kinds = [(LayerKind.RESOURCE, ()), (LayerKind.TRUST, ())]
        for resource in policy_set.resources:
            if resource.policy is not None:
                is_role = resource.kind is ResourceKind.ROLE
                kinds[is_role] = (kinds[is_role][0], (*kinds[is_role][1], resource.policy))
        unknown_row = rows.add(None, kinds, True)
    column_count = 1 + len(lowered.classifiers[0].rows)
    cells = np.array(rows.cells, dtype=np.uint32).reshape(len(rows.cells), column_count)
    words = np.array(rows.programs.words, dtype=np.uint32)

    def fill(all_words: NDArray[np.uint32], all_cells: NDArray[np.uint32]) -> None:
        all_words[:], all_cells[:] = words, cells

    return FlatPolicies(
        (cells.shape[0], cells.shape[1]),
        len(words),
        fill,
        principal_rows,
        np.zeros((len(principal_rows), SHARED_LIMIT), dtype=np.uint32),
        np.zeros(len(principal_rows), dtype=np.uint16),
        policy_rows,
        attribute_rows,
        rcp_rows,
        endpoint_rows,
        unknown_row,
        rows.most_layers,
    )


class _Rows:
    """Rows of cells made unique."""

    def __init__(
        self, statements: Sequence[CanonicalStatement], lowered: LoweredPolicies, first_statements: Sequence[int]
    ) -> None:
        self.cells: list[list[int]] = []
        self.programs = _Programs(lowered)
        self.most_layers = 0
        self._statements = statements
        self._lowered = lowered
        self._first_statements = first_statements
        self._row_of: dict[tuple[PrincipalKind | None, tuple[tuple[LayerKind, tuple[int, ...]], ...]], int] = {}

    def add(
        self, kind: PrincipalKind | None, layers: Sequence[tuple[LayerKind, tuple[int, ...]]], keeps_layers: bool
    ) -> int:
        self.most_layers = max(self.most_layers, len(layers))
        key = (kind, tuple((layer, tuple(sorted(set(policies)))) for layer, policies in layers))
        if key not in self._row_of:
            self._row_of[key] = len(self.cells)
            firsts = self._first_statements
            own = [(layer, [s for i in which for s in range(firsts[i], firsts[i + 1])]) for layer, which in key[1]]
            cells = self._flatten(own, keeps_layers)
            self.cells.append([cells[0], *(self._special(kind, bits, cells[1 + n]) for n, bits in self._rows())])
        return self._row_of[key]

    def _rows(self) -> Iterator[tuple[int, int]]:
        return enumerate(self._lowered.classifiers[0].rows)

    def _special(self, kind: PrincipalKind | None, bits: int, place: int) -> int:
        """Return the cell of a row of actions, which for a principal may be decided in a way of its own."""
        sets = {number for number, column in self._lowered.cell_columns.items() if bits >> column & 1}
        if kind is PrincipalKind.ROLE and ActionSet.NOT_FOR_ROLES in sets:
            return PROGRAM_NONE
        if kind is not None and ActionSet.FREE in sets:
            return PROGRAM_ALWAYS
        if kind is not None and ActionSet.TRUST in sets:
            return PROGRAM_SPECIAL
        return place

    def _flatten(self, layers: Sequence[Layer], keeps_layers: bool) -> list[int]:
        statements, lowered, programs = self._statements, self._lowered, self.programs
        rows = lowered.classifiers[0].rows
        if not layers:
            return [PROGRAM_ALWAYS] * (1 + len(rows))
        own = sorted({statement for _, layer in layers for statement in layer})
        denies = [statement for statement in own if statements[statement].is_deny]
        allows = [(kind, [s for s in layer if not statements[s].is_deny]) for kind, layer in layers]
        is_plain = [test_count == 1 for _, test_count in lowered.statements]
        generic = programs.place(denies, allows, PROGRAM_GENERIC)
        if not own and keeps_layers:
            return [generic] * (1 + len(rows))
        cells = [generic]
        for bits in rows:
            hit = set()
            for statement in own:
                test = lowered.statements[statement][0]
                if bits >> int(lowered.tests.column[test]) & 1 != lowered.tests.is_negated[test]:
                    hit.add(statement)
            cells.append(_place_program(denies, allows, hit, is_plain, programs, keeps_layers))
        return cells


def _place_program(
    denies: Sequence[int],
    allows: Sequence[Layer],
    hit: set[int],
    is_plain: Sequence[bool],
    programs: _Programs,
    keeps_layers: bool,
) -> int:
    reached_denies = _until_plain([statement for statement in denies if statement in hit], is_plain)
    layers = [(kind, _until_plain([s for s in layer if s in hit], is_plain)) for kind, layer in allows]
    is_denied = bool(reached_denies) and is_plain[reached_denies[-1]]
    if not keeps_layers and (is_denied or not all(layer for _, layer in layers)):
        # Allowing is out of the question, but whether a Deny applies still tells one kind of denial from the other.
        layers = [(kind, []) for kind, _ in layers]
        if not reached_denies:
            return PROGRAM_NONE
    return programs.place(reached_denies, layers)


def _until_plain(statements: list[int], is_plain: Sequence[bool]) -> list[int]:
    """Cut behind the first statement without further tests: those behind it change neither decision nor its reason."""
    for number, statement in enumerate(statements):
        if is_plain[statement]:
            return statements[: number + 1]
    return statements

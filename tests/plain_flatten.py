"""The flatten pass written plainly, a step of Python per cell: the slow twin of `gatewright.compiler.flatten`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatewright.compiler.flatten import FlatPolicies
from gatewright.compiler.lower import LoweredPolicies
from gatewright.compiler.normalize import CanonicalStatement
from gatewright.compiler.policyset import Principal, PrincipalKind
from gatewright.runtime.layout import (
    LAYER_SHIFT,
    PROGRAM_ALWAYS,
    PROGRAM_FIRST,
    PROGRAM_GENERIC,
    PROGRAM_MARK,
    PROGRAM_NONE,
    LayerKind,
)

Layer = tuple[LayerKind, Sequence[int]]
"""A kind, and statements."""


class _Programs:
    """Programs made unique: words -> place."""

    def __init__(self) -> None:
        self.words: list[int] = [0] * PROGRAM_FIRST
        self._places: dict[tuple[int, ...], int] = {}

    def place(self, denies: Sequence[int], layers: Sequence[Layer], flags: int = 0) -> int:
        heads = [kind << LAYER_SHIFT | len(allows) for kind, allows in layers]
        head = (PROGRAM_MARK | flags | len(denies), len(layers), *heads)
        words = (*head, *denies, *(statement for _, allows in layers for statement in allows))
        place = self._places.get(words)
        if place is None:
            place = self._places[words] = len(self.words)
            self.words += words
        return place


def flatten_plainly(
    statements: Sequence[CanonicalStatement],
    lowered: LoweredPolicies,
    principals: Sequence[Principal],
    first_statements: Sequence[int],
) -> FlatPolicies:
    """Flatten lowered policies as `flatten_policies` does, cell by cell."""
    actions = lowered.classifiers[0]
    programs = _Programs()
    rows: list[list[int]] = []
    row_of: dict[tuple[bool, tuple[tuple[LayerKind, tuple[int, ...]], ...]], int] = {}
    cell_rows = []
    most_layers = 0
    for principal in principals:
        is_role = principal.kind is PrincipalKind.ROLE
        kinds: list[tuple[LayerKind, tuple[int, ...]]] = []
        if principal.kind is not PrincipalKind.ROOT:
            kinds.append((LayerKind.IDENTITY, principal.identity))
            if principal.boundary is not None:
                kinds.append((LayerKind.BOUNDARY, (principal.boundary,)))
        if principal.session is not None:
            kinds.append((LayerKind.SESSION, principal.session))
        for level in principal.scps or ():
            kinds.append((LayerKind.SCP, level))
        most_layers = max(most_layers, len(kinds))
        key = (is_role, tuple((kind, tuple(sorted(set(policies)))) for kind, policies in kinds))
        if key not in row_of:
            row_of[key] = len(rows)
            if not kinds:
                rows.append([PROGRAM_ALWAYS] * (1 + len(actions.rows)))
            else:
                layers = [
                    (kind, [s for i in policies for s in range(first_statements[i], first_statements[i + 1])])
                    for kind, policies in key[1]
                ]
                rows.append(_flatten_row(layers, statements, lowered, is_role, programs))
        cell_rows.append(row_of[key])
    cells = np.array(rows, dtype=np.uint32).reshape(len(rows), 1 + len(actions.rows))
    return FlatPolicies(cells, np.array(programs.words, dtype=np.uint32), cell_rows, most_layers)


def _flatten_row(
    layers: Sequence[Layer],
    statements: Sequence[CanonicalStatement],
    lowered: LoweredPolicies,
    is_role: bool,
    programs: _Programs,
) -> list[int]:
    own = sorted({statement for _, layer in layers for statement in layer})
    denies = [statement for statement in own if statements[statement].is_deny]
    allows = [(kind, [statement for statement in layer if not statements[statement].is_deny]) for kind, layer in layers]
    is_plain = [test_count == 1 for _, test_count in lowered.statements]
    cells = [programs.place(denies, allows, PROGRAM_GENERIC)]
    for bits in lowered.classifiers[0].rows:
        hit = set()
        for statement in own:
            test = lowered.tests[lowered.statements[statement][0]]
            if bool(bits >> test.column & 1) != test.is_negated:
                hit.add(statement)
        place = _place_program(denies, allows, hit, is_plain, programs)
        if bits >> lowered.no_permission_column & 1:
            place = PROGRAM_ALWAYS
        if is_role and bits >> lowered.not_for_roles_column & 1:
            place = PROGRAM_NONE
        cells.append(place)
    return cells


def _place_program(
    denies: Sequence[int],
    allows: Sequence[Layer],
    hit: set[int],
    is_plain: Sequence[bool],
    programs: _Programs,
) -> int:
    reached_denies = _until_plain([statement for statement in denies if statement in hit], is_plain)
    layers = [(kind, _until_plain([s for s in layer if s in hit], is_plain)) for kind, layer in allows]
    is_denied = bool(reached_denies) and is_plain[reached_denies[-1]]
    if is_denied or not all(layer for _, layer in layers):
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

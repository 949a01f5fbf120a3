"""Flatten statements into cells: for each principal and class of actions the program that decides.

A program lists the statements that can still apply, denies first; what the action decides has been decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..runtime.layout import PROGRAM_ALWAYS, PROGRAM_FIRST, PROGRAM_GENERIC, PROGRAM_MARK, PROGRAM_NONE
from .lower import Classifier, LoweredPolicies
from .normalize import CanonicalStatement
from .policyset import Principal, PrincipalKind

LAYER_LIMIT = 2
"""Layers of a program: the identity policies and the permissions boundary."""


@dataclass(frozen=True, slots=True)
class FlatPolicies:
    """Cells and programs.

    Attributes
    ----------
    cells : ndarray of shape (rows, action columns), dtype uint32
        Places of programs.  Column 0 is of actions whose row no single row of the table is: their program runs the
        action tests too.  Column 1 + r is of the actions of row r.
    programs : list of int
        Words, as runtime/include/gatewright/decide.h draws them.
    cell_rows : list of int
        Row of the cells for each principal; principals under the same policies share one.
    """

    cells: NDArray[np.uint32]
    programs: list[int]
    cell_rows: list[int]


class _Programs:
    """Programs made unique: words -> place."""

    def __init__(self) -> None:
        self.words: list[int] = [0] * PROGRAM_FIRST
        self._places: dict[tuple[int, ...], int] = {}

    def place(self, denies: Sequence[int], layers: Sequence[Sequence[int]], flags: int = 0) -> int:
        head = (PROGRAM_MARK | flags | len(denies), len(layers), *map(len, layers))
        words = (*head, *denies, *(statement for layer in layers for statement in layer))
        place = self._places.get(words)
        if place is None:
            place = self._places[words] = len(self.words)
            self.words += words
        return place


def flatten_policies(
    statements: Sequence[CanonicalStatement],
    lowered: LoweredPolicies,
    principals: Sequence[Principal],
    first_statements: Sequence[int],
) -> FlatPolicies:
    """Flatten lowered policies.

    Parameters
    ----------
    first_statements : sequence of int
        Policy i has the statements first_statements[i] to first_statements[i + 1] - 1.
    """
    actions = lowered.classifiers[0]
    matches = _match_actions(lowered, actions)
    need_nothing = [1 + row for row, bits in enumerate(actions.rows) if bits >> lowered.no_permission_column & 1]
    not_for_roles = [1 + row for row, bits in enumerate(actions.rows) if bits >> lowered.not_for_roles_column & 1]
    is_plain = [test_count == 1 for _, test_count in lowered.statements]
    programs = _Programs()
    rows: list[NDArray[np.uint32]] = []
    row_of: dict[tuple[bool, tuple[int, ...], int | None] | None, int] = {}
    cell_rows = []
    for principal in principals:
        is_root = principal.kind is PrincipalKind.ROOT
        is_role = principal.kind is PrincipalKind.ROLE
        key = None if is_root else (is_role, tuple(sorted(set(principal.identity))), principal.boundary)
        row = row_of.get(key)
        if row is None:
            row = row_of[key] = len(rows)
            if key is None:
                rows.append(np.full(1 + len(actions.rows), PROGRAM_ALWAYS, dtype=np.uint32))
            else:
                layers = [[s for i in key[1] for s in range(first_statements[i], first_statements[i + 1])]]
                if key[2] is not None:
                    layers.append(list(range(first_statements[key[2]], first_statements[key[2] + 1])))
                cells = _flatten_row(layers, statements, matches, is_plain, programs)
                cells[need_nothing] = PROGRAM_ALWAYS
                if is_role:
                    cells[not_for_roles] = PROGRAM_NONE
                rows.append(cells)
        cell_rows.append(row)
    column_count = 1 + len(actions.rows)
    cells = np.stack(rows) if rows else np.zeros((0, column_count), dtype=np.uint32)
    return FlatPolicies(cells, programs.words, cell_rows)


def _match_actions(lowered: LoweredPolicies, actions: Classifier) -> NDArray[np.bool_]:
    """Say which statements the actions of each row may reach: bool of shape (statements, rows)."""
    byte_count = (len(actions.columns) + 7) // 8
    packed = np.frombuffer(b"".join(bits.to_bytes(byte_count, "little") for bits in actions.rows), dtype=np.uint8)
    bits = np.unpackbits(packed.reshape(len(actions.rows), byte_count), axis=1, bitorder="little").astype(np.bool_)
    first_tests = [lowered.tests[first] for first, _ in lowered.statements]
    columns = np.array([test.column for test in first_tests], dtype=np.intp)
    negated = np.array([test.is_negated for test in first_tests], dtype=np.bool_)
    return bits.T[columns] ^ negated[:, None]


def _flatten_row(
    layers: list[list[int]],
    statements: Sequence[CanonicalStatement],
    matches: NDArray[np.bool_],
    is_plain: Sequence[bool],
    programs: _Programs,
) -> NDArray[np.uint32]:
    own = sorted({statement for layer in layers for statement in layer})
    denies = [statement for statement in own if statements[statement].is_deny]
    allows = [[statement for statement in layer if not statements[statement].is_deny] for layer in layers]
    row_count = matches.shape[1]
    cells = np.zeros(1 + row_count, dtype=np.uint32)
    if not own:
        return cells
    cells[0] = programs.place(denies, allows, PROGRAM_GENERIC)
    reach = np.packbits(matches[own], axis=0).T.tobytes()
    width = len(reach) // row_count
    place_of: dict[bytes, int] = {}
    for row in range(row_count):
        reached = reach[row * width : (row + 1) * width]
        place = place_of.get(reached)
        if place is None:
            mask = int.from_bytes(reached, "big")
            top = 8 * width - 1
            hit = {statement for number, statement in enumerate(own) if mask >> (top - number) & 1}
            place = place_of[reached] = _place_program(denies, allows, hit, is_plain, programs)
        cells[1 + row] = place
    return cells


def _place_program(
    denies: Sequence[int],
    allows: Sequence[Sequence[int]],
    hit: set[int],
    is_plain: Sequence[bool],
    programs: _Programs,
) -> int:
    reached_denies = _until_plain([statement for statement in denies if statement in hit], is_plain)
    layers = [_until_plain([statement for statement in layer if statement in hit], is_plain) for layer in allows]
    is_denied = bool(reached_denies) and is_plain[reached_denies[-1]]
    if is_denied or not all(layers):
        # Allowing is out of the question, but whether a Deny applies still tells one kind of denial from the other.
        layers = [[] for _ in layers]
        if not reached_denies:
            return PROGRAM_NONE
    return programs.place(reached_denies, layers)


def _until_plain(statements: list[int], is_plain: Sequence[bool]) -> list[int]:
    """Cut behind the first statement without further tests: those behind it change neither decision nor its reason."""
    for number, statement in enumerate(statements):
        if is_plain[statement]:
            return statements[: number + 1]
    return statements

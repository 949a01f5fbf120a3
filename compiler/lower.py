"""Lower statements to columns: every distinct test once, every distinct list of a field once, as bits of its rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate
from operator import or_

from ..runtime.layout import KEY_CLASSIFIERS, ActionSet, Kind, View
from .action_sets import ACTION_SETS, CELL_SETS
from .automaton import Automaton, Budget, Group, KnownGroups, Symbols, recall_groups
from .normalize import (
    ACTION,
    CALLER,
    RESOURCE,
    SETS,
    Bound,
    CanonicalStatement,
    Item,
    Template,
    TemplateVariable,
    Test,
    fold_text,
)
from .values import Network, Number

SPARSE_RATIO = 16
"""Rows become lists when dense ones would take this many times their space, and more than SPARSE_BYTES."""
SPARSE_BYTES = 1 << 22


@dataclass(slots=True)
class Classifier:
    """Columns of one field, and what tells their bits for any value.

    Attributes
    ----------
    columns : dict
        List of items -> column.
    rows : list of int
        Distinct rows, bit c for column c; row 0 is of values that match nothing.
    literals : dict
        Text -> row, for every text that some pattern names (folded, where the kind folds).
    groups : list of (Group, list of int)
        Automata with the row of each state, simulations with that of each pattern.
    bounds : list
        Values of an ordered type, ascending; `range_rows` has 2n + 1 entries.
    first_addresses : tuple of two lists of int
        Where ranges of IPv4 and of IPv6 addresses begin; `range_rows` has those of IPv4, then those of IPv6.
    """

    field: str
    kind: Kind
    view: View
    columns: dict[tuple[Item, ...], int] = dataclasses.field(default_factory=dict)
    rows: list[int] = dataclasses.field(default_factory=lambda: [0])
    literals: dict[str, int] = dataclasses.field(default_factory=dict)
    groups: list[tuple[Group, list[int]]] = dataclasses.field(default_factory=list)
    bounds: list[Number | tuple[int, int]] = dataclasses.field(default_factory=list)
    first_addresses: tuple[list[int], list[int]] = dataclasses.field(default_factory=lambda: ([], []))
    range_rows: list[int] = dataclasses.field(default_factory=list)
    _row_ids: dict[int, int] = dataclasses.field(default_factory=lambda: {0: 0})

    def column(self, items: tuple[Item, ...]) -> int:
        """Return the column of a list, a new one if need be."""
        return self.columns.setdefault(items, len(self.columns))

    def row(self, bits: int) -> int:
        """Return the row of a set of columns, a new one if need be."""
        row = self._row_ids.get(bits)
        if row is None:
            row = self._row_ids[bits] = len(self.rows)
            self.rows.append(bits)
        return row

    @property
    def is_sparse(self) -> bool:
        """Tell whether the rows take less space as lists."""
        dense = len(self.rows) * ((len(self.columns) + 63) // 64) * 8
        # Columns of the cells are rows of the actions, and rows of callers are united: those stay dense.
        if dense <= SPARSE_BYTES or self.field in (ACTION, CALLER):
            return False
        return dense > SPARSE_RATIO * sum(4 + 4 * bits.bit_count() for bits in self.rows)


@dataclass(frozen=True, slots=True)
class LoweredTest:
    """A test as the table has it: a column of a classifier, or with templates their place in `alternatives`."""

    classifier: int
    column: int
    is_negated: bool
    states: int
    text: tuple[str, str, tuple[str, ...]]
    has_templates: bool
    is_caller: bool


@dataclass(frozen=True, slots=True)
class LoweredPolicies:
    """Statements over columns.

    Attributes
    ----------
    classifiers : list of Classifier
        The action's, the resource's, that of sets of actions, the caller's, then those of the context keys, key by key.
    keys : list of str
        The context keys that statements ask for, in any way; the numbering of the table.
    alternatives : list of tuple of Template
        The distinct lists of patterns with variables.
    tests : list of LoweredTest
        The distinct runs of tests, one behind the other.
    statements : list of (int, int)
        First test and number of tests of each statement.
    cell_columns : dict
        Column of the action's classifier for each of the sets of actions that change cells.
    """

    classifiers: list[Classifier]
    keys: list[str]
    alternatives: list[tuple[Template, ...]]
    tests: list[LoweredTest]
    statements: list[tuple[int, int]]
    cell_columns: dict[ActionSet, int]


def lower_statements(
    statements: Sequence[CanonicalStatement],
    keys: Iterable[str] = (),
    *,
    known: KnownGroups | None = None,
    used: KnownGroups | None = None,
) -> LoweredPolicies:
    """Lower canonical statements.

    Parameters
    ----------
    keys : iterable of str
        Keys that the table has a number for though no statement asks for them, in lower case.
    known, used : dict, optional
        Automata known from before; those that were built or used now.

    Notes
    -----
    Equal tests become one column, equal runs of tests one run: policies repeat themselves.
    """
    classifiers = _collect_classifiers(statements)
    places = {(c.field, c.kind, c.view): index for index, c in enumerate(classifiers)}
    actions, resources, sets, callers = classifiers[:KEY_CLASSIFIERS]
    cell_columns = {number: actions.column(ACTION_SETS[number]) for number in CELL_SETS}
    for patterns in ACTION_SETS.values():
        sets.column(patterns)
    resources.column(())  # a classifier has at least one column
    callers.column(())
    tests: list[LoweredTest] = []
    alternatives: dict[tuple[Template, ...], int] = {}
    runs: dict[tuple[Test, ...], int] = {}
    lowered: list[tuple[int, int]] = []
    for statement in statements:
        first = runs.get(statement.tests)
        if first is None:
            first = runs[statement.tests] = len(tests)
            for test in statement.tests:
                index = places[test.field, test.kind, test.view]
                if test.templates:
                    column = alternatives.setdefault(test.templates, len(alternatives))
                else:
                    column = classifiers[index].column(test.items)
                tests.append(
                    LoweredTest(
                        index, column, test.is_negated, test.states, test.text, bool(test.templates),
                        test.field == CALLER,
                    )
                )  # fmt: skip
        lowered.append((first, len(statement.tests)))
    build = partial(
        recall_groups, budget=Budget(), known={} if known is None else known, used={} if used is None else used
    )
    for classifier in classifiers:
        _build_rows(classifier, build)
    numbered = list(dict.fromkeys([*_collect_keys(classifiers, alternatives), *keys]))
    return LoweredPolicies(classifiers, numbered, list(alternatives), tests, lowered, cell_columns)


def _collect_classifiers(statements: Sequence[CanonicalStatement]) -> list[Classifier]:
    seen = {(test.field, test.kind, test.view) for statement in statements for test in statement.tests}
    fixed = [(ACTION, Kind.ASCII_FOLD, View.ONE), (RESOURCE, Kind.TEXT, View.ONE)]
    fixed += [(SETS, Kind.ASCII_FOLD, View.ONE), (CALLER, Kind.TEXT, View.ONE)]
    return [Classifier(*place) for place in [*fixed, *sorted(seen.difference(fixed))]]


def _collect_keys(classifiers: Sequence[Classifier], alternatives: Iterable[tuple[Template, ...]]) -> list[str]:
    """List the keys of the classifiers, in their order, then those that only variables name."""
    keys = dict.fromkeys(classifier.field for classifier in classifiers[KEY_CLASSIFIERS:])
    for templates in alternatives:
        for template in templates:
            keys.update((part.key, None) for part in template if isinstance(part, TemplateVariable))
    return list(keys)


def _build_rows(classifier: Classifier, build: Callable[..., list[Group]]) -> None:
    if classifier.kind in (Kind.NUMBER, Kind.INSTANT):
        _build_bound_rows(classifier)
    elif classifier.kind is Kind.ADDRESS:
        _build_address_rows(classifier)
    else:
        _build_text_rows(classifier, build)


def _build_text_rows(classifier: Classifier, build: Callable[..., list[Group]]) -> None:
    columns_of: dict[Symbols, int] = {}
    for items, column in classifier.columns.items():
        for item in items:
            assert not isinstance(item, Bound | Network)
            columns_of[item] = columns_of.get(item, 0) | 1 << column
    literals: dict[str, int] = {}
    globs: list[Symbols] = []
    for symbols, bits in columns_of.items():
        if all(isinstance(symbol, str) for symbol in symbols):
            literals["".join(symbol for symbol in symbols if isinstance(symbol, str))] = bits
        else:
            globs.append(symbols)
    folds_ascii = classifier.kind is Kind.ASCII_FOLD
    bits_of_glob = [columns_of[symbols] for symbols in globs]

    def unite(matches: frozenset[int]) -> int:
        bits = 0
        for match in matches:
            bits |= bits_of_glob[match]
        return bits

    groups = build(globs, folds_ascii=folds_ascii)
    for group in groups:
        if isinstance(group, Automaton):
            rows = [classifier.row(unite(matches)) for matches in group.accepts]
        else:
            rows = [classifier.row(bits_of_glob[pattern]) for _, pattern in group.accepts]
        classifier.groups.append((group, rows))
    for text, bits in literals.items():
        data = text.encode("utf-8", "surrogatepass")
        for group in groups:
            bits |= unite(group.run(data))
        classifier.literals[text] = classifier.row(bits)


_HOLDS_BELOW = {"<", "<="}
_HOLDS_AT = {"<=", "=", ">="}
_HOLDS_ABOVE = {">", ">="}


def _build_bound_rows(classifier: Classifier) -> None:
    """Ranges: below the first bound, the first bound, between the first and the second, and so on."""
    bounds = sorted({item.value for items in classifier.columns for item in items if isinstance(item, Bound)})
    place = {value: number for number, value in enumerate(bounds)}
    count = 2 * len(bounds) + 1
    up_to, here, from_on = [0] * count, [0] * count, [0] * count
    for items, column in classifier.columns.items():
        for item in items:
            assert isinstance(item, Bound)
            middle = 2 * place[item.value] + 1
            if item.relation in _HOLDS_AT:
                here[middle] |= 1 << column
            if item.relation in _HOLDS_BELOW:
                up_to[middle - 1] |= 1 << column
            if item.relation in _HOLDS_ABOVE:
                from_on[middle + 1] |= 1 << column
    above = list(accumulate(from_on, or_))
    below = list(accumulate(reversed(up_to), or_))
    bits = [above[i] | here[i] | below[-1 - i] for i in range(count)]
    classifier.bounds = list(bounds)
    classifier.range_rows = [classifier.row(value) for value in bits]


def _build_address_rows(classifier: Classifier) -> None:
    """Cut the addresses of each family where a range begins or ends."""
    for family in (4, 6):
        end = 1 << (32 if family == 4 else 128)
        networks = [
            (item, column)
            for items, column in classifier.columns.items()
            for item in items
            if isinstance(item, Network) and item.family == family
        ]
        firsts = sorted({0} | {edge for item, _ in networks for edge in (item.first, item.last + 1) if edge < end})
        place = {first: number for number, first in enumerate(firsts)}
        place[end] = len(firsts)
        bits = [0] * len(firsts)
        for item, column in networks:
            for number in range(place[item.first], place[item.last + 1]):
                bits[number] |= 1 << column
        if family == 4:
            classifier.first_addresses = (firsts, [])
        else:
            classifier.first_addresses = (classifier.first_addresses[0], firsts)
        classifier.range_rows += [classifier.row(value) for value in bits]


@cache
def _fold_sources() -> dict[str, list[str]]:
    """All code points that fold to another one, by what they fold to.

    Letters with case end below U+20000.
    """
    sources: dict[str, list[str]] = {}
    for c in map(chr, range(0x80, 0x20000)):
        lower = fold_text(c)
        if lower != c:
            sources.setdefault(lower, []).append(c)
    return sources


def collect_folds(classifiers: Sequence[Classifier], *, compares_values: bool = False) -> list[tuple[int, int]]:
    """Return the foldings that matter: (code point, what it folds to), ascending, of those beyond ASCII.

    A code point whose folded form stands in no literal cannot make a text equal one; but when values of keys are
    compared with each other (``compares_values``), any may.
    """
    used = {
        c for classifier in classifiers if classifier.kind is Kind.FOLD for text in classifier.literals for c in text
    }
    if not used and not compares_values:
        return []
    sources = _fold_sources()
    if compares_values:
        used = set(sources)
    return sorted((ord(c), ord(lower)) for lower in used for c in sources.get(lower, ()))

"""Lower statements to columns: every distinct test once, every distinct list of a field once, as bits of its rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate
from operator import attrgetter, or_, xor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..runtime.layout import KEY_CLASSIFIERS, ActionSet, Kind, View
from .action_sets import ACTION_SETS, CELL_SETS
from .automaton import Automaton, Budget, Group, KnownGroups, Simulation, Symbols, limits, recall_groups
from .normalize import (
    ACTION,
    CALLER,
    RESOURCE,
    SETS,
    Bound,
    CanonicalStatement,
    Interned,
    Item,
    Template,
    TemplateVariable,
    fold_text,
)
from .numbering import TestNumbers, number_columns, rank_first_uses
from .values import Network, Number

SPARSE_RATIO = 16
"""Rows become lists when dense ones would take this many times their space, and more than SPARSE_BYTES."""
SPARSE_BYTES = 1 << 22
_TESTS = attrgetter("tests")
BLOCK_BITS = 1 << 23
"""Bits of rows under construction, a byte each."""


@dataclass(slots=True)
class Classifier:
    """Columns of one field, and what tells their bits for any value.

    Attributes
    ----------
    columns : list
        The list of items of each column.
    rows : list of int
        Distinct rows, bit c for column c; row 0 is of values that match nothing.
    literals : dict
        Text -> row, for every text that some pattern names (folded, where the kind folds).
    groups : list of (Group, list of int)
        Automata with the row of each state, simulations and relays with that of each pattern.
    bounds : list
        Values of an ordered type, ascending; `range_rows` has 2n + 1 entries.
    first_addresses : tuple of two lists of int
        Where ranges of IPv4 and of IPv6 addresses begin; `range_rows` has those of IPv4, then those of IPv6.
    """

    field: str
    kind: Kind
    view: View
    columns: list[tuple[Item, ...]] = dataclasses.field(default_factory=list)
    rows: list[int] = dataclasses.field(default_factory=lambda: [0])
    literals: dict[str, int] = dataclasses.field(default_factory=dict)
    groups: list[tuple[Group, list[int]]] = dataclasses.field(default_factory=list)
    bounds: list[Number | tuple[int, int]] = dataclasses.field(default_factory=list)
    first_addresses: tuple[list[int], list[int]] = dataclasses.field(default_factory=lambda: ([], []))
    range_rows: list[int] = dataclasses.field(default_factory=list)
    _row_ids: dict[int, int] = dataclasses.field(default_factory=lambda: {0: 0})

    def row(self, bits: int) -> int:
        """Return the row of a set of columns, a new one if need be."""
        row = self._row_ids.get(bits)
        if row is None:
            row = self._row_ids[bits] = len(self.rows)
            self.rows.append(bits)
        return row

    def renumber(self, order: Sequence[int]) -> None:
        """Put the rows of texts into another order; row 0, of values that match nothing, stays the first."""
        assert order[0] == 0 and not self.range_rows
        place = {row: number for number, row in enumerate(order)}
        self.rows = [self.rows[row] for row in order]
        self._row_ids = {bits: number for number, bits in enumerate(self.rows)}
        self.literals = {text: place[row] for text, row in self.literals.items()}
        self.groups = [(group, [place[row] for row in rows]) for group, rows in self.groups]

    @property
    def is_sparse(self) -> bool:
        """Tell whether the rows take less space as lists."""
        dense = len(self.rows) * ((len(self.columns) + 63) // 64) * 8
        # Columns of the cells are rows of the actions, and rows of callers are united: those stay dense.
        if dense <= SPARSE_BYTES or self.field in (ACTION, CALLER):
            return False
        return dense > SPARSE_RATIO * sum(4 + 4 * bits.bit_count() for bits in self.rows)


@dataclass(frozen=True, slots=True)
class LoweredTests:
    """The tests of the distinct runs, one run behind the other, as an array for each part.

    ``column`` is that of the classifier, or with templates their place in `alternatives`; ``numbers`` are those of the
    tests in ``known``, which last.
    """

    classifier: NDArray[np.int64]
    column: NDArray[np.int64]
    is_negated: NDArray[np.int64]
    states: NDArray[np.int64]
    has_templates: NDArray[np.int64]
    numbers: NDArray[np.int64]
    known: TestNumbers

    def __len__(self) -> int:
        return len(self.column)


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
    tests : LoweredTests
        The distinct runs of tests, one behind the other.
    statements : ndarray of shape (statements, 2), dtype int64
        First test and number of tests of each statement.
    cell_columns : dict
        Column of the action's classifier for each of the sets of actions that change cells.
    action_numbers : ndarray of shape (statements,), dtype int64
        Equal for statements whose action tests ask the same, also from one lowering to the next.
    """

    classifiers: list[Classifier]
    keys: list[str]
    alternatives: list[tuple[Template, ...]]
    tests: LoweredTests
    statements: NDArray[np.int64]
    cell_columns: dict[ActionSet, int]
    action_numbers: NDArray[np.int64]


def lower_statements(
    statements: Sequence[CanonicalStatement],
    keys: Iterable[str] = (),
    *,
    known: KnownRows | None = None,
    interned: Interned | None = None,
    budget: Budget | None = None,
    has_rcps: bool = True,
) -> LoweredPolicies:
    """Lower canonical statements.

    Parameters
    ----------
    keys : iterable of str
        Keys that the table has a number for though no statement asks for them, in lower case.
    known : KnownRows, optional
        What is known from before, and is replaced by what was made or used now.
    interned : Interned, optional
        Holds the tests of the statements; otherwise equal ones are looked for here.
    budget : Budget, optional
        Steps for building automata; what they do not suffice for is simulated.
    has_rcps : bool
        Whether some account is under resource control policies.  Where none is, nothing asks for the services that they
        count for, a list of 30 KB.

    Notes
    -----
    Equal tests become one column, equal runs of tests one run: policies repeat themselves.
    """
    if interned is None:
        interned = Interned()
        statements = [dataclasses.replace(s, tests=interned.tests(s.tests)) for s in statements]
    numbers = interned.numbers
    # Numbers that last, then places in this table, in the order of first use.
    run_order, run_of = rank_first_uses(numbers.number_runs(list(map(_TESTS, statements))), numbers.run_count)
    used, counts = numbers.find_tests(run_order)
    firsts = counts.cumsum() - counts
    table = numbers.table
    places, items, negated, states, templated = (part[used] for part in table)
    classifiers, index_of = _collect_classifiers(numbers.places, places)
    index = index_of[places]
    is_templated = templated.astype(np.bool_)
    alternatives, alternative_of = rank_first_uses(items[is_templated], len(numbers.templates))
    fixed = [(0, interned.items(ACTION_SETS[number])) for number in CELL_SETS]
    fixed += [
        (2, interned.items(patterns if has_rcps or number is not ActionSet.UNDER_RCPS else ()))
        for number, patterns in ACTION_SETS.items()
    ]
    fixed += [(number, interned.items(())) for number in (1, 3)]  # a classifier has at least one column
    owners = np.concatenate([[owner for owner, _ in fixed], index[~is_templated]])
    lists = np.concatenate([[numbers.number_list(of_owner) for _, of_owner in fixed], items[~is_templated]])
    columns = number_columns(owners, lists, len(classifiers), len(numbers.lists))
    first = 0
    ordered = columns.lists.tolist()
    for classifier, end in zip(classifiers, columns.ends.tolist(), strict=True):
        classifier.columns = [numbers.lists[number] for number in ordered[first:end]]
        first = end
    column = np.empty(len(used), dtype=np.int64)
    column[is_templated], column[~is_templated] = alternative_of, columns.column[len(fixed) :]
    cell_columns: dict[ActionSet, int] = dict(zip(CELL_SETS, columns.column.tolist(), strict=False))
    templates = [numbers.templates[number] for number in alternatives.tolist()]
    known = KnownRows() if known is None else known
    known.begin()
    build = partial(recall_groups, budget=budget or Budget())
    of_sets = _groups_of_sets(limits())
    for classifier in classifiers:
        before, now = (of_sets, of_sets) if classifier.field == SETS else (known.groups_before, known.groups)
        _build_rows(classifier, partial(build, known=before, used=now), known)
    actions = firsts[run_of]  # the first test of a statement is the action's
    return LoweredPolicies(
        classifiers,
        list(dict.fromkeys([*_collect_keys(classifiers, templates), *keys])),
        templates,
        LoweredTests(index, column, negated, states, templated, used, numbers),
        np.stack([actions, counts[run_of]], axis=1),
        cell_columns,
        2 * items[actions] + negated[actions],
    )


def _collect_classifiers(
    places: Sequence[tuple[str, Kind, View]], used: NDArray[np.int64]
) -> tuple[list[Classifier], NDArray[np.int64]]:
    """Return the classifiers of a table, and for each place which of them is its."""
    fixed = [(ACTION, Kind.ASCII_FOLD, View.ONE), (RESOURCE, Kind.TEXT, View.ONE)]
    fixed += [(SETS, Kind.ASCII_FOLD, View.ONE), (CALLER, Kind.TEXT, View.ONE)]
    seen = {places[number] for number in np.flatnonzero(np.bincount(used, minlength=len(places))).tolist()}
    ordered = [*fixed, *sorted(seen.difference(fixed))]
    index = {place: number for number, place in enumerate(ordered)}
    return [Classifier(*place) for place in ordered], np.array(
        [index.get(place, -1) for place in places], dtype=np.int64
    )


def _collect_keys(classifiers: Sequence[Classifier], alternatives: Iterable[tuple[Template, ...]]) -> list[str]:
    """List the keys of the classifiers, in their order, then those that only variables name."""
    keys = dict.fromkeys(classifier.field for classifier in classifiers[KEY_CLASSIFIERS:])
    for templates in alternatives:
        for template in templates:
            keys.update((part.key, None) for part in template if isinstance(part, TemplateVariable))
    return list(keys)


class _BuiltRows(NamedTuple):
    """What a classifier has besides its columns."""

    columns: list[tuple[Item, ...]]
    globs: list[Symbols]
    rows: list[int]
    row_ids: dict[int, int]
    literals: dict[str, int]
    groups: list[tuple[Group, list[int]]]
    bounds: list[Number | tuple[int, int]]
    first_addresses: tuple[list[int], list[int]]
    range_rows: list[int]


_Edges = tuple[NDArray[np.int64], NDArray[np.object_]]
"""Where the IPv4 and the IPv6 addresses of a list begin and end, in turn; the end of all addresses is none."""
_KnownEdges = dict[int, tuple[tuple[Item, ...], _Edges]]
"""By the id of a list, which is kept."""


@cache
def _groups_of_sets(limits: tuple[int, ...]) -> KnownGroups:
    """Return what is known of the sets of actions, the same in all tables, and half of the work of a small one."""
    return {}


class KnownRows:
    """What is known of classifiers from one lowering to the next: automata, and rows where no column has changed."""

    def __init__(self) -> None:
        self.groups: KnownGroups = {}
        self.groups_before: KnownGroups = {}
        self._edges: dict[tuple[str, Kind, View], _KnownEdges] = {}
        self._edges_before: dict[tuple[str, Kind, View], _KnownEdges] = {}
        self._rows: dict[tuple[str, Kind, View], _BuiltRows] = {}
        self._rows_before: dict[tuple[str, Kind, View], _BuiltRows] = {}

    def begin(self) -> None:
        """Let what is known now be what was known before."""
        self.groups, self.groups_before = {}, self.groups
        self._rows, self._rows_before = {}, self._rows
        self._edges, self._edges_before = {}, self._edges

    def edges(self, c: Classifier, items: tuple[Item, ...]) -> _Edges:
        """Return where the addresses of an interned list of a classifier begin and end."""
        place = c.field, c.kind, c.view
        known = self._edges_before.get(place, {}).get(id(items))
        if known is None:
            ipv4, ipv6 = (_find_edges(items, family) for family in (4, 6))
            known = items, (np.array(ipv4, dtype=np.int64), np.array(ipv6, dtype=object))
        self._edges.setdefault(place, {})[id(items)] = known
        return known[1]

    def recall(self, c: Classifier) -> _BuiltRows | None:
        """Return what was built of the same columns."""
        place = c.field, c.kind, c.view
        built = self._rows_before.get(place)
        if built is None or built.columns != c.columns:
            return None
        if place in self._edges_before:
            self._edges[place] = self._edges_before[place]
        return built

    def keep(self, c: Classifier, globs: list[Symbols]) -> None:
        """Keep what has been built, apart from the classifier, which may be changed."""
        self._rows[c.field, c.kind, c.view] = _BuiltRows(
            list(c.columns), globs, list(c.rows), dict(c._row_ids), c.literals, list(c.groups), c.bounds,
            c.first_addresses, c.range_rows,
        )  # fmt: skip


def _build_rows(classifier: Classifier, build: Callable[..., list[Group]], known: KnownRows) -> None:
    built = known.recall(classifier)
    globs: list[Symbols] = []
    if built is not None:
        globs = built.globs
        # The automata are asked for all the same: what they cost is taken from the budget of those that follow.
        groups = build(globs, folds_ascii=classifier.kind is Kind.ASCII_FOLD)
        if [id(group) for group in groups] != [id(group) for group, _ in built.groups]:
            _build_text_rows(classifier, _columns_of(classifier), groups)
        else:
            classifier.rows, classifier._row_ids = list(built.rows), dict(built.row_ids)
            classifier.literals, classifier.groups = built.literals, list(built.groups)
            classifier.bounds, classifier.first_addresses = built.bounds, built.first_addresses
            classifier.range_rows = built.range_rows
    elif classifier.kind in (Kind.NUMBER, Kind.INSTANT):
        _build_bound_rows(classifier)
    elif classifier.kind is Kind.ADDRESS:
        _build_address_rows(classifier, known)
    else:
        columns_of = _columns_of(classifier)
        globs = [symbols for symbols in columns_of if not _is_literal(symbols)]
        _build_text_rows(classifier, columns_of, build(globs, folds_ascii=classifier.kind is Kind.ASCII_FOLD))
    known.keep(classifier, globs)


def _is_literal(symbols: Symbols) -> bool:
    return all(isinstance(symbol, str) for symbol in symbols)


def _columns_of(classifier: Classifier) -> dict[Symbols, list[int]]:
    """List the columns that ask for each pattern."""
    columns_of: dict[Symbols, list[int]] = {}
    for column, items in enumerate(classifier.columns):
        for item in items:
            assert not isinstance(item, Bound | Network)
            columns_of.setdefault(item, []).append(column)
    return columns_of


def _to_bits(columns: Iterable[int]) -> int:
    """Set the bits of columns."""
    bits = bytearray()
    for column in columns:
        place = column >> 3
        if place >= len(bits):
            bits.extend(bytes(place + 1 - len(bits)))
        bits[place] |= 1 << (column & 7)
    return int.from_bytes(bits, "little")


def _build_text_rows(classifier: Classifier, columns_of: dict[Symbols, list[int]], groups: list[Group]) -> None:
    literals: dict[str, int] = {}
    bits_of_glob: list[int] = []
    for symbols, columns in columns_of.items():
        bits = _to_bits(columns)
        if _is_literal(symbols):
            literals["".join(symbol for symbol in symbols if isinstance(symbol, str))] = bits
        else:
            bits_of_glob.append(bits)

    @cache
    def unite(matches: frozenset[int]) -> int:
        bits = 0
        for match in matches:
            bits |= bits_of_glob[match]
        return bits

    for group in groups:
        if isinstance(group, Automaton):
            rows = [classifier.row(unite(matches)) for matches in group.accepts]
        elif isinstance(group, Simulation):
            rows = [classifier.row(bits_of_glob[pattern]) for _, pattern in group.accepts]
        else:
            rows = [classifier.row(bits_of_glob[pattern]) for pattern in group.patterns]
        classifier.groups.append((group, rows))
    for text, bits in literals.items():
        data = text.encode("utf-8", "surrogatepass")
        for group in groups:
            bits |= unite(group.run(data))
        classifier.literals[text] = classifier.row(bits)


def find_rows(classifier: Classifier, column: int) -> list[int]:
    """Return the rows that have a column."""
    return [row for row, bits in enumerate(classifier.rows) if bits >> column & 1]


def put_special_rows_first(lowered: LoweredPolicies) -> int:
    """Number the rows of actions anew, those that change cells first, and return how many these are."""
    actions = lowered.classifiers[0]
    special = dict.fromkeys(
        [0, *(row for column in lowered.cell_columns.values() for row in find_rows(actions, column))]
    )
    order = [*special, *(row for row in range(len(actions.rows)) if row not in special)]
    actions.renumber(order)
    return len(special)


_HOLDS_BELOW = {"<", "<="}
_HOLDS_AT = {"<=", "=", ">="}
_HOLDS_ABOVE = {">", ">="}


def _build_bound_rows(classifier: Classifier) -> None:
    """Ranges: below the first bound, the first bound, between the first and the second, and so on."""
    bounds = sorted({item.value for items in classifier.columns for item in items if isinstance(item, Bound)})
    place = {value: number for number, value in enumerate(bounds)}
    count = 2 * len(bounds) + 1
    up_to, here, from_on = [0] * count, [0] * count, [0] * count
    for column, items in enumerate(classifier.columns):
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


def _build_address_rows(classifier: Classifier, known: KnownRows) -> None:
    """Cut the addresses of each family where a range begins or ends.

    Ranges of one column do not touch, so that each edge turns its bit.
    """
    edges = [known.edges(classifier, items) for items in classifier.columns]
    first_addresses: list[list[int]] = []
    for of_family in zip(*edges, strict=True):
        columns = np.repeat(np.arange(len(of_family)), [len(own) for own in of_family])
        zero = np.zeros(1, dtype=of_family[0].dtype)
        firsts, places = np.unique(np.concatenate([zero, *of_family]), return_inverse=True)
        first_addresses.append(firsts.tolist())
        turned = _turn_bits(places[1:], columns, len(firsts), len(of_family))
        classifier.range_rows += [classifier.row(bits) for bits in accumulate(turned, xor)]
    classifier.first_addresses = first_addresses[0], first_addresses[1]


def _turn_bits(
    places: NDArray[np.intp], columns: NDArray[np.intp], place_count: int, column_count: int
) -> Iterator[int]:
    """Yield for each place the bits of the columns that stand with it, a block of places at a time."""
    order = np.argsort(places, kind="stable")
    sorted_places, sorted_columns = places[order], columns[order]
    step = BLOCK_BITS // (column_count + 1) + 1
    for first in range(0, place_count, step):
        count = min(step, place_count - first)
        begin, end = np.searchsorted(sorted_places, (first, first + count))
        block = np.zeros((count, column_count), dtype=np.bool_)
        block[sorted_places[begin:end] - first, sorted_columns[begin:end]] = True
        for row in np.packbits(block, axis=1, bitorder="little"):
            yield int.from_bytes(row.tobytes(), "little")


def _find_edges(items: Iterable[Item], family: int) -> list[int]:
    """List where the ranges of a family begin and end, in turn, but for the end of all addresses."""
    end = 1 << (32 if family == 4 else 128)
    return [edge for bounds in _unite_networks(items, family) for edge in bounds if edge < end]


def _unite_networks(items: Iterable[Item], family: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a family, united where they meet: first address, and the one behind the last."""
    of_family = (item for item in items if isinstance(item, Network) and item.family == family)
    networks = sorted((item.first, item.last + 1) for item in of_family)
    at = 0
    while at < len(networks):
        first, behind = networks[at]
        while at < len(networks) and networks[at][0] <= behind:
            behind = max(behind, networks[at][1])
            at += 1
        yield first, behind


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

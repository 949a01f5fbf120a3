"""Number runs of tests and lists of items for good, and what is used of them in the order of its first use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..runtime.layout import Kind, View
    from .normalize import Item, Template, Test

Place = tuple[str, "Kind", "View"]
"""Field of a test and how its values are read: what one classifier is for."""


class TestTable(NamedTuple):
    """What is known of tests, an array for each part; numbers are those of `TestNumbers`.

    ``items`` is the number of the test's list, or of its patterns with variables, where it has these.
    """

    place: NDArray[np.int64]
    items: NDArray[np.int64]
    is_negated: NDArray[np.int64]
    states: NDArray[np.int64]
    has_templates: NDArray[np.int64]


class TestNumbers:
    """Numbers of interned runs of tests, of their tests, and of what these ask: equal things have one number.

    A run is asked about by its id, so that it must be kept while its number is wanted; it is kept here.
    """

    def __init__(self) -> None:
        self.lists: list[tuple[Item, ...]] = []
        self.templates: list[tuple[Template, ...]] = []
        self.places: list[Place] = []
        self.texts: list[tuple[str, str, tuple[str, ...]]] = []
        self._notes: list[str] = []
        self._runs: list[tuple[Test, ...]] = []
        self._run_numbers: dict[int, int] = {}
        self._list_numbers: dict[int, int] = {}
        self._template_numbers: dict[tuple[Template, ...], int] = {}
        self._place_numbers: dict[Place, int] = {}
        self._first_tests = np.zeros(1, dtype=np.int64)
        self._table = np.zeros((len(TestTable._fields), 0), dtype=np.int64)

    @property
    def run_count(self) -> int:
        """How many runs have numbers."""
        return len(self._runs)

    @property
    def table(self) -> TestTable:
        """What is known of all tests, in the order of their numbers."""
        return TestTable(*self._table)

    @property
    def notes(self) -> list[str]:
        """What the notes of a table say of each test, as JSON."""
        for text in self.texts[len(self._notes) :]:
            self._notes.append(json.dumps(text, ensure_ascii=False, separators=(",", ":")))
        return self._notes

    def number_runs(self, runs: Sequence[tuple[Test, ...]]) -> NDArray[np.int64]:
        """Return the numbers of interned runs."""
        try:
            return np.fromiter(map(self._run_numbers.__getitem__, map(id, runs)), np.int64, len(runs))
        except KeyError:
            self._add_runs(runs)
        return self.number_runs(runs)

    def number_list(self, items: tuple[Item, ...]) -> int:
        """Return the number of an interned list of items."""
        number = self._list_numbers.get(id(items))
        if number is None:
            number = self._list_numbers[id(items)] = len(self.lists)
            self.lists.append(items)
        return number

    def find_tests(self, runs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the numbers of the tests of runs, one run behind the other, and how many each has."""
        firsts, counts = self._first_tests[runs], self._first_tests[runs + 1] - self._first_tests[runs]
        ends = counts.cumsum()
        return np.arange(ends[-1] if len(ends) else 0) + np.repeat(firsts - (ends - counts), counts), counts

    def _add_runs(self, runs: Sequence[tuple[Test, ...]]) -> None:
        places, templates = self._place_numbers, self._template_numbers
        rows: list[tuple[int, int, bool, int, bool]] = []
        counts: list[int] = []
        for run in runs:
            if id(run) in self._run_numbers:
                continue
            self._run_numbers[id(run)] = len(self._runs)
            self._runs.append(run)
            counts.append(len(run))
            for test in run:
                of_test = (test.field, test.kind, test.view)
                place = places.get(of_test)
                if place is None:
                    place = places[of_test] = len(places)
                    self.places.append(of_test)
                if test.templates:
                    items = templates.setdefault(test.templates, len(templates))
                    if items == len(self.templates):
                        self.templates.append(test.templates)
                else:
                    items = self.number_list(test.items)
                rows.append((place, items, test.is_negated, test.states, bool(test.templates)))
                self.texts.append(test.text)
        added = np.array(rows, dtype=np.int64).reshape(-1, len(TestTable._fields)).T
        self._table = np.concatenate([self._table, added], axis=1)
        self._first_tests = np.concatenate([self._first_tests, self._first_tests[-1] + np.cumsum(counts)])


def rank_first_uses(values: NDArray[np.int64], limit: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct values, below a limit, by their first use, and for each value its place there."""
    count = len(values)
    first = np.full(limit, count, dtype=np.int64)
    first[values[::-1]] = np.arange(count - 1, -1, -1)  # of equal ones the last assignment holds
    used = np.flatnonzero(first < count)
    order = used[np.argsort(first[used])]
    rank = np.empty(limit, dtype=np.int64)
    rank[order] = np.arange(len(order))
    return order, rank[values]


class Columns(NamedTuple):
    """Lists by their first use, ``lists[ends[i - 1]:ends[i]]`` those of owner i, and the column of each entry."""

    lists: NDArray[np.int64]
    ends: NDArray[np.int64]
    column: NDArray[np.int64]


def number_columns(owners: NDArray[np.int64], lists: NDArray[np.int64], owner_count: int, list_count: int) -> Columns:
    """Number for each owner the lists that entries name, in the order of their first use."""
    # np.unique would load masked arrays, which takes longer than to compile a small store.
    keys = owners * list_count + lists
    by_key = np.argsort(keys, kind="stable")
    is_first = np.ones(len(keys), dtype=np.bool_)
    is_first[1:] = keys[by_key][1:] != keys[by_key][:-1]
    which = np.empty(len(keys), dtype=np.int64)
    which[by_key] = is_first.cumsum() - 1
    first = by_key[is_first]
    distinct = keys[first]
    of_owner = distinct // max(list_count, 1)
    order = np.lexsort((first, of_owner))
    ends = np.bincount(of_owner, minlength=owner_count).cumsum()
    column = np.empty(len(distinct), dtype=np.int64)
    column[order] = np.arange(len(distinct)) - np.concatenate([[0], ends[:-1]])[of_owner[order]]
    return Columns(distinct[order] % max(list_count, 1), ends, column[which])

"""Numbers of runs, tests and lists last, and what a table uses of them is in the order of its first use."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import numpy as np
import pytest

from gatewright.compiler.normalize import Interned, Item, Template, TemplateVariable
from gatewright.compiler.normalize import Test as Asked
from gatewright.compiler.numbering import TestNumbers as Numbers
from gatewright.compiler.numbering import number_columns, rank_first_uses
from gatewright.runtime.layout import Kind, View

Run = tuple[Asked, ...]


def asked(
    field: str, *items: Item, is_negated: bool = False, states: int = 0, templates: tuple[Template, ...] = ()
) -> Asked:
    """Return a test of a field, whose text names it."""
    return Asked(field, Kind.TEXT, View.ONE, items, is_negated, states, (field, "StringLike", ("é",)), templates)


USER = (TemplateVariable("aws:username", None, False),)
TAG = ("a", TemplateVariable("aws:principaltag/a", None, False))
SHORT: Run = (asked("action", ("a",)),)
LONG: Run = (
    asked("action", ("b",), is_negated=True),
    asked("key", ("a",), states=5),
    asked("key", templates=(USER,)),
    asked("resource", templates=(USER, TAG), states=7),
)
LAST: Run = (asked("resource", ("a",), ("b",)), asked("key", templates=(USER,), states=3))


def number(numbers: Numbers, *runs: Run) -> list[int]:
    """Return the numbers of runs."""
    found: list[int] = numbers.number_runs(runs).tolist()
    return found


def read(numbers: Numbers, runs: Sequence[int]) -> list[Asked]:
    """Return the tests of runs from what is known of them."""
    found, counts = numbers.find_tests(np.array(runs, dtype=np.int64))
    assert len(found) == counts.sum()
    table = numbers.table
    tests = []
    for test in found.tolist():
        items, has_templates = int(table.items[test]), bool(table.has_templates[test])
        field, kind, view = numbers.places[table.place[test]]
        tests.append(
            Asked(
                field,
                kind,
                view,
                () if has_templates else numbers.lists[items],
                bool(table.is_negated[test]),
                int(table.states[test]),
                numbers.texts[test],
                numbers.templates[items] if has_templates else (),
            )
        )
    return tests


def test_numbers_last() -> None:
    """A run keeps its number whatever is asked for later, and a new one gets the next, also beside known ones."""
    interned = Interned()
    short, long, last = map(interned.tests, (SHORT, LONG, LAST))
    numbers = interned.numbers
    assert number(numbers) == [] and numbers.run_count == 0
    assert number(numbers, long, short, long) == [0, 1, 0]
    assert numbers.run_count == 2
    assert number(numbers, short, last, long, last) == [1, 2, 0, 2]
    assert number(numbers, last, short) == [2, 1]
    assert numbers.run_count == 3


def test_what_is_known_of_tests_is_all_of_them() -> None:
    """Tests are found again from their numbers, run by run, in whatever order runs are asked for and were added."""
    interned = Interned()
    runs = [interned.tests(run) for run in (SHORT, LONG, LAST)]
    numbers = interned.numbers
    number(numbers, runs[0], runs[1])
    number(numbers, runs[2])
    for order in ([0, 1, 2], [2, 0], [1, 1, 0], [2], []):
        assert read(numbers, order) == [test for place in order for test in runs[place]]
        assert numbers.find_tests(np.array(order, dtype=np.int64))[1].tolist() == [len(runs[place]) for place in order]


def test_equal_things_have_one_number() -> None:
    """Lists of items, of patterns with variables, and fields with their kinds are known once each."""
    interned = Interned()
    numbers = interned.numbers
    number(numbers, *map(interned.tests, (SHORT, LONG, LAST)))
    assert numbers.lists == [(("a",),), (("b",),), (("a",), ("b",))]
    assert numbers.templates == [(USER,), (USER, TAG)]
    assert [field for field, _, _ in numbers.places] == ["action", "key", "resource"]
    assert numbers.table.has_templates.tolist() == [0, 0, 0, 1, 1, 0, 1]
    listed = [numbers.number_list(interned.items(items)) for items in ((("b",),), (("a",),), (("c",),), (("c",),))]
    assert listed == [1, 0, 3, 3]
    assert numbers.lists[3] == (("c",),)


def test_notes_are_of_all_tests() -> None:
    """Each test's words are a note as short JSON, which later ones stand behind."""
    interned = Interned()
    numbers = interned.numbers
    number(numbers, interned.tests(SHORT))
    assert numbers.notes == ['["action","StringLike",["é"]]']
    number(numbers, interned.tests(LONG))
    assert [json.loads(note) for note in numbers.notes] == [
        [field, "StringLike", ["é"]] for field in ("action", "action", "key", "key", "resource")
    ]


@pytest.mark.parametrize("seed", range(20))
def test_first_uses_have_the_order_of_a_dictionary(seed: int) -> None:
    """Distinct values come as a dictionary would keep them, and each entry knows its place among them."""
    rng = random.Random(seed)
    limit = rng.choice((1, 3, 12))
    values = [rng.randrange(limit) for _ in range(rng.choice((0, 1, 2, 9, 30)))]
    order, places = rank_first_uses(np.array(values, dtype=np.int64), limit)
    assert order.tolist() == list(dict.fromkeys(values))
    assert [order[place] for place in places] == values


@pytest.mark.parametrize("seed", range(40))
def test_columns_have_the_order_of_a_dictionary(seed: int) -> None:
    """Each owner's distinct lists come as a dictionary would keep them, owners without any among them."""
    rng = random.Random(seed)
    owner_count, list_count = rng.choice((1, 2, 5)), rng.choice((1, 3, 12))
    count = rng.choice((0, 1, 2, 9, 60))
    owners = [rng.randrange(owner_count) for _ in range(count)]
    lists = [rng.randrange(list_count) for _ in range(count)]
    found = number_columns(np.array(owners, dtype=np.int64), np.array(lists, dtype=np.int64), owner_count, list_count)
    expected: list[dict[int, int]] = [{} for _ in range(owner_count)]
    columns = [expected[owner].setdefault(of, len(expected[owner])) for owner, of in zip(owners, lists, strict=True)]
    assert found.column.tolist() == columns
    ends = found.ends.tolist()
    assert [found.lists[first:end].tolist() for first, end in zip([0, *ends], ends, strict=False)] == [
        list(of_owner) for of_owner in expected
    ]


def test_nothing_has_no_columns() -> None:
    """Owners may have no lists, also where no list is known."""
    nothing = np.zeros(0, dtype=np.int64)
    found = number_columns(nothing, nothing, 2, 0)
    assert (found.lists.tolist(), found.ends.tolist(), found.column.tolist()) == ([], [0, 0], [])

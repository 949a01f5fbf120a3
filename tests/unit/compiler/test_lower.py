"""Statements become columns and rows: each distinct thing once, and each row exactly the columns that hold."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from globs import SIMULATED
from lowering import lower, normalize, statement
from numpy.typing import NDArray

from gatewright.compiler import automaton
from gatewright.compiler import lower as module
from gatewright.compiler.lower import (
    Classifier,
    KnownRows,
    LoweredPolicies,
    collect_folds,
    find_rows,
    lower_statements,
    put_special_rows_first,
)
from gatewright.compiler.normalize import Interned
from gatewright.compiler.policyset import Account, PolicySet
from gatewright.compiler.syntax import Wildcard
from gatewright.compiler.values import parse_address, parse_number
from gatewright.runtime.layout import ActionSet, Kind, View


def classifier(lowered: LoweredPolicies, field: str) -> Classifier:
    """Return the one classifier of a field."""
    (found,) = [c for c in lowered.classifiers if c.field == field]
    return found


def columns(found: Classifier, row: int) -> set[int]:
    """Return the columns that hold in a row."""
    return {column for column in range(len(found.columns)) if found.rows[row] >> column & 1}


def test_equal_statements_share_their_tests() -> None:
    """Statements that ask the same, in whatever order of values and case of keys, have one run of tests."""
    one = statement(StringEquals={"aws:username": ["a", "b"]})
    other = statement(StringEquals={"AWS:UserName": ["b", "a", "b"]})
    lowered = lower(one, one, other, statement())
    runs = [first for first, _ in lowered.statements]
    assert runs[0] == runs[1] and lowered.statements[3][1] == 1
    # The words differ, so that each is explained in its own; the column is the same.
    assert [lowered.tests.column[first + 1] for first in runs[:3]] == [0, 0, 0]
    assert len(classifier(lowered, "aws:username").columns) == 1


def test_equal_lists_are_one_column_of_a_field() -> None:
    """A list and its negation ask one column; another list another."""
    lowered = lower(
        statement(StringEquals={"aws:username": ["a", "b"]}),
        statement(StringNotLike={"aws:username": ["b", "a"]}),
        statement(StringLike={"aws:username": ["b", "a*"]}),
    )
    tests, asked = lowered.tests, lowered.statements[:, 0] + 1
    assert tests.column[asked].tolist() == [0, 0, 1] and tests.is_negated[asked].tolist() == [0, 1, 0]


def test_keys_are_folded_letter_by_letter() -> None:
    """Letters of ASCII lose their case, also beside others, which keep theirs (R74)."""
    lowered = lower(
        statement(StringEquals={"aws:RequestTag/@AMZ[amz`{": "x"}),
        statement(StringEquals={"aws:RequestTag/@AMZ[amz`{É": "x"}),
        statement(StringEquals={"AWS:REQUESTTAG/@amz[AMZ`{É": "x"}),
    )
    assert lowered.keys == ["aws:requesttag/@amz[amz`{", "aws:requesttag/@amz[amz`{É"]


def test_a_field_has_a_classifier_for_each_reading() -> None:
    """One key read as text, as number and as set has three classifiers, side by side, behind those of every table."""
    lowered = lower(
        statement(StringEquals={"s3:max-keys": "1"}, NumericEquals={"s3:max-keys": "1"}),
        statement(**{"ForAnyValue:StringEquals": {"s3:max-keys": "1"}}),
        statement(StringEquals={"aws:username": "a"}),
    )
    assert [(c.field, c.kind, c.view) for c in lowered.classifiers] == [
        ("action", Kind.ASCII_FOLD, View.ONE),
        ("resource", Kind.TEXT, View.ONE),
        ("sets of actions", Kind.ASCII_FOLD, View.ONE),
        ("caller", Kind.TEXT, View.ONE),
        ("aws:username", Kind.TEXT, View.ONE),
        ("s3:max-keys", Kind.TEXT, View.ONE),
        ("s3:max-keys", Kind.TEXT, View.SOME),
        ("s3:max-keys", Kind.NUMBER, View.ONE),
    ]


def test_the_row_of_a_literal_has_the_patterns_that_match_it() -> None:
    """A text that some list names needs one look-up: its row holds the columns of matching patterns too."""
    lists = [["ab"], ["a*"], ["ab", "?c"], ["*c"], ["xc"]]
    lowered = lower(*[statement(StringLike={"aws:username": values}) for values in lists])
    found = classifier(lowered, "aws:username")
    assert {text: columns(found, row) for text, row in found.literals.items()} == {"ab": {0, 1, 2}, "xc": {2, 3, 4}}


def test_rows_are_distinct_and_the_first_is_empty() -> None:
    """Row 0 is of values that match nothing, and no two rows are equal."""
    lowered = lower(*[statement(action=[f"s3:Get{n}", f"s3:*{n % 3}", f"ec2:X{n % 2}"]) for n in range(12)])
    actions = lowered.classifiers[0]
    assert actions.rows[0] == 0 and len(set(actions.rows)) == len(actions.rows)


def test_actions_without_permission_have_columns() -> None:
    """The columns of R149 hold for the actions that need no permission, and for those closed to role sessions."""
    lowered = lower(statement(action="*"))
    actions = lowered.classifiers[0]
    rows = {text: columns(actions, row) for text, row in actions.literals.items()}
    free, closed = (lowered.cell_columns[number] for number in (ActionSet.FREE, ActionSet.NOT_FOR_ROLES))
    assert rows["sts:getcalleridentity"] & {free, closed} == {free}
    assert rows["sts:getsessiontoken"] & {free, closed} == {free, closed}
    assert not any(columns(actions, row) & {free, closed} for _, rows in actions.groups for row in rows)


def test_sets_of_actions_have_columns_in_their_order() -> None:
    """Column s of their classifier holds for the actions of set s, by name or by pattern."""
    sets = lower(statement()).classifiers[2]
    assert len(sets.columns) == len(ActionSet)
    held = {text: {ActionSet(column) for column in columns(sets, row)} for text, row in sets.literals.items()}
    assert held["sts:assumerole"] == {
        ActionSet.NOT_FEDERATED,
        ActionSet.ASSUME_ROLE,
        ActionSet.TRUST,
        ActionSet.UNDER_RCPS,
    }
    assert held["kms:createkey"] == {ActionSet.KEYLESS, ActionSet.KEYS, ActionSet.UNDER_RCPS}
    ((_, rows),) = sets.groups
    for others in ({ActionSet.UNSIGNED, ActionSet.UNDER_RCPS}, {ActionSet.KEYS, ActionSet.UNDER_RCPS}):
        assert others in [set(columns(sets, row)) for row in rows]


def test_services_under_rcps_are_listed_where_some_account_is() -> None:
    """Elsewhere that set is empty, and all others keep their columns and what they hold."""
    canonical, _ = normalize([statement()])
    with_list, without = (lower_statements(canonical, has_rcps=has).classifiers[2] for has in (True, False))
    assert len(without.columns) == len(with_list.columns) == len(ActionSet)
    assert without.columns[ActionSet.UNDER_RCPS] == () != with_list.columns[ActionSet.UNDER_RCPS]
    for number in set(ActionSet) - {ActionSet.UNDER_RCPS}:
        assert without.columns[number] == with_list.columns[number]
    for text, row in without.literals.items():
        assert {*columns(with_list, with_list.literals[text])} - {ActionSet.UNDER_RCPS} == {*columns(without, row)}


def test_sets_of_actions_are_built_once_for_all_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their automata are the same in every table; those of what statements ask for are built for each."""
    canonical, _ = normalize([statement(action="s3:Only*Here")])
    lower_statements(canonical)
    built: list[set[Any]] = []
    build_groups = automaton.build_groups

    def note(patterns: Sequence[Any], **options: Any) -> list[automaton.Group]:
        if patterns:
            built.append(set(patterns))
        return build_groups(patterns, **options)

    monkeypatch.setattr(automaton, "build_groups", note)
    for _ in range(2):
        lower_statements(canonical)
    of_actions = {("s3:only", Wildcard.ANY, "here"), ("sts:", Wildcard.ANY)}  # and what changes cells (R141)
    assert built == [of_actions, of_actions]


@pytest.mark.parametrize(("rcps", "expected"), [((None, None), False), ((None, ()), True), (((1,), None), True)])
def test_a_policy_set_tells_whether_rcps_count(rcps: tuple[tuple[int, ...] | None, ...], expected: bool) -> None:
    """An account whose list of them is empty is under them all the same."""
    accounts = tuple(Account(f"11112222333{n}", rcps=given) for n, given in enumerate(rcps))
    assert PolicySet((), (), accounts=accounts).has_rcps is expected


def test_action_tests_that_ask_the_same_have_one_number() -> None:
    """Statements have equal numbers where their lists of actions are equal, and both are negated or neither is."""
    parts = [(name, action) for action in ("s3:Get", "s3:Put") for name in ("Action", "NotAction")]
    lowered = lower(*[{"Effect": "Allow", name: action, "Resource": "*"} for name, action in [*parts, *parts]])
    numbers = lowered.action_numbers.tolist()
    assert numbers[:4] == numbers[4:] and len(set(numbers)) == 4


def refuse(*_: object) -> None:
    """Stand in for what is not to be done."""
    raise AssertionError("it was known")


def test_rows_of_columns_that_have_not_changed_are_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a field hold as long as its columns are the same, whatever kind of values these ask for."""
    canonical, _ = normalize(
        [
            statement(action=["s3:Get*", "s3:Put"], IpAddress={"aws:SourceIp": "10.0.0.0/8"}),
            statement(StringLike={"aws:username": ["a*", "ab"]}, NumericLessThan={"s3:max-keys": "7"}),
        ]
    )
    known = KnownRows()
    before = lower_statements(canonical, known=known).classifiers
    for name in ("_build_text_rows", "_build_bound_rows", "_build_address_rows"):
        monkeypatch.setattr(module, name, refuse)
    assert lower_statements(canonical, known=known).classifiers == before
    with pytest.raises(AssertionError, match="known"):
        lower_statements(canonical, known=KnownRows())


def test_addresses_of_a_list_are_united_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ranges begin and end is found for a list that is new, not for those of the last version."""
    interned, known = Interned(), KnownRows()
    united: list[tuple[int, int]] = []
    unite_networks = module._unite_networks

    def note(items: Sequence[Any], family: int) -> Iterable[tuple[int, int]]:
        united.append((len(items), family))
        return unite_networks(items, family)

    monkeypatch.setattr(module, "_unite_networks", note)
    lists = [["10.0.0.0/8"], ["10.0.0.0/9", "::/1"], ["10.0.0.0/7", "11.1.0.0/16", "12.0.0.0/8"]]
    for count, new in ((1, [1]), (2, [2]), (2, []), (3, [3]), (2, []), (3, [3])):
        canonical, _ = normalize([statement(IpAddress={"aws:SourceIp": values}) for values in lists[:count]])
        canonical = [dataclasses.replace(s, tests=interned.tests(s.tests)) for s in canonical]
        united.clear()
        found = classifier(lower_statements(canonical, known=known, interned=interned), "aws:sourceip")
        assert united == [(length, family) for family in (4, 6) for length in new]
        alone = classifier(lower_statements(canonical), "aws:sourceip")
        assert (found.rows, found.range_rows, found.first_addresses) == (
            alone.rows, alone.range_rows, alone.first_addresses,
        )  # fmt: skip


RELATIONS = {
    "NumericEquals": lambda value, bound: value == bound,
    "NumericNotEquals": lambda value, bound: value == bound,  # the test is negated, not the column
    "NumericLessThan": lambda value, bound: value < bound,
    "NumericLessThanEquals": lambda value, bound: value <= bound,
    "NumericGreaterThan": lambda value, bound: value > bound,
    "NumericGreaterThanEquals": lambda value, bound: value >= bound,
}


def test_ranges_between_bounds() -> None:
    """Each range of numbers holds the columns whose relation to some bound it is in."""
    bounds = [-2, 0, 3, 7]
    cases = list(product(RELATIONS, bounds))
    lowered = lower(*[statement(**{name: {"s3:max-keys": [str(bound)]}}) for name, bound in cases])
    found = classifier(lowered, "s3:max-keys")
    assert found.bounds == [parse_number(str(bound)) for bound in bounds]
    inside = [-3, -2, -1, 0, 1, 3, 5, 7, 8]  # a number of each range
    assert len(found.range_rows) == len(inside) == 2 * len(bounds) + 1
    asked = [lowered.tests.column[first + 1] for first, _ in lowered.statements]
    for value, row in zip(inside, found.range_rows, strict=True):
        for (name, bound), column in zip(cases, asked, strict=True):
            assert (column in columns(found, row)) is RELATIONS[name](value, bound), (value, name, bound)


@pytest.mark.parametrize("block_bits", [1, 20, 1 << 23])
def test_ranges_of_addresses(block_bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses are cut where a range begins or ends, from zero in each family; each range holds what covers it (R88).

    However many bits of rows are made at a time, the rows are the same.
    """
    monkeypatch.setattr(module, "BLOCK_BITS", block_bits)
    networks = ["0.0.0.0/0", "10.0.0.0/8", "10.128.0.0/9", "255.255.255.255/32", "::/0", "2001:db8::/32", "ffff::/16"]
    lowered = lower(*[statement(IpAddress={"aws:SourceIp": [network]}) for network in networks])
    found = classifier(lowered, "aws:sourceip")
    ipv4, ipv6 = found.first_addresses
    assert ipv4 == sorted(set(ipv4)) and ipv4[0] == 0 and ipv6 == sorted(set(ipv6)) and ipv6[0] == 0
    assert [str(ipaddress.IPv4Address(first)) for first in ipv4] == [
        "0.0.0.0",
        "10.0.0.0",
        "10.128.0.0",
        "11.0.0.0",
        "255.255.255.255",
    ]
    assert [str(ipaddress.IPv6Address(first)) for first in ipv6] == ["::", "2001:db8::", "2001:db9::", "ffff::"]
    assert len(found.range_rows) == len(ipv4) + len(ipv6)
    places = [*((4, first) for first in ipv4), *((6, first) for first in ipv6)]
    for (family, first), row in zip(places, found.range_rows, strict=True):
        address = ipaddress.IPv4Address(first) if family == 4 else ipaddress.IPv6Address(first)
        covering = {n for n, network in enumerate(networks) if address in ipaddress.ip_network(network)}
        assert columns(found, row) == covering, address
    assert parse_address("10.128.0.0") == (4, ipv4[2])


def test_few_bits_of_rows_are_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ranges many columns have, no more bits than the limit take a byte each, or than a row has."""
    made: list[int] = []
    pack_bits = np.packbits

    def note(block: NDArray[np.bool_], **options: Any) -> NDArray[np.uint8]:
        made.append(block.size)
        return pack_bits(block, **options)

    monkeypatch.setattr(np, "packbits", note)
    monkeypatch.setattr(module, "BLOCK_BITS", 300)
    networks = [f"10.0.{n}.0/24" for n in range(0, 100, 2)]
    lower(*[statement(IpAddress={"aws:SourceIp": [network]}) for network in networks])
    assert made == [*[6 * 50] * 16, 5 * 50, 50]  # of 101 places in IPv4, and of one in IPv6


def test_rows_of_simulated_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of patterns that are simulated, each has a row of its own, and literals hold the columns of all that match."""
    for name, value in SIMULATED.items():
        monkeypatch.setattr(automaton, name, value)
    lists = [["a*b*c"], ["?x*", "a*"], ["axbc", "zx"]]
    lowered = lower(*[statement(StringLike={"aws:username": values}) for values in lists])
    found = classifier(lowered, "aws:username")
    ((group, rows),) = found.groups
    assert isinstance(group, automaton.Simulation)
    assert sorted(columns(found, row) == {1} for row in rows) == [False, True, True]
    assert {frozenset(columns(found, row)) for row in rows} == {frozenset({0}), frozenset({1})}
    assert {text: columns(found, row) for text, row in found.literals.items()} == {"axbc": {0, 1, 2}, "zx": {1, 2}}


def test_without_a_budget_patterns_are_simulated() -> None:
    """A table that must be small is lowered without steps for automata."""
    statements, _ = normalize([statement(action=["s3:Get*", "s3:*Acl"])])
    for budget, kind in ((None, automaton.Automaton), (automaton.Budget(0, 0), automaton.Simulation)):
        ((group, _),) = lower_statements(statements, budget=budget).classifiers[0].groups
        assert isinstance(group, kind)


def test_what_is_known_of_rows_does_not_hide_the_budget() -> None:
    """The same patterns with other steps for automata become other groups, whatever they were in the last version."""
    statements, _ = normalize([statement(action=["s3:Get*", "s3:*Acl", "s3:GetAcl"])])
    known = KnownRows()
    for work, kind in (
        (0, automaton.Simulation),
        (automaton.TOTAL_WORK_LIMIT, automaton.Automaton),
        (0, automaton.Simulation),
    ):
        found, alone = (
            lower_statements(statements, known=given, budget=automaton.Budget(work, work)).classifiers[0]
            for given in (known, None)
        )
        assert [(type(group), rows) for group, rows in found.groups] == [(kind, alone.groups[0][1])]
        assert (found.rows, found.literals) == (alone.rows, alone.literals)


def test_rows_that_change_cells_come_first() -> None:
    """The order of rows changes, row 0 stays, and every text and pattern keeps the columns that it has."""
    actions = lower(statement(action=["s3:GetObject", "s3:Put*", "sts:*", "ec2:RunInstances"])).classifiers[0]
    lowered = lower(statement(action=["s3:GetObject", "s3:Put*", "sts:*", "ec2:RunInstances"]))
    count = put_special_rows_first(lowered)
    ordered = lowered.classifiers[0]
    is_special = [bool(columns(ordered, row) & set(lowered.cell_columns.values())) for row in range(len(ordered.rows))]
    assert is_special == [False, *[True] * (count - 1), *[False] * (len(ordered.rows) - count)]
    assert count == 4 and ordered.rows != actions.rows and sorted(ordered.rows) == sorted(actions.rows)
    for column in range(len(actions.columns)):
        assert find_rows(ordered, column) == [
            row for row in range(len(ordered.rows)) if column in columns(ordered, row)
        ]
    assert {text: ordered.rows[row] for text, row in ordered.literals.items()} == {
        text: actions.rows[row] for text, row in actions.literals.items()
    }
    assert [[ordered.rows[row] for row in rows] for _, rows in ordered.groups] == [
        [actions.rows[row] for row in rows] for _, rows in actions.groups
    ]
    assert [ordered.row(bits) for bits in ordered.rows] == list(range(len(ordered.rows)))


def test_rows_become_lists_when_that_saves_space(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many columns of which few hold make sparse rows, but never of actions, whose rows number columns of cells."""
    names = [f"user{n}" for n in range(600)]
    lowered = lower(*[statement(action=f"s3:Get{name}", StringEquals={"aws:username": name}) for name in names])
    found = classifier(lowered, "aws:username")
    assert not found.is_sparse
    monkeypatch.setattr(module, "SPARSE_BYTES", 1000)
    monkeypatch.setattr(module, "SPARSE_RATIO", 8)
    assert found.is_sparse and not lowered.classifiers[0].is_sparse
    crowded = lower(*[statement(StringLike={"aws:username": [f"{n}", "*"]}) for n in range(200)])
    assert not classifier(crowded, "aws:username").is_sparse


def test_only_foldings_that_matter_are_kept() -> None:
    """A code point whose folded form no literal holds is left out; one that folds to several is never folded (R82)."""
    lowered = lower(statement(StringEqualsIgnoreCase={"aws:username": ["Käse", "İ"]}))
    folds = collect_folds(lowered.classifiers)
    assert folds == sorted(folds)
    assert {(chr(point), chr(folded)) for point, folded in folds} == {("Ä", "ä"), ("\u212a", "k")}
    assert collect_folds(lower(statement(StringEquals={"aws:username": "Käse"})).classifiers) == []


def test_all_foldings_are_kept_where_values_are_compared() -> None:
    """Values that two keys bring may be any text: then no folding is left out."""
    plain = lower(statement(StringEquals={"aws:username": "Käse"})).classifiers
    folds = {chr(point): chr(folded) for point, folded in collect_folds(plain, compares_values=True)}
    assert (folds["Ä"], folds["Σ"], folds["\u212a"]) == ("ä", "σ", "k") and len(folds) > 1000
    assert "İ" not in folds and not any(character.isascii() for character in folds)

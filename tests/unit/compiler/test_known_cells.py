"""What is made of cells serves again as long as it would be made alike: plans, columns, rows of policies."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from globs import RELAYED, SIMULATED, SPLIT, Limits, as_symbols, matches
from lowering import normalize, statement

from gatewright.compiler import automaton, flatten
from gatewright.compiler._programs import Programs
from gatewright.compiler.automaton import build_groups
from gatewright.compiler.flatten import FlatPolicies, KnownCells, flatten_policies
from gatewright.compiler.lower import Classifier, KnownRows, LoweredPolicies, lower_statements, put_special_rows_first
from gatewright.compiler.normalize import CanonicalStatement, Interned
from gatewright.compiler.plan import plan_rows
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind
from gatewright.runtime.layout import SHARED_PROGRAM

MEMBERS = tuple(
    Principal(f"arn:aws:iam::111122223333:user/u{n}", PrincipalKind.USER, (0, 1 + n), groups=((0,),)) for n in range(3)
)
"""Members of one group, each with a policy of its own."""
ACTIONS = ["s3:*", "s3:Get*", "s3:GetObject", "ec2:*Image*", "ec2:*Vpc*", "ec2:Run?nstances", "*:Get?*", "sts:*"]
ACTIONS += ["ec2:RunInstances", "s3:PutObject", "s3:GetVpcImage", "ec2:CreateVpcImage", "sts:AssumeRole"]


def lower_members() -> tuple[list[CanonicalStatement], LoweredPolicies, list[int]]:
    """Lower the policies of `MEMBERS`."""
    canonical, firsts = normalize(*([statement(action=f"s3:Get{number}")] for number in range(4)))
    return canonical, lower_statements(canonical), firsts


def count_rows(flat: FlatPolicies) -> tuple[int, list[int], bytes, bytes]:
    """Return what tells one layout from another."""
    return len(flat.cells), flat.shared_counts.tolist(), flat.shared_rows.tobytes(), flat.programs.tobytes()


def test_a_plan_serves_as_long_as_its_limits_lead_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made anew where other rows come of other limits, of the cells of all or of what members have beside."""
    canonical, lowered, firsts = lower_members()
    width = 1 + len(lowered.classifiers[0].rows)
    policy_set = PolicySet((), MEMBERS)
    planned: list[int] = []

    def note(*args: Any, **options: Any) -> Any:
        planned.append(1)
        return plan_rows(*args, **options)

    monkeypatch.setattr(flatten, "plan_rows", note)
    known = KnownCells()
    made = []
    steps = [(3, 0), (4, 0), (9, 0), (2, 0), (2, 0), (1, 0), (1, 1), (1, 1), (8, 1), (3, 1), (3, 2), (0, 9), (7, 9)]
    for own_rows, flat_rows in [*steps, (3, 0), (2, 0), (3, 0)]:
        monkeypatch.setattr(flatten, "OWN_CELLS", own_rows * width)
        flat = flatten_policies(canonical, lowered, policy_set, firsts, flat_cells=flat_rows * width, known=known)
        made.append(len(planned))
        planned.clear()
        fresh = flatten_policies(canonical, lowered, policy_set, firsts, flat_cells=flat_rows * width)
        planned.clear()
        assert count_rows(flat) == count_rows(fresh)
    assert made == [1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1]


def test_a_plan_is_of_its_principals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other principals have a plan of their own, and their number decides whether rows are shared."""
    canonical, lowered, firsts = lower_members()
    width = 1 + len(lowered.classifiers[0].rows)
    known = KnownCells()
    for members in (MEMBERS, MEMBERS[:2], MEMBERS[:1], MEMBERS, MEMBERS[1:]):
        policy_set = PolicySet((), members)
        flat = flatten_policies(canonical, lowered, policy_set, firsts, flat_cells=2 * width, known=known)
        assert count_rows(flat) == count_rows(
            flatten_policies(canonical, lowered, policy_set, firsts, flat_cells=2 * width)
        )
        assert flat.shared_counts.any() == (len(members) > 2)


def test_cells_are_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many principals as have room keep a row each; of others as many as a multiple of the step."""
    monkeypatch.setattr(flatten, "ROW_STEP", 2)
    canonical, lowered, firsts = lower_members()
    width = 1 + len(lowered.classifiers[0].rows)
    policy_set = PolicySet((), MEMBERS)
    shared = []
    for cells in (3 * width, 3 * width - 1, 2 * width, 2 * width - 1, width, width - 1):
        flat = flatten_policies(canonical, lowered, policy_set, firsts, flat_cells=cells)
        shared.append(sum(map(bool, flat.shared_counts.tolist())))
    assert shared == [0, 1, 1, 2, 2, 3]
    assert [flatten._limit_rows(cells, 4) for cells in (0, 4, 5, 9, 10, 14, 15, 20, 34, 35)] == [
        0, 0, 1, 1, 2, 2, 2, 4, 6, 6,
    ]  # fmt: skip


def test_what_members_have_beside_is_a_program_where_cells_are_short() -> None:
    """Where not all rows of actions have cells, only groups have some of the cells that there are."""
    canonical, lowered, firsts = lower_members()
    limit = put_special_rows_first(lowered)
    policy_set = PolicySet((), MEMBERS)
    for row_limit, is_program in ((limit, True), (None, False)):
        flat = flatten_policies(canonical, lowered, policy_set, firsts, row_limit=row_limit, flat_cells=0)
        assert flat.shared_counts.tolist() == [1, 1, 1]
        assert [bool(row & SHARED_PROGRAM) for row in flat.shared_rows[:, 0].tolist()] == [is_program] * 3


def test_signatures_tell_what_cells_depend_on() -> None:
    """Effect, actions, and whether a statement asks for more; what else it asks for is the programs' affair."""
    resources = ("*", "arn:aws:s3:::a", "arn:aws:s3:::b")
    asked = list(itertools.product(resources, ("Action", "NotAction"), ACTIONS[:3], ("Allow", "Deny")))
    canonical, firsts = normalize(
        *([{"Effect": effect, element: action, "Resource": of}] for of, element, action, effect in asked)
    )
    known = KnownCells()
    flatten_policies(canonical, lower_statements(canonical), PolicySet((), ()), firsts, known=known)
    assert known.made is not None
    found: dict[tuple[Any, ...], set[bytes]] = {}
    for (resource, *others), signature in zip(asked, known.made.signatures, strict=True):
        found.setdefault((resource == "*", *others), set()).add(signature)
    assert all(len(signatures) == 1 for signatures in found.values())
    assert len(set().union(*found.values())) == len(found) == 24


@pytest.mark.parametrize(("count", "gone", "had"), [(3, 0, 1), (3, 1, 1), (2, 0, 0)])
def test_a_row_is_of_policies_and_not_of_their_numbers(count: int, gone: int, had: int) -> None:
    """Where a policy goes, its number and later ones are others, though the plan is known."""
    canonical, firsts = normalize(*([statement(action=f"s3:Get{number}")] for number in range(count)))
    lowered = lower_statements(canonical)
    principals = (Principal("arn:aws:iam::111122223333:user/u", PrincipalKind.USER, (had,)),)
    known = KnownCells()
    for left in (list(range(count)), [number for number in range(count) if number != gone]):
        without = dataclasses.replace(
            lowered, statements=lowered.statements[left], action_numbers=lowered.action_numbers[left]
        )
        policy_set = PolicySet(tuple(document("abc"[number]) for number in left), principals)
        asked = [canonical[number] for number in left], without, policy_set, firsts[: 1 + len(left)]
        flat, fresh = flatten_policies(*asked, known=known), flatten_policies(*asked)
        assert flat.cells.tolist() == fresh.cells.tolist() and flat.programs.tolist() == fresh.programs.tolist()


def test_lasting_numbers_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed statement has a new number, as long as these are no more than a few for each that there is."""
    monkeypatch.setattr(flatten, "SPARE_NUMBERS", 2)
    canonical, lowered, firsts = lower_members()
    known = KnownCells()
    counts = []
    for step in range(18):
        statements = [*canonical[:-1], dataclasses.replace(canonical[-1], is_deny=step % 2 == 1)]
        flatten_policies(statements, lowered, PolicySet((), MEMBERS), firsts, known=known)
        assert known.made is not None
        counts.append(known.made.lasting_count)
    # Kept up to 2 + 4 x 4, the next one is one more.
    assert counts == [*range(4, 20), 4, 5]


def test_programs_of_rows_that_went_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where programs are known from before, they are told which rows serve again: the others' may be forgotten."""
    kept: list[int] = []

    class Noting:
        def __init__(self, *limits: int) -> None:
            self.made = Programs(*limits)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.made, name)

        def drop_unused(self, rows: Sequence[Any]) -> None:
            kept.append(len(rows))
            self.made.drop_unused(rows)

    canonical, lowered, firsts = lower_members()
    known = KnownCells()
    monkeypatch.setattr(flatten, "Programs", Noting)
    for step in range(3):
        statements = [*canonical[:-1], dataclasses.replace(canonical[-1], is_deny=step % 2 == 1)]
        flatten_policies(statements, lowered, PolicySet((), MEMBERS), firsts, known=known)
    assert kept == [2, 2]  # all rows but that of the last policy


def document(name: str) -> Document:
    """Return a document that is known by its name."""
    return Document(name, PolicyKind.IDENTITY, Source("{}", "one.json"))


def match(old: str, new: str, old_names: Sequence[str] = (), names: Sequence[str] = ()) -> list[int]:
    """Match policies whose signatures are letters, named after these or otherwise."""
    before: Any = SimpleNamespace(
        signatures=[letter.encode() for letter in old], documents=list(map(document, old_names or old))
    )
    return flatten._match_policies(before, [letter.encode() for letter in new], list(map(document, names or new)))


@pytest.mark.parametrize(
    ("old", "new", "was"),
    [
        ("", "", []),
        ("", "a", [-1]),
        ("a", "", []),
        ("abc", "abc", [0, 1, 2]),
        ("abc", "axc", [0, -1, 2]),
        ("abcd", "xbcy", [-1, 1, 2, -1]),
        ("aaa", "aaaa", [0, 1, 2, -1]),
        ("aaaa", "aaa", [0, 1, 2]),
        ("abc", "abxc", [0, 1, -1, 2]),
        ("abxc", "abc", [0, 1, 3]),
        ("abcdef", "acxdf", [0, 2, -1, 3, 5]),
        ("abcdef", "axdceyf", [0, -1, 3, -1, 4, -1, 5]),
        ("abc", "bc", [1, 2]),
        ("bc", "abc", [-1, 0, 1]),
        ("ab", "ba", [-1, -1]),
    ],
)
def test_policies_are_matched(old: str, new: str, was: list[int]) -> None:
    """What stands in front or behind is matched as it stands, what lies between by place or, if some went, by name."""
    assert match(old, new) == was


def test_a_name_alone_is_no_match() -> None:
    """A policy of the same name whose statements do something else with cells is a new one; so is one renamed."""
    assert match("abcd", "axd", old_names="pqrs", names="prs") == [0, -1, 3]
    assert match("abcd", "acd", old_names="pqrs", names="pts") == [0, 2, 3]
    assert match("abced", "acfd", old_names="pqrst", names="puvt") == [0, -1, -1, 4]


@pytest.mark.parametrize("seed", range(30))
def test_matches_ascend(seed: int) -> None:
    """Whatever changed, a policy is matched with one of its signature, behind that of the policy before it."""
    rng = random.Random(seed)
    old = "".join(rng.choices("abcd", k=rng.randint(0, 7)))
    new = "".join(rng.choices("abcd", k=rng.randint(0, 7)))
    was = match(old, new)
    assert len(was) == len(new)
    assert all(place == -1 or old[place] == letter for place, letter in zip(was, new, strict=True))
    found = [place for place in was if place >= 0]
    assert all(one < other for one, other in itertools.pairwise(found))


WAYS: dict[str, Limits] = {"one": {}, "split": SPLIT, "simulated": SIMULATED, "relayed": RELAYED}


def force(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let patterns be matched in one way."""
    for name, value in WAYS[way].items():
        monkeypatch.setattr(automaton, name, value)


def copy_actions(actions: Classifier) -> flatten._Actions:
    """Return the classifier of actions as it is kept."""
    groups = [(group, list(rows)) for group, rows in actions.groups]
    return flatten._Actions(list(actions.rows), actions.literals, groups)


@pytest.mark.parametrize("way", WAYS)
def test_a_text_that_no_list_names_has_a_row(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the row of what matches the text, however patterns are matched; none where no text had all of that."""
    force(way, monkeypatch)
    lists = [["s3:Get*"], ["*:*Object"], ["s3:G?tVpc"], ["*:*Vpc*Image"], ["s3:List*", "ec2:RunInstances"], ["ec2:*"]]
    canonical, _ = normalize([statement(action=actions) for actions in lists])
    actions = lower_statements(canonical).classifiers[0]
    kept = copy_actions(actions)
    columns = {of: number for number, of in enumerate(actions.columns)}
    of_lists = [columns[test.items] for test in (one.tests[0] for one in canonical)]
    found = set()
    texts = ["s3:get", "s3:getobject", "s3:putobject", "s3:gotvpc", "s3:getvpc", "s3:getvpcbigimage", "ec2:vpcimage"]
    for text in [
        *texts,
        "s3:list",
        "ec2:runinstances",
        "ec2:run",
        "iam:x",
        "ec2:xobject",
        "s3:getvpc1imageobject",
        "é",
    ]:
        bits = sum(
            1 << column
            for column, patterns in zip(of_lists, lists, strict=True)
            if any(matches(as_symbols(pattern.lower()), text) for pattern in patterns if set(pattern) & {"*", "?"})
        )
        assert kept.find_row(text) == (actions.rows.index(bits) if bits in actions.rows else None)
        found.add(kept.find_row(text))
    assert len(found) > (5 if way in ("one", "split") else 4)


def test_columns_are_told_by_any_of_their_actions() -> None:
    """By a pattern's row, else by what an action was; not where it had no cell, nor where nothing has the row now."""
    (group,) = build_groups([as_symbols("a*")])
    assert isinstance(group, automaton.Automaton)
    of_states = [len(accepts) for accepts in group.accepts]  # row 1 is of what the pattern matches
    was = flatten._Actions([0, 0b1, 0b11, 0b100], {"ab": 2, "x": 3}, [(group, of_states)])

    def find(rows: int, literals: dict[str, int], row_count: int, old_row_count: int = 4) -> list[int] | None:
        before: Any = SimpleNamespace(actions=was, row_count=old_row_count)
        actions: Any = SimpleNamespace(rows=[*range(rows)], literals=literals, groups=[(group, of_states)])
        columns = flatten._find_columns(before, actions, row_count)
        return None if columns is None else columns.tolist()

    assert find(4, {"ab": 2, "x": 3}, 4) == [0, 1, 2, 3, 4]
    assert find(4, {"x": 2, "ab": 3}, 4) == [0, 1, 2, 4, 3]
    assert find(5, {"az": 2, "b": 3, "x": 4}, 5) == [0, 1, 2, 2, 1, 4]
    # What is of row 0 matches nothing now, and what is of a pattern's row nothing else.
    assert find(2, {"x": 0, "ab": 1}, 2) == [0, 1, 2]
    # Rows without cells, now or before.
    assert find(4, {"ab": 2, "x": 3}, 3) == find(3, {"ab": 2}, 3, 3) == [0, 1, 2, 3]
    assert find(4, {"ab": 2, "x": 3}, 4, 3) is None and find(3, {"x": 2}, 3, 3) is None
    assert find(3, {"x": 2}, 2, 3) == [0, 1, 2]
    assert find(3, {"x": 1}, 3) is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(8))
def test_a_column_was_that_of_its_actions(seed: int, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where columns can be told from before, each had, of the lists that are still there, what its actions match."""
    force(way, monkeypatch)
    rng = random.Random(seed)
    known, interned = KnownRows(), Interned()
    lists = [rng.sample(ACTIONS, rng.randint(1, 3)) for _ in range(5)]
    globs = [action for action in ACTIONS if "*" in action or "?" in action]
    before: Any = None
    told = 0
    for _ in range(8):
        canonical, _ = normalize([statement(action=actions) for actions in [*lists, globs]])
        canonical = [
            CanonicalStatement(s.is_deny, interned.tests(s.tests), s.policy_index, s.index, s.sid, s.path)
            for s in canonical
        ]
        actions = lower_statements(canonical, known=known, interned=interned).classifiers[0]
        row_count = len(actions.rows)
        if before is not None:
            columns = flatten._find_columns(before, actions, row_count)
            groups, others = before.actions.groups, actions.groups
            if [id(group) for group, _ in groups] != [id(group) for group, _ in others]:
                assert columns is None
            if columns is not None:
                told += 1
                assert columns[0] == 0 and len(columns) == 1 + row_count
                kept = [
                    (before.columns.index(of), column)
                    for column, of in enumerate(actions.columns)
                    if of in before.columns
                ]
                for row, bits in enumerate(actions.rows):
                    was = before.actions.rows[columns[1 + row] - 1]
                    assert all(was >> old & 1 == bits >> column & 1 for old, column in kept)
        before = SimpleNamespace(
            actions=copy_actions(actions),
            row_count=row_count,
            columns=list(actions.columns),
        )
        lists[rng.randrange(5)] = rng.sample(ACTIONS, rng.randint(1, 3))
    assert told

"""Cells hold the programs that decide, each once, without the statements that cannot matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engine import ask_engine, compile_world
from hypothesis import given, settings
from hypothesis import strategies as st
from lowering import flatten, normalize, statement
from numpy.typing import NDArray
from strategies import requests, worlds
from tables import SIDES

from gatewright.compiler.check import check_document
from gatewright.compiler.flatten import FlatPolicies, _Flattener, flatten_policies
from gatewright.compiler.lower import LoweredPolicies, find_rows, lower_statements, put_special_rows_first
from gatewright.compiler.normalize import normalize_policies
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.runtime.layout import (
    LAYER_COUNT,
    LAYER_SHIFT,
    PROGRAM_ALWAYS,
    PROGRAM_COUNT,
    PROGRAM_FIRST,
    PROGRAM_GENERIC,
    PROGRAM_MARK,
    PROGRAM_NONE,
    PROGRAM_SPECIAL,
    SHARED_LIMIT,
    SHARED_PROGRAM,
    ActionSet,
    LayerKind,
)

ACCOUNT = "arn:aws:iam::123456789012"
TLS: dict[str, Any] = {"Bool": {"aws:SecureTransport": "true"}}


def user(name: str, *identity: int, boundary: int | None = None) -> Principal:
    """Return a user under some documents."""
    return Principal(f"{ACCOUNT}:user/{name}", PrincipalKind.USER, identity, boundary)


def program(flat: FlatPolicies, place: int) -> tuple[list[int], list[list[int]], bool]:
    """Return a program: its denies, its layers of allows, and whether it tests actions."""
    words = flat.programs.tolist()
    assert words[place] & PROGRAM_MARK
    counts = [word & LAYER_COUNT for word in words[place + 2 : place + 2 + words[place + 1]]]
    at = place + 2 + len(counts)
    runs = []
    for count in (words[place] & PROGRAM_COUNT, *counts):
        runs.append(words[at : at + count])
        at += count
    return runs[0], runs[1:], bool(words[place] & PROGRAM_GENERIC)


def cell(lowered: LoweredPolicies, flat: FlatPolicies, principal: int, action: str) -> Any:
    """Return what the cell of an action that some list names holds: 0, 1, 2 or a program."""
    column = 1 + lowered.classifiers[0].literals[action]
    place = int(flat.cells[flat.principal_rows[principal], column])
    return place if place < PROGRAM_FIRST else program(flat, place)


def test_principals_under_the_same_documents_share_their_cells() -> None:
    """The order of documents does not matter, a boundary and the kind of principal do."""
    role = Principal(f"{ACCOUNT}:role/r", PrincipalKind.ROLE, (0, 1))
    principals = [user("a", 0, 1), user("b", 1, 0, 1), user("c", 0, 1, boundary=0), role, user("d", 0)]
    _, flat = flatten(principals, [statement()], [statement(action="s3:PutObject")])
    assert flat.principal_rows == [0, 0, 1, 2, 3]
    assert flat.cells.shape[0] == 4


def test_equal_programs_are_stored_once() -> None:
    """Programs with the same statements have one place, whoever is under them."""
    principals = [user("a", 0), user("b", 0, 1)]
    lowered, flat = flatten(principals, [statement()], [statement(action="s3:PutObject")])
    assert cell(lowered, flat, 0, "s3:getobject") == cell(lowered, flat, 1, "s3:getobject") == ([], [[0]], False)
    places = {int(row[1 + lowered.classifiers[0].literals["s3:getobject"]]) for row in flat.cells}
    assert len(places) == 1


def test_calls_that_need_no_permission() -> None:
    """Policies do not limit them; a role session cannot call the one that wants long-term keys (R149)."""
    nobody = user("nobody")
    role = Principal(f"{ACCOUNT}:role/r", PrincipalKind.ROLE, (0,))
    lowered, flat = flatten([user("a", 0), nobody, role], [statement("Deny", "*")])
    for principal, allowed in ((0, PROGRAM_ALWAYS), (1, PROGRAM_ALWAYS), (2, PROGRAM_NONE)):
        assert cell(lowered, flat, principal, "sts:getcalleridentity") == PROGRAM_ALWAYS
        assert cell(lowered, flat, principal, "sts:getsessiontoken") == allowed


def test_the_root_user_may_always() -> None:
    """Every cell of the root user's row is the program that allows, but those of STS, which assume roles (R143)."""
    lowered, flat = flatten([Principal(f"{ACCOUNT}:root", PrincipalKind.ROOT, ())], [statement("Deny", "*")])
    row = flat.cells[flat.principal_rows[0]].tolist()
    special = [1 + n for n in find_rows(lowered.classifiers[0], lowered.cell_columns[ActionSet.TRUST])]
    free = {1 + lowered.classifiers[0].literals[f"sts:{name}"] for name in ("getcalleridentity", "getsessiontoken")}
    assert {column for column in special if row[column] == PROGRAM_SPECIAL} == set(special) - free != set()
    assert {place for column, place in enumerate(row) if column not in set(special) - free} == {PROGRAM_ALWAYS}


def test_a_role_must_trust_who_assumes_it() -> None:
    """The cells of STS send a request to where policies of all kinds count, whoever calls; others do not (R141)."""
    role = Principal(f"{ACCOUNT}:role/r", PrincipalKind.ROLE, (0,))
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "stsx:AssumeRole"]
    lowered, flat = flatten([role, user("a", 0)], [statement(action=actions)])
    for principal in (0, 1):
        for action in ("sts:assumerole", "sts:setsourceidentity"):
            assert cell(lowered, flat, principal, action) == PROGRAM_SPECIAL
        assert cell(lowered, flat, principal, "stsx:assumerole") == ([], [[0]], False)


def flatten_sides() -> tuple[LoweredPolicies, FlatPolicies]:
    """Flatten a policy set with policies of every kind."""
    policies = [policy for document in SIDES.documents if (policy := check_document(document)[0]) is not None]
    canonical, _ = normalize_policies(policies)
    firsts = [sum(len(policy.statements) for policy in policies[:n]) for n in range(len(policies) + 1)]
    lowered = lower_statements(canonical)
    return lowered, flatten_policies(canonical, lowered, SIDES, firsts)


def test_every_side_has_rows_of_one_layer() -> None:
    """Policies of resources, RCPs, endpoints and attributes have rows, each with its kind; endpoints share theirs."""
    _, flat = flatten_sides()
    assert [row is None for row in flat.policy_rows] == [False, False, False, True]
    assert [row is None for row in flat.attribute_rows] == [True, True, True, False]
    assert None not in flat.rcp_rows and flat.endpoint_rows[0] != flat.endpoint_rows[1]
    kinds = {}
    for row in (*flat.policy_rows, *flat.attribute_rows, *flat.rcp_rows, *flat.endpoint_rows):
        if row is not None:
            place = int(flat.cells[row, 0])
            assert flat.programs[place + 1] == 1
            kinds[row] = LayerKind(int(flat.programs[place + 2]) >> LAYER_SHIFT)
    assert [kinds.get(row) for row in flat.policy_rows if row is not None] == [
        LayerKind.RESOURCE,
        LayerKind.TRUST,
        LayerKind.RESOURCE,
    ]
    assert {kinds[row] for row in flat.rcp_rows if row is not None} == {LayerKind.RCP}
    assert kinds[flat.endpoint_rows[0]] is LayerKind.VPC_ENDPOINT
    assert [kinds[row] for row in flat.attribute_rows if row is not None] == [LayerKind.EC2_ATTRIBUTE]


def test_layers_stay_where_a_resource_has_a_policy() -> None:
    """Its grant may need the ceilings though the identity policies allow nothing: none is cut."""
    lowered, flat = flatten_sides()
    assert cell(lowered, flat, 1, "ec2:runinstances") == ([], [[], []], False)
    _, alone = flatten([user("a", boundary=0)], [statement()])
    assert set(alone.cells[alone.principal_rows[0], 1:].tolist()) == {PROGRAM_NONE, PROGRAM_ALWAYS, PROGRAM_SPECIAL}


def test_a_program_ends_behind_the_first_plain_statement() -> None:
    """What stands behind a statement without further tests cannot matter; what stands before it can determine."""
    allows = [statement(), statement(**TLS), statement(resource="arn:aws:s3:::a"), statement()]
    lowered, flat = flatten([user("a", 0)], [*reversed(allows)])
    assert cell(lowered, flat, 0, "s3:getobject") == ([], [[0]], False)
    lowered, flat = flatten([user("a", 0)], [*allows[1:], statement(), statement(**TLS)])
    assert cell(lowered, flat, 0, "s3:getobject") == ([], [[0, 1, 2]], False)


def test_allows_are_left_out_behind_a_plain_deny() -> None:
    """Only the denies in front of a plain Deny still tell which statement determines."""
    lowered, flat = flatten(
        [user("a", 0)], [statement("Deny", **TLS), statement("Deny"), statement(), statement("Deny")]
    )
    assert cell(lowered, flat, 0, "s3:getobject") == ([0, 1], [[]], False)


def test_a_layer_that_cannot_allow_leaves_the_denies() -> None:
    """Where the boundary allows nothing, whether a Deny applies still tells one denial from the other (R137)."""
    documents = [[statement(), statement("Deny", **TLS)], [statement(action="s3:PutObject")]]
    lowered, flat = flatten([user("a", 0, boundary=1), user("b", 0)], *documents)
    assert cell(lowered, flat, 0, "s3:getobject") == ([1], [[], []], False)
    assert cell(lowered, flat, 0, "s3:putobject") == PROGRAM_NONE
    assert cell(lowered, flat, 1, "s3:getobject") == ([1], [[0]], False)


def test_column_0_runs_the_action_tests() -> None:
    """The program of actions without a row of their own has all statements, and asks each for its action."""
    documents = [[statement(), statement("Deny", "ec2:*"), statement(action="s3:*")], [statement(action="*")]]
    _, flat = flatten([user("a", 0, boundary=1)], *documents)
    assert program(flat, int(flat.cells[0, 0])) == ([1], [[0, 2], [3]], True)


def test_principals_without_policies_have_no_statements() -> None:
    """Nothing applies to them, whatever the action; their layers are told all the same."""
    lowered, flat = flatten([user("nobody")], [statement()])
    assert cell(lowered, flat, 0, "s3:getobject") == PROGRAM_NONE
    assert program(flat, int(flat.cells[0, 0])) == ([], [[]], True)


def test_what_limits_whom() -> None:
    """A boundary limits federated users and not the root user (R139, R143), SCPs no service-linked role (R134)."""
    root = Principal(f"{ACCOUNT}:root", PrincipalKind.ROOT, (), boundary=1)
    fred = "arn:aws:sts::123456789012:federated-user/fred"
    federated = Principal(fred, PrincipalKind.FEDERATED, (0,), boundary=1, session=(0,))
    role = Principal(f"{ACCOUNT}:role/r", PrincipalKind.ROLE, (0,), scps=((1,),))
    linked = Principal(f"{ACCOUNT}:role/l", PrincipalKind.ROLE, (0,), scps=((1,),), is_service_linked=True)
    everything = statement(action=["s3:GetObject", "s3:PutObject"])
    lowered, flat = flatten([root, federated, role, linked], [everything], [statement(action="s3:GetObject")])
    assert [cell(lowered, flat, number, "s3:putobject") for number in range(4)] == [
        PROGRAM_ALWAYS,
        PROGRAM_NONE,
        PROGRAM_NONE,
        ([], [[0]], False),
    ]


def test_rows_beyond_the_limit_have_no_cells() -> None:
    """The first rows of actions decide as ever; the actions of others are left to the program of column 0."""
    canonical, firsts = normalize([statement(action=["s3:GetObject", "s3:PutObject"]), statement("Deny", "ec2:*")])
    lowered = lower_statements(canonical)
    limit = put_special_rows_first(lowered) + 1
    policy_set = PolicySet((), (user("a", 0), user("nobody")))
    whole = flatten_policies(canonical, lowered, policy_set, firsts)
    assert whole.cells.shape[1] == 1 + len(lowered.classifiers[0].rows) > 1 + limit

    def read(flat: FlatPolicies) -> list[list[Any]]:
        return [
            [place if place < PROGRAM_FIRST else program(flat, place) for place in row] for row in flat.cells.tolist()
        ]

    for count in range(limit + 1):
        cut = flatten_policies(canonical, lowered, policy_set, firsts, row_limit=count)
        assert cut.cells.shape == (2, 1 + count)
        assert read(cut) == [row[: 1 + count] for row in read(whole)]


def test_progress_counts_principals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every few principals it is told how many are done, and of how many."""
    monkeypatch.setattr("gatewright.compiler.plan.PROGRESS_STEP", 2)
    canonical, firsts = normalize([statement()])
    told: list[tuple[int, int]] = []
    principals = tuple(user(f"u{number}", 0) for number in range(5))
    policy_set = PolicySet((), principals)
    flatten_policies(
        canonical, lower_statements(canonical), policy_set, firsts, progress=lambda *done: told.append(done)
    )
    assert told == [(0, 5), (2, 5), (4, 5)]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_cutting_programs_changes_no_answer(data: st.DataObject) -> None:
    """Decisions, determining statements and unknown keys are those of the programs with all statements."""
    world = data.draw(worlds())
    asked = data.draw(st.lists(requests(), min_size=1, max_size=12))
    fill = _Flattener.fill

    def fill_whole(flattener: _Flattener, rows: Any, words: NDArray[np.uint32], cells: NDArray[np.uint32]) -> None:
        fill(flattener, rows, words, cells)
        cells[:, 1:] = cells[:, :1]  # the program with all statements

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Flattener, "fill", fill_whole)
        whole = compile_world(world)
    cut = compile_world(world)
    for request in asked:
        found, expected = ask_engine(cut, request), ask_engine(whole, request)
        assert found == expected


def grouped(count: int, groups: int) -> list[Principal]:
    """Return principals that are members of so many groups of two policies, and have one beside."""
    shared = tuple((2 * number, 2 * number + 1) for number in range(groups))
    own = 2 * groups
    identity = tuple(range(own + 1))
    return [
        Principal(f"arn:aws:iam::111122223333:user/u{n}", PrincipalKind.USER, (*identity, own + 1 + n), groups=shared)
        for n in range(count)
    ]


def flatten_grouped(groups: int, flat_cells: int) -> tuple[list[Principal], FlatPolicies]:
    """Flatten members of groups, three of them, each with policies of its own."""
    principals = grouped(3, groups)
    documents = [[statement("Allow", f"s3:Get{number}")] for number in range(2 * groups + 4)]
    canonical, firsts = normalize(*documents)
    lowered = lower_statements(canonical)
    return principals, flatten_policies(
        canonical, lowered, PolicySet((), tuple(principals)), firsts, flat_cells=flat_cells
    )


def test_members_share_the_rows_of_their_groups() -> None:
    """Where cells are many, the rows of groups are there once, and what a member has beside is its own."""
    _, flat = flatten_grouped(2, 0)
    assert [flat.principal_rows[0]] * 3 == flat.principal_rows
    assert flat.shared_counts.tolist() == [2, 2, 2]
    assert len(set(flat.shared_rows[:, 0].tolist())) == 1
    assert len(set(flat.shared_rows[:, 1].tolist())) == 3
    assert len(flat.cells) == 5


def test_small_tables_share_no_rows() -> None:
    """Where cells are few, each principal has one row for everything."""
    principals, flat = flatten_grouped(2, 1 << 20)
    assert not flat.shared_counts.any()
    assert len(flat.cells) == len(principals)


def test_what_has_no_row_is_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without cells for what members have beside their groups, it is one program that runs its action tests."""
    monkeypatch.setattr("gatewright.compiler.flatten.OWN_CELLS", 0)
    _, flat = flatten_grouped(2, 0)
    assert len(flat.cells) == 2
    for shared in flat.shared_rows[:, 1].tolist():
        assert shared & SHARED_PROGRAM
        assert flat.programs[shared & ~SHARED_PROGRAM] & PROGRAM_GENERIC


def test_members_of_too_many_groups_have_a_row_each() -> None:
    """A principal with more parts than a record holds is laid out whole."""
    _, flat = flatten_grouped(SHARED_LIMIT + 1, 0)
    assert not flat.shared_counts.any()
    assert len(flat.cells) == 3


def test_only_users_share_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A role has a row of its own, whose cells say what no role may do (R149)."""
    monkeypatch.setattr("gatewright.compiler.fit.FLAT_CELLS", 0)
    monkeypatch.setattr("gatewright.compiler.flatten.OWN_CELLS", 0)
    role = Principal(f"{ACCOUNT}:role/r", PrincipalKind.ROLE, (0, 1), groups=((0,),))
    documents = [[statement(action="*")], [statement(action="*")]]
    canonical, firsts = normalize(*documents)
    lowered = lower_statements(canonical)
    flat = flatten_policies(canonical, lowered, PolicySet((), (role,)), firsts, flat_cells=0)
    assert not flat.shared_counts.any()
    assert cell(lowered, flat, 0, "sts:getsessiontoken") == PROGRAM_NONE

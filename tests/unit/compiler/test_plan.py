"""Plans: whoever shares what rows with whom, a principal is under its own layers and no others."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from gatewright.compiler.plan import KnownPrincipals, Plan, PlannedRow, plan_rows
from gatewright.compiler.policyset import (
    Account,
    Endpoint,
    PolicySet,
    Principal,
    PrincipalKind,
    Resource,
    ResourceKind,
)
from gatewright.runtime.layout import SHARED_LIMIT, SHARED_PROGRAM, LayerKind

Layers = list[tuple[LayerKind, list[int]]]
KINDS = [PrincipalKind.USER] * 5 + [PrincipalKind.ROLE, PrincipalKind.ROOT, PrincipalKind.FEDERATED]


def member(name: str, *groups: Sequence[int], own: Sequence[int] = (), boundary: int | None = None) -> Principal:
    """Return a user under the policies of its groups and some beside."""
    identity = (*(policy for group in groups for policy in group), *own)
    arn = f"arn:aws:iam::111122223333:user/{name}"
    return Principal(arn, PrincipalKind.USER, identity, boundary, groups=tuple(map(tuple, groups)))


def random_principals(rng: random.Random) -> list[Principal]:
    """Draw principals of all kinds; users are mostly members of groups, whose policies are among theirs or not."""
    groups = [tuple(rng.sample(range(8), rng.randint(0, 3))) for _ in range(4)]
    principals = []
    for number in range(rng.randint(0, 12)):
        kind = rng.choice(KINDS)
        of_groups = [rng.choice(groups) for _ in range(rng.randint(0, 5))]
        identity = [policy for group in of_groups[: rng.choice((1, 5, 5))] for policy in group]
        identity += rng.choices(range(12), k=rng.randint(0, 2))
        principals.append(
            Principal(
                f"arn:aws:iam::111122223333:{kind}/{number}",
                kind,
                tuple(identity),
                rng.choice((None, None, 3)),
                rng.choice((None, None, (5, 4, 5))),
                rng.choice((None, None, (), ((2, 1), (3,)))),
                is_service_linked=rng.random() < 0.1,
                groups=tuple(of_groups),
            )
        )
    return principals


def layers_of(principal: Principal) -> Layers:
    """List the layers of a principal plainly (R131-R139)."""
    layers: Layers = []
    is_root = principal.kind is PrincipalKind.ROOT
    if principal.is_limited_by_identity:
        layers.append((LayerKind.IDENTITY, list(principal.identity)))
    if principal.boundary is not None and not is_root:
        layers.append((LayerKind.BOUNDARY, [principal.boundary]))
    if principal.session is not None:
        layers.append((LayerKind.SESSION, list(principal.session)))
    elif principal.kind is PrincipalKind.FEDERATED:
        layers.append((LayerKind.SESSION, []))
    if principal.scps is not None and not principal.is_service_linked:
        layers += [(LayerKind.SCP, list(level)) for level in principal.scps]
    return [(kind, sorted(set(policies))) for kind, policies in layers]


def rows_of(plan: Plan, principal: int) -> list[PlannedRow]:
    """Return the rows that a principal is under."""
    with_cells = [row for row in plan.rows if row.has_cells]
    without = [row for row in plan.rows if not row.has_cells]
    assert len(without) == plan.program_count
    rows = [with_cells[plan.principal_rows[principal]]]
    numbers = plan.shared_rows[principal].tolist()
    for number in numbers[: plan.shared_counts[principal]]:
        rows.append(without[number & ~SHARED_PROGRAM] if number & SHARED_PROGRAM else with_cells[number])
    assert not any(numbers[plan.shared_counts[principal] :])
    return rows


def unite(rows: Sequence[PlannedRow]) -> Layers:
    """Return the layers of rows together: policies of groups and those beside are one layer."""
    identity: set[int] = set()
    others: Layers = []
    has_identity = False
    for row in rows:
        for kind, policies in row.layers:
            if kind is LayerKind.IDENTITY:
                identity.update(policies)
                has_identity = True
            else:
                others.append((kind, list(policies)))
    return [*([(LayerKind.IDENTITY, sorted(identity))] if has_identity else []), *others]


@pytest.mark.parametrize("seed", range(80))
def test_principals_are_under_their_layers(seed: int) -> None:
    """Together the rows of a principal are its layers, no row is there twice, and no limit is passed."""
    rng = random.Random(seed)
    principals = random_principals(rng)
    keeps_layers = seed % 2 == 0
    resources = (Resource("r", ResourceKind.OTHER, policy=0),) if keeps_layers else ()
    flat_limit, own_limit = rng.choice((None, 0, 1, 3)), rng.choice((0, 1, 3))
    plan = plan_rows(PolicySet((), tuple(principals), resources), flat_limit=flat_limit, own_limit=own_limit)
    assert len(set(plan.rows)) == len(plan.rows)
    own_rows = set()
    for number, principal in enumerate(principals):
        rows = rows_of(plan, number)
        assert unite(rows) == layers_of(principal)
        assert len(rows) <= 1 + SHARED_LIMIT
        is_shared = len(rows) > 1 or [(kind, list(policies)) for kind, policies in rows[0].layers] != layers_of(
            principal
        )
        assert not is_shared or (principal.kind is PrincipalKind.USER and flat_limit is not None)
        for row in rows:
            assert row.kind is (principal.kind if row.has_cells else None)
            is_ceiling = len(rows) > 1 and row.layers[0][0] is not LayerKind.IDENTITY
            assert row.keeps_layers is (keeps_layers or is_ceiling)
        if len(rows) > 1:
            groups = {tuple(sorted(set(group))) for group in principal.groups}
            own_rows |= {
                row for row in rows if row.has_cells and row.layers[0][0] is LayerKind.IDENTITY
                and row.layers[0][1] not in groups
            }  # fmt: skip
    assert len(own_rows) <= own_limit
    assert plan.layer_limit == max((len(row.layers) for row in plan.rows), default=0)


def test_members_share_what_is_theirs_together() -> None:
    """A member has a row for each group, one for what it has beside, and one for all that must allow too."""
    principals = [member("a", (1, 0), (2,), own=(3,), boundary=4), member("b", (0, 1)), member("c", (2,), own=(3, 1))]
    plan = plan_rows(PolicySet((), tuple(principals)), flat_limit=0, own_limit=9)
    identity, user = LayerKind.IDENTITY, PrincipalKind.USER
    assert plan.rows == [
        PlannedRow(user, ((identity, (0, 1)),), keeps_layers=False),
        PlannedRow(user, ((identity, (2,)),), keeps_layers=False),
        PlannedRow(user, ((identity, (3,)),), keeps_layers=False),
        PlannedRow(user, ((LayerKind.BOUNDARY, (4,)),), keeps_layers=True),
        PlannedRow(user, ((identity, (1, 3)),), keeps_layers=False),
    ]
    assert plan.principal_rows == [0, 0, 1]
    assert plan.shared_counts.tolist() == [3, 0, 1]
    assert [row[:3] for row in plan.shared_rows.tolist()] == [[1, 2, 3], [0, 0, 0], [4, 0, 0]]
    assert (plan.own_count, plan.program_count) == (2, 0)


def test_what_many_have_beside_comes_first() -> None:
    """Rows are for what most members have beside their groups; all else is programs, each of them once."""
    own = [(5,), (6,), (5,), (7,), (6,), (7,), (6,), (8,), (8,), (8,), (8,)]
    principals = [member(f"u{number}", (0,), own=policies) for number, policies in enumerate(own)]
    plan = plan_rows(PolicySet((), tuple(principals)), flat_limit=0, own_limit=2)
    found = [rows_of(plan, number)[1] for number in range(len(own))]
    assert [row.layers[0][1] for row in found] == own
    assert [row.has_cells for row in found] == [policies in ((6,), (8,)) for policies in own]
    assert [row.kind for row in found if not row.has_cells] == [None] * 4
    assert (plan.own_count, plan.program_count) == (4, 2)
    for limit, count in ((3, 1), (4, 0), (5, 0), (0, 4)):
        plan = plan_rows(PolicySet((), tuple(principals)), flat_limit=0, own_limit=limit)
        assert (plan.own_count, plan.program_count) == (4, count)


def test_who_would_need_the_most_rows_has_one() -> None:
    """Of members those with the most parts keep a row each, equals together."""
    principals = [
        member("a", (0,)), member("b", (0,), own=(3,)), member("c", (0,), (1,), own=(3,), boundary=4),
        member("d", (0,), own=(3,)), member("e", (0,), (1,), own=(3,)),
    ]  # fmt: skip
    for limit, whole in ((0, ""), (1, "c"), (2, "ce"), (3, "cebd"), (4, "cebda")):
        plan = plan_rows(PolicySet((), tuple(principals)), flat_limit=limit, own_limit=9)
        parts = [1, 2, 4, 2, 3]
        expected = [1 if name in whole else count for name, count in zip("abcde", parts, strict=True)]
        assert (1 + plan.shared_counts).tolist() == expected
    assert plan.own_count == 0


def test_no_more_parts_than_a_record_holds() -> None:
    """With as many parts as a principal can have they are shared, with one more none is."""
    for count, is_shared in ((SHARED_LIMIT, True), (SHARED_LIMIT + 1, False)):
        principal = member("a", *((number,) for number in range(count)), own=(count,))
        plan = plan_rows(PolicySet((), (principal,)), flat_limit=0, own_limit=9)
        assert plan.shared_counts.tolist() == [SHARED_LIMIT if is_shared else 0]
        assert unite(rows_of(plan, 0)) == layers_of(principal)


def test_a_group_counts_where_its_policies_do() -> None:
    """A group of which a member lacks a policy is none of its parts; an empty one, or one named twice, neither."""
    arn = "arn:aws:iam::111122223333:user/a"
    groups = ((0, 1), (), (2, 9), (0, 1), (2, 2), (1, 0), (2,))
    plan = plan_rows(
        PolicySet((), (Principal(arn, PrincipalKind.USER, (0, 1, 2), groups=groups),)), flat_limit=0, own_limit=9
    )
    assert [row.layers[0][1] for row in rows_of(plan, 0)] == [(0, 1), (2,)]
    for groups in ((), ((),), ((9,),)):
        principal = Principal(arn, PrincipalKind.USER, (0,), groups=groups)
        plan = plan_rows(PolicySet((), (principal,)), flat_limit=0, own_limit=9)
        assert plan.shared_counts.tolist() == [0] and plan.own_count == 0


def test_beside_principals_stands_what_resources_have() -> None:
    """Policies of resources, roles, accounts and endpoints have rows of one layer, equals one row, others none."""
    resources = (
        Resource("a", ResourceKind.OTHER, policy=3), Resource("b", ResourceKind.ROLE, policy=1),
        Resource("c", ResourceKind.OTHER), Resource("d", ResourceKind.OTHER, policy=0, attributes=(2, 1, 2)),
        Resource("e", ResourceKind.OTHER, policy=3),
    )  # fmt: skip
    accounts = (Account("111122223333", rcps=(5, 4, 5)), Account("444455556666"), Account("777788889999", rcps=()))
    endpoints = (Endpoint("vpce-1", 6), Endpoint("vpce-2", 6), Endpoint("vpce-3", 3))
    plan = plan_rows(PolicySet((), (), resources, accounts, endpoints), flat_limit=None, own_limit=9)

    def layers(number: int | None) -> object:
        if number is None:
            return None
        row = plan.rows[number]
        assert row.kind is None and row.keeps_layers and row.has_cells
        return list(row.layers)

    kinds = LayerKind
    policies = [layers(number) for number in plan.policy_rows]
    assert policies == [[(kinds.RESOURCE, (3,))], [(kinds.TRUST, (1,))], None, [(kinds.RESOURCE, (0,))], policies[0]]
    assert [layers(number) for number in plan.attribute_rows] == [
        None, None, None, [(kinds.EC2_ATTRIBUTE, (p,)) for p in (2, 1, 2)], None,
    ]  # fmt: skip
    assert [layers(number) for number in plan.rcp_rows] == [[(kinds.RCP, (4, 5))], None, [(kinds.RCP, ())]]
    assert [layers(number) for number in plan.endpoint_rows] == [[(kinds.VPC_ENDPOINT, (p,))] for p in (6, 6, 3)]
    assert layers(plan.unknown_row) == [(kinds.RESOURCE, (0, 3)), (kinds.TRUST, (1,))]
    assert len(set(plan.rows)) == len(plan.rows)
    assert plan_rows(PolicySet((), (), resources[2:3]), flat_limit=None, own_limit=9).unknown_row is None


@pytest.mark.parametrize("kind", list(ResourceKind))
@pytest.mark.parametrize("policy", [None, 0])
def test_unknown_resources_have_a_row_where_one_may_matter(kind: ResourceKind, policy: int | None) -> None:
    """Some resource has a policy, or is a key, which lets in nobody without one (R142)."""
    plan = plan_rows(
        PolicySet((), (), (Resource("b"), Resource("r", kind, policy=policy))), flat_limit=None, own_limit=0
    )
    assert (plan.unknown_row is not None) == (policy is not None or kind is ResourceKind.KEY)


def test_rows_are_found_by_policies_and_kinds() -> None:
    """Which rows have some policies, and which are of principals of some kinds: in ascending order, time and again."""
    role = Principal("arn:aws:iam::111122223333:role/r", PrincipalKind.ROLE, (1, 2))
    principals = (member("a", (0,), own=(1,)), role, member("b", (0,), own=(2,)), member("c", (2,), own=(0,)))
    plan = plan_rows(PolicySet((), principals, endpoints=(Endpoint("vpce-1", 3),)), flat_limit=0, own_limit=1)
    for _ in range(2):
        for asked in ([], [0], [1], [2], [3], [0, 3], [1, 2], [4]):
            is_asked = np.zeros(5, dtype=np.bool_)
            is_asked[asked] = True
            assert plan.rows_of(is_asked).tolist() == [
                number
                for number, row in enumerate(plan.rows)
                if any(policy in asked for _, policies in row.layers for policy in policies)
            ]
        for kinds in ([], [PrincipalKind.ROLE], [PrincipalKind.ROLE, PrincipalKind.USER], list(PrincipalKind)):
            with_cells = [row for row in plan.rows if row.has_cells]
            expected = [number for number, row in enumerate(with_cells) if row.kind in kinds]
            assert plan.cell_rows_of(*kinds).tolist() == expected
    assert plan.rows_of(np.ones(5, dtype=np.bool_)).tolist() == list(range(len(plan.rows)))


def test_what_principals_are_under_is_read_once() -> None:
    """Equals have one object, which lasts while somebody is under the same; how many rows there are is told anew."""
    known = KnownPrincipals()
    assert known.read([]) == [] and known.row_count == 0
    one, other = member("a", (0,), own=(1,)), member("b", (0,), own=(1,))
    role = Principal("arn:aws:iam::111122223333:role/r", PrincipalKind.ROLE, (0, 1))
    alone = member("c", own=(0, 1))
    under = known.read([one, other, role, alone])
    assert under[0] is under[1] and len({id(one) for one in under}) == 3
    # A group makes another one of it, and no other row where none is shared.
    assert known.row_count == 2
    assert known.read([role, one]) == [under[2], under[0]] and known.row_count == 2
    assert known.read([one]) == [under[0]] and known.row_count == 1
    again = known.read([one, role, alone, other])
    assert again[0] is again[3] is under[0] and again[1] is not under[2] and known.row_count == 2
    assert known.read([]) == [] and known.row_count == 0


def test_progress_is_told_every_few_principals(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many are done, and of how many."""
    monkeypatch.setattr("gatewright.compiler.plan.PROGRESS_STEP", 3)
    told: Counter[tuple[int, int]] = Counter()
    principals = tuple(member(f"u{number}", (0,)) for number in range(7))
    plan_rows(PolicySet((), principals), flat_limit=None, own_limit=0, progress=lambda *done: told.update([done]))
    assert told == Counter([(0, 7), (3, 7), (6, 7)])

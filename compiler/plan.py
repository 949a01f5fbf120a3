"""Plan the rows of the cells: who is under which layers of policies, and who shares which row with whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..runtime.layout import SHARED_LIMIT, SHARED_PROGRAM, LayerKind
from .policyset import PolicySet, Principal, PrincipalKind, ResourceKind

Layers = tuple[tuple[LayerKind, tuple[int, ...]], ...]
"""Layers of a row: their kind, and policies in ascending order."""
PROGRESS_STEP = 256
"""Principals from one report of progress to the next."""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row of the cells, or where it has none the program of all its statements.

    Attributes
    ----------
    kind : PrincipalKind or None
        Of the principals under it; None: the row stands beside the principals.
    keeps_layers : bool
        Programs are not cut to what these layers can decide alone: a resource's policy may grant what they do not, and
        then it matters which of the ceilings allow.
    """

    kind: PrincipalKind | None
    layers: Layers
    keeps_layers: bool
    has_cells: bool = True


@dataclass(slots=True)
class Plan:
    """Rows in the order of their numbers, programs among them, and who has which.

    Attributes
    ----------
    principal_rows : list of int
    shared_rows : ndarray of shape (principals, SHARED_LIMIT), dtype uint32
        Rows, or marked with `SHARED_PROGRAM` the numbers of rows without cells, counted on their own.
    shared_counts : ndarray of shape (principals,), dtype uint16
        How many of them count.
    policy_rows, attribute_rows, rcp_rows, endpoint_rows, unknown_row
        As in `FlatPolicies`.
    """

    rows: list[PlannedRow] = field(default_factory=list)
    principal_rows: list[int] = field(default_factory=list)
    shared_rows: NDArray[np.uint32] = field(default_factory=lambda: np.zeros((0, SHARED_LIMIT), dtype=np.uint32))
    shared_counts: NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, dtype=np.uint16))
    policy_rows: list[int | None] = field(default_factory=list)
    attribute_rows: list[int | None] = field(default_factory=list)
    rcp_rows: list[int | None] = field(default_factory=list)
    endpoint_rows: list[int] = field(default_factory=list)
    unknown_row: int | None = None
    own_count: int = 0
    """Distinct sets of policies that members have beside their groups."""

    _entries: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    _cell_rows: dict[PrincipalKind | None, list[int]] | None = None

    @property
    def layer_limit(self) -> int:
        """The most layers of a row."""
        return max((len(row.layers) for row in self.rows), default=0)

    def rows_of(self, is_asked: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the rows, in ascending order, that have some of the policies asked for."""
        if self._entries is None:
            entries = [(number, policy) for number, row in enumerate(self.rows) for _, own in row.layers for policy in own]
            rows, policies = np.array(entries, dtype=np.int64).reshape(-1, 2).T
            self._entries = rows, policies
        rows, policies = self._entries
        return np.unique(rows[is_asked[policies]])

    def cell_rows_of(self, *kinds: PrincipalKind) -> NDArray[np.intp]:
        """Return the rows of the cells, in ascending order, of principals of some kinds."""
        if self._cell_rows is None:
            self._cell_rows = {}
            for number, row in enumerate(row for row in self.rows if row.has_cells):
                self._cell_rows.setdefault(row.kind, []).append(number)
        numbers = sorted(number for kind in kinds for number in self._cell_rows.get(kind, ()))
        return np.array(numbers, dtype=np.intp)


def plan_rows(
    policy_set: PolicySet,
    *,
    flat_limit: int | None,
    own_limit: int,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """Plan the rows of a policy set.

    Parameters
    ----------
    flat_limit : int or None
        So many members of groups have a row of their own all the same: those that would need the most rows
        otherwise.  None: all have.
    own_limit : int
        So many rows, at most, are for what members have beside their groups; what is left runs its action tests.
    """
    planner = _Planner(keeps_layers=any(resource.policy is not None for resource in policy_set.resources))
    if flat_limit is not None:
        planner.share(policy_set.principals, flat_limit, own_limit)
    plan = planner.plan
    shared = []
    for number, principal in enumerate(policy_set.principals):
        if progress is not None and number % PROGRESS_STEP == 0:
            progress(number, len(policy_set.principals))
        first, *others = planner.add_principal(principal)
        plan.principal_rows.append(first)
        shared.append(others)
    plan.shared_counts = np.array([len(others) for others in shared], dtype=np.uint16)
    filled = [[*others, *(0,) * (SHARED_LIMIT - len(others))] for others in shared]
    plan.shared_rows = np.array(filled, dtype=np.uint32).reshape(-1, SHARED_LIMIT)
    for resource in policy_set.resources:
        kind = LayerKind.TRUST if resource.kind is ResourceKind.ROLE else LayerKind.RESOURCE
        plan.policy_rows.append(None if resource.policy is None else planner.add_layers([(kind, (resource.policy,))]))
    plan.attribute_rows = [
        planner.add_layers((LayerKind.EC2_ATTRIBUTE, (policy,)) for policy in resource.attributes)
        if resource.attributes
        else None
        for resource in policy_set.resources
    ]
    plan.rcp_rows = [
        None if account.rcps is None else planner.add_layers([(LayerKind.RCP, account.rcps)])
        for account in policy_set.accounts
    ]
    plan.endpoint_rows = [
        planner.add_layers([(LayerKind.VPC_ENDPOINT, (endpoint.policy,))]) for endpoint in policy_set.endpoints
    ]
    plan.unknown_row = planner.add_layers(_resource_layers(policy_set)) if planner.keeps_layers else None
    return plan


def count_distinct(principals: Iterable[Principal]) -> int:
    """Count the principals that are not under the same policies as another."""
    return len({(p.kind, p.identity, p.boundary, p.session, p.scps) for p in principals})


def _resource_layers(policy_set: PolicySet) -> Layers:
    """List the policies of all resources: those of roles in a layer of their own."""
    trust, others = (
        tuple(
            sorted(
                resource.policy
                for resource in policy_set.resources
                if resource.policy is not None and (resource.kind is ResourceKind.ROLE) is is_role
            )
        )
        for is_role in (True, False)
    )
    return ((LayerKind.RESOURCE, others), (LayerKind.TRUST, trust))


class _Planner:
    """A plan under construction: equal rows are one."""

    def __init__(self, *, keeps_layers: bool) -> None:
        self.plan = Plan()
        self.keeps_layers = keeps_layers
        self._numbers: dict[tuple[PrincipalKind | None, Layers], int] = {}
        self._programs: dict[tuple[int, ...], int] = {}
        self._parts: dict[tuple[Layers, tuple[tuple[int, ...], ...]], _Parts] = {}
        self._own_with_rows: set[tuple[int, ...]] = set()

    def share(self, principals: Iterable[Principal], flat_limit: int, own_limit: int) -> None:
        """Let members of groups share the rows of these, and give so many rows to what they have beside.

        Of that, what many have comes first.
        """
        # Only users are members of groups; what no role may do, no program of a role's own knows.
        members = Counter((_layers(p), p.groups) for p in principals if p.groups and p.kind is PrincipalKind.USER)
        split = {key: parts for key in members if (parts := _split(*key)) is not None}
        by_cost = sorted(split, key=lambda key: -split[key].count)
        self._parts = {key: split[key] for key in by_cost[flat_limit:]}
        own: Counter[tuple[int, ...]] = Counter()
        for key, member_count in members.items():
            if key in self._parts and self._parts[key].own:
                own[self._parts[key].own] += member_count
        self.plan.own_count = len(own)
        self._own_with_rows = {policies for policies, _ in own.most_common(own_limit)}

    def add_principal(self, principal: Principal) -> list[int]:
        """Return the row of a principal, then what it shares."""
        kind, layers = principal.kind, _layers(principal)
        parts = self._parts.get((layers, principal.groups)) if kind is PrincipalKind.USER else None
        if parts is None:
            return [self._add(PlannedRow(kind, layers, self.keeps_layers))]
        numbers = [
            self._add(PlannedRow(kind, ((LayerKind.IDENTITY, group),), self.keeps_layers)) for group in parts.groups
        ]
        own = ((LayerKind.IDENTITY, parts.own),)
        if parts.own in self._own_with_rows:
            numbers.append(self._add(PlannedRow(kind, own, self.keeps_layers)))
        elif parts.own:
            numbers.append(SHARED_PROGRAM | self._add_program(own))
        if parts.ceilings:
            # Nothing of a ceiling is cut: where it allows nothing, that must be told from having none.
            numbers.append(self._add(PlannedRow(kind, parts.ceilings, keeps_layers=True)))
        return numbers

    def add_layers(self, parts: Iterable[tuple[LayerKind, tuple[int, ...]]]) -> int:
        """Return the row of layers beside the principals."""
        layers = tuple((kind, tuple(sorted(set(policies)))) for kind, policies in parts)
        return self._add(PlannedRow(None, layers, keeps_layers=True))

    def _add(self, row: PlannedRow) -> int:
        number = self._numbers.get((row.kind, row.layers))
        if number is None:
            number = self._numbers[row.kind, row.layers] = len(self._numbers)
            self.plan.rows.append(row)
        return number

    def _add_program(self, layers: Layers) -> int:
        number = self._programs.get(layers[0][1])
        if number is None:
            number = self._programs[layers[0][1]] = len(self._programs)
            self.plan.rows.append(PlannedRow(None, layers, self.keeps_layers, has_cells=False))
        return number


def _layers(principal: Principal) -> Layers:
    """List the layers that must all allow, in the order in which an Allow is looked for."""
    layers: list[tuple[LayerKind, tuple[int, ...]]] = []
    if principal.is_limited_by_identity:
        layers.append((LayerKind.IDENTITY, principal.identity))
    if principal.boundary is not None and principal.kind is not PrincipalKind.ROOT:
        layers.append((LayerKind.BOUNDARY, (principal.boundary,)))
    if principal.session is not None or principal.kind is PrincipalKind.FEDERATED:
        layers.append((LayerKind.SESSION, principal.session or ()))
    layers += [(LayerKind.SCP, level) for level in (() if principal.is_service_linked else principal.scps or ())]
    return tuple((kind, tuple(sorted(set(policies)))) for kind, policies in layers)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The layers of a principal, apart: policies of groups, its own, and whatever must allow too."""

    groups: list[tuple[int, ...]]
    own: tuple[int, ...]
    ceilings: Layers

    @property
    def count(self) -> int:
        """Rows that they take."""
        return len(self.groups) + bool(self.own) + bool(self.ceilings)


def _split(layers: Layers, groups: Iterable[tuple[int, ...]]) -> _Parts | None:
    """Take the layers of a member of groups apart; None where that makes more rows than a principal can have."""
    if not layers or layers[0][0] is not LayerKind.IDENTITY:
        return None
    identity = set(layers[0][1])
    sets = (tuple(sorted(set(group))) for group in dict.fromkeys(groups))
    shared = [policies for policies in sets if policies and identity.issuperset(policies)]
    own = identity.difference(*shared)
    ceilings = layers[1:]
    parts = _Parts(shared, tuple(sorted(own)), ceilings)
    return parts if shared and parts.count - 1 <= SHARED_LIMIT else None

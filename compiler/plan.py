"""Plan the rows of the cells: who is under which layers of policies, and who shares which row with whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

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
    program_count: int = 0
    """Rows without cells."""

    _entries: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    _cell_rows: dict[PrincipalKind | None, list[int]] | None = None

    @property
    def layer_limit(self) -> int:
        """The most layers of a row."""
        return max((len(row.layers) for row in self.rows), default=0)

    def rows_of(self, is_asked: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the rows, in ascending order, that have some of the policies asked for."""
        if self._entries is None:
            entries = [
                (number, policy) for number, row in enumerate(self.rows) for _, own in row.layers for policy in own
            ]
            rows, policies = np.array(entries, dtype=np.int64).reshape(-1, 2).T
            self._entries = rows, policies
        rows, policies = self._entries
        is_found = np.zeros(len(self.rows), dtype=np.bool_)
        is_found[rows[is_asked[policies]]] = True
        return np.flatnonzero(is_found)

    def cell_rows_of(self, *kinds: PrincipalKind) -> NDArray[np.intp]:
        """Return the rows of the cells, in ascending order, of principals of some kinds."""
        if self._cell_rows is None:
            self._cell_rows = {}
            for number, row in enumerate(row for row in self.rows if row.has_cells):
                self._cell_rows.setdefault(row.kind, []).append(number)
        numbers = sorted(number for kind in kinds for number in self._cell_rows.get(kind, ()))
        return np.array(numbers, dtype=np.intp)


class KnownPrincipals:
    """What principals are under, each of these once: from one plan to the next by the principals' ids.

    Attributes
    ----------
    row_count : int
        How many rows the principals last read have, where none is shared.
    """

    def __init__(self) -> None:
        self.row_count: int = 0
        self._under: dict[int, tuple[Principal, _Under]] = {}

    def read(self, principals: Sequence[Principal]) -> list[_Under]:
        """Return what each principal is under, the same object for equals; what others are under is forgotten."""
        before = self._under
        under = [before.get(id(principal)) for principal in principals]
        if None in under or len(before) > len(principals):
            distinct = {known[1].key: known[1] for known in under if known is not None}
            self._under = {}
            for number, principal in enumerate(principals):
                known = under[number]
                if known is None:
                    key = principal.kind, _layers(principal), principal.groups
                    known = under[number] = principal, distinct.setdefault(key, _Under(*key))
                self._under[id(principal)] = known
            self.row_count = len({(one.kind, one.layers) for _, one in self._under.values()})
        return [known[1] for known in under if known is not None]


def plan_rows(
    policy_set: PolicySet,
    *,
    flat_limit: int | None,
    own_limit: int,
    progress: Callable[[int, int], None] | None = None,
    known: KnownPrincipals | None = None,
) -> Plan:
    """Plan the rows of a policy set.

    Parameters
    ----------
    flat_limit : int or None
        So many members of groups have a row of their own all the same: those that would need the most rows
        otherwise.  None: all have.
    own_limit : int
        So many rows, at most, are for what members have beside their groups; what is left runs its action tests.
    known : KnownPrincipals, optional
        What principals are known to be under, and is replaced by what these are.
    """
    # Without a policy a key lets nobody in, so that it matters even then whether a resource is one (R142).
    has_sides = any(r.policy is not None or r.kind is ResourceKind.KEY for r in policy_set.resources)
    planner = _Planner(keeps_layers=has_sides)
    under = (known or KnownPrincipals()).read(policy_set.principals)
    if flat_limit is not None:
        planner.share(under, flat_limit, own_limit)
    plan = planner.plan
    rows: dict[_Under, list[int]] = {}
    for number, one in enumerate(under):
        if progress is not None and number % PROGRESS_STEP == 0:
            progress(number, len(under))
        if one not in rows:
            rows[one] = planner.add_principal(one)
    all_rows = [rows[one] for one in under]
    plan.principal_rows = [numbers[0] for numbers in all_rows]
    plan.shared_counts = np.array([len(numbers) - 1 for numbers in all_rows], dtype=np.uint16)
    plan.shared_rows = np.zeros((len(under), SHARED_LIMIT), dtype=np.uint32)
    is_filled = np.arange(SHARED_LIMIT) < plan.shared_counts[:, None]
    plan.shared_rows[is_filled] = [number for numbers in all_rows for number in numbers[1:]]
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
        self._added = 0
        self._programs: dict[tuple[int, ...], int] = {}
        self._sharing: set[_Under] = set()
        self._own_with_rows: set[tuple[int, ...]] = set()

    def share(self, under: Sequence[_Under], flat_limit: int, own_limit: int) -> None:
        """Let members of groups share the rows of these, and give so many rows to what they have beside.

        Of that, what many have comes first.
        """
        # Only users are members of groups; what no role may do, no program of a role's own knows.
        members = Counter(under)
        by_cost = sorted((one for one in members if one.parts is not None), key=_count_rows, reverse=True)
        self._sharing = set(by_cost[flat_limit:])
        own: Counter[tuple[int, ...]] = Counter()
        for one, member_count in members.items():
            if one in self._sharing and one.parts is not None and one.parts.own:
                own[one.parts.own] += member_count
        self.plan.own_count = len(own)
        self._own_with_rows = set(own)
        if own_limit < len(own):
            self._own_with_rows = {policies for policies, _ in own.most_common(own_limit)}

    def add_principal(self, under: _Under) -> list[int]:
        """Return the row of a principal, then what it shares."""
        kind, parts = under.kind, under.parts
        if parts is None or under not in self._sharing:
            return [self._add(kind, under.layers, self.keeps_layers)]
        numbers = [self._add(kind, group, self.keeps_layers) for group in parts.groups]
        own = ((LayerKind.IDENTITY, parts.own),)
        if parts.own in self._own_with_rows:
            numbers.append(self._add(kind, own, self.keeps_layers))
        elif parts.own:
            numbers.append(SHARED_PROGRAM | self._add_program(own))
        if parts.ceilings:
            # Nothing of a ceiling is cut: where it allows nothing, that must be told from having none.
            numbers.append(self._add(kind, parts.ceilings, keeps_layers=True))
        return numbers

    def add_layers(self, parts: Iterable[tuple[LayerKind, tuple[int, ...]]]) -> int:
        """Return the row of layers beside the principals."""
        layers = tuple((kind, tuple(sorted(set(policies)))) for kind, policies in parts)
        return self._add(None, layers, keeps_layers=True)

    def _add(self, kind: PrincipalKind | None, layers: Layers, keeps_layers: bool) -> int:
        number = self._numbers.setdefault((kind, layers), len(self._numbers))
        if len(self._numbers) > self._added:
            self._added += 1
            self.plan.rows.append(PlannedRow(kind, layers, keeps_layers))
        return number

    def _add_program(self, layers: Layers) -> int:
        number = self._programs.get(layers[0][1])
        if number is None:
            number = self._programs[layers[0][1]] = len(self._programs)
            self.plan.rows.append(PlannedRow(None, layers, self.keeps_layers, has_cells=False))
            self.plan.program_count += 1
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


class _Parts(NamedTuple):
    """The layers of a principal, apart: policies of groups, its own, and whatever must allow too."""

    groups: list[Layers]
    own: tuple[int, ...]
    ceilings: Layers

    @property
    def row_count(self) -> int:
        """Rows that they take."""
        return len(self.groups) + bool(self.own) + bool(self.ceilings)


class _Under:
    """What principals of one kind are under: their layers, and what these are of groups."""

    __slots__ = ("_parts", "groups", "kind", "layers")

    def __init__(self, kind: PrincipalKind, layers: Layers, groups: tuple[tuple[int, ...], ...]) -> None:
        self.kind, self.layers, self.groups = kind, layers, groups
        self._parts: _Parts | Literal[False] | None = False

    @property
    def key(self) -> tuple[PrincipalKind, Layers, tuple[tuple[int, ...], ...]]:
        """What tells it from others."""
        return self.kind, self.layers, self.groups

    @property
    def parts(self) -> _Parts | None:
        """The layers taken apart; None where nobody shares them."""
        if self._parts is False:
            is_member = self.groups and self.kind is PrincipalKind.USER
            self._parts = _split(self.layers, self.groups) if is_member else None
        return self._parts


def _count_rows(under: _Under) -> int:
    return under.parts.row_count if under.parts is not None else 0


def _split(layers: Layers, groups: Iterable[tuple[int, ...]]) -> _Parts | None:
    """Take the layers of a member of groups apart; None where that makes more rows than a principal can have.

    The first layer of a user, whatever else there is, is that of identity policies.
    """
    identity = set(layers[0][1])
    sets = dict.fromkeys(tuple(sorted(set(group))) for group in groups)
    shared = [policies for policies in sets if policies and identity.issuperset(policies)]
    own = identity.difference(*shared)
    parts = _Parts([((LayerKind.IDENTITY, policies),) for policies in shared], tuple(sorted(own)), layers[1:])
    return parts if shared and parts.row_count - 1 <= SHARED_LIMIT else None

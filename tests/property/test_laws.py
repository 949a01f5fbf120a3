"""Laws of decisions, named as theorems, on the engine."""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from typing import Any

from engine import compile_world, unknown_of
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Others, Value
from strategies import (
    ACTIONS,
    FAMILIES,
    KEYS,
    RESOURCES,
    ROOT,
    USERS,
    Request,
    World,
    documents,
    lower,
    requests,
    statements,
    swapcase,
    worlds,
)

import gatewright as gw

laws = settings(max_examples=60, deadline=None)

EVERYTHING = {"Action": "*", "Resource": "*"}
DENY_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **EVERYTHING}]}
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **EVERYTHING}]}
USER_REQUESTS = requests().map(lambda request: replace(request, principal=USERS[0]))
KNOWN_REQUESTS = requests(with_unknown=False).map(lambda request: replace(request, principal=USERS[0]))
RANK = {gw.Decision.EXPLICIT_DENY: 0, gw.Decision.IMPLICIT_DENY: 0, gw.Decision.ALLOW: 1}


def needs_permission(request: Request) -> bool:
    """Tell whether the action is not one that needs no permission (R149)."""
    return request.action.lower() not in ("sts:getcalleridentity", "sts:getsessiontoken")


def user_world(identity: list[dict[str, Any]], boundary: dict[str, Any] | None = None) -> World:
    """Return a world of one user."""
    documents = (*identity, *([] if boundary is None else [boundary]))
    return World(
        documents, {USERS[0]: tuple(range(len(identity)))}, {} if boundary is None else {USERS[0]: len(identity)}
    )


def decide(world: World, request: Request) -> gw.Decision:
    """Compile a world and decide one request."""
    answer = compile_world(world).authorize(
        request.principal, request.action, request.resource, request.context, unknown=unknown_of(request)
    )
    return answer.decision


USER_DOCUMENTS = st.lists(documents(), min_size=1, max_size=3)


@laws
@given(USER_DOCUMENTS, USER_REQUESTS)
def test_deny_overrides_allow(identity: list[dict[str, Any]], request: Request) -> None:
    """A Deny that applies wins over whatever else the policies say (R131)."""
    for world in (user_world([*identity, ALLOW_ALL, DENY_ALL]), user_world([*identity, ALLOW_ALL], DENY_ALL)):
        wanted = gw.Decision.EXPLICIT_DENY if needs_permission(request) else gw.Decision.ALLOW
        assert decide(world, request) is wanted


@laws
@given(USER_DOCUMENTS, USER_REQUESTS)
def test_no_allow_means_deny(identity: list[dict[str, Any]], request: Request) -> None:
    """Without an Allow statement nothing is allowed, nor unknown (R132)."""
    for document in identity:
        document["Statement"] = [{**statement, "Effect": "Deny"} for statement in as_list(document["Statement"])]
    decision = decide(user_world(identity), request)
    if needs_permission(request):
        assert decision in (gw.Decision.IMPLICIT_DENY, gw.Decision.EXPLICIT_DENY)
    else:
        assert decision is gw.Decision.ALLOW


def as_list(value: Any) -> list[Any]:
    """Return a value that may stand alone as a list."""
    return value if isinstance(value, list) else [value]


@laws
@given(worlds(), requests(), st.randoms(use_true_random=False))
def test_statement_order_is_irrelevant(world: World, request: Request, shuffle: random.Random) -> None:
    """Documents, statements, list elements and members may stand in any order (R28)."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {member: shuffled(value[member]) for member in shuffle.sample(list(value), len(value))}
        if isinstance(value, list):
            return [shuffled(item) for item in shuffle.sample(value, len(value))]
        return value

    order = shuffle.sample(range(len(world.documents)), len(world.documents))
    place = {old: new for new, old in enumerate(order)}
    other = World(
        tuple(shuffled(world.documents[old]) for old in order),
        {arn: tuple(place[index] for index in identity) for arn, identity in world.identity.items()},
        {arn: place[index] for arn, index in world.boundary.items()},
    )
    assert decide(other, request) is decide(world, request)


@laws
@given(USER_DOCUMENTS, statements(), USER_REQUESTS)
def test_unused_statement_changes_nothing(
    identity: list[dict[str, Any]], statement: dict[str, Any], request: Request
) -> None:
    """A statement that cannot apply changes no decision, with either effect (R131)."""
    for effect in ("Allow", "Deny"):
        for part in ({"Resource": "arn:aws:s3:::nowhere"}, {"Action": "s3:NoSuchAction"}):
            never = {name: value for name, value in statement.items() if not name.endswith(next(iter(part)))}
            more = {"Version": "2012-10-17", "Statement": [{**never, **part, "Effect": effect}]}
            if request.resource is None and "Resource" in part:
                continue  # an unknown resource may be that one
            assert decide(user_world([*identity, more]), request) is decide(user_world(identity), request)


@laws
@given(USER_DOCUMENTS, USER_REQUESTS)
def test_splitting_lists_changes_nothing(identity: list[dict[str, Any]], request: Request) -> None:
    """One statement over several actions and resources means one statement for each of them (R40)."""
    split = []
    for document in identity:
        pieces = []
        for statement in as_list(document["Statement"]):
            for action in as_list(statement.get("Action")):
                for resource in as_list(statement.get("Resource")):
                    piece = dict(statement)
                    if action is not None:
                        piece["Action"] = action
                    if resource is not None:
                        piece["Resource"] = [resource]
                    pieces.append(piece)
        split.append({**document, "Statement": pieces})
    assert decide(user_world(split), request) is decide(user_world(identity), request)


@laws
@given(USER_DOCUMENTS, documents(), KNOWN_REQUESTS)
def test_boundary_only_narrows(identity: list[dict[str, Any]], boundary: dict[str, Any], request: Request) -> None:
    """With a boundary nothing is allowed that was not, and everything that both allow is (R137)."""
    without, alone = decide(user_world(identity), request), decide(user_world([boundary]), request)
    within = decide(user_world(identity, boundary), request)
    assert RANK[within] == min(RANK[without], RANK[alone])
    explicit = gw.Decision.EXPLICIT_DENY
    assert (within is explicit) == (explicit in (without, alone))


@laws
@given(USER_DOCUMENTS, documents(), KNOWN_REQUESTS)
def test_boundary_that_allows_everything_changes_nothing(
    identity: list[dict[str, Any]], boundary: dict[str, Any], request: Request
) -> None:
    """A boundary over everything is as none, and an identity policy over everything leaves the boundary (R137)."""
    assert decide(user_world(identity, ALLOW_ALL), request) is decide(user_world(identity), request)
    assert decide(user_world([ALLOW_ALL], boundary), request) is decide(user_world([boundary]), request)


@laws
@given(USER_DOCUMENTS, USER_DOCUMENTS, KNOWN_REQUESTS)
def test_more_allow_never_denies(identity: list[dict[str, Any]], more: list[dict[str, Any]], request: Request) -> None:
    """Policies without a Deny that are added never take an allow away (R136)."""
    for document in more:
        document["Statement"] = [{**statement, "Effect": "Allow"} for statement in as_list(document["Statement"])]
    assert RANK[decide(user_world([*identity, *more]), request)] >= RANK[decide(user_world(identity), request)]


VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    *[st.sampled_from(family.request_values) for family in FAMILIES],
    st.sampled_from(FAMILIES).flatmap(lambda family: st.lists(st.sampled_from(family.request_values), max_size=3)),
)


@settings(max_examples=200, deadline=None)
@given(
    worlds(),
    requests(),
    st.fixed_dictionaries({lower(key): VALUES for key in KEYS}),
    st.sampled_from(RESOURCES),
    st.sets(st.sampled_from([lower(key) for key in KEYS])),
)
def test_resolving_an_unknown_key_never_contradicts(
    world: World, request: Request, resolution: dict[str, Value], resource: str, later: set[str]
) -> None:
    """A definite decision holds for every resolution of the unknown keys, all at once or one after the other (R194).

    A deny that becomes explicit because an unknown Deny turns out to apply is no contradiction: both deny (R190).
    """
    authorizer = compile_world(world)

    def ask(asked: Request) -> gw.Decision:
        return authorizer.authorize(
            asked.principal, asked.action, asked.resource, asked.context, unknown=unknown_of(asked)
        ).decision

    named = {lower(key) for key in request.context}
    open_keys = (
        {lower(key) for key in KEYS} - named
        if isinstance(request.unknown, Others)
        else {lower(key) for key in request.unknown}
    )
    some = replace(
        request,
        context={**request.context, **{key: resolution[key] for key in open_keys - later}},
        unknown=frozenset(open_keys & later),
    )
    every = replace(
        request,
        context={**request.context, **{key: resolution[key] for key in open_keys}},
        unknown=frozenset(),
        resource=resource if request.resource is None else request.resource,
    )
    decisions = [ask(request), ask(some), ask(every)]
    assert decisions[-1] is not gw.Decision.UNKNOWN
    for before, after in pairwise(decisions):
        if before is not gw.Decision.UNKNOWN:
            assert RANK.get(after) == RANK[before]
        if before is gw.Decision.EXPLICIT_DENY:
            assert after is gw.Decision.EXPLICIT_DENY


@laws
@given(worlds(), requests())
def test_unknown_keys_are_named_with_unknown_only(world: World, request: Request) -> None:
    """The keys to settle are there exactly if the decision is unknown, and each of them is unknown (R193)."""
    answer = compile_world(world).authorize(
        request.principal, request.action, request.resource, request.context, unknown=unknown_of(request)
    )
    assert (answer.decision is gw.Decision.UNKNOWN) == bool(answer.unknown_keys)
    assert list(answer.unknown_keys) == sorted(set(answer.unknown_keys))
    named = {lower(key) for key in request.context}
    for key in answer.unknown_keys:
        if key == "resource":
            assert request.resource is None
        elif isinstance(request.unknown, Others):
            assert key not in named
        else:
            assert key in {lower(name) for name in request.unknown}


@laws
@given(worlds(), requests())
def test_key_case_is_irrelevant(world: World, request: Request) -> None:
    """Condition keys and variables' names compare without case, in policies and in requests (R74, R110)."""

    def cased(document: dict[str, Any]) -> dict[str, Any]:
        changed = deepcopy(document)
        for statement in as_list(changed["Statement"]):
            for operator, tests in statement.get("Condition", {}).items():
                statement["Condition"][operator] = {swapcase(key): values for key, values in tests.items()}
        return changed

    other_world = replace(world, documents=tuple(cased(document) for document in world.documents))
    unknown = request.unknown if isinstance(request.unknown, Others) else {swapcase(key) for key in request.unknown}
    other = replace(
        request,
        context={swapcase(key): value for key, value in request.context.items()},
        unknown=unknown if isinstance(unknown, Others) else frozenset(unknown),
    )
    assert decide(other_world, request) is decide(world, request)
    assert decide(world, other) is decide(world, request)


@laws
@given(worlds(), requests())
def test_action_case_is_irrelevant(world: World, request: Request) -> None:
    """Actions compare without the case of ASCII letters (R42)."""
    assert decide(world, replace(request, action=request.action.swapcase())) is decide(world, request)


@laws
@given(worlds(), st.sampled_from(ACTIONS), st.sampled_from(RESOURCES))
def test_root_user_is_allowed(world: World, action: str, resource: str) -> None:
    """Identity policies and boundaries do not limit the root user (R143)."""
    assert decide(world, Request(ROOT, action, resource, {}, frozenset())) is gw.Decision.ALLOW


@laws
@given(worlds(), requests())
def test_other_principals_change_nothing(world: World, request: Request) -> None:
    """A principal's decisions do not depend on who else is in the policy set."""
    if request.principal not in world.identity:
        return
    alone = World(
        world.documents,
        {request.principal: world.identity[request.principal]},
        {arn: index for arn, index in world.boundary.items() if arn == request.principal},
    )  # a document that is nobody's boundary any more counts as an identity document that nobody is under
    assert decide(alone, request) is decide(world, request)

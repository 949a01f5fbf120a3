"""Laws of decisions over the whole language, named as theorems, on the engine: worlds with policies of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from fuzz.differential.alphabet import ACCOUNT, MARA, OTHER, SESSIONS, THIRD
from fuzz.differential.ask_engine import Engine, Told
from fuzz.differential.conditions import READING_OF, Dice
from fuzz.differential.ec2 import document_of
from fuzz.differential.generate import Maker, make_world
from fuzz.differential.world import KINDS, Question, World
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Others, statements_of
from strategies import KEYS, lower

import gatewright as gw
from gatewright.compiler.policyset import PrincipalKind
from gatewright.runtime.requests import Target

laws = settings(max_examples=40, deadline=None)
SEEDS = st.integers(0, (1 << 32) - 1)
RANK = {"implicit_deny": 0, "explicit_deny": 0, "unknown": 1, "allow": 2}
"""How much is allowed; a change that only narrows never raises it."""
NOTHING = {"Effect": "Allow", "Action": "x:Nothing", "Resource": "*"}
SIDES = ("resource", "trust", "vpc-endpoint", "rcp")
FREE = ("sts:getcalleridentity", "sts:getsessiontoken")
OF_ROLES = tuple(
    f"sts:{name}"
    for name in ("assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "setsourceidentity", "tagsession")
)
"""Need a role's leave within one account too (R141), so that the caller's own side cannot be asked alone."""


def answers(world: World) -> list[Told]:
    """Answer the requests of a world one by one."""
    engine = Engine(world)
    return [engine.tell_single(number, question) for number, question in enumerate(world.questions)]


def decisions(world: World) -> list[str]:
    """Decide the requests of a world one by one."""
    return [told.got[0] for told in answers(world)]


def assert_narrows(wide: World, narrow: World) -> None:
    """Assert that one world allows nothing that another with the same requests does not."""
    for question, before, after in zip(wide.questions, decisions(wide), decisions(narrow), strict=True):
        assert RANK[after] <= RANK[before], question


def assert_same(left: World, right: World) -> None:
    """Assert that two worlds with the same requests decide them alike."""
    for question, before, after in zip(left.questions, decisions(left), decisions(right), strict=True):
        assert after == before, question


def rewrite(world: World, change: Callable[[str, dict[str, Any]], list[dict[str, Any]]]) -> World:
    """Put statements in place of each statement of a world, by its kind."""
    documents = []
    for kind, document in world.documents:
        statements = [new for statement in statements_of(document) for new in change(kind, dict(statement))]
        documents.append((kind, {**document, "Statement": statements}))
    return replace(world, documents=tuple(documents))


def entries_of(value: Any) -> list[Any]:
    """Return a value that may stand alone as a list."""
    return value if isinstance(value, list) else [value]


# --- more and fewer statements ----------------------------------------------------------------------------------------


@laws
@given(SEEDS)
def test_deny_that_is_added_never_allows(seed: int) -> None:
    """A Deny more, in a document of whatever kind, takes away or changes nothing (R131)."""
    world = make_world(f"deny {seed}")
    maker = Maker(f"added {seed}", KINDS)
    number = maker.dice.one([i for i, (kind, _) in enumerate(world.documents) if kind != "ec2-attribute"])
    kind, document = world.documents[number]
    deny = {**maker.make_statement(kind, None), "Effect": "Deny"}
    more = world.with_document(number, {**document, "Statement": [*statements_of(document), deny]})
    assert_narrows(world, more)


@laws
@given(SEEDS)
def test_allow_that_is_removed_never_allows(seed: int) -> None:
    """Without an Allow that it had, in a document of whatever kind, a world allows no more than before (R132)."""
    world = make_world(f"allow {seed}")
    dice = Dice(f"removed {seed}")

    def change(kind: str, statement: dict[str, Any]) -> list[dict[str, Any]]:
        if statement["Effect"] == "Deny" or dice.chance(0.7):
            return [statement]
        idle = {**NOTHING, **({"Principal": "*"} if kind in (*SIDES, "ec2-attribute") else {})}
        if kind == "trust":
            idle = {"Effect": "Allow", "Principal": {"AWS": THIRD}, "Action": "sts:SetContext"}
        return [idle]

    assert_narrows(world, rewrite(world, change))


@laws
@given(SEEDS)
def test_order_is_irrelevant(seed: int) -> None:
    """Documents, statements, members and entries may stand in any order; keys to settle are the same too (R28)."""
    world = make_world(f"order {seed}")
    shuffle = Dice(f"shuffled {seed}").rng

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {member: shuffled(value[member]) for member in shuffle.sample(list(value), len(value))}
        if isinstance(value, list):
            return [shuffled(item) for item in shuffle.sample(value, len(value))]
        return value

    order = shuffle.sample(range(len(world.documents)), len(world.documents))
    place = {old: new for new, old in enumerate(order)}

    def moved(numbers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(place[number] for number in shuffle.sample(numbers, len(numbers)))

    other = replace(
        world,
        documents=tuple((world.documents[old][0], shuffled(world.documents[old][1])) for old in order),
        principals=tuple(
            replace(
                principal,
                identity=moved(principal.identity),
                boundary=None if principal.boundary is None else place[principal.boundary],
                session=None if principal.session is None else moved(principal.session),
                scps=None if principal.scps is None else tuple(map(moved, principal.scps)),
            )
            for principal in shuffle.sample(world.principals, len(world.principals))
        ),
        resources=tuple(
            replace(
                resource,
                policy=None if resource.policy is None else place[resource.policy],
                attributes=moved(resource.attributes),
            )
            for resource in shuffle.sample(world.resources, len(world.resources))
        ),
        accounts=tuple(
            replace(account, rcps=None if account.rcps is None else moved(account.rcps)) for account in world.accounts
        ),
        endpoints=tuple(replace(endpoint, policy=place[endpoint.policy]) for endpoint in reversed(world.endpoints)),
    )
    for question, before, after in zip(world.questions, answers(world), answers(other), strict=True):
        assert (after.got[0], after.got[2]) == (before.got[0], before.got[2]), question


@laws
@given(SEEDS)
def test_splitting_lists_changes_nothing(seed: int) -> None:
    """A list of actions, resources, principals or values of a positive operator means a statement each (R40, R70)."""
    world = make_world(f"split {seed}")

    def change(kind: str, statement: dict[str, Any]) -> list[dict[str, Any]]:
        actions = entries_of(statement.get("Action", []))
        resources = entries_of(statement.get("Resource", []))
        principals = statement.get("Principal")
        parts: list[list[dict[str, Any]]] = []
        if len(actions) > 1:
            parts.append([{"Action": action} for action in actions])
        if len(resources) > 1:
            parts.append([{"Resource": [resource]} for resource in resources])
        if isinstance(principals, dict) and kind != "rcp":
            single = [{name: text} for name, texts in principals.items() for text in entries_of(texts)]
            if len(single) > 1:
                parts.append([{"Principal": principal} for principal in single])
        for operator, tests in statement.get("Condition", {}).items():
            is_positive = "Not" not in operator and "Null" not in operator and "ForAllValues" not in operator
            for key, values in tests.items():
                if is_positive and isinstance(values, list) and len(values) > 1:
                    others = {**statement["Condition"]}
                    parts.append([{"Condition": {**others, operator: {**tests, key: value}}} for value in values])
                    break  # of one condition only: the parts are laid over the statement as wholes
            else:
                continue
            break
        statement.pop("Sid", None)
        return [
            {**statement, **{name: value for part in chosen for name, value in part.items()}}
            for chosen in product(*parts)
        ]

    assert_same(world, rewrite(world, change))


# --- ceilings ---------------------------------------------------------------------------------------------------------


@laws
@given(SEEDS)
def test_boundary_only_narrows(seed: int) -> None:
    """Nothing is allowed under a boundary that is not without it (R137)."""
    world = make_world(f"boundary {seed}")
    assert_narrows(
        replace(world, principals=tuple(replace(principal, boundary=None) for principal in world.principals)), world
    )


@laws
@given(SEEDS)
def test_session_policies_only_narrow(seed: int) -> None:
    """Nothing is allowed under session policies that is not without; only federated users have nothing then (R138)."""
    world = make_world(f"session {seed}")
    free = tuple(
        principal if principal.kind is PrincipalKind.FEDERATED else replace(principal, session=None)
        for principal in world.principals
    )
    assert_narrows(replace(world, principals=free), world)


@laws
@given(SEEDS)
def test_service_control_policies_only_narrow(seed: int) -> None:
    """Nothing is allowed under service control policies that is not without, and each level narrows further (R134)."""
    world = make_world(f"scp {seed}")
    upper = replace(
        world,
        principals=tuple(
            replace(principal, scps=principal.scps and principal.scps[:1]) for principal in world.principals
        ),
    )
    assert_narrows(upper, world)
    assert_narrows(
        replace(world, principals=tuple(replace(principal, scps=None) for principal in world.principals)), upper
    )


@laws
@given(SEEDS)
def test_resource_control_policies_only_narrow(seed: int) -> None:
    """Nothing is allowed under resource control policies that is not without (R133)."""
    world = make_world(f"rcp {seed}")
    assert_narrows(replace(world, accounts=tuple(replace(account, rcps=None) for account in world.accounts)), world)


@laws
@given(SEEDS)
def test_endpoint_policies_only_narrow(seed: int) -> None:
    """Nothing passes endpoints that is not allowed past them, and each endpoint narrows further (R38)."""
    world = make_world(f"endpoint {seed}")
    if not world.endpoints:
        return
    of_one_type = [item.name for item in world.endpoints if item.is_gateway == world.endpoints[0].is_gateway]

    def passing(*names: str) -> World:
        return replace(
            world,
            questions=tuple(
                replace(question, target=replace(question.target or Target(), endpoints=names))
                for question in world.questions
            ),
        )

    assert_narrows(passing(), passing(of_one_type[0]))
    assert_narrows(passing(of_one_type[0]), passing(*of_one_type))
    assert_narrows(passing(*of_one_type), passing(*of_one_type, "vpce-99999999"))


# --- two sides --------------------------------------------------------------------------------------------------------


def ask_as(world: World, caller: str) -> World:
    """Return the world with all requests made by one caller."""
    return replace(world, questions=tuple(replace(question, principal=caller) for question in world.questions))


@laws
@given(SEEDS)
def test_account_entry_never_gains_over_the_principals_own(seed: int) -> None:
    """Who is let in as a principal by name is let in to no less than by an entry for the whole account (R54, R65)."""
    world = make_world(f"entry {seed}")
    dice = Dice(f"entered {seed}")
    caller = dice.one((MARA, *(session for sessions in SESSIONS.values() for session in sessions)))
    account = caller.split(":")[4]
    chosen = [number for number, (kind, _) in enumerate(world.documents) if kind in ("resource", "trust")]
    if not chosen:
        return
    number = dice.one(chosen)
    kind, document = world.documents[number]

    def granting(entry: str) -> World:
        grant: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": entry}, "Action": "*"}
        if kind != "trust":
            grant["Resource"] = "*"
        return world.with_document(number, {**document, "Statement": [*statements_of(document), grant]})

    for entry in (account, f"arn:aws:iam::{account}:root"):
        assert_narrows(ask_as(granting(caller), caller), ask_as(granting(entry), caller))


@laws
@given(SEEDS)
def test_allow_across_accounts_needs_both_sides(seed: int) -> None:
    """What is allowed across accounts is allowed by the caller's own side, and not without the owner's (R140)."""
    world = make_world(f"sides {seed}")
    callers = {MARA: ACCOUNT, **{s: s.split(":")[4] for sessions in SESSIONS.values() for s in sessions}}
    across = []
    for question in world.questions:
        if question.principal in callers and question.action.lower() not in (*FREE, *OF_ROLES):
            owner = OTHER if callers[question.principal] == ACCOUNT else ACCOUNT
            target = replace(question.target or Target(), account=owner)
            across.append(replace(question, target=target))
    across = [question for question in across if question.resource is None or ":ec2:" not in question.resource]
    world = replace(world, questions=tuple(across))
    own = replace(
        world,
        resources=(),
        accounts=tuple(replace(account, rcps=None) for account in world.accounts),
        questions=tuple(
            replace(question, target=Target(callers[question.principal], None, question.target.endpoints))
            for question in across
            if question.target is not None
        ),
    )
    without = replace(world, resources=tuple(replace(resource, policy=None) for resource in world.resources))
    for question, decision, of_own, of_none in zip(
        across, decisions(world), decisions(own), decisions(without), strict=True
    ):
        assert RANK[decision] <= RANK[of_own], question
        assert RANK[of_none] == 0, question


@laws
@given(SEEDS, st.sampled_from([ACCOUNT, OTHER, THIRD]))
def test_sharing_with_one_more_account_never_denies(seed: int, account: str) -> None:
    """An account more in the permission of an image or a snapshot takes nothing from anybody (R161, R163)."""
    world = make_world(f"sharing {seed}")
    wide = world
    for resource in world.resources:
        if resource.attributes and not resource.name.endswith("/"):
            before = world.attributes[resource.name]
            what = "image" if "image" in before else "snapshot"
            permission = "launch_permission" if what == "image" else "create_volume_permission"
            users = [*before[what][permission].get("users", []), account]
            shared = {**before[what][permission], "users": users}
            attributes = {**before, what: {**before[what], permission: shared}}
            wide = wide.with_document(resource.attributes[0], document_of(attributes, resource.name))
    assert_narrows(wide, world)


# --- what is unknown --------------------------------------------------------------------------------------------------


@laws
@given(SEEDS)
def test_resolving_unknown_keys_never_contradicts(seed: int) -> None:
    """A definite decision holds for every resolution of the unknown keys, all at once or one after the other (R194).

    A deny that becomes explicit because an unknown Deny turns out to apply is no contradiction: both deny (R190).
    """
    world = make_world(f"unknown {seed}")
    dice = Dice(f"resolved {seed}")

    def resolve(question: Question, share: float) -> Question:
        named = {lower(key) for key in question.context}
        if isinstance(question.unknown, Others):
            unknown = {lower(key) for key in KEYS} - named
        else:
            unknown = {lower(key) for key in question.unknown}
        context = {key: value for key, value in question.context.items() if lower(key) not in unknown}
        left = set()
        for key in sorted(unknown):
            if not dice.chance(share):
                left.add(key)
            elif dice.chance(0.8):
                values = READING_OF[next(name for name in KEYS if lower(name) == key)].request_values
                context[key] = dice.one(values) if dice.chance(0.8) else dice.some(values, 3)
        return replace(question, context=context, unknown=frozenset(left))

    some = replace(world, questions=tuple(resolve(question, 0.5) for question in world.questions))
    every = replace(world, questions=tuple(resolve(question, 1.0) for question in some.questions))
    for steps in zip(world.questions, decisions(world), decisions(some), decisions(every), strict=True):
        question, *found = steps
        assert found[-1] != "unknown" or question.resource is None, question
        for before, after in pairwise(found):
            if before != "unknown":
                assert RANK[after] == RANK[before], question
            if before == "explicit_deny":
                assert after == "explicit_deny", question


# --- ways to ask ------------------------------------------------------------------------------------------------------


@laws
@given(SEEDS)
def test_all_ways_to_ask_answer_alike(seed: int) -> None:
    """A batch of any form, an explanation and a single request say the same of the same request."""
    engine = Engine(make_world(f"ways {seed}"))
    first: dict[int, Any] = {}
    for told in engine.tell():
        if told.path != "call":
            assert told.got == first.setdefault(told.number, told.got), told.path


@laws
@given(seed=SEEDS)
def test_table_saved_and_opened_answers_the_same(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A table that was written to a file answers as the one that was compiled."""
    engine = Engine(make_world(f"saved {seed}"))
    before = [engine.tell_explained(number, question) for number, question in enumerate(engine.world.questions)]
    path = Path(tmp_path_factory.mktemp("saved")) / "policies.gwt"
    engine.single.table.save(path)
    engine.single = gw.Authorizer.open(path)
    assert [engine.tell_explained(number, question) for number, question in enumerate(engine.world.questions)] == before

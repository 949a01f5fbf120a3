"""A seed and a number -> a world in which statements of every kind are likely to apply."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from reference import Others, Value
from strategies import ACCOUNT

from gatewright.compiler.policyset import (
    Account,
    Endpoint,
    Principal,
    PrincipalKind,
    Resource,
    ResourceKind,
)
from gatewright.runtime.requests import Target

from .alphabet import (
    ACCESS_POINTS,
    BUCKETS,
    CANONICAL,
    ENDPOINTS,
    FEDERATED,
    KEYS,
    LINKED,
    NO_ENDPOINT,
    OBJECTS,
    OTHER,
    OUTSIDERS,
    PLACES,
    PLAIN_ACTIONS,
    PROVIDERS,
    ROLES,
    ROOTS,
    SERVICE_ACTIONS,
    SESSIONS,
    SHARED,
    SOURCE_VPCE,
    STRANGERS,
    TABLES,
    THIRD,
    TRUSTED,
    USERS,
    arn_of,
    service_of,
)
from .conditions import make_context, spellings
from .documents import DocumentMaker
from .ec2 import document_of, make_attributes, make_change
from .world import KINDS, Question, World

SITUATIONS: Final = 10
CALLERS: Final = 7
"""Requests of a world: what is asked for, times who asks."""

EC2_USES: Final = (
    *SERVICE_ACTIONS["ec2"],
    "ec2:RunInstances",
    "ec2:ModifySnapshotAttribute",
    "ec2:ResetImageAttribute",
)
OWNERS: Final = (ACCOUNT, OTHER, THIRD)


def make_world(seed: str, kinds: Collection[str] = KINDS) -> World:
    """Make the world of a seed out of some kinds of document."""
    return Maker(seed, kinds).make()


def is_of_ec2(name: str | None) -> bool:
    """Tell whether a resource or an entry may be an image or a snapshot, whatever untyped text stands around it."""
    return name is not None and ("image/" in name or "snapshot/" in name)


class Maker(DocumentMaker):
    """Makes one world; documents are gathered kind by kind, which is the order of their numbers."""

    def __init__(self, seed: str, kinds: Collection[str]) -> None:
        super().__init__(seed, kinds)
        self.documents: list[tuple[str, dict[str, Any]]] = []

    def make(self) -> World:
        """Make the world."""
        dice = self.dice
        identity = self.add("identity", 1 + int(dice.random() * 4))
        boundary = self.add("boundary", int(dice.random() * 3))
        resources = self.make_resources()
        session = self.add("session", int(dice.random() * 3))
        scps = self.add("scp", int(dice.random() * 4))
        rcps = self.add("rcp", int(dice.random() * 3))
        endpoints = tuple(
            Endpoint(name, policy, dice.chance(0.35))
            for name, policy in zip(ENDPOINTS, self.add("vpc-endpoint", int(dice.random() * 4)), strict=False)
        )
        resources, attributes = self.add_attributes(resources)
        principals = tuple(self.make_principals(identity, boundary, session, scps))
        accounts = tuple(self.make_accounts(rcps))
        questions = self.make_questions(principals, resources, endpoints)
        world = World(tuple(self.documents), principals, resources, accounts, endpoints, attributes, questions)
        return World(**{**vars(world), "calls": self.make_calls(questions)})

    # --- documents ----------------------------------------------------------------------------------------------------

    def add(self, kind: str, count: int) -> tuple[int, ...]:
        """Make documents of a kind; return their numbers."""
        first = len(self.documents)
        if kind in self.kinds:
            self.documents += [(kind, self.make_document(kind)) for _ in range(count)]
        return tuple(range(first, len(self.documents)))

    # --- who and what is under them -----------------------------------------------------------------------------------

    def make_resources(self) -> tuple[Resource, ...]:
        """Make the entries of resources, most with a policy; their documents stand resource policies first."""
        dice = self.dice
        found = []
        for name in [name for name in self.owned if name not in TRUSTED] + [n for n in self.owned if n in TRUSTED]:
            kind = ResourceKind.ROLE if name in TRUSTED else ResourceKind.KEY if name in KEYS else ResourceKind.OTHER
            document_kind = "trust" if kind is ResourceKind.ROLE else "resource"
            policy = None
            if document_kind in self.kinds and name not in SHARED and dice.chance(0.9):
                policy = len(self.documents)
                self.documents.append((document_kind, self.make_document(document_kind, name)))
            account = arn_of(name).split(":")[4] or None
            if account is None or dice.chance(0.05):
                account = dice.one((ACCOUNT, ACCOUNT, *OWNERS)) if name in BUCKETS and dice.chance(0.8) else account
            is_under_rcps = name != LINKED and not (name in KEYS and dice.chance(0.2))
            found.append(Resource(name, kind, account, policy, (), is_under_rcps))
        return tuple(found)

    def add_attributes(self, resources: tuple[Resource, ...]) -> tuple[tuple[Resource, ...], dict[str, Any]]:
        """Give images and snapshots their attributes."""
        attributes: dict[str, Any] = {}
        found = []
        for resource in resources:
            if resource.name in SHARED:
                attributes[resource.name] = make_attributes(self.dice, resource.name)
                number = len(self.documents)
                self.documents.append(("ec2-attribute", document_of(attributes[resource.name], resource.name)))
                resource = Resource(resource.name, resource.kind, resource.account, None, (number,))
            found.append(resource)
        return tuple(found), attributes

    def make_principals(
        self, identity: tuple[int, ...], boundary: tuple[int, ...], session: tuple[int, ...], scps: tuple[int, ...]
    ) -> list[Principal]:
        """Make the principals of two accounts, each under some of the documents."""
        dice = self.dice
        levels = {account: self.make_levels(scps) for account in (ACCOUNT, OTHER)}

        def some(numbers: tuple[int, ...], probability: float) -> tuple[int, ...]:
            return tuple(number for number in numbers if dice.chance(probability))

        found = []
        names = [(arn, PrincipalKind.USER) for arn in USERS] + [(arn, PrincipalKind.ROLE) for arn in ROLES]
        if self.is_wide:
            names += [(arn, PrincipalKind.FEDERATED) for arn in FEDERATED]
        names += [(arn, PrincipalKind.ROOT) for arn in ROOTS]
        for arn, kind in names:
            account = arn.split(":")[4]
            is_root = kind is PrincipalKind.ROOT
            passed = None
            if kind is not PrincipalKind.USER and session and dice.chance(0.15 if is_root else 0.5):
                passed = some(session, 0.7) or session[:1]
            by = dice.one((*FEDERATED[arn], FEDERATED[arn][0])) if kind is PrincipalKind.FEDERATED else None
            own = some(identity, 0.6)
            if dice.chance(0.03):
                own += own[-1:]
            found.append(
                Principal(
                    arn,
                    kind,
                    () if is_root or (by is not None and by.endswith(":root")) else own,
                    None if is_root or not boundary or dice.chance(0.7) else dice.one(boundary),
                    passed,
                    levels[account],
                    by,
                    arn == LINKED and self.is_wide,
                )
            )
        return found

    def make_levels(self, scps: tuple[int, ...]) -> tuple[tuple[int, ...], ...] | None:
        """Deal the service control policies out to levels, in the order of their numbers."""
        dice = self.dice
        if not scps or dice.chance(0.2):
            return None
        levels: list[tuple[int, ...]] = []
        rest = [number for number in scps if dice.chance(0.9)]
        while rest:
            count = 1 + int(dice.random() * 2)
            levels.append(tuple(rest[:count]))
            rest = rest[count:]
        if dice.chance(0.04):
            levels.append(())
        if dice.chance(0.02):
            return ()
        return tuple(levels)

    def make_accounts(self, rcps: tuple[int, ...]) -> list[Account]:
        """Make what is known of accounts as such."""
        dice = self.dice
        if not self.is_wide:
            return []
        found = []
        for account in OWNERS:
            if dice.chance(0.85):
                canonical = CANONICAL.get(account) if dice.chance(0.8) else None
                chosen = tuple(number for number in rcps if dice.chance(0.7)) if dice.chance(0.85) else None
                found.append(Account(account, canonical, chosen))
        return found

    # --- requests -----------------------------------------------------------------------------------------------------

    def make_questions(
        self, principals: tuple[Principal, ...], resources: tuple[Resource, ...], endpoints: tuple[Endpoint, ...]
    ) -> tuple[Question, ...]:
        """Make the requests: what is asked for, times who asks."""
        dice = self.dice
        found = []
        callers = [text for principal in principals for text in SESSIONS.get(principal.arn, (principal.arn,))]
        callers += [text for text in callers if f"::{ACCOUNT}:" in text]  # what a world is about is mostly theirs
        for _ in range(SITUATIONS if self.size == 1 else SITUATIONS // 3):
            resource, action = self.choose_resource(resources)
            context, unknown = self.make_context()
            target = self.make_target(resources, endpoints, context) if self.is_wide else None
            target = self.settle(target, resource, resources, endpoints, context, unknown)
            if is_of_ec2(resource) or (target is not None and is_of_ec2(target.policy)):
                make_change(dice, context, is_known=not isinstance(unknown, Others))
            for _ in range(CALLERS):
                caller = self.choose_caller(callers, action)
                found.append(Question(caller, action, resource, context, unknown, target))
        return tuple(found)

    def settle(
        self,
        target: Target | None,
        resource: str | None,
        resources: tuple[Resource, ...],
        endpoints: tuple[Endpoint, ...],
        context: dict[str, Value],
        unknown: frozenset[str] | Others,
    ) -> Target | None:
        """Tell whether an endpoint is passed, which the reference takes as told, and some unknown resources' policies.

        Where nobody tells, the engine answers that the endpoint is unknown, which has tests of its own.
        """
        told = target or Target()
        if resource is None and told.policy is None and resources and self.dice.chance(0.3):
            told = replace(told, policy=self.dice.one(resources).name)
        if endpoints and told.endpoints is None:
            key = SOURCE_VPCE.lower()
            is_named = any(name.lower() == key for name in context)
            is_open = not is_named if isinstance(unknown, Others) else any(name.lower() == key for name in unknown)
            if is_open:
                told = replace(told, endpoints=())
        return target if told == Target() else told

    def make_context(self) -> tuple[dict[str, Value], frozenset[str] | Others]:
        """Make a context and what is unknown."""
        return make_context(self.dice, self.multivalued, self.asked)

    def choose_resource(self, resources: tuple[Resource, ...]) -> tuple[str | None, str]:
        """Choose what is asked for, mostly what the world knows, and an action that fits it."""
        dice = self.dice
        if resources and dice.chance(0.75):
            name = dice.one(resources).name
            is_shared = name in SHARED
            name = arn_of(name)
            action = dice.one(EC2_USES if is_shared else SERVICE_ACTIONS[service_of(name)])
            if name in (*BUCKETS, *ACCESS_POINTS) and dice.chance(0.7):
                name += dice.one(OBJECTS)
            elif name in TABLES and dice.chance(0.3):
                name += "/index/by-date"
        else:
            name = dice.one(PLACES)
            action = dice.one(SERVICE_ACTIONS[service_of(name)])
        roll = dice.random()
        if roll < 0.07 or (name in KEYS and roll > 0.85):  # an alias does not tell its key
            return None, action
        if roll < 0.1:
            return name, dice.one(PLAIN_ACTIONS)
        if roll < 0.14:
            return "*", action
        return name, action

    def choose_caller(self, callers: list[str], action: str) -> str:
        """Choose who asks; providers mostly what they can."""
        dice = self.dice
        roll = dice.random()
        if roll < 0.03:
            return dice.one(STRANGERS)
        if roll < 0.06:
            return dice.one(ROLES)
        if self.is_wide and roll < 0.16:
            return dice.one(OUTSIDERS)
        if self.is_wide and "With" in action and roll < 0.7:
            return dice.one(PROVIDERS)
        return dice.one(callers)

    def make_target(
        self, resources: tuple[Resource, ...], endpoints: tuple[Endpoint, ...], context: dict[str, Value]
    ) -> Target | None:
        """Make what the ARN does not tell; None where it tells all."""
        dice = self.dice
        account = dice.one((ACCOUNT, *OWNERS)) if dice.chance(0.12) else None
        policy = None
        if resources and dice.chance(0.04):
            policy = dice.one(resources).name
            account = dice.one((ACCOUNT, *OWNERS))
        passed: tuple[str, ...] | None = None
        if endpoints:
            roll = dice.random()
            if roll < 0.2:
                passed = (dice.one(endpoints).name,)
            elif roll < 0.26:
                of_one_type = [item.name for item in endpoints if item.is_gateway == endpoints[0].is_gateway]
                passed = tuple(of_one_type)
            elif roll < 0.275:
                passed = (NO_ENDPOINT,)
            elif roll < 0.35:
                passed = ()
            elif roll < 0.55:
                self.name_endpoint(context, dice.one(endpoints).name if dice.chance(0.95) else NO_ENDPOINT)
        if account is None and policy is None and passed is None:
            return None
        return Target(account, policy, passed)

    def name_endpoint(self, context: dict[str, Value], name: str) -> None:
        """Name an endpoint in the context, in some spelling of the key, now and then among several values or absent."""
        dice = self.dice
        key = SOURCE_VPCE if dice.chance(0.7) else dice.one(spellings(SOURCE_VPCE))
        roll = dice.random()
        context[key] = name if roll < 0.9 else [name] if roll < 0.95 else [] if roll < 0.97 else None

    def make_calls(self, questions: tuple[Question, ...]) -> tuple[tuple[int, ...], ...]:
        """Make calls that need several authorizations: requests of one situation and others of the same caller."""
        dice = self.dice
        calls = []
        for _ in range(6):
            first = int(dice.random() * len(questions))
            caller, target = questions[first].principal, questions[first].target
            unknown = questions[first].unknown
            others = [
                number
                for number, question in enumerate(questions)
                if question.principal == caller and question.target == target and question.unknown == unknown
            ]
            calls.append((first, *dice.some(others, 3)))
        return tuple(calls)

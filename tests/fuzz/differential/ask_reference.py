"""Ask the reference: which policies, facts and account a request of a world has, and what follows from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from reference import Decision, fold_ascii
from reference_kinds import Authorization as Part
from reference_kinds import decide_call, decide_request
from reference_layers import Candidate, Policies
from reference_principals import read_caller

from gatewright.compiler.policyset import Endpoint, Principal, Resource, ResourceKind

from .alphabet import SOURCE_VPCE
from .ec2 import read_attributes
from .world import Question, World

NOTHING: Final[dict[str, Any]] = {"Version": "2012-10-17", "Statement": []}
"""The policy of an endpoint that is not known: it lets nothing pass."""


RESOURCE_KINDS: Final = {ResourceKind.ROLE: "role-trust", ResourceKind.KEY: "kms-key"}
"""Kinds of resource as the fact `resource_kind` tells them."""

SHARED_ARN: Final = re.compile(r"arn:[^:]*:ec2:[^:]*::((image|snapshot)/.*)", re.DOTALL)
"""An image or a snapshot: its id is one of a kind, wherever it is."""


class Expected(NamedTuple):
    """What the engine must answer: a decision's name, the number of the determining statement or -1, the keys that
    would settle it, and the layer that decides (R147)."""

    decision: str
    statement: int
    unknown_keys: frozenset[str]
    layer: str | None


class Situation(NamedTuple):
    """All that the reference asks for besides the request, and the documents' numbers by layer."""

    policies: Policies
    account: str | None
    facts: Mapping[str, Any]
    attributes: Mapping[str, Any] | None
    numbers: Mapping[str, Sequence[int]]


NOBODY: Final = Expected("implicit_deny", -1, frozenset(), "identity")
"""A user, role, session or root user that the world does not name, and a caller that is nothing of the sort."""


class Reference:
    """Answers the requests of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.texts = [document for _, document in world.documents]
        self.firsts = world.first_statements()
        self.principals = {principal.arn: principal for principal in world.principals}
        self.sessions = {
            session_prefix(principal.arn): principal for principal in world.principals if ":role/" in principal.arn
        }
        self.resources = {resource.name: resource for resource in world.resources}
        self.accounts = {account.id: account for account in world.accounts}
        self.endpoints = {endpoint.name: endpoint for endpoint in world.endpoints}

    def answer(self, question: Question) -> Expected:
        """Decide one request."""
        situation = self.situate(question)
        if situation is None:
            return NOBODY
        given = (question.principal, question.action)
        if situation.attributes is not None:
            parts = [Part(question.action, question.resource, question.context)]
            decision = decide_call(
                situation.policies,
                *given,
                parts,
                situation.account,
                situation.facts,
                question.unknown,
                situation.attributes,
            )
        else:
            decision = decide_request(
                situation.policies,
                *given,
                question.resource,
                question.context,
                situation.account,
                situation.facts,
                question.unknown,
            )
        return self.number(decision, situation)

    def answer_call(self, call: Sequence[int]) -> tuple[Expected, int]:
        """Decide a call by the answers to its authorizations, and tell which of them decides it (R150).

        The context of the first is the call's, over which those of the others are laid.
        """
        questions = [self.world.questions[number] for number in call]
        answers = [self.answer(questions[0])]
        for question in questions[1:]:
            own = {fold_ascii(name) for name in question.context}
            outer = {name: value for name, value in questions[0].context.items() if fold_ascii(name) not in own}
            answers.append(self.answer(replace(question, context={**outer, **question.context})))
        for effect in ("explicit_deny", "implicit_deny", "unknown", "allow"):
            for number, answer in enumerate(answers):
                if answer.decision == effect:
                    keys: frozenset[str] = frozenset()
                    if effect == "unknown":
                        keys = keys.union(*(each.unknown_keys for each in answers))
                    return answer._replace(unknown_keys=keys), number
        raise ValueError("a call without authorizations")

    def number(self, decision: Decision, situation: Situation) -> Expected:
        """Turn the place of the determining statement into its number in the table."""
        place = decision.determining
        statement = -1
        if place is not None:
            statement = self.firsts[situation.numbers[place.layer][place.document]] + place.statement
        return Expected(decision.effect, statement, decision.unknown_keys, decision.layer)

    def situate(self, question: Question) -> Situation | None:
        """Gather what applies to a request; None for a caller whose account's policies are not known."""
        principal = self.find_principal(question.principal)
        if principal is None and not is_outside(question.principal):
            return None
        resource = self.find_resource(question)
        facts: dict[str, Any] = {}
        numbers: dict[str, Sequence[int]] = {}
        owner = None if principal is None else principal.arn.split(":")[4]
        if principal is not None and owner is not None:
            facts["role_arn"] = principal.arn
            facts["federating_user"] = principal.federating_user
            facts["service_linked_role"] = principal.is_service_linked
            if owner in self.accounts:
                facts["canonical_user"] = self.accounts[owner].canonical_user
            numbers["identity"] = principal.identity
            numbers["boundary"] = () if principal.boundary is None else (principal.boundary,)
            numbers["session"] = principal.session or ()
            numbers["scp"] = [number for level in principal.scps or () for number in level]
        account = owner_of(question, resource)
        is_told = question.target is not None and question.target.policy is not None
        if (
            resource is not None
            and resource.kind is ResourceKind.ROLE
            and not question.action.lower().startswith("sts:")
        ):
            resource = None  # a trust policy is about assuming the role, and about nothing else
        if resource is not None:
            facts["service_linked_role_resource"] = not resource.is_under_rcps
            if resource.kind in RESOURCE_KINDS:
                facts["resource_kind"] = RESOURCE_KINDS[resource.kind]
            numbers["resource"] = numbers["trust"] = () if resource.policy is None else (resource.policy,)
        own = self.accounts.get(account or owner or "")
        numbers["rcp"] = () if own is None or own.rcps is None else own.rcps
        passed = self.endpoints_passed(question)
        if any(endpoint is not None and endpoint.is_gateway for endpoint in passed):
            facts["vpce_type"] = "gateway"
        numbers["vpc-endpoint"] = [-1 if endpoint is None else endpoint.policy for endpoint in passed]
        policies = Policies(
            identity=self.documents(numbers.get("identity", ())),
            resource=next(iter(self.documents(numbers.get("resource", ()))), None),
            boundary=next(iter(self.documents(numbers.get("boundary", ()))), None),
            session=self.documents(numbers.get("session", ())),
            scps=None
            if principal is None or principal.scps is None
            else [self.documents(level) for level in principal.scps],
            rcps=[self.documents(numbers["rcp"])],
            vpce=[NOTHING if number < 0 else self.texts[number] for number in numbers["vpc-endpoint"]],
            candidates=() if is_told else self.candidates(),
        )
        attributes = None
        if resource is not None and resource.attributes:
            attributes = self.world.attributes[resource.name]
        if attributes is not None:
            facts.update(attributes.get("facts", {}))
            attributes = read_attributes(attributes, owner, question.context)
        return Situation(policies, account, facts, attributes, numbers)

    def candidates(self) -> list[Candidate]:
        """Return what an unknown resource may be of those that the world knows."""
        return [
            Candidate(
                RESOURCE_KINDS.get(each.kind),
                each.account,
                None if each.policy is None else self.texts[each.policy],
            )
            for each in self.world.resources
        ]

    def documents(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Return documents by their numbers."""
        return [self.texts[number] for number in numbers]

    def find_principal(self, text: str) -> Principal | None:
        """Find who calls: a session counts as its role (R56)."""
        if ":assumed-role/" in text:
            prefix, slash, name = text.rpartition("/")
            return self.sessions.get(prefix) if slash and name else None
        return self.principals.get(text)

    def find_resource(self, question: Question) -> Resource | None:
        """Find the entry whose policy decides: that of the target, or of the ARN."""
        if question.target is not None and question.target.policy is not None:
            return self.resources[question.target.policy]
        name = question.resource
        if name is None:
            return None
        shared = SHARED_ARN.fullmatch(name)
        if shared is not None:
            return self.resources.get(shared[1]) or self.resources.get(f"{shared[2]}/")
        return self.resources.get(name) or self.resources.get(container_of(name))

    def endpoints_passed(self, question: Question) -> list[Endpoint | None]:
        """Return the endpoints that a request passes; None for one that is not known."""
        target = question.target
        if target is not None and target.endpoints is not None:
            return [self.endpoints.get(name) for name in target.endpoints]
        if not self.endpoints:
            return []
        for name, value in question.context.items():
            if fold_ascii(name) == fold_ascii(SOURCE_VPCE) and value is not None:
                return [self.endpoints.get(text) for text in ([value] if isinstance(value, str) else value)]
        return []


def session_prefix(role: str) -> str:
    """Return what the ARNs of a role's sessions begin with."""
    fields = role.split(":", 5)
    return f"arn:{fields[1]}:sts::{fields[4]}:assumed-role/{role.rpartition('/')[2]}"


def container_of(resource: str) -> str:
    """Return what has the policies of a resource: the bucket or access point of an object, the table of an index."""
    fields = resource.split(":", 5)
    if len(fields) == 6 and fields[0] == "arn":
        head, name = ":".join(fields[:5]), fields[5]
        if fields[2] == "s3":
            found = re.match(r"(?:accesspoint/)?[^/]*", name)
            return f"{head}:{found[0] if found else name}"
        if fields[2] == "dynamodb":
            return re.sub(r"^(.*:table/[^/]*)/index/.*", r"\1", resource, flags=re.DOTALL)
    return resource


def owner_of(question: Question, resource: Resource | None) -> str | None:
    """Return the resource's account: what the target says, else its entry, else its ARN; None: the caller's."""
    if question.target is not None and question.target.account is not None:
        return question.target.account
    if resource is not None and resource.account is not None:
        return resource.account
    fields = (question.resource or "").split(":", 5)
    is_arn = len(fields) == 6 and fields[0] == "arn"
    return fields[4] if is_arn and re.fullmatch("[0-9]{12}", fields[4]) else None


def is_outside(text: str) -> bool:
    """Tell whether a caller is under no account's policies: a service, an identity provider, unsigned and so on."""
    try:
        return not read_caller(text, {}).has_account
    except ValueError:
        return False

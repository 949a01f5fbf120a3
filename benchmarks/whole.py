"""The workload with the rest of the language: variables, NotAction, set operators, and policies of all kinds.

Each feature alone, and all of them together, are laid over the same base, so that the difference to the base is what
the feature costs.  Decisions are compared with the reference of the tests.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind, Resource
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

from .workloads import ACCOUNT, TEAM, Workload

FEATURES = (
    "variables",
    "NotAction",
    "set operators",
    "boundaries",
    "session policies",
    "control policies",
    "resource policies",
)
USERNAME, KEYS, OWNER = "aws:username", "aws:TagKeys", "aws:ResourceTag/Team"
_TAG_KEYS = ("team", "cost", "env", "owner", "project")
_STATEMENT_SHARE = {"variables": 0.12, "NotAction": 0.06, "set operators": 0.08}
_PRINCIPAL_SHARE = {"boundaries": 0.25, "session policies": 0.1, "control policies": 1.0}

Context = dict[str, str | list[str]]
Call = tuple[str, str, str, Context]


@dataclass(frozen=True)
class Whole:
    """Policies of all kinds, who is under them, and requests.

    Attributes
    ----------
    documents : list of (PolicyKind, dict)
    shares : dict of str to float
        By feature: the part of the statements, principals or requests that have it.
    """

    documents: list[tuple[PolicyKind, dict[str, Any]]]
    principals: list[Principal]
    resources: list[Resource]
    requests: list[Call]
    shares: dict[str, float]

    def policy_set(self) -> PolicySet:
        """Return what is compiled, from text."""
        documents = [
            Document(f"policy-{number}", kind, Source(json.dumps(document), f"policy-{number}.json"))
            for number, (kind, document) in enumerate(self.documents)
        ]
        return PolicySet(tuple(documents), tuple(self.principals), tuple(self.resources))

    def vector(self, request: Call) -> dict[str, Any]:
        """Return a request with the policies that reach it, as a decision vector."""
        arn, action, resource, context = request
        caller = next(principal for principal in self.principals if _caller_of(principal) == arn)
        bucket = resource.partition("/")[0]
        side = next((entry for entry in self.resources if entry.name == bucket), None)

        def texts(numbers: Sequence[int]) -> list[dict[str, Any]]:
            return [self.documents[number][1] for number in numbers]

        return {
            "policies": {
                "identity": texts(caller.identity),
                "boundary": None if caller.boundary is None else self.documents[caller.boundary][1],
                "session": None if caller.session is None else texts(caller.session),
                "scps": None if caller.scps is None else [texts(level) for level in caller.scps],
                "resource": None if side is None or side.policy is None else self.documents[side.policy][1],
            },
            "request": {
                "principal": arn,
                "action": action,
                "resource": resource,
                "resource_account": ACCOUNT,
                "context": context,
            },
        }


def _caller_of(principal: Principal) -> str:
    """Return who asks: the user, or a session of the role."""
    if principal.kind is PrincipalKind.USER:
        return principal.arn
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{principal.arn.rpartition('/')[2]}/work"


def make_whole(workload: Workload, features: Collection[str], request_count: int) -> Whole:
    """Lay features over a workload."""
    rng = {name: Generator(np.random.PCG64([workload.seed, 77, place])) for place, name in enumerate(FEATURES)}
    documents = copy.deepcopy(workload.documents)
    statements = [s for document in documents[1:] for s in document["Statement"]]
    shares: dict[str, float] = {}
    for name, change in (
        ("variables", _use_variable),
        ("NotAction", _use_not_action),
        ("set operators", _use_set_operator),
    ):
        chosen = rng[name].random(len(statements)) < _STATEMENT_SHARE[name]
        if name in features:
            shares[name] = float(chosen.mean())
            for place, statement in enumerate(statements):
                if chosen[place]:
                    change(statement, rng[name])
    kinds = [(PolicyKind.IDENTITY, document) for document in documents]
    principals = _make_principals(workload, features, rng, kinds, shares)
    resources: list[Resource] = []
    if "resource policies" in features:
        resources = _make_resources(workload, kinds, principals, rng["resource policies"])
    requests = _make_requests(workload, principals, request_count, rng["set operators"])
    if resources:
        names = {resource.name for resource in resources}
        shares["resource policies"] = sum(r[2].partition("/")[0] in names for r in requests) / len(requests)
    return Whole(kinds, principals, resources, requests, shares)


def _policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _use_variable(statement: dict[str, Any], rng: Generator) -> None:
    """Let a statement speak of the caller: of a folder with its name, or of resources with its tag."""
    if rng.random() < 0.5:
        statement["Resource"] = ["arn:aws:ec2:*:*:*/*", f"arn:aws:s3:::bucket-*/${{{USERNAME}}}/*"]
    else:
        condition = statement.setdefault("Condition", {})
        condition["StringEquals"] = {**condition.get("StringEquals", {}), OWNER: f"${{{TEAM}}}"}


def _use_not_action(statement: dict[str, Any], rng: Generator) -> None:
    """Turn a statement round; a Deny of everything else needs a condition, or nothing would be allowed."""
    del statement["Action"]
    statement["NotAction"] = ["iam:*", "ec2:Describe*", "ec2:*Tags"] if rng.random() < 0.5 else ["s3:*", "ec2:Delete*"]
    if statement["Effect"] == "Deny":
        statement.setdefault("Condition", {})["Bool"] = {"aws:SecureTransport": "false"}


def _use_set_operator(statement: dict[str, Any], rng: Generator) -> None:
    chosen = [str(key) for key in rng.choice(_TAG_KEYS, size=3, replace=False)]
    name = "ForAllValues:StringEquals" if rng.random() < 0.6 else "ForAnyValue:StringLike"
    statement.setdefault("Condition", {})[name] = {KEYS: chosen if name.startswith("ForAll") else [f"{chosen[0][:2]}*"]}


def _make_principals(
    workload: Workload,
    features: Collection[str],
    rng: Mapping[str, Generator],
    kinds: list[tuple[PolicyKind, dict[str, Any]]],
    shares: dict[str, float],
) -> list[Principal]:
    count = len(workload.principals)
    chosen = {name: rng[name].random(count) < share for name, share in _PRINCIPAL_SHARE.items()}
    shares |= {name: float(chosen[name].mean()) for name in _PRINCIPAL_SHARE if name in features}

    def add(kind: PolicyKind, *statements: Mapping[str, Any]) -> int:
        kinds.append((kind, _policy(*statements)))
        return len(kinds) - 1

    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    boundaries = [
        add(
            PolicyKind.BOUNDARY,
            {"Effect": "Allow", "Action": ["ec2:*", "s3:Get*", "s3:List*"], "Resource": "*"},
            {"Effect": "Deny", "Action": f"ec2:{verb}*", "Resource": "*", "Condition": {"Null": {TEAM: "true"}}},
        )
        for verb in ("Delete", "Modify", "Terminate", "Disassociate")
    ]
    sessions = [
        add(PolicyKind.SESSION, {"Effect": "Allow", "Action": actions, "Resource": "*"})
        for actions in (["ec2:Describe*", "s3:*"], ["ec2:*"], ["ec2:Start*", "ec2:Stop*", "ec2:Describe*", "s3:Get*"])
    ]
    offices = {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "52.0.0.0/8", "18.0.0.0/8"]}}
    root = add(PolicyKind.SCP, everything)
    units = [
        add(PolicyKind.SCP, everything, {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": offices})
        for action in ("ec2:Delete*", "ec2:RunInstances", "s3:Put*")
    ]
    principals = []
    for number, (arn, identity) in enumerate(workload.principals):
        has = {name: name in features and bool(chosen[name][number]) for name in chosen}
        kind = PrincipalKind.ROLE if has["session policies"] else PrincipalKind.USER
        principals.append(
            Principal(
                arn.replace(":user/", ":role/") if kind is PrincipalKind.ROLE else arn,
                kind,
                identity,
                boundaries[number % len(boundaries)] if has["boundaries"] else None,
                (sessions[number % len(sessions)],) if has["session policies"] else None,
                ((root,), (root, units[number % len(units)])) if has["control policies"] else None,
            )
        )
    return principals


def _make_resources(
    workload: Workload,
    kinds: list[tuple[PolicyKind, dict[str, Any]]],
    principals: Sequence[Principal],
    rng: Generator,
) -> list[Resource]:
    """Give every bucket a policy: it grants a few principals, and denies who comes without TLS."""
    buckets = sorted({arn.partition("/")[0] for arn in workload.columns["resource"][1] if arn.startswith("arn:aws:s3")})
    resources = []
    for bucket in buckets:
        granted = [principals[int(place)].arn for place in rng.integers(len(principals), size=4)]
        both = [bucket, f"{bucket}/*"]
        insecure = {"Bool": {"aws:SecureTransport": "false"}}
        kinds.append(
            (
                PolicyKind.RESOURCE,
                _policy(
                    {"Effect": "Allow", "Principal": {"AWS": granted}, "Action": "s3:*", "Resource": both},
                    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": insecure},
                ),
            )
        )
        resources.append(Resource(bucket, account=ACCOUNT, policy=len(kinds) - 1))
    return resources


def _make_requests(workload: Workload, principals: Sequence[Principal], count: int, rng: Generator) -> list[Call]:
    """Return the requests with what the features ask for, the same for all of them."""
    caller_of = {arn: principals[number] for number, (arn, _) in enumerate(workload.principals)}
    requests: list[Call] = []
    for arn, action, resource, context in workload.requests(count):
        principal = caller_of[arn]
        own: Context = dict(context)
        if principal.kind is PrincipalKind.USER:
            own[USERNAME] = arn.rpartition("/")[2]
        if rng.random() < 0.4:
            own[OWNER] = f"team-{int(rng.integers(20))}"
        if rng.random() < 0.5:
            keys = rng.choice(_TAG_KEYS, size=int(rng.integers(1, 4)), replace=False)
            own[KEYS] = [str(key) for key in keys]
        requests.append((_caller_of(principal), action, resource, own))
    return requests

"""Seeds -> policies, principals and requests, in the sizes S, M, L and X, which stands for XL.

Everything follows from the size and the seed; nothing is read from outside.  Requests are kept as columns: distinct
values, and for each request the number of its value.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

SEED = 2026
ACCOUNT = "123456789012"
BEGIN = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
END = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())

T = TypeVar("T")

Request = tuple[str, str, str, dict[str, str]]
"""Principal, action, resource, context: the arguments of `Authorizer.authorize`."""

PRINCIPAL, ACTION, RESOURCE = "principal", "action", "resource"
ADDRESS, TIME, TRANSPORT = "aws:SourceIp", "aws:CurrentTime", "aws:SecureTransport"
AGENT, TEAM, ENVIRONMENT = "aws:UserAgent", "aws:PrincipalTag/Team", "aws:ResourceTag/Env"


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything; pairs are inclusive bounds."""

    principals: int
    groups: int
    policies: int
    statements: tuple[int, int]  # of a policy
    group_policies: tuple[int, int]
    user_groups: tuple[int, int]
    user_policies: tuple[int, int]
    glob_share: float  # statements that name actions by patterns
    popularity: float  # exponent of Zipf's law for the actions that statements name


SIZES = {
    "S": Size(10, 3, 20, (3, 3), (5, 6), (1, 2), (1, 2), 0.5, 0.6),
    "M": Size(1_000, 50, 300, (3, 7), (6, 9), (1, 3), (0, 2), 0.22, 0.45),
    "L": Size(10_000, 500, 3_000, (3, 7), (6, 9), (1, 3), (0, 2), 0.22, 0.45),
    "X": Size(100_000, 5_000, 30_000, (3, 7), (6, 9), (1, 3), (0, 2), 0.22, 0.45),
}

# The most used actions come first; the rest is built as EC2 builds its names.
_POPULAR = (
    "DescribeInstances DescribeInstanceStatus DescribeTags DescribeVolumes DescribeSecurityGroups DescribeSubnets "
    "DescribeImages DescribeVpcs RunInstances StartInstances StopInstances TerminateInstances CreateTags "
    "DescribeSnapshots DescribeNetworkInterfaces CreateSnapshot DescribeRegions DescribeAvailabilityZones "
    "AuthorizeSecurityGroupIngress AttachVolume ModifyImageAttribute CreateImage DeleteSnapshot RebootInstances"
)
_NOUNS = (
    "Address CarrierGateway CapacityReservation ClientVpnEndpoint ClientVpnRoute CustomerGateway DhcpOptions "
    "EgressOnlyInternetGateway Fleet FlowLogs FpgaImage HostReservation Image InstanceConnectEndpoint "
    "InstanceEventWindow InternetGateway Ipam IpamPool IpamScope KeyPair LaunchTemplate LaunchTemplateVersion "
    "LocalGatewayRoute ManagedPrefixList NatGateway NetworkAcl NetworkAclEntry NetworkInsightsPath NetworkInterface "
    "PlacementGroup PublicIpv4Pool ReservedInstances Route RouteServer RouteTable SecurityGroup SecurityGroupRule "
    "Snapshot SpotFleetRequest SpotInstanceRequest Subnet SubnetCidrReservation Tag TrafficMirrorFilter "
    "TrafficMirrorSession TrafficMirrorTarget TransitGateway TransitGatewayConnect TransitGatewayPeering "
    "TransitGatewayRoute TransitGatewayRouteTable TransitGatewayVpcAttachment VerifiedAccessGroup "
    "VerifiedAccessInstance Volume VolumeModification Vpc VpcEndpoint VpcPeeringConnection VpnConnection VpnGateway"
)
_VERBS = "Create Delete Describe Modify Get Associate Disassociate Enable Disable Reset"
_S3 = "GetObject PutObject ListBucket DeleteObject GetBucketLocation GetObjectTagging PutObjectTagging ListAllMyBuckets"
_ALLOWED = (
    "ec2:Describe* ec2:Get* ec2:List* ec2:Create* ec2:Modify* ec2:*Tags ec2:*Instances ec2:*Snapshot* ec2:Attach* "
    "ec2:Start* ec2:*Volume* ec2:*SecurityGroup* ec2:Run* ec2:*Image* s3:Get* s3:List* s3:*"
)
_DENIED = (
    "ec2:Delete* ec2:Terminate* ec2:*SecurityGroup* ec2:Modify* ec2:Disassociate* ec2:Reset* ec2:*Vpc* ec2:*Gateway* "
    "s3:Delete* s3:Put* ec2:Create*Route* ec2:*"
)
_AGENTS = (
    "aws-cli/2.31.2 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 lang/python#3.13.7",
    "Boto3/1.40.61 md/Botocore#1.40.61 ua/2.1 os/linux#6.1.155 lang/python#3.12.11",
    "aws-sdk-go-v2/1.39.4 ua/2.1 os/linux lang/go#1.25.3",
    "console.amazonaws.com",
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 terraform-provider-aws/6.18.0",
    "aws-sdk-java/2.37.1 md/io#sync ua/2.1 os/Linux#5.10 lang/java#21.0.8",
    "signin.amazonaws.com",
    "nightly-inventory/7.2 (+https://orchard.example/agents)",
)
_AGENT_PATTERNS = "aws-cli/* Boto3/* *console* *terraform-* aws-sdk-* *Linux* signin.amazonaws.com *os/linux*"
_ENVIRONMENTS = ("prod", "staging", "dev", "test", "sandbox")
_TEAMS = tuple(f"team-{number}" for number in range(20))
_REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1")
_RESOURCE_KINDS = {
    "instance": ("Instance", "i-0"),
    "volume": ("Volume", "vol-0"),
    "snapshot": ("Snapshot", "snap-0"),
    "security-group": ("SecurityGroup", "sg-0"),
    "image": ("Image", "ami-0"),
}
_OWNERLESS = ("snapshot", "image")  # their ARNs have no account
_BUCKETS = 40


@dataclass(frozen=True)
class Workload:
    """Policies, who is under them, and a trace of requests.

    Attributes
    ----------
    documents : list of dict
        Policy documents.
    principals : list of (str, tuple of int)
        ARN, and the numbers of its documents.
    groups : list of tuple of tuple of int
        For each principal the numbers of the documents of each of its groups.
    columns : dict of str to (ndarray of int32, list of str)
        By part or context key: for each request the number of its value (-1: the key is absent), and the values.
    """

    size: str
    seed: int
    documents: list[dict[str, Any]]
    principals: list[tuple[str, tuple[int, ...]]]
    groups: list[tuple[tuple[int, ...], ...]]
    columns: dict[str, tuple[NDArray[np.int32], list[str]]]

    @cached_property
    def texts(self) -> list[str]:
        """The documents as JSON."""
        return [json.dumps(document) for document in self.documents]

    @property
    def statement_count(self) -> int:
        """Statements of all documents."""
        return sum(len(document["Statement"]) for document in self.documents)

    @property
    def request_count(self) -> int:
        """Requests of the trace."""
        return len(self.columns[PRINCIPAL][0])

    def policy_set(self) -> PolicySet:
        """Return what gatewright compiles, from text."""
        documents = [
            Document(f"policy-{number}", PolicyKind.IDENTITY, Source(text, f"policy-{number}.json"))
            for number, text in enumerate(self.texts)
        ]
        principals = [
            Principal(arn, PrincipalKind.USER, policies, groups=groups)
            for (arn, policies), groups in zip(self.principals, self.groups, strict=True)
        ]
        return PolicySet(tuple(documents), tuple(principals))

    def policies_of(self) -> dict[str, list[dict[str, Any]]]:
        """Return the documents by the principals' ARNs."""
        return {arn: [self.documents[number] for number in policies] for arn, policies in self.principals}

    def requests(self, count: int | None = None) -> list[Request]:
        """Return the first requests of the trace."""
        n = self.request_count if count is None else count
        texts = {
            name: [values[code] if code >= 0 else None for code in codes[:n].tolist()]
            for name, (codes, values) in self.columns.items()
        }
        keys = [name for name in texts if name not in (PRINCIPAL, ACTION, RESOURCE)]
        return [
            (
                texts[PRINCIPAL][i] or "",
                texts[ACTION][i] or "",
                texts[RESOURCE][i] or "",
                {key: text for key in keys if (text := texts[key][i]) is not None},
            )
            for i in range(n)
        ]


def make_workload(size: str, request_count: int = 20_000, seed: int = SEED) -> Workload:
    """Make the workload of a size; more requests leave policies and principals as they are."""
    shape = SIZES[size]
    policy_rng, request_rng = (Generator(np.random.PCG64([seed, ord(size), part])) for part in range(2))
    maker = _Maker(policy_rng, shape)
    documents = maker.make_documents()
    groups = [
        sorted({0, *maker.pick(range(shape.policies), maker.between(shape.group_policies))})
        for _ in range(shape.groups)
    ]
    principals = []
    groups_of = []
    for number in range(shape.principals):
        own = maker.pick(range(shape.policies), maker.between(shape.user_policies))
        member_of = maker.pick(range(shape.groups), maker.between(shape.user_groups))
        policies = dict.fromkeys([*own, *(policy for group in sorted(member_of) for policy in groups[group])])
        principals.append((f"arn:aws:iam::{ACCOUNT}:user/u{number:05d}", tuple(policies)))
        groups_of.append(tuple(tuple(groups[group]) for group in sorted(member_of)))
    columns = _make_columns(request_rng, maker, [arn for arn, _ in principals], request_count)
    return Workload(size, seed, documents, principals, groups_of, columns)


def _zipf(count: int, exponent: float) -> NDArray[np.float64]:
    weights = 1.0 / np.arange(1, count + 1) ** exponent
    return np.asarray(weights / weights.sum())


def _action_names() -> list[str]:
    built = [f"ec2:{verb}{noun}" for noun in _NOUNS.split() for verb in _VERBS.split()]
    return list(dict.fromkeys([*(f"ec2:{name}" for name in _POPULAR.split()), *built]))


def _time_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Maker:
    """Draws policies."""

    def __init__(self, rng: Generator, shape: Size) -> None:
        self.rng = rng
        self.shape = shape
        self.ec2_actions = _action_names()
        self.s3_actions = [f"s3:{name}" for name in _S3.split()]
        self.actions = [*self.ec2_actions, *self.s3_actions]
        self.named = self.weigh_actions(shape.popularity, 0.07)
        self.networks = self.make_networks(1_200)

    def weigh_actions(self, exponent: float, s3_share: float) -> NDArray[np.float64]:
        s3_count = len(self.s3_actions)
        ec2 = _zipf(len(self.ec2_actions), exponent) * (1 - s3_share)
        return np.concatenate([ec2, np.full(s3_count, s3_share / s3_count)])

    def between(self, bounds: tuple[int, int]) -> int:
        return int(self.rng.integers(bounds[0], bounds[1] + 1))

    def pick(self, items: Sequence[T], count: int, weights: NDArray[np.float64] | None = None) -> list[T]:
        chosen = self.rng.choice(len(items), size=count, replace=False, p=weights)
        return [items[number] for number in chosen.tolist()]

    def make_networks(self, count: int) -> list[ipaddress.IPv4Network]:
        lengths = [8, 12, 16, 20, 22, 24, 26, 28, 32]
        firsts = [10, 3, 18, 52, 54, 172, 192, 203]
        weights = [0.03, 0.05, 0.17, 0.15, 0.12, 0.28, 0.08, 0.07, 0.05]
        found = set()
        for length in self.rng.choice(lengths, size=count, p=weights).tolist():
            first = int(self.rng.choice(firsts, p=[0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05]))
            address = first << 24 | int(self.rng.integers(1 << 24))
            found.add(ipaddress.ip_network((address, length), strict=False))
        return sorted(network for network in found if isinstance(network, ipaddress.IPv4Network))

    def make_documents(self) -> list[dict[str, Any]]:
        documents: list[dict[str, Any]] = []
        number = 0
        for _ in range(self.shape.policies):
            statements = []
            for _ in range(self.between(self.shape.statements)):
                statements.append(self.make_statement(f"S{number}"))
                number += 1
            documents.append({"Version": "2012-10-17", "Statement": statements})
        # Every group has policy 0: what all may do, and two guardrails.
        documents[0]["Statement"] = [
            {
                "Sid": "Everyday",
                "Effect": "Allow",
                "Action": ["ec2:DescribeInstances", "ec2:DescribeRegions", "ec2:DescribeTags"],
                "Resource": "*",
            },
            {
                "Sid": "OnlyTls",
                "Effect": "Deny",
                "Action": ["ec2:*", "s3:*"],
                "Resource": "*",
                "Condition": {"Bool": {TRANSPORT: "false"}},
            },
            {
                "Sid": "KeepProduction",
                "Effect": "Deny",
                "Action": "ec2:TerminateInstances",
                "Resource": "*",
                "Condition": {"StringEquals": {ENVIRONMENT: "prod"}},
            },
        ]
        return documents

    def make_statement(self, sid: str) -> dict[str, Any]:
        is_deny = self.rng.random() < 0.14
        is_glob = self.rng.random() < self.shape.glob_share
        if is_glob and not is_deny and self.rng.random() < 0.03:
            actions = ["ec2:*"]
        elif is_glob:
            actions = self.pick((_DENIED if is_deny else _ALLOWED).split(), self.between((1, 3)))
            if is_deny and "ec2:*" in actions:
                actions = ["ec2:*"]
        else:
            actions = self.pick(self.actions, self.between((1, 12)), self.named)
        statement: dict[str, Any] = {
            "Sid": sid,
            "Effect": "Deny" if is_deny else "Allow",
            "Action": actions[0] if len(actions) == 1 else actions,
            "Resource": self.make_resource(),
        }
        # A pattern that denies without condition would leave next to nothing allowed.
        if (is_deny and is_glob) or self.rng.random() < (0.6 if is_deny else 0.4):
            statement["Condition"] = self.make_condition(is_deny)
        return statement

    def make_resource(self) -> str | list[str]:
        if self.rng.random() < 0.78:
            return "*"
        kind = self.pick([*_RESOURCE_KINDS, "bucket"], 1)[0]
        if kind == "bucket":
            arn = f"arn:aws:s3:::bucket-{self.between((0, _BUCKETS - 1))}"
            return [arn, f"{arn}/*"]
        how = self.rng.random()
        region = "*" if how < 0.5 else self.pick(_REGIONS, 1)[0]
        name = "*" if how < 0.8 else f"{_RESOURCE_KINDS[kind][1]}{self.between((0, 15)):x}*"
        return f"arn:aws:ec2:{region}:{'' if kind in _OWNERLESS else ACCOUNT}:{kind}/{name}"

    def make_condition(self, is_deny: bool) -> dict[str, dict[str, str | list[str]]]:
        kinds = ["address", "after", "before", "transport", "agent", "team", "environment"]
        weights = np.array([0.34, 0.08, 0.12, 0.14, 0.10, 0.11, 0.11])
        condition: dict[str, dict[str, str | list[str]]] = {}
        for kind in self.pick(kinds, 1 if self.rng.random() < 0.8 else 2, weights):
            if kind == "address":
                count = min(64, int(np.exp(self.rng.uniform(0, np.log(65)))))
                condition["IpAddress"] = {ADDRESS: [str(network) for network in self.pick(self.networks, count)]}
            elif kind == "after":
                condition["DateGreaterThan"] = {TIME: _time_text(self.between((BEGIN, END)))}
            elif kind == "before":
                condition["DateLessThan"] = {TIME: _time_text(self.between((BEGIN, END)))}
            elif kind == "transport":
                condition["Bool"] = {TRANSPORT: "false" if is_deny else "true"}
            elif kind == "agent":
                condition["StringLike"] = {AGENT: self.pick(_AGENT_PATTERNS.split(), self.between((1, 3)))}
            elif kind == "team":
                condition.setdefault("StringEquals", {})[TEAM] = self.pick(_TEAMS, 3)
            else:
                condition.setdefault("StringEquals", {})[ENVIRONMENT] = self.pick(_ENVIRONMENTS, 1)[0]
        return condition


def _make_columns(
    rng: Generator, maker: _Maker, principals: list[str], count: int
) -> dict[str, tuple[NDArray[np.int32], list[str]]]:
    """Draw requests: popular principals and actions more often, most addresses inside networks that policies name."""
    resources, ranges = _make_resources(rng)
    actions = rng.choice(len(maker.actions), size=count, p=maker.weigh_actions(0.9, 0.05))
    first, end = np.array([ranges[_kind_of(action)] for action in maker.actions]).T
    targets = first[actions] + (rng.random(count) * (end - first)[actions]).astype(np.int64)
    starts = np.array([int(network.network_address) for network in maker.networks])
    sizes = np.array([network.num_addresses for network in maker.networks])
    picked = rng.choice(len(starts), size=count, p=_zipf(len(starts), 0.7))
    inside = starts[picked] + (rng.random(count) * sizes[picked]).astype(np.int64)
    addresses = np.where(rng.random(count) < 0.6, inside, rng.integers(1 << 24, 0xE0000000, size=count))
    ranks = rng.permutation(len(principals))
    callers = ranks[rng.choice(len(principals), size=count, p=_zipf(len(principals), 1.0))]
    teams = np.where(rng.random(len(principals)) < 0.1, -1, rng.integers(len(_TEAMS), size=len(principals)))
    environments = np.where(rng.random(count) < 0.3, -1, rng.integers(len(_ENVIRONMENTS), size=count))
    return {
        PRINCIPAL: (callers.astype(np.int32), principals),
        ACTION: (actions.astype(np.int32), maker.actions),
        RESOURCE: (targets.astype(np.int32), resources),
        ADDRESS: _distinct(addresses, lambda address: str(ipaddress.IPv4Address(address))),
        TIME: _distinct(np.sort(rng.integers(BEGIN, END, size=count)), _time_text),
        TRANSPORT: ((rng.random(count) < 0.95).astype(np.int32), ["false", "true"]),
        AGENT: (rng.choice(len(_AGENTS), size=count, p=_zipf(len(_AGENTS), 0.8)).astype(np.int32), list(_AGENTS)),
        TEAM: (teams[callers].astype(np.int32), list(_TEAMS)),
        ENVIRONMENT: (environments.astype(np.int32), list(_ENVIRONMENTS)),
    }


def _distinct(numbers: NDArray[np.int64], write: Callable[[int], str]) -> tuple[NDArray[np.int32], list[str]]:
    values, codes = np.unique(numbers, return_inverse=True)
    return codes.astype(np.int32), [write(value) for value in values.tolist()]


def _make_resources(rng: Generator) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """Return ARNs and, by kind of resource, where its ARNs begin and end."""
    arns = ["*"]
    ranges = {"*": (0, 1)}
    for kind, (_, prefix) in _RESOURCE_KINDS.items():
        owner = "" if kind in _OWNERLESS else ACCOUNT
        for _ in range(200):
            region = _REGIONS[int(rng.integers(len(_REGIONS)))]
            arns.append(f"arn:aws:ec2:{region}:{owner}:{kind}/{prefix}{int(rng.integers(1 << 60)):015x}")
        ranges[kind] = len(arns) - 200, len(arns)
    arns += [f"arn:aws:s3:::bucket-{number}" for number in range(_BUCKETS)]
    ranges["bucket"] = len(arns) - _BUCKETS, len(arns)
    arns += [f"arn:aws:s3:::bucket-{number % _BUCKETS}/reports/{number:04d}.csv" for number in range(200)]
    ranges["object"] = len(arns) - 200, len(arns)
    return arns, ranges


def _kind_of(action: str) -> str:
    service, _, name = action.partition(":")
    if service == "s3":
        return "*" if name == "ListAllMyBuckets" else "bucket" if "Bucket" in name else "object"
    if name.startswith(("Describe", "Get")):
        return "*"
    return next((kind for kind, (noun, _) in _RESOURCE_KINDS.items() if noun in name), "*")

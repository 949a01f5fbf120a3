"""Vectors of the chapter on condition keys (R120 to R129)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

from .key_tables import EC2, MULTI, SINGLE
from .vector import (
    ACCOUNT,
    ACTION,
    ANONYMOUS,
    FEDERATED,
    FULL,
    OTHER,
    ROLE,
    SERVICE,
    SESSION,
    USER,
    Json,
    Vectors,
    allow,
    allowed,
    denied,
    deny,
    document,
)

WHOSE_ADDRESS = "two pages disagree on whose address a forwarded call carries"


PLAIN: Final = {"String": "StringEquals", "Arn": "ArnLike"}
NEGATED: Final = {
    "StringEquals": "StringNotEquals",
    "ArnLike": "ArnNotLike",
    "StringLike": "StringNotLike",
    "IpAddress": "NotIpAddress",
    "NumericEquals": "NumericNotEquals",
}


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_single(vectors, "R120", SINGLE, ACTION)
    add_multi(vectors)
    add_clock(vectors)
    add_transport(vectors)
    add_addresses(vectors)
    add_agents(vectors)
    add_principal_keys(vectors)
    add_tags(vectors)
    add_ec2_keys(vectors)
    add_forwarded(vectors)


def add_single(vectors: Vectors, rule: str, table: Any, action: str, topic: str = "key") -> None:
    """Each key under the operator of its type: with either value, absent, negated, with the suffix, and under Null."""
    for key, kind, wanted, yes, no in table:
        operator = PLAIN.get(kind, kind)
        marks: Json = {"action": action, "resource": "*"} if action != ACTION else {}
        for value, holds in ((yes, True), (no, False), (None, False)):
            context = {} if value is None else {key: value}
            said = f"is {value}" if value is not None else "is absent"
            for effect in ("Allow", "Deny"):
                parts = {"Action": action, "Resource": "*", "Condition": {operator: {key: wanted}}}
                vectors.probe_statement(
                    rule,
                    topic,
                    f"{operator} {key} {wanted}: it {said}",
                    holds,
                    parts,
                    effect=effect,
                    context=context,
                    **marks,
                )
            if value is None:
                parts = {"Action": action, "Resource": "*", "Condition": {operator + "IfExists": {key: wanted}}}
                vectors.probe_statement(
                    rule, topic, f"{operator}IfExists {key} {wanted}: it {said}", True, parts, context=context, **marks
                )
            if operator in NEGATED:
                parts = {"Action": action, "Resource": "*", "Condition": {NEGATED[operator]: {key: wanted}}}
                vectors.probe_statement(
                    rule,
                    topic,
                    f"{NEGATED[operator]} {key} {wanted}: it {said}",
                    not holds,
                    parts,
                    context=context,
                    **marks,
                )


def add_multi(vectors: Vectors) -> None:
    """Multivalued keys under set operators (R120)."""
    for key, operator, wanted, yes, no in MULTI:
        for values in (None, [yes], [no], [yes, no], [no, yes]):
            context = {} if values is None else {key: values}
            flags = [value == yes for value in values or []]
            said = "absent" if values is None else f"{sum(flags)} of {len(flags)} values match"
            for qualifier, holds in (("ForAllValues", all(flags)), ("ForAnyValue", any(flags))):
                for effect in ("Allow", "Deny"):
                    vectors.probe(
                        "R120",
                        "set",
                        f"{qualifier}:{operator} {key}: {said}",
                        holds,
                        {f"{qualifier}:{operator}": {key: wanted}},
                        context,
                        effect=effect,
                    )


def add_clock(vectors: Vectors) -> None:
    """aws:CurrentTime and aws:EpochTime are one instant in two forms (R121, R122)."""
    bound = datetime(2026, 9, 1, 8, tzinfo=UTC)
    for step, operator in product(
        (-1, 0, 1), ("LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals", "Equals", "NotEquals")
    ):
        holds = {
            "LessThan": step < 0,
            "LessThanEquals": step <= 0,
            "GreaterThan": step > 0,
            "GreaterThanEquals": step >= 0,
            "Equals": step == 0,
            "NotEquals": step != 0,
        }[operator]
        at = bound + timedelta(seconds=step)
        text, seconds = at.strftime("%Y-%m-%dT%H:%M:%SZ"), str(int(at.timestamp()))
        context = {"aws:CurrentTime": text, "aws:EpochTime": seconds}
        said = f"{step:+} s from the bound"
        vectors.probe(
            "R121",
            "date",
            f"Date{operator} aws:CurrentTime, {said}",
            holds,
            {f"Date{operator}": {"aws:CurrentTime": "2026-09-01T08:00:00Z"}},
            context,
        )
        vectors.probe(
            "R122",
            "date",
            f"Date{operator} aws:EpochTime, {said}",
            holds,
            {f"Date{operator}": {"aws:EpochTime": "2026-09-01T08:00:00Z"}},
            context,
        )
        vectors.probe(
            "R122",
            "numeric",
            f"Numeric{operator} aws:EpochTime, {said}",
            holds,
            {f"Numeric{operator}": {"aws:EpochTime": str(int(bound.timestamp()))}},
            context,
        )
    window = {
        "DateGreaterThanEquals": {"aws:CurrentTime": "2026-09-01T08:00:00Z"},
        "DateLessThan": {"aws:CurrentTime": "2026-09-01T18:00:00Z"},
    }
    for text, inside in (
        ("2026-09-01T07:59:59Z", False),
        ("2026-09-01T08:00:00Z", True),
        ("2026-09-01T12:00:00Z", True),
        ("2026-09-01T17:59:59Z", True),
        ("2026-09-01T18:00:00Z", False),
    ):
        for effect in ("Allow", "Deny"):
            vectors.probe(
                "R121", "window", f"a working day, at {text}", inside, window, {"aws:CurrentTime": text}, effect=effect
            )


def add_transport(vectors: Vectors) -> None:
    """aws:SecureTransport (R123)."""
    for value, wanted, effect in product(("true", "false", None), ("true", "false"), ("Allow", "Deny")):
        context = {} if value is None else {"aws:SecureTransport": value}
        vectors.probe(
            "R123",
            "bool",
            f"Bool aws:SecureTransport {wanted}: it is {value or 'absent'}",
            value == wanted,
            {"Bool": {"aws:SecureTransport": wanted}},
            context,
            effect=effect,
        )
    for value in ("true", "false"):
        resource_policy = document(
            allow("s3:*", "*", "*"), deny("s3:*", "*", "*", condition={"Bool": {"aws:SecureTransport": "false"}})
        )
        answer = denied("resource", 0, 1) if value == "false" else allowed("resource")
        for principal in (USER, SERVICE, ANONYMOUS):
            vectors.add(
                "R123",
                "bucket",
                f"a bucket that takes TLS only; it is {value}",
                answer,
                principal=principal,
                resource_policy=resource_policy,
                context={"aws:SecureTransport": value},
            )


def add_addresses(vectors: Vectors) -> None:
    """aws:SourceIp is absent through VPC endpoints, and a fence of addresses must know it (R124)."""
    fence = {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/25"]}}
    for value, outside in (
        ("203.0.113.1", False),
        ("198.51.100.127", False),
        ("198.51.100.128", True),
        ("192.0.2.1", True),
        ("2001:db8::1", True),
        (None, True),
    ):
        context = {} if value is None else {"aws:SourceIp": value}
        for effect in ("Allow", "Deny"):
            vectors.probe(
                "R124",
                "fence",
                f"a fence of addresses: aws:SourceIp is {value or 'absent'}",
                outside,
                fence,
                context,
                effect=effect,
            )
        for via in ("true", "false"):
            condition: Json = {**fence, "Bool": {"aws:ViaAWSService": "false"}}
            vectors.probe(
                "R124",
                "fence-direct",
                f"the same for direct calls only; aws:ViaAWSService is {via}",
                outside and via == "false",
                condition,
                {**context, "aws:ViaAWSService": via},
                effect="Deny",
            )
        for vpce in (None, "vpce-0123456789abcdef0", "vpce-0123456789abcdef1"):
            condition = {**fence, "StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}
            held: Json = {**context, **({} if vpce is None else {"aws:SourceVpce": vpce})}
            vectors.probe(
                "R124",
                "fence-endpoint",
                f"a fence of addresses and an endpoint, which is {vpce or 'absent'}",
                outside and vpce != "vpce-0123456789abcdef0",
                condition,
                held,
                effect="Deny",
            )


def add_agents(vectors: Vectors) -> None:
    """aws:UserAgent is free text (R125)."""
    for wanted, value, holds in (
        ("aws-cli/*", "aws-cli/2.17 Python/3.12", True),
        ("aws-cli/*", "AWS-CLI/2.17", False),
        ("*Python*", "aws-cli/2.17 Python/3.12", True),
        ("aws-cli/*", None, False),
        ("*", "", True),
        ("orchard (press; v?)", "orchard (press; v3)", True),
        ("orchard (press; v?)", "orchard (press; v10)", False),
    ):
        context = {} if value is None else {"aws:UserAgent": value}
        for effect, key in product(("Allow", "Deny"), ("aws:UserAgent", "AWS:useragent")):
            vectors.probe(
                "R125",
                "agent",
                f"StringLike {key} {wanted}: it is {value!r}",
                holds,
                {"StringLike": {key: wanted}},
                context,
                effect=effect,
            )


def add_principal_keys(vectors: Vectors) -> None:
    """What the principal keys hold for each kind of caller (R126)."""
    callers: tuple[tuple[str, str, Json], ...] = (
        (
            "a user",
            USER,
            {
                "aws:PrincipalArn": USER,
                "aws:username": "ana",
                "aws:PrincipalType": "User",
                "aws:userid": "AIDAEXAMPLEPEARS00000",
                "aws:PrincipalAccount": ACCOUNT,
            },
        ),
        (
            "a role session",
            SESSION,
            {
                "aws:PrincipalArn": ROLE,
                "aws:PrincipalType": "AssumedRole",
                "aws:userid": "AROAEXAMPLEPEARS00000:oven",
                "aws:PrincipalAccount": ACCOUNT,
            },
        ),
        (
            "a federated user",
            FEDERATED,
            {
                "aws:PrincipalArn": FEDERATED,
                "aws:PrincipalType": "FederatedUser",
                "aws:userid": f"{ACCOUNT}:guest",
                "aws:PrincipalAccount": ACCOUNT,
            },
        ),
    )
    tests: tuple[tuple[str, Json, Any], ...] = (
        ("the user's ARN", {"ArnEquals": {"aws:PrincipalArn": USER}}, (True, False, False)),
        ("the role's ARN", {"ArnEquals": {"aws:PrincipalArn": ROLE}}, (False, True, False)),
        ("the session's ARN", {"ArnEquals": {"aws:PrincipalArn": SESSION}}, (False, False, False)),
        (
            "any session's ARN",
            {"ArnLike": {"aws:PrincipalArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/*"}},
            (False, False, False),
        ),
        ("the federated user's ARN", {"ArnEquals": {"aws:PrincipalArn": FEDERATED}}, (False, False, True)),
        ("a user name", {"StringEquals": {"aws:username": "ana"}}, (True, False, False)),
        ("no user name", {"Null": {"aws:username": "true"}}, (False, True, True)),
        ("another user name", {"StringNotEquals": {"aws:username": "ana"}}, (False, True, True)),
        ("a session of a role by id", {"StringLike": {"aws:userid": "AROAEXAMPLEPEARS00000:*"}}, (False, True, False)),
        ("the account", {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, (True, True, True)),
        ("not a user", {"StringNotEquals": {"aws:PrincipalType": "User"}}, (False, True, True)),
    )
    for (asked, condition, results), effect in product(tests, ("Allow", "Deny")):
        for (said, principal, context), holds in zip(callers, results, strict=True):
            session: Json = {"session": FULL} if principal == FEDERATED else {}
            vectors.probe(
                "R126",
                "caller",
                f"{said}, asked for {asked}",
                holds,
                condition,
                context,
                effect=effect,
                principal=principal,
                **session,
            )


def add_tags(vectors: Vectors) -> None:
    """Tags of the resource, of the request, of the principal (R127)."""
    for resource, request in product((None, "red", "blue"), repeat=2):
        tags = (("aws:ResourceTag/team", resource), ("aws:RequestTag/team", request))
        context: Json = {key: value for key, value in tags if value}
        if request:
            context["aws:TagKeys"] = ["team"]
        said = f"the resource's tag is {resource or 'absent'}, the request's {request or 'absent'}"
        for effect in ("Allow", "Deny"):
            vectors.probe(
                "R127",
                "resource",
                f"aws:ResourceTag: {said}",
                resource == "red",
                {"StringEquals": {"aws:ResourceTag/team": "red"}},
                context,
                effect=effect,
            )
            vectors.probe(
                "R127",
                "request",
                f"aws:RequestTag: {said}",
                request == "red",
                {"StringEquals": {"aws:RequestTag/team": "red"}},
                context,
                effect=effect,
            )
            vectors.probe(
                "R127",
                "either",
                f"both: {said}",
                resource == request == "red",
                {"StringEquals": {"aws:ResourceTag/team": "red", "aws:RequestTag/team": "red"}},
                context,
                effect=effect,
            )
        same = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
        for principal in (None, "red", "blue"):
            held: Json = {**context, **({} if principal is None else {"aws:PrincipalTag/team": principal})}
            holds = resource is not None and resource == principal
            vectors.probe("R127", "same", f"the principal's tag is {principal or 'absent'}: {said}", holds, same, held)
    both = {"aws:ResourceTag/team": "red", "iam:ResourceTag/team": "red"}
    for key, context in product(
        ("aws:ResourceTag/team", "iam:ResourceTag/team", "ec2:ResourceTag/team"),
        (both, {"aws:ResourceTag/team": "red", "ec2:ResourceTag/team": "red"}, {}),
    ):
        vectors.probe(
            "R127",
            "prefix",
            f"{key} of a resource that answers to {list(context) or 'none'}",
            key in context,
            {"StringEquals": {key: "red"}},
            context,
        )


def add_ec2_keys(vectors: Vectors) -> None:
    """EC2's own keys, each on the resources that list it (R128)."""
    add_single(vectors, "R128", EC2, "ec2:RunInstances")


def add_forwarded(vectors: Vectors) -> None:
    """Calls that do not come straight from the caller (R129)."""
    calls: tuple[tuple[str, Json], ...] = (
        (
            "a direct call",
            {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false", "aws:SourceIp": "203.0.113.7"},
        ),
        (
            "a call that a service forwards",
            {
                "aws:ViaAWSService": "true",
                "aws:PrincipalIsAWSService": "false",
                "aws:CalledVia": ["athena.amazonaws.com"],
                "aws:CalledViaFirst": "athena.amazonaws.com",
                "aws:CalledViaLast": "athena.amazonaws.com",
            },
        ),
        (
            "a chain of two services",
            {
                "aws:ViaAWSService": "true",
                "aws:PrincipalIsAWSService": "false",
                "aws:CalledVia": ["cloudformation.amazonaws.com", "dynamodb.amazonaws.com"],
                "aws:CalledViaFirst": "cloudformation.amazonaws.com",
                "aws:CalledViaLast": "dynamodb.amazonaws.com",
            },
        ),
        (
            "a session of a service role",
            {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false", "aws:SourceIp": "192.0.2.9"},
        ),
    )
    tests: tuple[tuple[str, Json, Any], ...] = (
        ("forwarded", {"Bool": {"aws:ViaAWSService": "true"}}, (False, True, True, False)),
        ("not forwarded", {"Bool": {"aws:ViaAWSService": "false"}}, (True, False, False, True)),
        (
            "by Athena somewhere",
            {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}},
            (False, True, False, False),
        ),
        (
            "first by CloudFormation",
            {"StringEquals": {"aws:CalledViaFirst": "cloudformation.amazonaws.com"}},
            (False, False, True, False),
        ),
        (
            "last by DynamoDB",
            {"StringEquals": {"aws:CalledViaLast": "dynamodb.amazonaws.com"}},
            (False, False, True, False),
        ),
        (
            "by DynamoDB somewhere",
            {"ForAnyValue:StringEquals": {"aws:CalledVia": ["dynamodb.amazonaws.com", "kms.amazonaws.com"]}},
            (False, False, True, False),
        ),
        (
            "all of the chain known",
            {"ForAllValues:StringLike": {"aws:CalledVia": ["a*", "c*"]}},
            (True, True, False, True),
        ),
        ("a service itself", {"Bool": {"aws:PrincipalIsAWSService": "true"}}, (False, False, False, False)),
        (
            "from outside, no service forwarding",
            {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "BoolIfExists": {"aws:ViaAWSService": "false"}},
            (False, False, False, True),
        ),
    )
    for (asked, condition, results), effect in product(tests, ("Allow", "Deny")):
        for (said, context), holds in zip(calls, results, strict=True):
            vectors.probe(
                "R129",
                "call",
                f"{said}, asked whether {asked}",
                holds,
                condition,
                context,
                effect=effect,
                principal=SESSION,
            )
    fence = deny(
        "s3:*",
        "*",
        "*",
        condition={
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-pears00001"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    )
    source = deny(
        "s3:*",
        "*",
        "*",
        condition={
            "StringNotEqualsIfExists": {"aws:SourceOrgID": "o-pears00001"},
            "Null": {"aws:SourceAccount": "false"},
            "Bool": {"aws:PrincipalIsAWSService": "true"},
        },
    )
    inside, outside = {"aws:PrincipalOrgID": "o-pears00001"}, {"aws:PrincipalOrgID": "o-plums00001"}
    service = {"aws:PrincipalIsAWSService": "true"}
    cases: tuple[tuple[str, str, Json, int | None], ...] = (
        ("a user of the organisation", USER, {**inside, "aws:PrincipalIsAWSService": "false"}, None),
        ("a user of another", USER, {**outside, "aws:PrincipalIsAWSService": "false"}, 1),
        ("a user of none", USER, {"aws:PrincipalIsAWSService": "false"}, 1),
        (
            "a service for the organisation",
            SERVICE,
            {**service, "aws:SourceOrgID": "o-pears00001", "aws:SourceAccount": ACCOUNT},
            None,
        ),
        (
            "a service for another",
            SERVICE,
            {**service, "aws:SourceOrgID": "o-plums00001", "aws:SourceAccount": OTHER},
            2,
        ),
        ("a service for an account of none", SERVICE, {**service, "aws:SourceAccount": OTHER}, 2),
        ("a service for nobody", SERVICE, service, None),
        ("an unsigned caller", ANONYMOUS, {}, 1),
    )
    for said, principal, context, hit in cases:
        resource_policy = document(allow("s3:*", "*", "*"), fence, source)
        answer = allowed("resource") if hit is None else denied("resource", 0, hit)
        vectors.add(
            "R129",
            "fence",
            f"a bucket fenced to an organisation and its sources: {said}",
            answer,
            principal=principal,
            context=context,
            resource_policy=resource_policy,
        )
        rcps = [[document(fence, source)]]
        answer = allowed("resource") if hit is None else denied("rcp", 0, hit - 1)
        vectors.add(
            "R129",
            "rcp-fence",
            f"the same fence as a resource control policy: {said}",
            answer,
            principal=principal,
            context=context,
            rcps=rcps,
            resource_policy=document(allow("s3:*", "*", "*")),
        )
    for address, hit in (("203.0.113.7", False), ("192.0.2.9", True)):
        context = {"aws:ViaAWSService": "true", "aws:SourceIp": address}
        vectors.probe(
            "R129",
            "address",
            f"a forwarded call that carries {address}",
            hit,
            {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
            context,
            effect="Deny",
            uncertain=WHOSE_ADDRESS,
        )

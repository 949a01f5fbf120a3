"""Vectors of the chapter on matching, second part: resources (R45 to R52)."""

from __future__ import annotations

from itertools import product
from typing import Final

from .actions import like
from .vector import (
    ACCOUNT,
    BUCKET,
    FULL,
    OBJECT,
    ROLE,
    Json,
    Texts,
    Vectors,
    allow,
    allowed,
    denied,
    deny,
    document,
    missing,
)

CROSSING = "the pages do not tell whether a wildcard of one field can run across colons into the next"
RESOURCELESS = "two pages disagree on the resource of this action"
INCOMPLETE = "the completion of ARNs with fewer than six fields is told in one page, of identity policies"
TYPE_WILDCARD = "a wildcard in this field is not allowed by the documents, which do not say what it does once stored"
ARN_CASE = "that the first five fields compare with case is inferred from examples"

QUEUE: Final = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:pears"
STREAM: Final = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/orchard/press:log-stream:2026/05"


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_stars(vectors)
    add_arns(vectors)
    add_colons(vectors)
    add_case(vectors)
    add_not_resources(vectors)
    add_incomplete(vectors)
    add_variable_places(vectors)
    add_implicit(vectors)


def probe_resource(
    vectors: Vectors,
    rule: str,
    topic: str,
    pattern: Texts,
    resource: str,
    covers: bool,
    *,
    action: str = "s3:GetObject",
    **others: str,
) -> None:
    """Add a vector for a Resource list and the resource of a request."""
    why = f"{pattern} {'covers' if covers else 'does not cover'} {resource}"
    parts = {"Action": action, "Resource": pattern}
    vectors.probe_statement(rule, topic, why, covers, parts, action=action, resource=resource, **others)


def add_stars(vectors: Vectors) -> None:
    """A request for no resource has the resource `*`, which only a lone star covers; its stars are text (R45)."""
    patterns = ("*", "arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:*:*", "arn:aws:s3:::*", f"arn:aws:ec2:*:{ACCOUNT}:*")
    for pattern, action in product(
        patterns, ("ec2:DescribeInstances", "s3:CreateJob", "iam:GetAccountSummary", "sts:GetServiceBearerToken")
    ):
        for effect in ("Allow", "Deny"):
            parts = {"Action": action, "Resource": pattern}
            why = f"{pattern} {'covers' if pattern == '*' else 'does not cover'} a request for no resource"
            vectors.probe_statement(
                "R45", "none", why, pattern == "*", parts, effect=effect, action=action, resource="*"
            )
    for pattern in patterns:
        parts = {"Action": "ec2:DescribeInstances", "NotResource": pattern}
        why = f"NotResource {pattern} of a request for no resource"
        vectors.probe_statement(
            "R45", "none-not", why, pattern != "*", parts, action="ec2:DescribeInstances", resource="*"
        )
    whole = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/*"
    for pattern, resource, covers in (
        (whole, whole, True),
        (f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/?", whole, True),
        (f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/pears", whole, False),
        (f"arn:aws:dynamodb:*:{ACCOUNT}:*", whole, True),
        (f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/p*", whole, False),
        (f"arn:aws:iam::{ACCOUNT}:user/*", f"arn:aws:iam::{ACCOUNT}:user/", True),
        (f"arn:aws:iam::{ACCOUNT}:user/?", f"arn:aws:iam::{ACCOUNT}:user/", False),
        (f"arn:aws:iam::{ACCOUNT}:user/", f"arn:aws:iam::{ACCOUNT}:user/", True),
        ("arn:aws:s3:::pears/a?c", "arn:aws:s3:::pears/a*c", True),
        ("arn:aws:s3:::pears/abc", "arn:aws:s3:::pears/a*c", False),
        ("arn:aws:s3:::pears/abc", "arn:aws:s3:::pears/a?c", False),
        ("arn:aws:s3:::pears/abc", "arn:aws:s3:::pears/*", False),
        ("arn:aws:s3:::pears/*", "arn:aws:s3:::pears/?", True),
    ):
        for effect in ("Allow", "Deny"):
            parts = {"Action": "*", "Resource": pattern}
            why = f"wildcards in the request are text: {pattern} {'covers' if covers else 'does not cover'} {resource}"
            vectors.probe_statement(
                "R45", "literal", why, covers, parts, effect=effect, action="orchard:Look", resource=resource
            )
    for pattern, covers in (("*", True), ("arn:aws:s3:::*", True), ("arn:aws:s3:::pears", False)):
        probe_resource(
            vectors,
            "R45",
            "list-all",
            pattern,
            "arn:aws:s3:::*",
            covers,
            action="s3:ListAllMyBuckets",
            **({} if pattern == "*" else {"uncertain": RESOURCELESS}),
        )


TREES: Final = (
    (
        "arn:aws:s3:::pears",
        (
            "arn:aws:s3:::pears",
            "arn:aws:s3:::pears/",
            "arn:aws:s3:::pears/a",
            "arn:aws:s3:::pear",
            "arn:aws:s3:::pearson",
            "arn:aws:s3:::*",
            "*",
        ),
    ),
    (
        "arn:aws:s3:::pears/*",
        (
            "arn:aws:s3:::pears",
            "arn:aws:s3:::pears/",
            "arn:aws:s3:::pears/a",
            "arn:aws:s3:::pears/a/b/c",
            "arn:aws:s3:::pearson/a",
        ),
    ),
    (
        "arn:aws:s3:::pears*",
        ("arn:aws:s3:::pears", "arn:aws:s3:::pears/a", "arn:aws:s3:::pearson/a", "arn:aws:s3:::pear"),
    ),
    ("arn:aws:s3:::*", ("arn:aws:s3:::pears", "arn:aws:s3:::pears/a/b", "arn:aws:s3:::", QUEUE)),
    (
        "arn:aws:s3:::pears/2026/*/may.csv",
        (
            "arn:aws:s3:::pears/2026/a/may.csv",
            "arn:aws:s3:::pears/2026/a/b/may.csv",
            "arn:aws:s3:::pears/2026/may.csv",
            "arn:aws:s3:::pears/2026/a/may.csv.gz",
        ),
    ),
    (
        "arn:aws:s3:::pears/????/*",
        (
            "arn:aws:s3:::pears/2026/x",
            "arn:aws:s3:::pears/202/x",
            "arn:aws:s3:::pears/20266/x",
            "arn:aws:s3:::pears/a/b//",
        ),
    ),
    (
        "arn:aws:s3:::*/may.csv",
        ("arn:aws:s3:::pears/may.csv", "arn:aws:s3:::pears/2026/may.csv", "arn:aws:s3:::may.csv"),
    ),
    (
        "arn:aws:s3:::p*s/*",
        (
            "arn:aws:s3:::pears/a",
            "arn:aws:s3:::plums/a",
            "arn:aws:s3:::ps/a",
            "arn:aws:s3:::p/s/a",
            "arn:aws:s3:::pear/a",
        ),
    ),
    (
        f"arn:aws:sqs:*:{ACCOUNT}:pears",
        (QUEUE, QUEUE.replace("eu-west-1", "us-east-1"), QUEUE.replace(ACCOUNT, "444455556666"), QUEUE + "s"),
    ),
    (
        "arn:aws:sqs:eu-*:*:pears",
        (QUEUE, QUEUE.replace("eu-west-1", "us-east-1"), QUEUE.replace(ACCOUNT, "444455556666")),
    ),
    (
        f"arn:aws:sqs:eu-west-?:{ACCOUNT}:*",
        (QUEUE, QUEUE.replace("eu-west-1", "eu-west-12"), QUEUE + "/x", QUEUE.replace("eu-west-1", "eu-west-")),
    ),
    (
        f"arn:aws:sqs:eu-west-1:{ACCOUNT[:4]}????????:pears",
        (QUEUE, QUEUE.replace(ACCOUNT, "111133334444"), QUEUE.replace(ACCOUNT, "222233334444")),
    ),
    (
        f"arn:*:sqs:eu-west-1:{ACCOUNT}:pears",
        (QUEUE, QUEUE.replace("arn:aws:", "arn:aws-cn:"), QUEUE.replace("sqs", "sns")),
    ),
    (
        f"arn:aws*:sqs:eu-west-1:{ACCOUNT}:pears",
        (QUEUE, QUEUE.replace("arn:aws:", "arn:aws-us-gov:"), QUEUE.replace("arn:aws:", "arn:was:")),
    ),
    (
        f"arn:aws:iam::{ACCOUNT}:role/*",
        (
            f"arn:aws:iam::{ACCOUNT}:role/Baker",
            f"arn:aws:iam::{ACCOUNT}:role/a/b/Baker",
            f"arn:aws:iam::{ACCOUNT}:user/Baker",
        ),
    ),
    (
        f"arn:aws:iam::{ACCOUNT}:role/*/Baker",
        (
            f"arn:aws:iam::{ACCOUNT}:role/Baker",
            f"arn:aws:iam::{ACCOUNT}:role/a/b/Baker",
            f"arn:aws:iam::{ACCOUNT}:role//Baker",
        ),
    ),
    (
        "arn:aws:iam::*:role/Baker",
        (
            f"arn:aws:iam::{ACCOUNT}:role/Baker",
            "arn:aws:iam::444455556666:role/Baker",
            f"arn:aws:iam::{ACCOUNT}:role/a/Baker",
        ),
    ),
    (
        "arn:aws:apigateway:eu-west-1::/restapis/*/stages",
        (
            "arn:aws:apigateway:eu-west-1::/restapis/a/stages",
            "arn:aws:apigateway:eu-west-1::/restapis/a/b/stages",
            "arn:aws:apigateway:eu-west-1::/restapis/stages",
        ),
    ),
    (
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:press",
        (
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:press",
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:press:live",
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:pressed",
        ),
    ),
    (
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:press:*",
        (
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:press",
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:press:live",
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:press:1",
        ),
    ),
)


def add_arns(vectors: Vectors) -> None:
    """The lone star covers all, an ARN is a glob of the whole text that crosses slashes (R46)."""
    for pattern, resources in TREES:
        for resource in resources:
            covers = like(pattern, resource)
            parts = {"Action": "*", "Resource": pattern}
            for effect in ("Allow", "Deny"):
                why = f"{pattern} {'covers' if covers else 'does not cover'} {resource}"
                vectors.probe_statement(
                    "R46", "arn", why, covers, parts, effect=effect, action="orchard:Look", resource=resource
                )
    for resource in (OBJECT, BUCKET, QUEUE, STREAM, f"arn:aws:iam::{ACCOUNT}:root", "*"):
        probe_resource(vectors, "R46", "star", "*", resource, True)
        probe_resource(vectors, "R46", "star", ["arn:aws:s3:::none", "*"], resource, True)
    for patterns, resource in product(
        (["arn:aws:s3:::pears", "arn:aws:s3:::pears/*"], ["arn:aws:s3:::plums/*", "arn:aws:s3:::pears"]),
        (BUCKET, OBJECT, "arn:aws:s3:::plums/x", "arn:aws:s3:::plums"),
    ):
        covers = any(like(pattern, resource) for pattern in patterns)
        probe_resource(vectors, "R46", "list", patterns, resource, covers)
    for field, pattern in enumerate(
        ("arn:aws:s?s:eu-west-1:{}:pears", "arn:aws:*:eu-west-1:{}:pears", "arn:aws:s*:*:*:*")
    ):
        for resource in (QUEUE, QUEUE.replace("sqs", "sns"), QUEUE.replace("sqs", "ec2")):
            filled = pattern.format(ACCOUNT)
            covers = like(filled, resource)
            probe_resource(
                vectors,
                "R46",
                f"service-{field + 1}",
                filled,
                resource,
                covers,
                action="orchard:Look",
                uncertain=TYPE_WILDCARD,
                refusable="a wildcard in the service field of an ARN",
            )
    for pattern, resource in product(
        (f"arn:aws:ec2:*:{ACCOUNT}:security-group*/*", f"arn:aws:ec2:*:{ACCOUNT}:*/i-1"),
        (
            f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/sg-1",
            f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group-rule/sgr-1",
            f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1",
        ),
    ):
        probe_resource(
            vectors,
            "R46",
            "type",
            pattern,
            resource,
            like(pattern, resource),
            action="ec2:Look",
            uncertain=TYPE_WILDCARD,
        )


def add_colons(vectors: Vectors) -> None:
    """A star that closes a segment runs across colons (R47)."""
    group = STREAM.partition(":log-stream")[0]
    plain = (
        (f"{group}:*", STREAM),
        (f"{group}:*", group),
        (f"{group}:*", group + ":*"),
        (group, STREAM),
        (group, group),
        (f"{group}*", STREAM),
        (f"arn:aws:logs:*:{ACCOUNT}:log-group:*", STREAM),
        (f"arn:aws:logs:*:{ACCOUNT}:*", STREAM),
        ("arn:aws:logs:*:*:*", STREAM),
        (f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/orchard/*:log-stream:*", STREAM),
        (f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/cellar/*:log-stream:*", STREAM),
        (f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:*:log-stream:2026/??", STREAM),
        (f"arn:aws:logs:us-*:{ACCOUNT}:*", STREAM),
        (f"arn:aws:sns:eu-west-1:{ACCOUNT}:*", f"arn:aws:sns:eu-west-1:{ACCOUNT}:pears:0a1b"),
        (f"arn:aws:sns:eu-west-1:{ACCOUNT}:pears", f"arn:aws:sns:eu-west-1:{ACCOUNT}:pears:0a1b"),
        ("arn:aws:s3:::pears/*", "arn:aws:s3:::pears/12:30:00.csv"),
        ("arn:aws:s3:::pears/??:??:??.csv", "arn:aws:s3:::pears/12:30:00.csv"),
    )
    for pattern, resource in plain:
        parts = {"Action": "*", "Resource": pattern}
        covers = like(pattern, resource)
        for effect in ("Allow", "Deny"):
            why = f"{pattern} {'covers' if covers else 'does not cover'} {resource}"
            vectors.probe_statement(
                "R47", "trailing", why, covers, parts, effect=effect, action="orchard:Look", resource=resource
            )
    crossing = (
        ("arn:aws:sqs:*:pears:extra:x", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:a:pears:extra:x"),
        (f"arn:aws:sqs:*:{ACCOUNT}:x:pears", f"arn:aws:sqs:eu:{ACCOUNT}:y:{ACCOUNT}:x:pears"),
        ("arn:aws:s3:*::pears", "arn:aws:s3:a:b::pears"),
        (f"arn:aws:sqs:eu*:{ACCOUNT}:a", f"arn:aws:sqs:eu:1:2:{ACCOUNT}:a"),
        (f"arn:aws:logs:*:{ACCOUNT}:log-group:x", f"arn:aws:logs:eu:{ACCOUNT}:y:{ACCOUNT}:log-group:x"),
    )
    for pattern, resource in crossing:
        covers = like(pattern, resource)
        probe_resource(vectors, "R47", "crossing", pattern, resource, covers, action="orchard:Look", uncertain=CROSSING)


def add_case(vectors: Vectors) -> None:
    """Resource ARNs compare with case throughout (R48)."""
    bases = (OBJECT, QUEUE, STREAM, f"arn:aws:iam::{ACCOUNT}:role/team/Baker")
    for resource in bases:
        fields = resource.split(":", 5)
        for place in range(6):
            changed = [field.swapcase() if index == place else field for index, field in enumerate(fields)]
            pattern = ":".join(changed)
            if pattern == resource:
                continue
            for effect in ("Allow", "Deny"):
                parts = {"Action": "orchard:Look", "Resource": pattern}
                why = f"field {place + 1} of {resource} differs in case"
                marks: Json = {
                    "uncertain": None if place == 5 else ARN_CASE,
                    "refusable": "no `arn`, or an unknown partition" if place < 2 else None,
                }
                vectors.probe_statement(
                    "R48", "case", why, False, parts, effect=effect, action="orchard:Look", resource=resource, **marks
                )
        for effect in ("Allow", "Deny"):
            parts = {"Action": "orchard:Look", "Resource": resource}
            vectors.probe_statement(
                "R48", "same", "the same text", True, parts, effect=effect, action="orchard:Look", resource=resource
            )
    for pattern, resource in product(
        ("arn:aws:s3:::pears/Readme*", "arn:aws:s3:::pears/README*", "arn:aws:s3:::pears/*.CSV"),
        ("arn:aws:s3:::pears/README.txt", "arn:aws:s3:::pears/Readme.csv", "arn:aws:s3:::pears/readme.CSV"),
    ):
        probe_resource(vectors, "R48", "pattern", pattern, resource, like(pattern, resource))


def add_not_resources(vectors: Vectors) -> None:
    """NotResource covers what no entry covers, in every service (R49)."""
    cases: tuple[tuple[Texts, tuple[str, ...]], ...] = (
        ("arn:aws:s3:::pears/*", (OBJECT, BUCKET, "arn:aws:s3:::plums/a", QUEUE, "*")),
        (["arn:aws:s3:::pears", "arn:aws:s3:::pears/*"], (OBJECT, BUCKET, "arn:aws:s3:::pearson", QUEUE, "*")),
        ("*", (OBJECT, QUEUE, "*")),
        (["arn:aws:s3:::plums", "*"], (OBJECT, "*")),
        ("arn:aws:s3:::*", (OBJECT, BUCKET, QUEUE, "*")),
        (f"arn:aws:sqs:*:{ACCOUNT}:*", (QUEUE, QUEUE.replace(ACCOUNT, "444455556666"), OBJECT)),
        ("arn:aws:s3:::pears/????/*.csv", (OBJECT, "arn:aws:s3:::pears/26/may.csv", "arn:aws:s3:::pears/2026/may.txt")),
        ("arn:aws:s3:::PEARS/*", (OBJECT, "arn:aws:s3:::PEARS/a")),
    )
    for patterns, resources in cases:
        for resource, action in product(resources, ("s3:GetObject", "orchard:Look")):
            listed = [patterns] if isinstance(patterns, str) else patterns
            covers = not any(like(pattern, resource) for pattern in listed)
            why = f"NotResource {patterns} {'covers' if covers else 'does not cover'} {resource}"
            for effect in ("Allow", "Deny"):
                parts = {"Action": "*", "NotResource": patterns}
                vectors.probe_statement(
                    "R49", "notresource", why, covers, parts, effect=effect, action=action, resource=resource
                )
    statement = {"NotAction": "iam:*", "NotResource": "arn:aws:s3:::plums/*"}
    for action, resource in product(("s3:GetObject", "iam:GetUser"), (OBJECT, "arn:aws:s3:::plums/a")):
        applies = action == "s3:GetObject" and resource == OBJECT
        why = "NotAction and NotResource in one statement: both must cover"
        vectors.probe_statement("R49", "both", why, applies, statement, action=action, resource=resource)


def add_incomplete(vectors: Vectors) -> None:
    """An ARN with fewer than six fields is completed with stars before it is matched (R50)."""
    patterns = (
        "arn:aws:sqs",
        "arn:aws:sqs:eu-west-1",
        f"arn:aws:sqs:eu-west-1:{ACCOUNT}",
        "arn:aws:sqs:*",
        "arn:aws:s3",
        "arn:aws:sqs:us-east-1",
        "arn:aws",
        "arn:aws:s3:",
    )
    for pattern, resource in product(patterns, (QUEUE, OBJECT, STREAM)):
        completed = pattern + ":*" * (5 - pattern.count(":"))
        covers = like(completed, resource)
        for effect in ("Allow", "Deny"):
            parts = {"Action": "*", "Resource": pattern}
            why = f"{pattern} means {completed}, which {'covers' if covers else 'does not cover'} {resource}"
            is_bare = pattern in ("arn:aws", "arn:aws:s3:")
            vectors.probe_statement(
                "R50",
                "completed",
                why,
                covers,
                parts,
                effect=effect,
                action="orchard:Look",
                resource=resource,
                uncertain=INCOMPLETE if "*" in pattern or is_bare else None,
                refusable="an ARN with too few fields to save" if is_bare else None,
            )
    for pattern, resource in product(patterns[:3], (QUEUE, OBJECT)):
        covers = not like(pattern + ":*" * (5 - pattern.count(":")), resource)
        why = f"NotResource {pattern} is completed too, and {'covers' if covers else 'does not cover'} {resource}"
        vectors.probe_statement(
            "R50",
            "completed-not",
            why,
            covers,
            {"Action": "*", "NotResource": pattern},
            resource=resource,
            uncertain=INCOMPLETE,
        )


def add_variable_places(vectors: Vectors) -> None:
    """Variables are expanded after the fifth colon only (R51)."""
    value = "arn:aws:s3:::pears"
    cases = (
        ("arn:aws:s3:::pears/${aws:username}/*", "arn:aws:s3:::pears/ana/x", True, None),
        ("arn:aws:s3:::pears/${aws:username}/*", "arn:aws:s3:::pears/bob/x", False, None),
        ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::ana", True, None),
        ("arn:aws:s3:::${aws:username}*", "arn:aws:s3:::anatolia", True, None),
        ("arn:aws:s3:::pears/${aws:username}${aws:username}", "arn:aws:s3:::pears/anaana", True, None),
        ("arn:aws:s3:::pears/*/${aws:username}", "arn:aws:s3:::pears/a/b/ana", True, None),
        (
            "arn:aws:sqs:${aws:username}:111122223333:q",
            "arn:aws:sqs:ana:111122223333:q",
            False,
            "that a variable before the fifth colon stays text is inferred",
        ),
    )
    for pattern, resource, covers, uncertain in cases:
        for effect, member in product(("Allow", "Deny"), ("Resource", "NotResource")):
            applies = covers != (member == "NotResource")
            why = f"{member} {pattern} with the name ana, of {resource}"
            vectors.probe_statement(
                "R51",
                "place",
                why,
                applies,
                {"Action": "*", member: pattern},
                effect=effect,
                resource=resource,
                context={"aws:username": "ana"},
                uncertain=uncertain,
                refusable="a variable where none can stand" if uncertain else None,
            )
    for pattern in ("${orchard:arn}", "${orchard:arn}/*"):
        why = "a variable is not the whole ARN: it has no six fields of its own"
        vectors.probe_statement(
            "R51",
            "whole",
            why,
            False,
            {"Action": "*", "Resource": pattern},
            resource=value,
            context={"orchard:arn": value},
            uncertain="that a variable before the fifth colon stays text is inferred",
            refusable="a resource that is no ARN",
        )


def add_implicit(vectors: Vectors) -> None:
    """A trust policy has no resource part: the resource is the role itself (R52)."""
    caller = f"arn:aws:iam::{ACCOUNT}:user/ana"
    for resource, effect in product(
        (ROLE, f"arn:aws:iam::{ACCOUNT}:role/team/Baker", f"arn:aws:iam::{ACCOUNT}:role/Miller"), ("Allow", "Deny")
    ):
        statements = [allow("sts:AssumeRole", None, {"AWS": caller})]
        if effect == "Deny":
            statements.append(deny("sts:AssumeRole", None, {"AWS": caller}))
        answer = allowed("trust") if effect == "Allow" else denied("trust", 0, 1)
        why = f"the {effect} of a trust policy is about the role that it belongs to"
        vectors.add(
            "R52",
            "trust",
            why,
            answer,
            resource_policy=document(*statements),
            action="sts:AssumeRole",
            resource=resource,
            facts={"resource_kind": "role-trust"},
        )
    for action, applies in (("sts:AssumeRole", True), ("sts:TagSession", False)):
        why = f"{action} under a trust policy that allows sts:AssumeRole"
        vectors.add(
            "R52",
            "action",
            why,
            allowed("trust") if applies else missing("trust"),
            action=action,
            resource=ROLE,
            facts={"resource_kind": "role-trust"},
            resource_policy=document(allow("sts:AssumeRole", None, {"AWS": caller})),
        )
    for kind, layer in (("scps", "scp"), ("rcps", "rcp"), ("vpce", "vpc-endpoint")):
        for pattern, covers in ((OBJECT, True), ("arn:aws:s3:::plums/*", False), ("*", True)):
            judged = deny("s3:*", pattern, None if kind == "scps" else "*")
            if kind == "vpce":
                held: Json = {"vpce": [document(allow("*", "*", "*"), judged)]}
            else:
                held = {kind: [[FULL, document(judged)] if kind == "scps" else [document(judged)]]}
            place = (1, 0) if kind == "scps" else (0, 1) if kind == "vpce" else (0, 0)
            answer = denied(layer, *place) if covers else allowed()
            why = f"the resource part of a Deny in kind {layer} counts as written: {pattern}"
            vectors.add("R52", layer, why, answer, identity=[FULL], **held)

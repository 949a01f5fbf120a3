"""Vectors of the chapter on matching, first part: when a statement applies, globs, actions (R40 to R44)."""

from __future__ import annotations

import re
from itertools import product
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from .vector import FULL, OBJECT, USER, Texts, Vectors, allow, allowed, denied, deny, document, missing

VENDOR_WILDCARD = "documents do not allow a wildcard in the service prefix, and do not say what it does once stored"
ODD_ACTION = "what an ill-formed action does once stored is told by other implementations only"
EMPTY = "that an empty list in a Not-element has no effect follows from the wording only"


def like(pattern: str, text: str) -> bool:
    """Match a glob, by way of a regular expression."""
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(c, re.escape(c)) for c in pattern), text, re.DOTALL) is not None


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_parts(vectors)
    add_globs(vectors)
    add_actions(vectors)
    add_odd(vectors)
    add_not_actions(vectors)
    add_odd_requests(vectors)
    add_letters(vectors)


def add_parts(vectors: Vectors) -> None:
    """A statement applies only if all of its parts do, and parts of two statements are never combined (R40)."""
    for action, resource, condition in product((True, False), repeat=3):
        parts = {
            "Action": "s3:GetObject" if action else "s3:PutObject",
            "Resource": OBJECT if resource else "arn:aws:s3:::plums/*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red" if condition else "blue"}},
        }
        held = [name for name, flag in zip(parts, (action, resource, condition), strict=True) if flag]
        for effect in ("Allow", "Deny"):
            why = f"parts that hold: {', '.join(held) or 'none'}"
            applies = len(held) == 3
            vectors.probe_statement(
                "R40", "parts", why, applies, parts, effect=effect, context={"aws:PrincipalTag/team": "red"}
            )
        for principal in (True, False):
            entry = {"AWS": USER if principal else USER + "s"}
            judged = {"Effect": "Deny", "Principal": entry, **parts}
            why = f"in a resource policy, parts that hold: {', '.join(['Principal'] * principal + held) or 'none'}"
            expect = denied("resource", 0, 1) if principal and len(held) == 3 else allowed()
            resource_policy = document(allow("s3:PutObject", OBJECT, "*"), judged)
            vectors.add(
                "R40",
                "principal",
                why,
                expect,
                identity=[FULL],
                resource_policy=resource_policy,
                context={"aws:PrincipalTag/team": "red"},
            )
    halves = {
        "action and resource": ([allow("s3:GetObject", "arn:aws:s3:::plums/*"), allow("s3:PutObject", OBJECT)], False),
        "action and condition": (
            [
                allow("s3:GetObject", condition={"Bool": {"aws:SecureTransport": "false"}}),
                allow("s3:PutObject", condition={"Bool": {"aws:SecureTransport": "true"}}),
            ],
            False,
        ),
        "both in one": ([allow("s3:PutObject", OBJECT), allow("s3:GetObject", OBJECT)], True),
    }
    for said, (statements, applies) in halves.items():
        context = {"aws:SecureTransport": "true"}
        answer = allowed("identity", 0, 1) if applies else missing()
        why = f"halves of two statements make no whole: {said}"
        vectors.add("R40", "halves", why, answer, identity=[document(*statements)], context=context)
        answer = allowed("identity", 1) if applies else missing()
        apart = [document(item) for item in statements]
        vectors.add("R40", "halves", why + ", in two documents", answer, identity=apart, context=context)
        denying = [document(allow("*"), *({**item, "Effect": "Deny"} for item in statements))]
        answer = denied("identity", 0, 2) if applies else allowed()
        vectors.add("R40", "halves", why + ", denying", answer, identity=denying, context=context)


NAMES: Final = ("GetObject", "GetObjectAcl", "PutObject", "ListAllMyBuckets", "GetBucketLocation", "G", "ObjectGet")
GLOBS: Final = (
    "*",
    "?",
    "G*",
    "Get*",
    "*Object",
    "*Object*",
    "*t",
    "Get?bject",
    "Get??????",
    "Get*Acl",
    "*Get*",
    "G*t*t",
    "GetObject",
    "GetObject*",
    "GetObject?",
    "?etObject",
    "List*My*",
    "*et*ct",
    "**",
    "G*G*",
    "????????????",
    "*?",
    "Get*Object",
    "GetO*O*bject",
)


def add_globs(vectors: Vectors) -> None:
    """A glob covers the whole text: a star any run, a question mark one character (R41)."""
    for pattern, name in product(GLOBS, NAMES):
        matches = like(pattern.lower(), name.lower())
        why = f"s3:{pattern} {'covers' if matches else 'does not cover'} s3:{name}"
        parts = {"Action": f"s3:{pattern}", "Resource": "*"}
        vectors.probe_statement("R41", "action", why, matches, parts, action=f"s3:{name}")
    prefix = "arn:aws:s3:::pears/"
    patterns = (
        "*",
        "?",
        "a*c",
        "a?c",
        "a*",
        "*c",
        "a*b*c",
        "a/*",
        "*/c",
        "a**c",
        "a.c",
        "[a-c]",
        "a+",
        "(a)",
        "*a*a*a*b",
    )
    subjects = (
        "",
        "a",
        "ac",
        "abc",
        "abcc",
        "a/c",
        "a/b/c",
        "a.c",
        "axc",
        "b",
        "aa",
        "a+",
        "[a-c]",
        "(a)",
        "a*c",
        "aaaaaaaaaaab",
        "aaaaaaaaaaaa",
    )
    for number, (pattern, subject) in enumerate(product(patterns, subjects)):
        matches = like(pattern, subject)
        if matches or number % 2:
            why = f"pattern {pattern!r} {'matches' if matches else 'does not match'} key {subject!r}"
            parts = {"Action": "s3:GetObject", "Resource": prefix + pattern}
            vectors.probe_statement("R41", "resource", why, matches, parts, resource=prefix + subject)


def probe_action(
    vectors: Vectors, rule: str, topic: str, pattern: Texts, action: str, covers: bool, note: str = "", **others: str
) -> None:
    """Add a vector for an Action list and the action of a request."""
    said = f"{pattern} {'covers' if covers else 'does not cover'} {action}"
    parts = {"Action": pattern, "Resource": "*"}
    vectors.probe_statement(rule, topic, f"{note}: {said}" if note else said, covers, parts, action=action, **others)


def add_actions(vectors: Vectors) -> None:
    """Vendor and name match without case; wildcards stand anywhere in the name (R42)."""
    spellings = (
        "s3:GetObject",
        "S3:GetObject",
        "s3:getobject",
        "S3:GETOBJECT",
        "s3:gETobJECT",
        "s3:Get*",
        "S3:gET*",
        "*",
    )
    for pattern, action in product(spellings, spellings[:5]):
        probe_action(vectors, "R42", "case", pattern, action, True, "without case")
    vendors = ("s3", "s3-object-lambda", "s3express", "s3tables", "ec2", "execute-api", "s")
    for pattern, vendor in product(
        ("s3:*", "ec2:*", "*", "s3-object-lambda:*", "execute-api:*", "s3express:Create*"), vendors
    ):
        action = f"{vendor}:CreateSession"
        covers = pattern == "*" or pattern.split(":")[0] == vendor
        probe_action(vectors, "R42", "vendor", pattern, action, covers, "the whole prefix counts")
    lists: tuple[tuple[list[str], str, bool], ...] = (
        (["s3:GetObject", "s3:PutObject"], "s3:PutObject", True),
        (["s3:GetObject", "s3:PutObject"], "s3:DeleteObject", False),
        (["ec2:*", "s3:Get*"], "s3:GetObject", True),
        (["ec2:*", "s3:Get*"], "sqs:GetQueueUrl", False),
        (["s3:Get*", "*"], "iam:CreateUser", True),
        (["s3:GetObject"], "s3:GetObject", True),
        (["s3:GetObject", "s3:GetObject"], "s3:GetObject", True),
        (["s3:*Object", "s3:*Acl"], "s3:GetObjectAcl", True),
        (["s3:*Object", "s3:*Bucket"], "s3:GetObjectAcl", False),
    )
    for patterns, action, covers in lists:
        probe_action(vectors, "R42", "list", patterns, action, covers, "a list is an alternative")
    for pattern, action in (
        ("orchard:Pick*", "orchard:PickPears"),
        ("orchard:PickPears", "orchard:PickPlums"),
        ("unknown:*", "s3:GetObject"),
    ):
        covers = pattern == "orchard:Pick*"
        probe_action(vectors, "R42", "unknown", pattern, action, covers, "names of no known service compare like any")


def add_odd(vectors: Vectors) -> None:
    """Ill-formed action strings match nothing (R43)."""
    refused = "an ill-formed action, which saving refuses"
    for pattern in (
        "s3:",
        "s3:Get Object",
        "s3:GetObject,s3:PutObject",
        "s3: GetObject",
        "s3:GetObject ",
        "s*:GetObject",
        "s?:GetObject",
        "?3:GetObject",
    ):
        for effect in ("Allow", "Deny"):
            parts = {"Action": pattern, "Resource": "*"}
            why = f"{pattern!r} matches nothing"
            vectors.probe_statement(
                "R43", "odd", why, False, parts, effect=effect, uncertain=ODD_ACTION, refusable=refused
            )
        listed = {"Action": [pattern, "s3:GetObject"], "Resource": "*"}
        why = f"beside {pattern!r} the well-formed entry of the list counts"
        vectors.probe_statement("R43", "beside", why, True, listed, uncertain=ODD_ACTION, refusable=refused)
    for pattern, action, covers in (
        ("*:*", "s3:GetObject", True),
        ("*:GetObject", "s3:GetObject", True),
        ("*:GetObject", "s3:PutObject", False),
        ("*:Get*", "sqs:GetQueueUrl", True),
    ):
        probe_action(
            vectors, "R43", "vendor", pattern, action, covers, "a star for the whole prefix", uncertain=VENDOR_WILDCARD
        )


def add_not_actions(vectors: Vectors) -> None:
    """NotAction covers what none of its entries covers, in every service (R44)."""
    cases: tuple[tuple[Texts, tuple[str, ...]], ...] = (
        (
            "s3:GetObject",
            (
                "s3:GetObject",
                "S3:getobject",
                "s3:GetObjectAcl",
                "s3:PutObject",
                "iam:CreateUser",
                "s3-object-lambda:GetObject",
            ),
        ),
        (
            "s3:*",
            (
                "s3:GetObject",
                "S3:ListBucket",
                "s3express:CreateSession",
                "iam:CreateUser",
                "s3-object-lambda:GetObject",
            ),
        ),
        (
            ["iam:*", "sts:*"],
            ("iam:CreateUser", "sts:GetFederationToken", "s3:GetObject", "organizations:LeaveOrganization"),
        ),
        (
            ["s3:Get*", "s3:List*"],
            ("s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:DeleteBucket", "s3:getbucketacl"),
        ),
        ("*", ("s3:GetObject", "iam:CreateUser")),
        (["s3:*", "*"], ("s3:GetObject", "iam:CreateUser")),
        ("s3:*Object", ("s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "s3:ListBucket")),
        ("s3:???Object", ("s3:GetObject", "s3:DeleteObject", "s3:PutObject")),
        ("unknown:Thing", ("s3:GetObject", "unknown:Thing", "unknown:Things")),
    )
    for patterns, actions in cases:
        for action in actions:
            listed = [patterns] if isinstance(patterns, str) else patterns
            covers = not any(like(item.lower(), action.lower()) for item in listed)
            for effect in ("Allow", "Deny"):
                why = f"NotAction {patterns} {'covers' if covers else 'does not cover'} {action}"
                parts = {"NotAction": patterns, "Resource": "*"}
                vectors.probe_statement("R44", "notaction", why, covers, parts, effect=effect, action=action)
    everything = allow(None, "*", NotAction="iam:*")
    fence = deny(None, "*", NotAction=["s3:*", "sqs:*"])
    for action, answer in (
        ("s3:GetObject", allowed()),
        ("sqs:SendMessage", allowed()),
        ("ec2:RunInstances", denied("identity", 0, 1)),
        ("iam:CreateUser", denied("identity", 0, 1)),
    ):
        why = "Allow with NotAction iam:* below a Deny with NotAction [s3:*, sqs:*]"
        vectors.add("R44", "fence", why, answer, identity=[document(everything, fence)], action=action, resource="*")


def add_odd_requests(vectors: Vectors) -> None:
    """An ill-formed action string does not match itself either, and in a negated list it excludes nothing (R43)."""
    for name, part in product(("s3:Get Object", "s3:Get,Object"), ("Action", "NotAction")):
        vectors.probe_statement(
            "R43",
            "itself",
            f"{name!r} in {part}, asked for by the same text",
            part == "NotAction",
            {part: name, "Resource": "*"},
            effect="Allow",
            action=name,
            uncertain=ODD_ACTION,
            refusable="an ill-formed action, which saving refuses",
        )


def add_letters(vectors: Vectors) -> None:
    """Every letter of ASCII is without case, in the vendor and in the name (R42)."""
    for pattern, action in product((ascii_uppercase, ascii_lowercase), repeat=2):
        vectors.probe_statement(
            "R42",
            "letters",
            "all letters, without case",
            True,
            {"Action": f"{pattern}:{pattern}", "Resource": "*"},
            action=f"{action}:{action}",
        )

"""Vectors of the chapter on the grammar: what of a document's form a decision shows (R3 to R36)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations, product
from typing import Any, Final

from .actions import like
from .vector import (
    ACCOUNT,
    ACTION,
    BUCKET,
    FULL,
    LEVEL,
    OBJECT,
    OLD_LEVEL,
    SESSION,
    USER,
    Json,
    Vectors,
    allow,
    allowed,
    denied,
    deny,
    document,
    missing,
)

VERSIONLESS = "a document without a Version is legal by the language and refused by today's interface"
ID_IN_IDENTITY = "the page on the grammar forbids Id in identity policies; the interface was seen to take it"
NULL_ELEMENT = "that a null inside a list counts as absent was observed, not documented"
PLACE = "a wildcard in this place is not allowed by the documents, which do not say what it does once stored"

LACKING: Final = document(allow("orchard:Water"))


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_versions(vectors)
    add_members(vectors)
    add_effects(vectors)
    add_resources(vectors)
    add_conditions(vectors)
    add_case(vectors)
    add_order(vectors)


KINDS: Final = ("identity", "boundary", "session", "scps", "rcps", "vpce", "resource")
LAYER_OF: Final = {"scps": "scp", "rcps": "rcp", "vpce": "vpc-endpoint"}


def under(kind: str, held: Json) -> Json:
    """Return policies in which a document of a kind decides, beside others that allow everything."""
    policies: Json = {"identity": [FULL], "principal": SESSION}
    if kind == "identity":
        policies["identity"] = [held]
    elif kind in ("scps", "rcps"):
        policies[kind] = [[held]]
    elif kind in ("vpce",):
        policies[kind] = [held]
    elif kind == "resource":
        policies["resource_policy"] = held
    else:
        policies[kind] = held
    return policies


def for_kind(kind: str, statement: Mapping[str, Any]) -> Json:
    """Return a statement with a principal part where its kind has one."""
    has_principal = kind in ("rcps", "vpce", "resource")
    return {"Effect": statement["Effect"], **({"Principal": "*"} if has_principal else {}), **statement}


def add_versions(vectors: Vectors) -> None:
    """The Version changes nothing but variables, and a document may lack it (R3, R4)."""
    for version, kind in product(
        (None, OLD_LEVEL, LEVEL), ("identity", "boundary", "session", "scps", "vpce", "resource")
    ):
        marks: Json = {"uncertain": VERSIONLESS} if version is None else {}
        if version != LEVEL and kind in ("scps", "rcps"):
            marks = {
                "uncertain": "pages on organisations require the current Version",
                "refusable": "not the current Version",
            }
        for action, covers in (("s3:GetObject", True), ("s3:PutObject", False)):
            held = document(for_kind(kind, allow("s3:Get*")), version=version)
            policies = under(kind, held)
            layer = LAYER_OF.get(kind, kind)
            answer = allowed() if covers else missing(layer)
            if kind == "resource":
                policies["identity"] = []
                answer = allowed("resource") if covers else missing()
            vectors.add(
                "R3",
                "allow",
                f"Version {version or 'absent'} in kind {layer}, {action}",
                answer,
                **policies,
                action=action,
                **marks,
            )
            denying = document(
                *([for_kind(kind, allow("*"))] if kind != "rcps" else []),
                for_kind(kind, deny("s3:Get*")),
                version=version,
            )
            answer = denied(layer, 0, 1) if covers else allowed()
            vectors.add(
                "R3",
                "deny",
                f"Version {version or 'absent'} in kind {layer}, a Deny and {action}",
                answer,
                **under(kind, denying),
                action=action,
                **marks,
            )
    for versions in product((None, OLD_LEVEL, LEVEL), repeat=2):
        documents = [
            document(allow("s3:Get*"), version=versions[0]),
            document(deny("s3:GetObjectAcl"), version=versions[1]),
        ]
        for action, answer in (
            ("s3:GetObject", allowed()),
            ("s3:GetObjectAcl", denied("identity", 1, 0)),
            ("s3:PutObject", missing()),
        ):
            why = f"two documents with Version {versions[0] or 'absent'} and {versions[1] or 'absent'}, {action}"
            vectors.add(
                "R4",
                "mixed",
                why,
                answer,
                identity=documents,
                action=action,
                uncertain=VERSIONLESS if None in versions else None,
            )
    for version, holds in ((None, False), (OLD_LEVEL, False), (LEVEL, True)):
        for effect in ("Allow", "Deny"):
            parts = {"Action": ACTION, "Resource": "arn:aws:s3:::pears/${aws:username}"}
            why = f"a variable in a document with Version {version or 'absent'}"
            vectors.probe_statement(
                "R3",
                "variable",
                why,
                holds,
                parts,
                effect=effect,
                version=version,
                resource="arn:aws:s3:::pears/ana",
                context={"aws:username": "ana"},
                uncertain=VERSIONLESS if version is None else None,
            )


def add_members(vectors: Vectors) -> None:
    """Id and Sid never change a decision; one statement equals a list of one (R5, R6, R9)."""
    for name, kind in product(
        (None, "orchard", "", "9d9b7c1e-0000-4000-8000-000000000000"), ("resource", "vpce", "identity")
    ):
        for action, covers in (("s3:GetObject", True), ("s3:PutObject", False)):
            held = document(for_kind(kind, allow("*")), for_kind(kind, deny("s3:Get*")))
            held = held if name is None else {"Id": name, **held}
            layer = LAYER_OF.get(kind, kind)
            answer = denied(layer, 0, 1) if covers else allowed()
            marks: Json = {"uncertain": ID_IN_IDENTITY} if kind == "identity" and name is not None else {}
            vectors.add(
                "R5",
                "id",
                f"Id {name!r} in kind {layer}, {action}",
                answer,
                **under(kind, held),
                action=action,
                **marks,
            )
    for kind, bare in product(KINDS, (True, False)):
        effects = ("Deny",) if kind == "rcps" else ("Allow", "Deny")
        for effect, action in product(effects, ("s3:GetObject", "s3:PutObject")):
            statement = for_kind(kind, {"Effect": effect, "Action": "s3:Get*", "Resource": "*"})
            held = {"Version": LEVEL, "Statement": statement if bare else [statement]}
            layer = LAYER_OF.get(kind, kind)
            covers = action == "s3:GetObject"
            if effect == "Deny":
                lacks = kind in ("identity", "boundary", "session", "scps", "vpce")
                answer = denied(layer) if covers else missing(layer) if lacks else allowed()
            else:
                answer = allowed() if covers or kind == "resource" else missing(layer)
            why = f"{'one statement' if bare else 'a list of one statement'} in kind {layer}: {effect}, {action}"
            vectors.add("R6", "shape", why, answer, **under(kind, held), action=action)
    for sids in (
        (None, None),
        ("A", "B"),
        ("", ""),
        ("A", None),
        ("AllowAll", "DenyAll"),
        ("Deny", "Allow"),
        ("1", "2"),
    ):
        named = [
            {"Sid": sid, **item} if sid is not None else item
            for sid, item in zip(sids, (allow("s3:*"), deny("s3:Get*")), strict=True)
        ]
        for action, answer in (
            ("s3:GetObject", denied("identity", 0, 1)),
            ("s3:PutObject", allowed()),
            ("sqs:SendMessage", missing()),
        ):
            vectors.add("R9", "sid", f"Sids {sids}, {action}", answer, identity=[document(*named)], action=action)
    for action, answer in (("s3:GetObject", denied("identity", 1, 0)), ("s3:PutObject", allowed())):
        documents = [document({"Sid": "Same", **allow("s3:*")}), document({"Sid": "Same", **deny("s3:Get*")})]
        vectors.add("R9", "sid", f"one Sid in two documents, {action}", answer, identity=documents, action=action)


def add_effects(vectors: Vectors) -> None:
    """Both effects, and names that no service has (R8, R10)."""
    for first, second in product(("Allow", "Deny"), repeat=2):
        statements = [
            {"Effect": first, "Action": "s3:*", "Resource": "*"},
            {"Effect": second, "Action": ACTION, "Resource": OBJECT},
        ]
        for resource in (OBJECT, BUCKET):
            effects = [first, *([second] if resource == OBJECT else [])]
            answer = denied("identity", 0, effects.index("Deny")) if "Deny" in effects else allowed()
            vectors.add(
                "R8",
                "effect",
                f"{first} of s3:*, {second} of one object; the request is for {resource}",
                answer,
                identity=[document(*statements)],
                resource=resource,
            )
    for pattern, action in product(
        ("orchard:Pick", "orchard:*", "orchard-press:Pick", "s3:NoSuchAction", "s3.example:Pick"),
        ("orchard:Pick", "s3:GetObject", "s3:NoSuchAction", "orchard-press:Pick", "s3.example:Pick"),
    ):
        covers = like(pattern.lower(), action.lower())
        for effect in ("Allow", "Deny"):
            why = f"{pattern}, a name of no known service, {'covers' if covers else 'does not cover'} {action}"
            vectors.probe_statement(
                "R10", "unknown", why, covers, {"Action": pattern, "Resource": "*"}, effect=effect, action=action
            )


def add_resources(vectors: Vectors) -> None:
    """Elements of a Resource list, incomplete ARNs, and where wildcards act (R11, R13, R14)."""
    for listed, covers in (([None, OBJECT], True), ([OBJECT, None], True), ([None, "arn:aws:s3:::plums"], False)):
        for effect in ("Allow", "Deny"):
            vectors.probe_statement(
                "R11",
                "null",
                "a null inside a list counts as absent",
                covers,
                {"Action": ACTION, "Resource": listed},
                effect=effect,
                uncertain=NULL_ELEMENT,
            )
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:pears"
    for pattern, kind in product(
        (
            "arn:aws:sqs",
            "arn:aws:sqs:eu-west-1",
            f"arn:aws:sqs:eu-west-1:{ACCOUNT}",
            "arn:aws:sqs:us-east-1",
            "arn:aws:sns",
        ),
        ("identity", "boundary"),
    ):
        covers = like(pattern + ":*" * (5 - pattern.count(":")), queue)
        for effect in ("Allow", "Deny"):
            statements = [allow("*", pattern)] if effect == "Allow" else [allow("*"), deny("*", pattern)]
            answer = (
                (allowed() if covers else missing(kind))
                if effect == "Allow"
                else denied(kind, 0, 1)
                if covers
                else allowed()
            )
            why = f"{effect} of the incomplete {pattern} in kind {kind}"
            vectors.add(
                "R13",
                "incomplete",
                why,
                answer,
                **under(kind, document(*statements)),
                action="sqs:SendMessage",
                resource=queue,
            )
    fields = queue.split(":")
    for place, wildcard in product((1, 2, 3, 4, 5), ("*", "?", "x*", "*x", "**")):
        field = fields[place]
        texts = {
            "*": "*",
            "?": "?" + field[1:],
            "x*": field[:2] + "*",
            "*x": "*" + field[-2:],
            "**": field[0] + "*" + field[-1],
        }
        pattern = ":".join([*fields[:place], texts[wildcard], *fields[place + 1 :]])
        for resource in (
            queue,
            ":".join([*fields[:place], field[::-1], *fields[place + 1 :]]),
            ":".join([*fields[:place], field + "z", *fields[place + 1 :]]),
        ):
            covers = like(pattern, resource)
            marks: Json = {"uncertain": PLACE} if place in (1, 2) else {}
            if place == 2:
                marks["refusable"] = "a wildcard in the service of an ARN"
            why = f"field {place + 1} as {texts[wildcard]} {'covers' if covers else 'does not cover'} {resource}"
            vectors.probe_statement(
                "R14",
                f"field-{place + 1}",
                why,
                covers,
                {"Action": "*", "Resource": pattern},
                action="orchard:Look",
                resource=resource,
                **marks,
            )
    for operator, wanted, value in (
        ("NumericEquals", "1*", "10"),
        ("DateEquals", "2026*", "2026-05-01"),
        ("Bool", "t*", "true"),
        ("IpAddress", "203.0.113.*", "203.0.113.7"),
        ("StringEquals", "r*", "red"),
        ("BinaryEquals", "cm*=", "cmVk"),
    ):
        refusable = "a wildcard in a value that takes none" if operator != "StringEquals" else None
        why = f"no wildcards in values of {operator}"
        vectors.probe(
            "R14",
            "value",
            why,
            False,
            {operator: {"orchard:Value": wanted}},
            {"orchard:Value": value},
            refusable=refusable,
        )


def add_conditions(vectors: Vectors) -> None:
    """Empty conditions, unknown keys, numbers and booleans without quotes (R22, R24, R25)."""
    empty: tuple[Json, ...] = (
        {},
        {"StringEquals": {}},
        {"Bool": {}, "StringLike": {}},
        {"ForAllValues:StringEquals": {}},
        {"NumericLessThanIfExists": {}},
    )
    for condition, effect in product(empty, ("Allow", "Deny")):
        for context in ({}, {"aws:PrincipalTag/team": "red"}):
            vectors.probe(
                "R22", "empty", f"the condition {condition} restricts nothing", True, condition, context, effect=effect
            )
        for value in ("red", "blue"):
            both = {**condition, "StringEquals": {"aws:PrincipalTag/team": "red"}}
            vectors.probe(
                "R22",
                "beside",
                f"an empty operator beside one that is not: {both}",
                value == "red",
                both,
                {"aws:PrincipalTag/team": value},
                effect=effect,
            )
    for key in ("aws:NoSuchKey", "s3:NoSuchKey", "orchard:Key", "orchard:Key/sub/sub", "aws:PrincipalTag/a:b@c"):
        for operator, holds in (
            ("StringEquals", False),
            ("StringNotEquals", True),
            ("StringEqualsIfExists", True),
            ("ForAllValues:StringEquals", True),
            ("ForAnyValue:StringEquals", False),
        ):
            vectors.probe(
                "R24",
                "absent",
                f"{operator} on {key}, which no service supplies here",
                holds,
                {operator: {key: "x"}},
                {"aws:PrincipalTag/team": "x"},
            )
        for value in ("x", "y"):
            vectors.probe(
                "R24",
                "given",
                f"{key} is a key like any if the request has it",
                value == "x",
                {"StringEquals": {key: "x"}},
                {key: value},
            )
    scalars: tuple[tuple[str, Any, str, bool], ...] = (
        ("Bool", True, "true", True),
        ("Bool", False, "true", False),
        ("Bool", [True], "true", True),
        ("NumericEquals", 5, "5", True),
        ("NumericEquals", 5.5, "5.50", True),
        ("NumericLessThan", -1, "-2", True),
        ("NumericLessThan", [1, 3], "2", True),
        ("StringEquals", 5, "5", True),
        ("StringEquals", 5, "05", False),
        ("StringEquals", True, "true", True),
        ("StringEquals", True, "TRUE", False),
        ("StringLike", 12, "12", True),
        ("StringLike", 12, "123", False),
        ("StringNotEquals", 5, "5", False),
        ("StringEquals", [1, 2, 3], "2", True),
        ("StringEquals", [1, 2, 3], "4", False),
        ("DateEquals", 0, "1970-01-01T00:00:00Z", True),
        ("DateLessThan", 1, "1970-01-01T00:00:00Z", True),
        ("Null", False, "x", True),
        ("Null", True, "x", False),
    )
    for operator, written, value, holds in scalars:
        for effect in ("Allow", "Deny"):
            vectors.probe(
                "R25",
                "scalar",
                f"{operator} {written!r} without quotes is its JSON text, of {value}",
                holds,
                {operator: {"orchard:Value": written}},
                {"orchard:Value": value},
                effect=effect,
            )
    for action, resource in ((ACTION, "*"), ([ACTION], ["*"]), ([ACTION], "*"), (ACTION, ["*"])):
        for asked in (ACTION, "s3:PutObject"):
            vectors.probe_statement(
                "R25",
                "one-or-list",
                "one text equals a list of one",
                asked == ACTION,
                {"Action": action, "Resource": resource},
                action=asked,
            )


def add_case(vectors: Vectors) -> None:
    """What compares with case and what does not (R27)."""
    base = {
        "Action": "s3:GetObject",
        "Resource": OBJECT,
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    }
    changes: tuple[tuple[str, Json, bool], ...] = (
        ("nothing", {}, True),
        ("the action's prefix", {"Action": "S3:GetObject"}, True),
        ("the action's name", {"Action": "s3:getobject"}, True),
        ("the object's key", {"Resource": OBJECT.upper().replace("ARN:AWS:S3", "arn:aws:s3")}, False),
        ("the key's name", {"Condition": {"StringEquals": {"AWS:PrincipalTag/team": "red"}}}, True),
        ("the tag's key", {"Condition": {"StringEquals": {"aws:PrincipalTag/TEAM": "red"}}}, True),
        ("the value", {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "Red"}}}, False),
        (
            "the value, compared without case",
            {"Condition": {"StringEqualsIgnoreCase": {"aws:PrincipalTag/team": "Red"}}},
            True,
        ),
        ("the value of StringLike", {"Condition": {"StringLike": {"aws:PrincipalTag/team": "R*"}}}, False),
        ("the variable's name", {"Resource": "arn:aws:s3:::pears/${AWS:PrincipalTag/Year}/may.csv"}, True),
    )
    context = {"aws:PrincipalTag/team": "red", "aws:PrincipalTag/year": "2026"}
    for (said, change, applies), effect in product(changes, ("Allow", "Deny")):
        vectors.probe_statement(
            "R27", "case", f"another case in {said}", applies, {**base, **change}, effect=effect, context=context
        )
    for entry, hit in (
        (USER, True),
        (USER.replace("ana", "Ana"), False),
        (USER.replace("arn:aws", "arn:AWS"), False),
        (USER.replace("user/", "User/"), False),
    ):
        resource_policy = document(deny(ACTION, OBJECT, {"AWS": entry}))
        refusable = None if entry.endswith(":user/Ana") or hit else "an entry that is no principal"
        vectors.add(
            "R27",
            "principal",
            f"ARNs of principals compare with case: {entry}",
            denied("resource") if hit else allowed(),
            identity=[FULL],
            resource_policy=resource_policy,
            refusable=refusable,
        )


def add_order(vectors: Vectors) -> None:
    """The decision does not depend on any order; the first applying statement is named (R28)."""
    statements = [allow("s3:Get*"), allow("s3:*", OBJECT), deny("s3:*", "arn:aws:s3:::plums/*"), deny("s3:Delete*")]
    requests = (
        (ACTION, OBJECT),
        (ACTION, "arn:aws:s3:::plums/x"),
        ("s3:DeleteObject", OBJECT),
        ("s3:PutObject", BUCKET),
    )
    applying = {
        (ACTION, OBJECT): {0, 1},
        (ACTION, "arn:aws:s3:::plums/x"): {0, 2},
        ("s3:DeleteObject", OBJECT): {1, 3},
        ("s3:PutObject", BUCKET): set(),
    }
    for order in permutations(range(4)):
        for action, resource in requests:
            hits = applying[action, resource]
            deciding = [
                place for place, index in enumerate(order) if index in hits and (index > 1 or not hits & {2, 3})
            ]
            answer = missing() if not deciding else (denied if hits & {2, 3} else allowed)("identity", 0, deciding[0])
            held = [document(*(statements[index] for index in order))]
            vectors.add(
                "R28",
                "statements",
                f"statements in the order {order}, {action} on {resource}",
                answer,
                identity=held,
                action=action,
                resource=resource,
            )
    documents = [
        document(allow("s3:Get*")),
        document(allow("s3:*", OBJECT)),
        document(deny("s3:*", "arn:aws:s3:::plums/*"), deny("s3:Delete*")),
    ]
    for order in permutations(range(3)):
        for action, resource in requests:
            hits = applying[action, resource]
            if hits & {2, 3}:
                answer = denied("identity", order.index(2), 0 if 2 in hits else 1)
            else:
                places = [place for place, index in enumerate(order) if index in hits]
                answer = allowed("identity", places[0]) if places else missing()
            vectors.add(
                "R28",
                "documents",
                f"documents in the order {order}, {action} on {resource}",
                answer,
                identity=[documents[index] for index in order],
                action=action,
                resource=resource,
            )
    for actions in permutations(("s3:GetObject", "s3:Put*", "sqs:*")):
        for asked in ("s3:PutObject", "s3:DeleteObject"):
            vectors.probe_statement(
                "R28",
                "list",
                f"the list {actions}",
                asked == "s3:PutObject",
                {"Action": list(actions), "Resource": "*"},
                action=asked,
            )
    judged = {
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        "Resource": "*",
        "Action": ACTION,
        "Effect": "Allow",
    }
    for members in permutations(judged):
        for secure in ("true", "false"):
            held = [{"Statement": [{name: judged[name] for name in members}], "Version": LEVEL}]
            answer = allowed() if secure == "true" else missing()
            vectors.add(
                "R28",
                "members",
                f"members in the order {', '.join(members)}",
                answer,
                identity=held,
                context={"aws:SecureTransport": secure},
            )

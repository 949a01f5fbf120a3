"""Vectors of the chapter on policy variables (R100 to R111)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any, Final

from .vector import (
    ACCOUNT,
    ACTION,
    LEVEL,
    OLD_LEVEL,
    SESSION,
    USER,
    Json,
    Vectors,
    allow,
    document,
    missing,
)

NO_VALUE_NOT = "that a string without a value in NotResource matches nothing is the letter of the page"
NO_VALUE_BESIDE = "a table of the operators page says that the other values of the list do not count either"
LITERAL = "that wildcards of inserted values are literal follows from the escapes and is not stated"
EMPTY_DEFAULT = "an empty default is not documented"
BOOL_VARIABLE = "one page allows variables under Bool, another does not"
NO_VARIABLE_HERE = "a variable where the pages allow none"
MALFORMED = "what an ill-formed variable does is not told"
OLD_WILDCARDS = "that wildcards in the text of a variable act at the old level is inferred"
FIELDS = "that a colon of an inserted value makes no new field is not told"
INVERTED = "that a variable without a value satisfies inverted operators is told of the string operators"

PREFIX: Final = "arn:aws:s3:::pears/"
NAME: Final = "aws:PrincipalTag/name"


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_syntax(vectors)
    add_levels(vectors)
    add_places(vectors)
    add_missing(vectors)
    add_defaults(vectors)
    add_escapes(vectors)
    add_literal(vectors)
    add_multivalued(vectors)
    add_names(vectors)
    add_malformed(vectors)


def both(
    vectors: Vectors,
    rule: str,
    topic: str,
    why: str,
    text: str,
    value: str,
    context: Mapping[str, Any],
    matches: bool,
    **others: Any,
) -> None:
    """Add vectors for a text after a resource's prefix, and for the same text under operators on texts."""
    is_in_both = others.pop("operators", ("StringLike", "StringNotLike"))
    for effect in ("Allow", "Deny"):
        parts = {"Action": ACTION, "Resource": PREFIX + text}
        vectors.probe_statement(
            rule,
            topic,
            f"Resource: {why}",
            matches,
            parts,
            effect=effect,
            resource=PREFIX + value,
            context=context,
            **others,
        )
    for operator in is_in_both:
        holds = matches != ("Not" in operator)
        condition: Json = {operator: {"s3:prefix": text}}
        vectors.probe(rule, topic, f"{operator}: {why}", holds, condition, {**context, "s3:prefix": value}, **others)


def add_syntax(vectors: Vectors) -> None:
    """A variable is replaced by the value of its key (R100)."""
    context = {
        NAME: "ana",
        "aws:PrincipalTag/site": "north",
        "aws:username": "ana",
        "aws:userid": "AIDA:x",
        "aws:PrincipalTag/dotted.key-1": "d",
    }
    cases = (
        ("${aws:PrincipalTag/name}", "ana", True),
        ("${aws:PrincipalTag/name}", "bob", False),
        ("${aws:PrincipalTag/name}", "an", False),
        ("${aws:PrincipalTag/name}", "anab", False),
        ("${aws:PrincipalTag/name}", "", False),
        ("x${aws:PrincipalTag/name}y", "xanay", True),
        ("x${aws:PrincipalTag/name}y", "xany", False),
        ("${aws:PrincipalTag/name}*", "anatole", True),
        ("${aws:PrincipalTag/name}/*", "ana/x", True),
        ("${aws:PrincipalTag/name}/*", "anatole/x", False),
        ("*${aws:PrincipalTag/name}", "diana", True),
        ("*${aws:PrincipalTag/name}*", "banana", True),
        ("${aws:PrincipalTag/name}?", "ana", False),
        ("${aws:PrincipalTag/name}?", "anax", True),
        ("${aws:PrincipalTag/site}-${aws:PrincipalTag/name}", "north-ana", True),
        ("${aws:PrincipalTag/site}-${aws:PrincipalTag/name}", "ana-north", False),
        ("${aws:PrincipalTag/site}${aws:PrincipalTag/name}", "northana", True),
        ("${aws:userid}/x", "AIDA:x/x", True),
        ("home/${aws:username}", "home/ana", True),
        ("home/${aws:username}", "home/Ana", False),
        ("${aws:PrincipalTag/dotted.key-1}", "d", True),
        ("$", "$", True),
        ("$x", "$x", True),
        ("a$", "a", False),
        ("{x}", "{x}", True),
        ("$$", "$$", True),
    )
    for text, value, matches in cases:
        both(
            vectors,
            "R100",
            "syntax",
            f"{text} {'matches' if matches else 'does not match'} {value!r}",
            text,
            value,
            context,
            matches,
        )


def add_levels(vectors: Vectors) -> None:
    """Only documents of the level of 2012 have variables; elsewhere the text stands for itself (R101)."""
    texts = (
        ("${aws:username}", "${aws:username}", False, None),
        ("${aws:username}", "ana", True, None),
        ("${aws:username, 'bob'}", "${aws:username, 'bob'}", False, None),
        ("${*}", "*", True, None),
        ("${*}", "${*}", False, None),
        ("${*}", "${abc}", False, OLD_WILDCARDS),
        ("${$}", "$", True, None),
        ("${?}", "?", True, None),
        ("${?}", "${x}", False, OLD_WILDCARDS),
        ("a${aws:username}", "aana", True, None),
    )
    for version in (LEVEL, OLD_LEVEL, None):
        for text, value, at_new, uncertain in texts:
            is_pattern = text in ("${*}", "${?}") and value.startswith("${")
            matches = at_new if version == LEVEL else text == value or is_pattern
            why = f"Version {version or 'absent'}: {text} of {value}"
            mark = uncertain if version != LEVEL else None
            if version is None:
                mark = mark or "a document without a Version is legal by the language and refused by today's interface"
            both(
                vectors,
                "R101",
                "level",
                why,
                text,
                value,
                {"aws:username": "ana"},
                matches,
                version=version,
                uncertain=mark,
            )


def add_places(vectors: Vectors) -> None:
    """Variables stand in resources and in values of operators on texts and ARNs (R102)."""
    context = {NAME: "ana", "orchard:Value": "ana"}
    for operator in (
        "StringEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
        "StringNotEquals",
        "StringNotEqualsIgnoreCase",
        "StringNotLike",
    ):
        for value, equal in (("ana", True), ("bob", False), ("ANA", operator.endswith("IgnoreCase"))):
            for suffix, qualifier in product(("", "IfExists"), ("", "ForAnyValue:", "ForAllValues:")):
                holds = equal != ("Not" in operator)
                condition: Json = {f"{qualifier}{operator}{suffix}": {"orchard:Value": f"${{{NAME}}}"}}
                vectors.probe(
                    "R102",
                    "text",
                    f"{qualifier}{operator}{suffix} of a variable with the value ana, and {value}",
                    holds,
                    condition,
                    {**context, "orchard:Value": value},
                )
    arn = f"arn:aws:iam::{ACCOUNT}:user/ana"
    patterns = (
        (f"arn:aws:iam::{ACCOUNT}:user/${{{NAME}}}", arn, True),
        (f"arn:aws:iam::{ACCOUNT}:user/${{{NAME}}}", arn + "b", False),
        ("arn:aws:iam::${aws:PrincipalAccount}:user/*", arn, True),
        ("arn:aws:iam::${aws:PrincipalAccount}:user/*", arn.replace("1111", "2222"), False),
        (f"arn:aws:iam::*:*/${{{NAME}}}", arn, True),
        (f"arn:aws:iam:${{{NAME}}}:{ACCOUNT}:user/x", f"arn:aws:iam:ana:{ACCOUNT}:user/x", True),
        ("arn:aws:iam::${kms:EncryptionContext:aws:s3:arn}:user/ana", arn, True),
        (f"arn:aws:iam::{ACCOUNT}:${{kms:EncryptionContext:aws:s3:arn}}", f"arn:aws:iam::{ACCOUNT}:{ACCOUNT}", True),
    )
    held: Json = {NAME: "ana", "aws:PrincipalAccount": ACCOUNT, "kms:EncryptionContext:aws:s3:arn": ACCOUNT}
    for (pattern, value, matches), operator in product(
        patterns, ("ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals")
    ):
        holds = matches != ("Not" in operator)
        vectors.probe(
            "R102",
            "arn",
            f"{operator} {pattern} of {value}",
            holds,
            {operator: {"aws:SourceArn": pattern}},
            {**held, "aws:SourceArn": value},
        )
    colon = {NAME: "a:b", "aws:SourceArn": "arn:aws:iam::a:b:user"}
    for pattern, value, matches in (
        (f"arn:aws:iam::${{{NAME}}}:user", "arn:aws:iam::a:b:user", False),
        (f"arn:aws:iam::1:${{{NAME}}}", "arn:aws:iam::1:a:b", True),
    ):
        for operator in ("ArnLike", "ArnNotLike"):
            vectors.probe(
                "R102",
                "colon",
                f"{operator} {pattern} with the value a:b",
                matches != ("Not" in operator),
                {operator: {"aws:SourceArn": pattern}},
                {**colon, "aws:SourceArn": value},
                uncertain=FIELDS,
            )
    typed = (
        ("NumericEquals", "10"),
        ("NumericLessThan", "10"),
        ("DateEquals", "2026-05-01"),
        ("IpAddress", "203.0.113.7"),
        ("BinaryEquals", "cmVk"),
    )
    for operator, value in typed:
        for effect in ("Allow", "Deny"):
            vectors.probe(
                "R102",
                "typed",
                f"{operator} takes no variables",
                False,
                {operator: {"orchard:Value": "${orchard:Other}"}},
                {"orchard:Value": value, "orchard:Other": value},
                effect=effect,
                refusable=NO_VARIABLE_HERE,
            )
    for value in ("true", "false"):
        vectors.probe(
            "R102",
            "bool",
            f"Bool of a variable, {value}",
            False,
            {"Bool": {"orchard:Value": "${orchard:Other}"}},
            {"orchard:Value": value, "orchard:Other": value},
            uncertain=BOOL_VARIABLE,
            refusable=NO_VARIABLE_HERE,
        )
    for text, action in (("s3:${orchard:Verb}Object", ACTION), ("${orchard:Service}:GetObject", ACTION)):
        vectors.probe_statement(
            "R102",
            "action",
            f"an action takes no variables: {text}",
            False,
            {"Action": text, "Resource": "*"},
            action=action,
            context={"orchard:Verb": "Get", "orchard:Service": "s3"},
            refusable=NO_VARIABLE_HERE,
        )
    for entry in ("${aws:PrincipalArn}", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"):
        vectors.add(
            "R102",
            "principal",
            f"a principal takes no variables: {entry}",
            missing(),
            resource_policy=document(allow(ACTION, "*", {"AWS": entry})),
            context={"aws:PrincipalArn": USER, "aws:username": "ana"},
            refusable=NO_VARIABLE_HERE,
        )


def add_missing(vectors: Vectors) -> None:
    """A variable without a value matches nothing (R103 to R105)."""
    text = f"${{{NAME}}}"
    for resource in ("ana", "", text, "*", "None", "null"):
        for effect in ("Allow", "Deny"):
            vectors.probe_statement(
                "R103",
                "absent",
                f"a resource whose variable has no value matches nothing, not {resource!r} either",
                False,
                {"Action": ACTION, "Resource": PREFIX + text},
                effect=effect,
                resource=PREFIX + resource,
            )
            vectors.probe_statement(
                "R103",
                "absent-star",
                f"nor beside a star, of {resource!r}",
                False,
                {"Action": ACTION, "Resource": PREFIX + text + "*"},
                effect=effect,
                resource=PREFIX + resource,
            )
            vectors.probe_statement(
                "R105",
                "absent",
                f"NotResource without a value covers every resource, {resource!r} too",
                True,
                {"Action": ACTION, "NotResource": PREFIX + text},
                effect=effect,
                resource=PREFIX + resource,
                uncertain=NO_VALUE_NOT,
            )
    beside = "one sentence of the page says that the whole statement may become invalid"
    for listed, resource, matches in (
        ([text, "x"], "x", True),
        (["x", text], "x", True),
        ([text, "x"], "y", False),
        ([text, "*"], "y", True),
    ):
        for effect in ("Allow", "Deny"):
            parts = {"Action": ACTION, "Resource": [PREFIX + item for item in listed]}
            vectors.probe_statement(
                "R103",
                "list",
                f"of {listed} the other string stays usable, of {resource}",
                matches,
                parts,
                effect=effect,
                resource=PREFIX + resource,
                uncertain=beside,
            )
            parts = {"Action": ACTION, "NotResource": [PREFIX + item for item in listed]}
            vectors.probe_statement(
                "R105",
                "list",
                f"NotResource {listed} of {resource}",
                not matches,
                parts,
                effect=effect,
                resource=PREFIX + resource,
                uncertain=NO_VALUE_NOT,
            )
    operators = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "ArnEquals")
    negated = ("StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotLike", "ArnNotEquals")
    for operator in (*operators, *negated):
        is_negated = "Not" in operator
        is_arn = operator.startswith("Arn")
        wanted = f"arn:aws:s3:::{text}" if is_arn else text
        uncertain = INVERTED if is_arn and is_negated else None
        for value in ("ana", "", text):
            given = f"arn:aws:s3:::{value}" if is_arn else value
            for effect in ("Allow", "Deny"):
                vectors.probe(
                    "R104",
                    "absent",
                    f"{operator}: a value whose variable has no value equals nothing, not {value!r} either",
                    is_negated,
                    {operator: {"orchard:Value": wanted}},
                    {"orchard:Value": given},
                    effect=effect,
                    uncertain=uncertain,
                )
        for effect in ("Allow", "Deny"):
            vectors.probe(
                "R104",
                "both-absent",
                f"{operator}: an absent key and an absent variable",
                is_negated,
                {operator: {"orchard:Value": wanted}},
                {},
                effect=effect,
            )
        other = "arn:aws:s3:::x" if is_arn else "x"
        for listed, given, found in (
            ([wanted, other], other, True),
            ([other, wanted], other, True),
            ([wanted, other], other + "y", False),
        ):
            vectors.probe(
                "R104",
                "list",
                f"{operator}: the other values of the list count beside one without a value",
                found != is_negated,
                {operator: {"orchard:Value": listed}},
                {"orchard:Value": given},
                uncertain=NO_VALUE_BESIDE,
            )
    for name, value, holds in (("ana", "ana", True), ("ana", "bob", False), (None, "ana", False)):
        context = {"s3:prefix": value} | ({} if name is None else {"aws:username": name})
        vectors.probe(
            "R104",
            "username",
            f"aws:username is {name or 'absent, as for every role session'}",
            holds,
            {"StringEquals": {"s3:prefix": "${aws:username}"}},
            context,
            principal=SESSION if name is None else USER,
        )
        vectors.probe_statement(
            "R103",
            "username",
            f"aws:username is {name or 'absent, as for every role session'}",
            holds,
            {"Action": ACTION, "Resource": PREFIX + "${aws:username}"},
            resource=PREFIX + value,
            context=context,
            principal=SESSION if name is None else USER,
        )


def add_defaults(vectors: Vectors) -> None:
    """A default stands in for a missing value only (R106)."""
    texts = (("nobody", "${orchard:Name, 'nobody'}"), ("two words/x,y", "${orchard:Name, 'two words/x,y'}"))
    for default, text in texts:
        for given in (None, "ana", "", default):
            filled = default if given is None else given
            for value in dict.fromkeys(("ana", "", default, default + "x")):
                context = {} if given is None else {"orchard:Name": given}
                why = f"{text}, the key is {'absent' if given is None else repr(given)}, of {value!r}"
                both(vectors, "R106", "default", why, text, value, context, value == filled)
    for given, value in product((None, "ana"), ("", "ana", "x")):
        context = {} if given is None else {"orchard:Name": given}
        matches = value == (given or "")
        both(
            vectors,
            "R106",
            "empty",
            f"an empty default, the key is {given or 'absent'}, of {value!r}",
            "${orchard:Name, ''}",
            value,
            context,
            matches,
            uncertain=EMPTY_DEFAULT,
        )
    for first, second in product((None, "a"), (None, "b")):
        context = {name: value for name, value in (("orchard:A", first), ("orchard:B", second)) if value}
        value = f"{first or 'x'}-{second or 'y'}"
        both(
            vectors,
            "R106",
            "two",
            f"two variables with defaults, of {value}",
            "${orchard:A, 'x'}-${orchard:B, 'y'}",
            value,
            context,
            True,
        )
        both(
            vectors,
            "R106",
            "two",
            "two variables with defaults, of the defaults",
            "${orchard:A, 'x'}-${orchard:B, 'y'}",
            "x-y",
            context,
            value == "x-y",
        )


def add_escapes(vectors: Vectors) -> None:
    """Escapes yield the literal character (R107)."""
    texts = (
        ("${*}", "*", True),
        ("${*}", "a", False),
        ("${*}", "", False),
        ("${?}", "?", True),
        ("${?}", "a", False),
        ("${$}", "$", True),
        ("a${*}*", "a*b", True),
        ("a${*}*", "ab", False),
        ("*${?}", "abc?", True),
        ("*${?}", "abcd", False),
        ("${$}{x}", "${x}", True),
        ("${$}{orchard:Name}", "${orchard:Name}", True),
        ("${$}{orchard:Name}", "ana", False),
        ("${*}${*}", "**", True),
        ("${*}${?}${$}", "*?$", True),
        ("x${*}y", "x*y", True),
        ("x${*}y", "xzy", False),
    )
    for text, value, matches in texts:
        why = f"{text} {'matches' if matches else 'does not match'} {value!r}"
        both(vectors, "R107", "escape", why, text, value, {"orchard:Name": "ana"}, matches)
        if "*" not in text.replace("${*}", ""):
            for operator in ("StringEquals", "StringEqualsIgnoreCase"):
                vectors.probe(
                    "R107",
                    "equals",
                    f"{operator}: {why}",
                    matches,
                    {operator: {"s3:prefix": text}},
                    {"s3:prefix": value},
                )
        arn_value = {"aws:SourceArn": "arn:aws:s3:::" + value}
        vectors.probe(
            "R107", "arn", f"ArnLike: {why}", matches, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::" + text}}, arn_value
        )


def add_literal(vectors: Vectors) -> None:
    """Inserted text is literal and not expanded again (R108)."""
    texts = (
        ("*", "*", True),
        ("*", "ana", False),
        ("?", "?", True),
        ("?", "a", False),
        ("a*", "a*", True),
        ("a*", "abc", False),
        ("${aws:userid}", "${aws:userid}", True),
        ("${aws:userid}", "AIDA", False),
        ("${*}", "${*}", True),
        ("${*}", "*", False),
        ("a/*/b", "a/x/b", False),
        ("[a-z]", "[a-z]", True),
        ("[a-z]", "b", False),
    )
    for inserted, value, matches in texts:
        context = {"orchard:Name": inserted, "aws:userid": "AIDA"}
        why = f"the value {inserted} is inserted as it is, of {value!r}"
        both(vectors, "R108", "value", why, "${orchard:Name}", value, context, matches, uncertain=LITERAL)
        vectors.probe(
            "R108",
            "arn",
            f"ArnLike: {why}",
            matches,
            {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::${orchard:Name}"}},
            {**context, "aws:SourceArn": "arn:aws:s3:::" + value},
            uncertain=LITERAL,
        )
    for default, value, matches in (("*", "*", True), ("*", "ana", False), ("a?", "ab", False), ("a?", "a?", True)):
        both(
            vectors,
            "R108",
            "default",
            f"wildcards of a default are literal: {default} of {value}",
            f"${{orchard:Name, '{default}'}}",
            value,
            {},
            matches,
            uncertain=LITERAL,
        )


def add_multivalued(vectors: Vectors) -> None:
    """A multivalued key has no value for a variable (R109)."""
    for values, value in product((["ana"], ["ana", "bob"], []), ("ana", "bob", "ana,bob")):
        both(
            vectors,
            "R109",
            "value",
            f"the key has the values {values}, of {value}",
            "${orchard:Names}",
            value,
            {"orchard:Names": values},
            False,
        )
        both(
            vectors,
            "R109",
            "default",
            f"the key has the values {values}, with a default, of {value}",
            "${orchard:Names, 'bob'}",
            value,
            {"orchard:Names": values},
            value == "bob",
            uncertain="that the default stands in for a multivalued key follows from the wording only",
        )


def add_names(vectors: Vectors) -> None:
    """Names of variables compare without case (R110)."""
    for key in ("aws:PrincipalTag/Team", "aws:username", "aws:userid"):
        spellings = (key, key.lower(), key.upper(), key.swapcase())
        for in_policy, in_request in product(spellings, spellings):
            for value in ("ana", "bob")[: 1 + (in_policy == key)]:
                why = f"the policy says {in_policy}, the request {in_request}, of {value}"
                vectors.probe_statement(
                    "R110",
                    "case",
                    why,
                    value == "ana",
                    {"Action": ACTION, "Resource": PREFIX + f"${{{in_policy}}}"},
                    resource=PREFIX + value,
                    context={in_request: "ana"},
                )


def add_malformed(vectors: Vectors) -> None:
    """A dollar sign alone is literal; what is no variable is text, or matches nothing (R111)."""
    for text, value, matches in (
        ("$", "$", True),
        ("a$b", "a$b", True),
        ("$a:b", "$a:b", True),
        ("100$", "100$", True),
        ("$*", "$x", True),
        ("{aws:username}", "{aws:username}", True),
        ("{aws:username}", "ana", False),
        ("}", "}", True),
    ):
        both(vectors, "R111", "dollar", f"{text} is text, of {value}", text, value, {"aws:username": "ana"}, matches)
    for text in (
        "${aws:username",
        "${}",
        "${ aws:username}",
        "${aws:username }",
        "${aws: username}",
        "${aws:username,'bob'}",
        "${aws:username, 'bob}",
        "${aws:username, bob}",
    ):
        both(
            vectors,
            "R111",
            "ill-formed",
            f"{text} does not take the value of the key",
            text,
            "ana",
            {"aws:username": "ana"},
            False,
            uncertain=MALFORMED,
            refusable="an ill-formed variable",
        )

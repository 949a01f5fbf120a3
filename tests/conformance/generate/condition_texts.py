"""Vectors of the chapter on conditions, second part: operators on texts and ARNs (R81 to R83, R89)."""

from __future__ import annotations

import re
from itertools import product
from typing import Final

from .conditions import NEGATED
from .vector import Json, Vectors

KEY: Final = "aws:PrincipalTag/note"
LETTERS = "the pages do not say how letters outside ASCII are folded"
SHORT_ARN = "no page says what an ARN operator does with fewer than six fields"


def like(pattern: str, text: str) -> bool:
    """Match a glob, by way of a regular expression."""
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(c, re.escape(c)) for c in pattern), text, re.DOTALL) is not None


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_equal(vectors)
    add_folded(vectors)
    add_like(vectors)
    add_arns(vectors)


def both(
    vectors: Vectors, rule: str, base: str, wanted: object, value: str, holds: bool, said: str, **others: str
) -> None:
    """Add vectors for a policy value and a request value: the operator and its negation; of a mismatch one of them."""
    operators = (base, NEGATED[base])
    for operator in operators if holds else (operators[len(vectors) % 2],):
        why = f"{operator}: {said}"
        holds_here = holds != (operator != base)
        condition: Json = {operator: {KEY: wanted}}
        vectors.probe(rule, operator.lower(), why, holds_here, condition, {KEY: value}, **others)


TEXTS: Final = (
    "",
    " ",
    "a",
    "A",
    "ab",
    "ab ",
    " ab",
    "aB",
    "a*",
    "a?",
    "*",
    "?",
    "é",
    "e\u0301",
    "ß",
    "ss",
    "a\tb",
    "日本",
    "🍐",
    "true",
    "10",
    "$",
    "a/b",
    "a:b",
)


def add_equal(vectors: Vectors) -> None:
    """StringEquals compares code points (R81)."""
    for wanted, value in product(TEXTS, TEXTS):
        near = wanted == value or wanted.strip().lower() == value.strip().lower() or like(wanted, value)
        if not (near or wanted[:1] == value[:1] or {wanted, value} <= {"é", "e\u0301", "ß", "ss", ""}):
            continue  # far apart: nothing to mistake
        same = wanted == value
        vectors_why = f"{wanted!r} and {value!r} are {'the same text' if same else 'different texts'}"
        both(vectors, "R81", "StringEquals", wanted, value, same, vectors_why)
    for written, value, holds in (
        (10, "10", True),
        (10, "10.0", False),
        (True, "true", True),
        (True, "True", False),
        (False, "false", True),
        (1.5, "1.5", True),
    ):
        both(
            vectors,
            "R81",
            "StringEquals",
            written,
            value,
            holds,
            f"an unquoted {written} is its JSON text, against {value!r}",
        )


def add_folded(vectors: Vectors) -> None:
    """StringEqualsIgnoreCase folds letters one by one and knows no wildcards (R82)."""
    pairs = [
        ("Team", "team"),
        ("TEAM", "tEaM"),
        ("team", "teams"),
        ("team", "tea"),
        ("team", "team "),
        ("a-b_c", "A-B_C"),
        ("t*", "team"),
        ("t*", "T*"),
        ("te?m", "team"),
        ("te?m", "TE?M"),
        ("[a]", "{a}"),
        ("@", "`"),
        ("", ""),
        ("", "a"),
        ("a1", "A1"),
        ("10", "10"),
        ("Z", "z"),
        ("A", "a"),
        ("k", "K"),
        ("i", "I"),
        ("\\", "|"),
        ("^", "~"),
        ("Straße", "strasse"),
        ("Straße", "STRASSE"),
        ("Straße", "STRAßE"),
    ]
    for wanted, value in pairs:
        same = "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in wanted) == "".join(
            chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in value
        )
        both(
            vectors, "R82", "StringEqualsIgnoreCase", wanted, value, same, f"{wanted!r} against {value!r} without case"
        )
    for wanted, value, same in (
        ("ÄPFEL", "äpfel", True),
        ("É", "é", True),
        ("é", "e", False),
        ("ПОЛЕ", "поле", True),
        ("ΑΒ", "αβ", True),
        ("Ä", "a", False),
    ):
        both(
            vectors,
            "R82",
            "StringEqualsIgnoreCase",
            wanted,
            value,
            same,
            f"{wanted!r} against {value!r}",
            uncertain=LETTERS,
        )


PATTERNS: Final = (
    "*",
    "?",
    "",
    "a",
    "a*",
    "*a",
    "*c",
    "a*c",
    "a?c",
    "a??c",
    "a**c",
    "*b*",
    "a*b*c",
    "?*",
    "*?",
    "??",
    "???",
    "*?*?*",
    "a*/c",
    "a/*",
    "a/?/c",
    "A*",
    "[a]",
    "[*]",
    "a.c",
    "a+c",
    "(a|c)",
    "a\\*c",
    "*abc*",
    "a*bc",
    "ab*bc",
    "*c*c",
    "a*a*a*a",
    "a:*",
    "*:c",
    "^a*$",
    "%",
)
SUBJECTS: Final = (
    "",
    "a",
    "ac",
    "abc",
    "abcc",
    "abbc",
    "a/c",
    "a/b/c",
    "A",
    "abC",
    "[a]",
    "a.c",
    "a+c",
    "a*c",
    "a?c",
    "a:b:c",
    "aXbYc",
    "aaaa",
    "a\nc",
    "🍐",
    "a🍐c",
)


def add_like(vectors: Vectors) -> None:
    """StringLike is a glob with case over the whole value (R83)."""
    for number, (pattern, subject) in enumerate(product(PATTERNS, SUBJECTS)):
        matches = like(pattern, subject)
        if not matches and number % 4:  # of the many mismatches a quarter
            continue
        operator = ("StringLike", "StringNotLike")[len(vectors) // 2 % 2]
        holds = matches != (operator == "StringNotLike")
        why = f"{operator}: {pattern!r} {'matches' if matches else 'does not match'} {subject!r}"
        vectors.probe("R83", operator.lower(), why, holds, {operator: {KEY: pattern}}, {KEY: subject})
    hostile = "*a" * 40 + "b"
    for subject, matches in (("a" * 200, False), ("a" * 200 + "b", True)):
        for operator in ("StringLike", "StringNotLike"):
            why = f"{operator}: 40 stars against 200 characters, {'ending well' if matches else 'all in vain'}"
            holds = matches != (operator == "StringNotLike")
            vectors.probe("R83", operator.lower(), why, holds, {operator: {KEY: hostile}}, {KEY: subject})


# --- R89 --------------------------------------------------------------------------------------------------------------

ARN_VALUES: Final = (
    "arn:aws:sns:eu-west-1:111122223333:pears",
    "arn:aws:sns:eu-west-1:111122223333:pears/a:b",
    "arn:aws:s3:::pears",
    "arn:aws:s3:::pears/2026/may.csv",
    "arn:aws:iam::111122223333:role/aws-service-role/sns/Pears",
    "arn:aws-cn:sns:cn-north-1:111122223333:pears",
    "arn:aws:sns:eu-west-1:111122223333:",
)
ARN_PATTERNS: Final = (
    *ARN_VALUES,
    "arn:aws:sns:*:111122223333:pears",
    "arn:aws:sns:*:*:pears",
    "arn:aws:sns:eu-*-1:111122223333:*",
    "arn:aws:sns:eu-west-?:111122223333:pears",
    "arn:aws:s3:*:*:pears",
    "arn:aws:s3:?:*:pears",
    "arn:aws:s3:::*",
    "arn:aws:s3:::*/*",
    "arn:aws:s3:::pears*",
    "arn:aws:s3:::pears/*",
    "arn:aws:s3:::pears/????/may.csv",
    "arn:*:sns:*:111122223333:pears",
    "arn:aws*:sns:*:*:pears",
    "arn:aws:*:*:*:*",
    "*:*:*:*:*:*",
    "arn:aws:sns:*:pears",
    "arn:aws:sns:eu-west-1:*",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:iam::111122223333:role/*/Pears",
    "arn:aws:iam::*:role/Pears",
    "arn:aws:iam::1111*:role/*",
    "arn:aws:sns:eu-west-1:111122223333:pears/*:*",
    "arn:aws:sns:eu-west-1:111122223333:*:b",
    "arn:aws:SNS:eu-west-1:111122223333:pears",
    "arn:aws:sns:eu-west-1:111122223333:Pears",
    "ARN:aws:sns:eu-west-1:111122223333:pears",
    "arn:aws:sns:eu-west-1:111122223333:",
    "*",
    "arn:*",
    "arn:aws:sns:*",
)


def arn_like(pattern: str, value: str) -> bool:
    """Match two ARNs field by field; either with fewer than six fields matches nothing."""
    patterns, fields = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(fields) == 6 and all(like(p, f) for p, f in zip(patterns, fields, strict=True))


def add_arns(vectors: Vectors) -> None:
    """ARN operators match field by field; Equals and Like are the same (R89)."""
    operators = ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")
    for number, (pattern, value) in enumerate(product(ARN_PATTERNS, ARN_VALUES)):
        matches = arn_like(pattern, value)
        is_short = pattern.count(":") < 5
        chosen = operators if matches and not is_short else (operators[number % 4],)
        for operator in chosen:
            holds = matches != ("Not" in operator)
            why = f"{operator}: {pattern} {'matches' if matches else 'does not match'} {value}"
            vectors.probe(
                "R89",
                operator.lower(),
                why,
                holds,
                {operator: {"aws:SourceArn": pattern}},
                {"aws:SourceArn": value},
                uncertain=SHORT_ARN if is_short else None,
            )
    for value in ("pears", "arn:aws:sns", "arn:aws:s3:::"[:-1], ""):
        for operator in operators:
            why = f"{operator}: a request value of {value.count(':') + 1} fields satisfies nothing, negated or not"
            pattern = "arn:aws:s3:::*"
            vectors.probe(
                "R89",
                "malformed-value",
                why,
                False,
                {operator: {"aws:SourceArn": pattern}},
                {"aws:SourceArn": value},
                uncertain="that a malformed value fails negated operators too was observed, not documented",
            )
    for pattern, value in (
        ("arn:aws:iam::*:Baker", "arn:aws:iam::111122223333:role/Baker"),
        ("arn:aws:iam::*:Baker", "arn:aws:iam::111122223333:role:Baker"),
        ("arn:aws:*:Baker", "arn:aws:iam::111122223333:role:Baker"),
        ("arn:*Baker", "arn:aws:iam::111122223333:role/Baker"),
        ("arn:aws:iam::1*/Baker", "arn:aws:iam::111122223333:role/Baker"),
        ("arn:aws:iam::1*/Baker", "arn:aws:iam::211122223333:role/Baker"),
    ):
        matches = like(pattern, value)
        for operator in ("StringLike", "StringNotLike"):
            why = f"{operator} on an ARN is text: {pattern} crosses fields"
            condition: Json = {operator: {"aws:PrincipalArn": pattern}}
            holds = matches != ("Not" in operator)
            vectors.probe("R89", "as-text", why, holds, condition, {"aws:PrincipalArn": value})
        is_fielded = arn_like(pattern, value)
        why = f"ArnLike keeps {pattern} within its fields"
        vectors.probe(
            "R89",
            "in-fields",
            why,
            is_fielded,
            {"ArnLike": {"aws:PrincipalArn": pattern}},
            {"aws:PrincipalArn": value},
            uncertain=SHORT_ARN if pattern.count(":") < 5 else None,
        )

"""Vectors of where variables stand: in every kind of policy, and beside the wildcards of ARNs (R89, R100 to R102)."""

from __future__ import annotations

from itertools import product

from .condition_texts import SHORT_ARN
from .variables import NAME, PREFIX
from .vector import (
    ACTION,
    FULL,
    LEVEL,
    OLD_LEVEL,
    SESSION,
    Json,
    Vectors,
    allowed,
    denied,
    document,
)


def build(vectors: Vectors) -> None:
    """Add the vectors."""
    add_kinds(vectors)
    add_arn_fields(vectors)


def add_kinds(vectors: Vectors) -> None:
    """Variables work in every kind of policy that has the place (R100)."""
    for kind, value in product(("identity", "boundary", "session", "scps", "rcps", "vpce", "resource"), ("ana", "bob")):
        hit = value == "ana"
        has_principal = kind in ("rcps", "vpce", "resource")
        everyone = {"Principal": "*"} if has_principal else {}
        judged = {"Effect": "Deny", **everyone, "Action": ACTION, "Resource": PREFIX + f"${{{NAME}}}"}
        statements = (
            [judged] if kind == "rcps" else [{"Effect": "Allow", **everyone, "Action": "*", "Resource": "*"}, judged]
        )
        held = document(*statements)
        layer = {"scps": "scp", "rcps": "rcp", "vpce": "vpc-endpoint"}.get(kind, kind)
        policies = placed(kind, held)
        answer = denied(layer, 0, len(statements) - 1) if hit else allowed()
        vectors.add(
            "R100",
            "kind",
            f"a Deny with a variable in kind {layer}, of {value}",
            answer,
            principal=SESSION,
            resource=PREFIX + value,
            context={NAME: "ana"},
            **policies,
        )
        conditional = {**judged, "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": f"${{{NAME}}}"}}}
        policies = placed(kind, document(*statements[:-1], conditional))
        vectors.add(
            "R100",
            "kind",
            f"a Deny under a condition with a variable in kind {layer}, of {value}",
            answer,
            principal=SESSION,
            context={NAME: "ana", "s3:prefix": value},
            **policies,
        )


def placed(kind: str, held: Json) -> Json:
    """Return policies with one document of a kind, beside identity policies that allow everything."""
    if kind == "resource":
        return {"identity": [FULL], "resource_policy": held}
    return {
        "identity": [FULL],
        kind: {"identity": [held], "scps": [[held]], "rcps": [[held]], "vpce": [held]}.get(kind, held),
    }


def add_arn_fields(vectors: Vectors) -> None:
    """Wildcards beside variables stay in their fields; a pattern of fewer than six fields matches nothing (R89).

    Where a variable is text (R101), a colon inside it ends a field like any.
    """
    fields = (
        (f"arn:*:${{{NAME}}}:::x", "arn:aws:ana:::x", True),
        (f"arn:*:${{{NAME}}}:::x", "arn:aws:iam:ana:::x", False),
        (f"arn:aws:i?m:${{{NAME}}}::x", "arn:aws:iam:ana::x", True),
        (f"arn:?:${{{NAME}}}:::x", "arn:::ana:::x", False),
        (f"arn:aws:iam::${{{NAME}}}:*x", "arn:aws:iam::ana:a:b:x", True),
        (f"arn:aws:iam::${{{NAME}}}:a?x", "arn:aws:iam::ana:a:x", True),
        (f"arn:aws:iam::${{{NAME}}}", "arn:aws:iam::ana:user/x", False),  # fewer than six fields
    )
    for (pattern, value, matches), operator in product(fields, ("ArnLike", "ArnNotLike")):
        why = f"{operator} {pattern} of {value}: a wildcard stays in its field, but for the last one"
        holds = matches != ("Not" in operator)
        held = {NAME: "ana", "aws:SourceArn": value}
        short = SHORT_ARN if pattern.count(":") < 5 else None
        vectors.probe("R102", "arn-fields", why, holds, {operator: {"aws:SourceArn": pattern}}, held, uncertain=short)
    pattern = f"arn:aws:${{{NAME}}}::1:x"
    values = (("arn:aws:ana::1:x", LEVEL), (pattern, OLD_LEVEL))
    for (value, level), version, operator in product(values, (LEVEL, OLD_LEVEL), ("ArnLike", "ArnNotLike")):
        why = f"{operator} {pattern} of {value} at the level of {version[:4]}"
        holds = (version == level) != ("Not" in operator)
        held = {NAME: "ana", "aws:SourceArn": value}
        vectors.probe("R101", "arn-fields", why, holds, {operator: {"aws:SourceArn": pattern}}, held, version=version)

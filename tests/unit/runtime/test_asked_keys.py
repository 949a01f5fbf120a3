"""Values that a decision does not ask for are not classified; nobody can tell, but by the time it takes."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

import gatewright as gw
from gatewright.compiler.policyset import PolicySet, Principal, PrincipalKind
from gatewright.compiler.source import Source
from gatewright.compiler.syntax import Document, PolicyKind

ADDRESS, TIME, AGENT, TEAM = "aws:SourceIp", "aws:CurrentTime", "aws:UserAgent", "aws:PrincipalTag/team"
CONDITIONS: dict[str, dict[str, Any]] = {
    "ada": {"IpAddress": {ADDRESS: "192.0.2.0/24"}},
    "bob": {"DateLessThan": {TIME: "2026-01-01T00:00:00Z"}, "StringLike": {AGENT: "agent/*"}},
    "cy": {"StringEquals": {AGENT: "${aws:PrincipalTag/team}"}},
    "dot": {},
    "eve": {"StringEquals": {AGENT: "agent/1"}},
}
MANY = 100
"""Statements of eve, who may do the same by each: more than are looked through for what they ask."""
VALUES: dict[str, tuple[Any, ...]] = {
    ADDRESS: ("192.0.2.7", "198.51.100.7", "no address", "", None),
    TIME: ("2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z", "no time", None),
    AGENT: ("agent/1", "red", "\u00e9\udc80", None),
    TEAM: ("red", None),
}
"""None: the request does not name the key."""


def user(name: str) -> str:
    return f"arn:aws:iam::123456789012:user/{name}"


@pytest.fixture(scope="module")
def authorizer() -> gw.Authorizer:
    """One table in which each user's policy asks other keys."""
    documents = []
    for name, condition in CONDITIONS.items():
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
        copies = MANY if name == "eve" else 1
        statements = [{**statement, "Resource": f"arn:aws:s3:::{n}*"} for n in range(1, copies)]
        text = json.dumps({"Version": "2012-10-17", "Statement": [*statements, statement]})
        documents.append(Document(name, PolicyKind.IDENTITY, Source(text, f"{name}.json")))
    principals = tuple(Principal(user(name), PrincipalKind.USER, (n,)) for n, name in enumerate(CONDITIONS))
    return gw.Authorizer(gw.compile(PolicySet(tuple(documents), principals)))


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("unknown", [(), (ADDRESS,), (AGENT, TIME), gw.OTHERS])
def test_what_is_not_asked_is_no_matter(authorizer: gw.Authorizer, name: str, unknown: Any) -> None:
    """One at a time, in rows and explained, which reads all values, decisions and unknown keys are the same (R193)."""
    rows = []
    for values in product(*VALUES.values()):
        context = {key: value for key, value in zip(VALUES, values, strict=True) if value is not None}
        rows.append((user(name), "s3:GetObject", "*", context))
    of_rows = () if unknown is gw.OTHERS else unknown
    batch = authorizer.authorize_batch([(*row, of_rows) for row in rows], unknown=unknown if not of_rows else ())
    seen = set()
    for number, row in enumerate(rows):
        answer = authorizer.authorize(*row, unknown=unknown)
        assert authorizer.explain(*row, unknown=unknown).answer == answer, row
        assert batch.decision[number] == answer.decision, row
        assert batch.unknown_keys(number) == answer.unknown_keys, row
        seen.add(answer.decision)
    assert gw.Decision.ALLOW in seen or unknown


def test_an_unasked_value_must_still_be_one(authorizer: gw.Authorizer) -> None:
    """A value of a type that is not understood, or a key that is given twice, is refused whoever asks."""
    for name in CONDITIONS:
        for context in ({ADDRESS: 1.5}, {TEAM: object()}, {AGENT: "a", AGENT.lower(): "a"}):
            with pytest.raises(gw.RequestError):
                authorizer.authorize(user(name), "s3:GetObject", "*", context)
            with pytest.raises(gw.RequestError, match="request 0"):
                authorizer.authorize_batch([(user(name), "s3:GetObject", "*", context)])

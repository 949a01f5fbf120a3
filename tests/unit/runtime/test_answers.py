"""Answers: what an authorizer remembers between requests never shows, and has a bound."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from strategies import ROLES, ROOT, USERS
from tables import small_tables

import gatewright as gw
from gatewright.runtime import RequestError
from gatewright.runtime.layout import Decision

PRINCIPALS = [*USERS, *ROLES, ROOT, "arn:aws:iam::210987654321:user/nobody"]
ACTIONS = ["s3:GetObject", "sqs:SendMessage", "sns:Publish", "kms:Decrypt", "iam:GetUser", "sts:GetCallerIdentity"]
CONTEXTS: list[dict[str, Any]] = [
    {},
    {"aws:SecureTransport": "true", "aws:username": "mara"},
    {"aws:SecureTransport": "false", "aws:username": "é", "aws:TagKeys": ["a"]},
    {"aws:SecureTransport": "true", "kms:EncryptionContext:blob": "QQ=="},
]


def test_remembered_answers_are_those_of_the_first_time() -> None:
    """An authorizer that has answered everything before answers as one that has answered nothing."""
    table = small_tables()["texts"]
    worn = gw.Authorizer(table)
    seen = set()
    for _ in range(2):
        for request in itertools.product(PRINCIPALS, ACTIONS, ["arn:aws:s3:::pears/x"], CONTEXTS):
            for unknown in ((), gw.OTHERS):
                answer = worn.authorize(*request, unknown=unknown)
                assert answer == gw.Authorizer(table).authorize(*request, unknown=unknown)
                assert answer.decision in Decision
                seen.add(answer.decision)
    assert seen == set(Decision)


def test_definite_answers_are_shared_and_others_forgotten() -> None:
    """Equal definite answers are one object; an answer with unknown keys is not kept."""
    authorizer = gw.Authorizer(small_tables()["texts"])
    request = (USERS[0], "s3:GetObject", "arn:aws:s3:::plums", {"aws:username": "mara"})
    first = authorizer.authorize(*request)
    assert first.decision is Decision.ALLOW
    assert authorizer.authorize(*request) is first
    unsure = authorizer.authorize(*request[:3], unknown=["aws:username"])
    assert unsure.decision is Decision.UNKNOWN
    assert authorizer.authorize(*request[:3], unknown=["aws:username"]) is not unsure


@pytest.mark.parametrize("name", ["aws:username", "aws:NobodyAsks"])
def test_more_spellings_of_a_key_than_an_engine_remembers(name: str) -> None:
    """Each of thousands of spellings is the same key, remembered or not; twice is still an error."""
    authorizer = gw.Authorizer(small_tables()["texts"])
    spellings = ["".join(letters) for letters in itertools.product(*(sorted({c, c.upper()}) for c in name))][:3000]
    request = (USERS[0], "s3:GetObject", "arn:aws:s3:::plums")
    expected = authorizer.authorize(*request, {name: "É"})
    is_asked = expected.decision is Decision.EXPLICIT_DENY
    assert is_asked == (name == "aws:username")
    for spelling in itertools.chain(spellings, reversed(spellings)):
        assert authorizer.authorize(*request, {spelling: "É"}) == expected
    if is_asked:
        for one, other in [(spellings[0], spellings[1]), (spellings[-1], spellings[-2]), (spellings[0], spellings[-1])]:
            with pytest.raises(RequestError, match="given twice"):
                authorizer.authorize(*request, {one: "É", other: "É"})

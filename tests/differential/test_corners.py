"""The engine on the corners of the language, one by one and in a batch."""

from __future__ import annotations

from typing import Any

import pytest
from corners import CONDITIONS, PARTS, UNKNOWN_CONDITIONS, statement_of
from engine import ask_engine, ask_engine_in_batch, compile_world, single_world
from reference import F, T, Truth, U
from strategies import USERS, Request

EFFECTS = {T: "allow", U: "unknown", F: "implicit_deny"}


def effect_of(statement: dict[str, Any], request: Request) -> str:
    """Return the decision, which must be the same in a batch."""
    authorizer = compile_world(single_world({"Version": "2012-10-17", "Statement": [statement]}))
    answer = ask_engine(authorizer, request)
    assert ask_engine_in_batch(authorizer, [request]) == [answer]
    return answer[0]


@pytest.mark.parametrize(("condition", "value", "holds"), CONDITIONS)
def test_condition_holds(condition: dict[str, Any], value: Any, holds: bool) -> None:
    """Corners of conditions mean what the rules say."""
    request = Request(USERS[0], "s3:GetObject", "*", {"x:k": value}, frozenset())
    assert effect_of(statement_of({"Condition": condition}), request) == EFFECTS[T if holds else F]


@pytest.mark.parametrize(("condition", "truth"), UNKNOWN_CONDITIONS)
def test_condition_on_an_unknown_key(condition: dict[str, Any], truth: Truth) -> None:
    """A condition on an unknown key is unknown unless no resolution of the key can change it (R190, R191)."""
    request = Request(USERS[0], "s3:GetObject", "*", {}, frozenset({"x:k"}))
    assert effect_of(statement_of({"Condition": condition}), request) == EFFECTS[truth]


@pytest.mark.parametrize(("parts", "action", "resource", "applies"), PARTS)
def test_statement_applies(parts: dict[str, Any], action: str, resource: str, applies: bool) -> None:
    """Corners of the action and resource parts mean what the rules say."""
    request = Request(USERS[0], action, resource, {}, frozenset())
    assert effect_of(statement_of(parts), request) == EFFECTS[T if applies else F]


@pytest.mark.parametrize("policy_key", ["aws:RequestTag/\u00c9", "AWS:requesttag/\u00c9"])
def test_key_with_letters_beyond_ascii_is_its_own_spelling(policy_key: str) -> None:
    """A key is found under its own spelling, whatever letters it has; only ASCII letters have no case (R74)."""
    statement = statement_of({"Condition": {"StringEquals": {policy_key: "a"}}})
    for key, effect in (("aws:RequestTag/\u00c9", "allow"), ("aws:RequestTag/\u00e9", "implicit_deny")):
        assert effect_of(statement, Request(USERS[0], "s3:GetObject", "*", {key: "a"}, frozenset())) == effect

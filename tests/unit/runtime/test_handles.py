"""Handles: parts of requests that are read once and asked with again and again."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import pytest
from strategies import ROLES, ROOT, USERS
from tables import small_tables

import gatewright as gw
from gatewright.runtime import RequestError

PRINCIPALS = [
    USERS[0],
    f"{ROLES[0].replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/s",
    ROOT,
    "anonymous",
    "nobody",
]
ACTIONS = ["s3:GetObject", "S3:getobject", "sts:GetCallerIdentity", "none:Such"]
RESOURCES = ["arn:aws:s3:::plums", "arn:aws:s3:::pears/x", "*", None]
CONTEXTS: list[dict[str, Any] | None] = [
    None,
    {"aws:SecureTransport": True, "aws:username": "mara"},
    {"aws:TagKeys": ["a", "b"], "aws:username": "é", "aws:SourceIp": "203.0.113.9"},
    {"aws:username": None, "aws:SourceVpce": "vpce-1"},
]
UNKNOWN: list[Any] = [(), ("aws:username",), gw.OTHERS]


@pytest.mark.parametrize("name", sorted(small_tables()))
def test_handles_decide_as_their_texts(name: str) -> None:
    """Whatever parts of a request are handles, the answer is the one for the texts, one by one and in a batch."""
    authorizer = gw.Authorizer(small_tables()[name])
    turns = itertools.cycle(itertools.product((False, True), repeat=4))
    rows, wanted = [], []
    for principal, action, resource, context, unknown in itertools.product(
        PRINCIPALS, ACTIONS, RESOURCES, CONTEXTS, UNKNOWN
    ):
        expected = authorizer.authorize(principal, action, resource, context, unknown=unknown)
        is_handle = next(turns)
        who = authorizer.principal(principal) if is_handle[0] else principal
        does = authorizer.action(action) if is_handle[1] else action
        what = authorizer.resource(resource) if is_handle[2] else resource
        if is_handle[3]:
            given: Any = authorizer.context(context, unknown=unknown)
            assert authorizer.authorize(who, does, what, given) == expected
            assert authorizer.explain(who, does, what, given).answer == expected
            rows.append((who, does, what, given))
        else:
            assert authorizer.authorize(who, does, what, context, unknown=unknown) == expected
            rows.append((who, does, what, context, unknown))
        wanted.append(expected)
    result = authorizer.authorize_batch(rows)
    assert result.decision.tolist() == [answer.decision for answer in wanted]
    assert [result.unknown_keys(number) for number in range(len(rows))] == [answer.unknown_keys for answer in wanted]


def test_a_handle_outlives_what_is_asked_in_between() -> None:
    """A handle keeps its own rows: other requests, of any length, do not change what it stands for."""
    authorizer = gw.Authorizer(small_tables()["texts"])
    request = (USERS[0], "s3:GetObject", "arn:aws:s3:::plums", {"aws:username": "é", "aws:TagKeys": ["a", "b"]})
    expected = authorizer.authorize(*request)
    handles = (
        authorizer.principal(request[0]),
        authorizer.action(request[1]),
        authorizer.resource(request[2]),
        authorizer.context(request[3]),
    )
    for number in range(5000):
        name = f"{number}" * (1 + number % 40)
        authorizer.authorize(f"arn:aws:iam::210987654321:user/{name}", f"s3:{name}", name, {"aws:username": name})
    assert authorizer.authorize(*handles) == expected


def test_handles_in_a_call_of_several_authorizations() -> None:
    """`authorize_call` takes handles too; a prepared context is laid under that of each authorization."""
    authorizer = gw.Authorizer(small_tables()["texts"])
    wanted = [gw.Authorization(authorizer.resource("arn:aws:s3:::plums"), {"aws:username": "mara"})]
    context = authorizer.context({"aws:username": "nobody"}, unknown=["aws:SourceIp"])
    who, does = authorizer.principal(USERS[0]), authorizer.action("s3:GetObject")
    texts = [gw.Authorization("arn:aws:s3:::plums", {"aws:username": "mara"})]
    expected = authorizer.authorize_call(
        USERS[0], "s3:GetObject", texts, {"aws:username": "nobody"}, unknown=["aws:SourceIp"]
    )
    assert authorizer.authorize_call(who, does, wanted, context) == expected
    with pytest.raises(RequestError, match="a prepared context says itself what is unknown"):
        authorizer.authorize_call(who, does, wanted, context, unknown=gw.OTHERS)


@pytest.mark.parametrize("part", range(4))
def test_a_handle_of_another_table_is_refused(part: int) -> None:
    """A handle that another table's authorizer made decides nothing: after a reload it is asked for again."""
    tables = small_tables()
    ours, other = gw.Authorizer(tables["texts"]), gw.Authorizer(tables["typed"])
    request: list[Any] = [USERS[0], "s3:GetObject", "arn:aws:s3:::plums", {}]
    request[part] = (other.principal, other.action, other.resource, other.context)[part](request[part])
    with pytest.raises(RequestError, match=r"was made for another table; ask this authorizer for one"):
        ours.authorize(*request)
    with pytest.raises(RequestError, match=r"request 0: .* was made for another table"):
        ours.authorize_batch([tuple(request)])


def test_a_handle_says_what_it_stands_for() -> None:
    """The text is there to be logged, a handle is not pickled, and unknown keys belong to the prepared context."""
    authorizer = gw.Authorizer(small_tables()["texts"])
    handles = (authorizer.principal(USERS[0]), authorizer.action("s3:GetObject"), authorizer.resource(None))
    assert [repr(handle) for handle in handles] == [
        f"<gatewright principal {USERS[0]}>", "<gatewright action s3:GetObject>", "<gatewright resource None>"
    ]  # fmt: skip
    context = authorizer.context({"aws:username": "mara"}, unknown=["aws:SourceIp"])
    assert (context.context, context.unknown) == ({"aws:username": "mara"}, ("aws:SourceIp",))
    for handle in (*handles, context):
        assert handle.table is authorizer.table
        with pytest.raises(TypeError, match="a handle belongs to its authorizer"):
            pickle.dumps(handle)
    with pytest.raises(RequestError, match="give `unknown` when it is prepared"):
        authorizer.authorize(*handles, context, unknown=["aws:username"])


@pytest.mark.parametrize("wrong", [{"aws:username": 1.5}, {"aws:username": "a", "AWS:username": "b"}, 7])
def test_a_context_that_cannot_be_read_makes_no_handle(wrong: Any) -> None:
    """What `authorize` would refuse is refused when it is prepared."""
    with pytest.raises(RequestError):
        gw.Authorizer(small_tables()["texts"]).context(wrong)

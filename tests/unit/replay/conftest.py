"""A small engine that stands in for the authorizer, and events to feed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import msgspec
import numpy as np
import pytest

import gatewright
from gatewright.replay.cloudtrail import Event, decode_event

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/dev/Bob"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/Deploy"


@dataclass(frozen=True)
class Info:
    """What the replay reads of a statement."""

    policy: str
    sid: str | None
    effect: str
    action: str
    resource: str
    position: int = 0
    path: str = "$.Statement[0]"
    kind: str = "identity"


@dataclass
class Result:
    """A batch's decisions."""

    decision: Any
    statement: Any
    keys: list[tuple[str, ...]]

    def unknown_keys(self, index: int) -> tuple[str, ...]:
        return self.keys[index]


class Table:
    """The table of a store without resources and endpoints."""

    keys: tuple[str, ...] = ()

    def section(self, name: str) -> bytes:
        return b""


@dataclass
class Engine:
    """Decides by globs over actions and resources; an unknown resource matches only ``*`` surely."""

    statements: list[Info]
    principals: set[str]
    asked: list[Any] = field(default_factory=list)
    table: Table = field(default_factory=Table)

    def knows(self, principal: str) -> bool:
        return principal in self.principals

    def statement(self, index: int) -> Info:
        return self.statements[index]

    def authorize_batch(self, requests: Any, *, unknown: Any = ()) -> Result:
        assert unknown is gatewright.OTHERS
        self.asked += requests
        answers = [self._decide(*request) for request in requests]
        decisions = np.array([answer[0] for answer in answers], dtype=np.uint8)
        statements = np.array([answer[1] for answer in answers], dtype=np.int32)
        return Result(decisions, statements, [("resource",) if answer[0] == 3 else () for answer in answers])

    def _decide(self, principal: str, action: str, resource: str | None, context: Any) -> tuple[int, int]:
        maybe = False
        found = {"Allow": -1, "Deny": -1}
        for index, one in enumerate(self.statements):
            if not fnmatchcase(action.lower(), one.action.lower()):
                continue
            if one.resource == "*" or (resource is not None and fnmatchcase(resource, one.resource)):
                found[one.effect] = index if found[one.effect] < 0 else found[one.effect]
            else:
                maybe |= resource is None
        if found["Deny"] >= 0:
            return 2, found["Deny"]
        if maybe:
            return 3, -1
        return (1, found["Allow"]) if found["Allow"] >= 0 else (0, -1)


@pytest.fixture
def engine() -> Callable[..., Engine]:
    """Return a maker of engines: one (effect, action, resource) per statement."""

    def make(*statements: tuple[str, str, str], principals: tuple[str, ...] = (USER, ROLE)) -> Engine:
        infos = [Info(f"policy {index}", f"s{index}", *one) for index, one in enumerate(statements)]
        return Engine(infos, set(principals))

    return make


@pytest.fixture
def document() -> Callable[..., dict[str, Any]]:
    """Return a maker of events as CloudTrail writes them; members given replace the usual ones."""
    count = iter(range(1_000_000))

    def make(name: str = "GetObject", source: str = "s3", **members: Any) -> dict[str, Any]:
        return {
            "eventVersion": "1.08",
            "userIdentity": {
                "type": "IAMUser",
                "principalId": "AIDAEXAMPLE",
                "arn": USER,
                "accountId": ACCOUNT,
                "accessKeyId": "AKIAEXAMPLE",
                "userName": "Bob",
            },
            "eventTime": "2026-10-01T12:00:00Z",
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "203.0.113.7",
            "userAgent": "aws-cli/2.1",
            "requestParameters": {"bucketName": "books", "key": "a/b.txt"},
            "eventID": f"id-{next(count)}",
            "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT,
            **members,
        }

    return make


@pytest.fixture
def event(document: Callable[..., dict[str, Any]]) -> Callable[..., Event]:
    """Return a maker of decoded events."""
    return lambda *args, **members: decode_event(msgspec.json.encode(document(*args, **members)))


def session(role: str = ROLE, **members: Any) -> dict[str, Any]:
    """Return the identity of a role session; members given replace those of its session context."""
    name = role.rpartition("/")[2]
    context = {
        "sessionIssuer": {"type": "Role", "arn": role, "userName": name},
        "attributes": {"creationDate": "2026-10-01T11:00:00Z", "mfaAuthenticated": "false"},
        **members,
    }
    return {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:run",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/run",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": context,
    }


@pytest.fixture(name="session")
def _session() -> Callable[..., dict[str, Any]]:
    return session

"""A small world for STS: two users, a root user, some roles, and a policy that is a set of triples."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from xml.etree import ElementTree

from gatewright.credentials import MasterKeys, Session, TokenSealer
from gatewright.sts import Caller, Response, Role, World, answer
from gatewright.sts.responses import NAMESPACE
from gatewright.sts.world import Context

ACCOUNT = "111122223333"
NOW = datetime(2026, 11, 26, 12, 0, 0, 250_000, tzinfo=UTC)
ALICE = Caller(f"arn:aws:iam::{ACCOUNT}:user/alice", "AIDAALICE")
ROOT_USER = Caller(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/ci/deployer"
AUDITOR = "arn:aws:iam::444455556666:role/auditor"
KEYS = MasterKeys({"k1": b"s" * 32})


class Sts:
    """STS in a small world; what was asked of the authorizer is kept."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, Context]] = []
        self.denied: set[str] = set()
        roles = {DEPLOYER: Role(DEPLOYER, "AROADEPLOYER", 7200), AUDITOR: Role(AUDITOR, "AROAAUDITOR", 43200)}
        self.world = World(
            KEYS,
            NOW,
            "c6104cbe-af31-11e0-8154-cbc7ccf896c7",
            self.authorize,
            roles.get,
            verify_mfa=lambda caller, serial, code: (serial, code) == ("GAHT12345678", "123456"),
            knows_policy=lambda arn: arn.startswith("arn:aws:iam::aws:policy/"),
        )

    def authorize(self, caller: Caller, action: str, resource: str, context: Context) -> bool:
        """Allow what is not denied."""
        self.asked.append((caller.arn, action, resource, context))
        return action not in self.denied

    def call(self, action: str, caller: Caller = ALICE, **parameters: str) -> Response:
        """Call an operation; ``__`` in a name stands for a dot."""
        names = {name.replace("__", "."): value for name, value in parameters.items()}
        return answer({"Action": action, "Version": "2011-06-15", **names}, caller, self.world)

    def refusal(self, action: str, caller: Caller = ALICE, **parameters: str) -> tuple[int, str, str]:
        """Call an operation that is refused; return status, code and message."""
        response = self.call(action, caller, **parameters)
        assert response.status != 200, response.body
        return response.status, texts(response, "Code"), texts(response, "Message")

    def later(self, now: datetime) -> None:
        """Move the clock."""
        self.world = dataclasses.replace(self.world, now=now)

    def session(self, response: Response) -> Session:
        """Return the session of the credentials in a response."""
        key, token = texts(response, "AccessKeyId"), texts(response, "SessionToken")
        return TokenSealer(KEYS).open(token, key, self.world.now)

    def caller(self, response: Response) -> Caller:
        """Return who calls with the credentials in a response."""
        return Caller.of_session(self.session(response))


def texts(response: Response, name: str) -> str:
    """Return the text of an element of a response."""
    found = ElementTree.fromstring(response.body).find(f".//{{{NAMESPACE}}}{name}")
    assert found is not None, response.body
    return found.text or ""

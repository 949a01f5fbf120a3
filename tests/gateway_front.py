"""A gateway in process, with a cloud that only remembers what reached it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gateway_world import OURS, allow, details
from signed_requests import ACCESS_KEY, SECRET

from gatewright.credentials import AccessKey, CredentialStore, MasterKeys
from gatewright.gateway.app import Gateway
from gatewright.gateway.log import DecisionLog
from gatewright.gateway.policies import Policies, load_policies
from gatewright.gateway.settings import Settings
from gatewright.gateway.upstream import Answer, Upstream, UpstreamError
from gatewright.signing import HttpRequest, SecretKey

KEYS = MasterKeys({"k1": b"k" * 32})
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


class Cloud(Upstream):
    """Answers `ok` to everything and remembers it; or fails as told."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, str]] = []
        self.regions: list[str] = []
        self.answers: list[Answer | UpstreamError] = []

    async def fetch(self, parameters: Mapping[str, str], account: str, region: str) -> Answer:
        self.asked.append(parameters)
        self.regions.append(region)
        found = self.answers.pop(0) if self.answers else Answer(200, "text/xml", b"<ok/>")
        if isinstance(found, UpstreamError):
            raise found
        return found

    @contextlib.asynccontextmanager
    async def open(self, parameters: Mapping[str, str], account: str, region: str) -> AsyncIterator[Any]:
        answer = await self.fetch(parameters, account, region)

        class Response:
            status, headers, length, body = answer.status, {"content-type": answer.content_type}, None, answer.body

        yield Response

    async def read(self, response: Any) -> AsyncIterator[bytes]:  # type: ignore[override]
        yield response.body


class Lookup:
    """Keys of recorded requests, as a lookup; the user is whoever a row names."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._keys = {(row["access_key"], row["session_token"]): SecretKey(row["secret_key"]) for row in rows}

    def __call__(self, access_key_id: str, token: str | None) -> SecretKey | None:
        return self._keys.get((access_key_id, token))

    def find(self, access_key_id: str, token: str | None) -> tuple[AccessKey, SecretKey] | None:
        secret = self(access_key_id, token)
        arn = f"arn:aws:iam::{OURS}:user/dev"
        key = AccessKey(access_key_id, arn, OURS, "dev", "Active", "", None, None, "k1")
        return None if secret is None else (key, secret)


def load(folder: Path, statements: list[object], profiles: Mapping[str, str] = MappingProxyType({})) -> Policies:
    """Return the policies of a store in which the developer has these statements; instance profiles by roles."""
    trust = {"Version": "2012-10-17", "Statement": {**allow("sts:AssumeRole"), "Principal": {"AWS": OURS}}}
    del trust["Statement"]["Resource"]
    account = details(OURS, {"dev": statements}, {role: (trust, [allow("s3:*")]) for role in profiles})
    for role in account["RoleDetailList"]:
        arn = f"arn:aws:iam::{OURS}:instance-profile/app/{profiles[role['RoleName']]}"
        role["InstanceProfileList"] = [{"Arn": arn, "InstanceProfileName": profiles[role["RoleName"]]}]
    (folder / "other" / "accounts").mkdir(parents=True, exist_ok=True)
    (folder / "other" / "accounts" / "a.json").write_text(json.dumps(account))
    return load_policies(folder / "other")


class Front:
    """A gateway and the ways to ask it."""

    def __init__(self, folder: Path, policies: Policies) -> None:
        database = folder / "credentials.db"
        CredentialStore(database, KEYS, create=True).close()
        self.cloud = Cloud()
        self.now = NOW
        self.log = io.StringIO()
        self.gateway = Gateway(
            Settings(str(folder), str(database), "http://127.0.0.1:1"),
            policies,
            KEYS,
            DecisionLog(self.log),
            self.cloud,
            clock=lambda: self.now,
        )

    def ask(self, request: HttpRequest, **scope: Any) -> tuple[int, bytes]:
        """Send a request and return status and body."""
        path, _, query = request.target.partition("?")
        whole = {
            "type": "http", "method": request.method, "scheme": "http", "path": path,
            "raw_path": path.encode("latin-1"), "query_string": query.encode("latin-1"),
            "headers": [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in request.headers],
            "client": ("198.51.100.7", 1234), **scope,
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": request.body}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.gateway(whole, receive, send))
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])

    def know_developer(self) -> None:
        """Let the key that requests are signed with in tests be the developer's."""
        row = {"access_key": ACCESS_KEY, "session_token": None, "secret_key": SECRET}
        self.gateway._lookup = Lookup([row])  # type: ignore[assignment]

    def last(self) -> dict[str, Any]:
        """Return the last line of the log."""
        line: dict[str, Any] = json.loads(self.log.getvalue().splitlines()[-1])
        return line

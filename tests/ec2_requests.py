"""Requests of the Query API for tests, and their parsing with the usual surroundings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from gatewright.ec2 import Ec2Call, Ec2Settings, Facts, parse_request
from gatewright.runtime import Authorization

ACCOUNT = "123456789012"
REGION = "eu-west-1"
NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


@dataclass
class Request:
    """A message as servers hand it over."""

    method: str = "POST"
    target: str = "/"
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Host", f"ec2.{REGION}.amazonaws.com")])
    body: bytes = b""


@dataclass
class Cloud:
    """An inventory in dicts: facts by ARN, ARNs by (kind, parameter, value)."""

    known: dict[str, Facts] = field(default_factory=dict)
    found: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def facts(self, arn: str) -> Facts | None:
        return self.known.get(arn)

    def find(self, kind: str, parameter: str, value: str) -> list[str] | None:
        return self.found.get((kind, parameter, value))


def form(action: str, parameters: dict[str, str] | None = None) -> Request:
    """Return a POST request."""
    body = urlencode({"Action": action, "Version": "2016-11-15", **(parameters or {})})
    return Request(body=body.encode())


def parse(request: Any, settings: Ec2Settings | None = None, **options: Any) -> Ec2Call:
    """Parse a request of the test account."""
    options = {"account": ACCOUNT, "now": NOW, "peer": "198.51.100.7", "is_secure": True, **options}
    return parse_request(request, settings=settings or Ec2Settings(), **options)


def call(action: str, parameters: dict[str, str] | None = None, inventory: Cloud | None = None) -> Ec2Call:
    """Parse a POST request."""
    settings = Ec2Settings(inventory=inventory) if inventory is not None else Ec2Settings()
    return parse(form(action, parameters), settings)


def arn(kind: str, name: str) -> str:
    """Return the ARN of a resource of the test account."""
    account = "" if kind in ("image", "snapshot") else ACCOUNT
    return f"arn:aws:ec2:{REGION}:{account}:{kind}/{name}"


def resources(parsed: Ec2Call) -> list[str | None]:
    """Return the resources that a call's own action is judged on."""
    return [item.resource for item in parsed.authorizations if item.action is None]


def of(parsed: Ec2Call, resource: str | None, action: str | None = None) -> Authorization:
    """Return the one authorization for a resource."""
    (found,) = [item for item in parsed.authorizations if (item.resource, item.action) == (resource, action)]
    return found


def unknown_of(parsed: Ec2Call, resource: str | None) -> tuple[str, ...]:
    """Return the unknown keys of the one authorization of the call's own action for a resource."""
    pairs = zip(parsed.authorizations, parsed.unknown, strict=True)
    (found,) = [unknown for item, unknown in pairs if (item.resource, item.action) == (resource, None)]
    return found

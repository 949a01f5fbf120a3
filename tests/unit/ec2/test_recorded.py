"""Requests that clients really sent."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

import pytest
from ec2_requests import ACCOUNT, Request
from shared import shared

from gatewright.ec2 import parse_request

# Blobs and times, which boto3 writes in its own way.
ENCODED = {"PublicKeyMaterial", "UserData", "ValidUntil"}


def recorded(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shared("data") / "ec2-query" / name).read_text().splitlines()]


def message(row: dict[str, Any]) -> Request:
    """Return the message whose bytes were recorded."""
    head, _, body = base64.b64decode(row["raw_base64"]).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    return Request(method, target, [tuple(line.split(": ", 1)) for line in lines], body)


@pytest.mark.parametrize("name", ["requests-boto3.jsonl", "requests-boto-2.0.jsonl"])
def test_recorded_requests_are_what_their_clients_asked_for(name: str) -> None:
    """Every request of boto and boto3 has its action, version and Region, and is judged on something."""
    rows = recorded(name)
    assert rows
    for row in rows:
        call = parse_request(message(row), account=ACCOUNT, now=datetime.fromisoformat(row["time"]))
        assert (call.action, call.version) == (row["expected_action"], row["api_version"])
        assert call.region == row["region"] and call.authorizations


def test_parameters_of_recorded_requests_are_those_that_were_given() -> None:
    """Scalar parameters of a boto3 call are found as they were given, whatever characters they hold."""
    seen = 0
    for row in recorded("requests-boto3.jsonl"):
        call = parse_request(message(row), account=ACCOUNT, now=datetime.fromisoformat(row["time"]))
        for name, value in row["call_params"].items():
            if isinstance(value, str) and name not in ENCODED:
                assert value in call.parameters.values()
                seen += 1
    assert seen > 100

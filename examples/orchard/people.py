"""What the people of Orchard do on their days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from . import calls
from .calls import Call, Instance
from .outcome import Error
from .sessions import Session
from .store import DATA, MAIN, PRODUCTION
from .world import BROWSER, CLI, DAYS, GROUP, HOME, IMAGE, LAKE, OVERSEAS, SHOP, SUBNET, WORKDAYS, World

DRY_RUN: Error = ("Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
THROTTLED: Error = ("Client.RequestLimitExceeded", "Request limit exceeded.")
NO_BUCKET_POLICY: Error = ("NoSuchBucketPolicy", "The bucket policy does not exist")
QUOTA: Error = (
    "Client.VcpuLimitExceeded",
    "You have requested more vCPU capacity than your current vCPU limit of 64 allows for the instance bucket that the "
    "specified instance type belongs to.",
)

TEAMS = {"amara": "press", "bastien": "press", "eleni": "press", "farid": "press"}
TEAMS |= {"chiyo": "cellar", "dmitri": "cellar", "greta": "cellar", "ines": "cellar"}


def work(world: World) -> None:
    """Record the month of everybody."""
    for name in TEAMS:
        for day in WORKDAYS:
            develop(world, name, day)
    for day in WORKDAYS:
        manage(world, day)
        operate(world, day)
        analyse(world, day)
        audit(world, day)
        support(world, day)
        administrate(world, day)
    for day in DAYS:
        if day.weekday() >= 5:
            stand_by(world, day)


def pick(world: World, choices: Sequence[tuple[int, Callable[[], Call]]]) -> Call:
    """Draw one of the weighted choices."""
    weights = [weight for weight, _ in choices]
    return world.random.choices(choices, weights)[0][1]()


# --- Developers -------------------------------------------------------------------------------------------------------


def develop(world: World, name: str, day: datetime) -> None:
    """Spend a developer's day on the command line, with long-term keys."""
    if world.random.random() < 0.12:  # on holiday
        return
    session, address = world.with_keys(name), world.anywhere()
    own = world.press if TEAMS[name] == "press" else world.cellar
    for time in world.times(day, world.random.randrange(2, 7)):
        if name != "farid" and world.random.random() < 0.04:
            look_at_production(world, session, time, address)
            continue
        call = pick(world, development(world, own))
        region = call_region(call)
        instead = THROTTLED if call.name == "DescribeInstances" and world.random.random() < 0.02 else None
        world.log.call(session, call, time, region, address, CLI, then=later_error(call, world), instead=instead)


def development(world: World, own: Sequence[Instance]) -> list[tuple[int, Callable[[], Call]]]:
    """List what developers do, and how often."""
    choose = world.random.choice
    return [
        (22, lambda: calls.describe_instances(*world.random.sample(list(own), 2))),
        (8, calls.describe_instances),
        (9, lambda: calls.switch("StartInstances", choose(own))),
        (8, lambda: calls.switch("StopInstances", choose(own))),
        (1, lambda: calls.switch("StopInstances", choose(world.servers))),
        (7, lambda: launch(world, own)),
        (4, lambda: calls.switch("TerminateInstances", choose(own))),
        (2, lambda: calls.switch("TerminateInstances", choose(own), dry_run=True)),
        (3, lambda: calls.switch("RebootInstances", choose(own))),
        (1, lambda: calls.switch("RebootInstances", choose(world.developers))),
        (3, lambda: calls.console_output(choose(own))),
        (
            7,
            lambda: calls.get_parameter(HOME, f"/dev/{choose(('press', 'cellar'))}/{choose(('db', 'queue', 'flags'))}"),
        ),
        (1, lambda: calls.get_parameter(HOME, "/prod/web/db")),
        (
            7,
            lambda: calls.touch_object(
                "GetObject", MAIN, "orchard-dev-fixtures", f"seed/{world.random.randrange(40)}.json"
            ),
        ),
        (5, lambda: calls.touch_object("PutObject", MAIN, "orchard-dev-scratch", f"{world.log.hex(6)}/out.txt")),
        (
            4,
            lambda: calls.touch_object(
                "GetObject", MAIN, "orchard-reports", f"weekly/2026-{world.random.randrange(36, 42)}.csv"
            ),
        ),
        (1, lambda: calls.touch_object("DeleteObject", MAIN, "orchard-dev-scratch", f"{world.log.hex(6)}/out.txt")),
        (3, calls.list_buckets),
        (4, lambda: calls.look("logs", "DescribeLogGroups", "logs:DescribeLogGroups", HOME.arn("logs", "log-group:*"))),
        (
            3,
            lambda: calls.look(
                "monitoring", "DescribeAlarms", "cloudwatch:DescribeAlarms", HOME.arn("cloudwatch", "alarm:*")
            ),
        ),
        (2, lambda: calls.look("lambda", "ListFunctions20150331", "lambda:ListFunctions")),
        (3, lambda: calls.describe("DescribeImages", {"ownersSet": {"items": [{"owner": "self"}]}})),
        (2, lambda: calls.describe("DescribeVolumes")),
        (2, calls.who_am_i),
    ]


def launch(world: World, own: Sequence[Instance]) -> Call:
    """Launch an instance: most remember the tags, some ask for too much."""
    place = OVERSEAS if world.random.random() < 0.1 else HOME
    kind = world.random.choice(("t3.small", "t3.medium", "m7i.large", "m7i.large", "c7i.24xlarge"))
    tags = {"team": own[0].tags["team"], "environment": "dev"} if world.random.random() < 0.75 else {}
    new = Instance(f"i-0{world.log.hex(16)}", place, tags, "")
    return calls.run_instances(place, new, IMAGE, kind, SUBNET, GROUP, dry_run=world.random.random() < 0.15)


def call_region(call: Call) -> str:
    """Return the Region that a call's first resource names, or the home Region."""
    region = call.authorizations[0].resource.split(":")[3:4]
    return region[0] if region and region[0] else "eu-west-1"


def later_error(call: Call, world: World) -> Error | None:
    """Return what an authorized call may still meet."""
    parameters = call.parameters or {}
    if parameters.get("DryRun"):
        return DRY_RUN
    if parameters.get("instanceType") == "c7i.24xlarge":
        return QUOTA
    if call.name in ("StartInstances", "TerminateInstances") and world.random.random() < 0.06:
        instance = parameters["instancesSet"]["items"][0]["instanceId"]
        return "Client.InvalidInstanceID.NotFound", f"The instance ID '{instance}' does not exist"
    return None


def look_at_production(world: World, session: Session, time: datetime, address: str) -> None:
    """Look at the shop through the read-only role, sometimes at more than it shows."""
    role = world.role(PRODUCTION, "read-only")
    assumed = world.assume(session, role, session.principal.name, time, address, CLI)
    if assumed is None:
        return
    for _ in range(world.random.randrange(2, 5)):
        time = world.later(time, 6)
        call = pick(
            world,
            [
                (4, lambda: calls.describe_instances(*world.shop[:2])),
                (
                    3,
                    lambda: calls.look(
                        "logs", "DescribeLogGroups", "logs:DescribeLogGroups", SHOP.arn("logs", "log-group:*")
                    ),
                ),
                (
                    3,
                    lambda: calls.look(
                        "rds", "DescribeDBInstances", "rds:DescribeDBInstances", SHOP.arn("rds", "db:*")
                    ),
                ),
                (2, lambda: calls.look("ecs", "ListClusters", "ecs:ListClusters")),
                (1, lambda: calls.touch_item("GetItem", SHOP, "orders", world.log.hex(8))),
                (1, lambda: calls.get_secret(SHOP, "prod/web-Xq2Lp8")),
            ],
        )
        world.log.call(assumed, call, time, "eu-west-1", address, CLI)


# --- the others -------------------------------------------------------------------------------------------------------


def browse(world: World, session: Session, choices: Sequence[Call], time: datetime, address: str) -> None:
    """Click through the console; some of its calls come from AWS's own network and name no TLS."""
    for call in choices:
        time = world.later(time, 40)
        internal = world.random.random() < 0.15
        agent = "AWS Internal" if internal else BROWSER
        then = NO_BUCKET_POLICY if call.name == "GetBucketPolicy" and world.random.random() < 0.4 else None
        world.log.call(session, call, time, call_region(call), address, agent, then=then, via_console=internal)


def manage(world: World, day: datetime) -> None:
    """Let the managers look, make an image now and then, and read the bill on Mondays."""
    costs = calls.look("ce", "GetCostAndUsage", "ce:GetCostAndUsage", parameters={"granularity": "DAILY"})
    for name in ("jonas", "katya"):
        if world.random.random() < 0.5:
            continue
        start, address = world.morning(day), world.anywhere()
        session = world.on_console(name, start, address)
        seen = [calls.describe_instances(), calls.describe("DescribeVolumes"), calls.describe("DescribeInstanceStatus")]
        if world.random.random() < 0.2:
            seen.append(calls.create_snapshot(world.random.choice(world.developers[:7]), f"snap-0{world.log.hex(16)}"))
        if world.random.random() < 0.1:
            seen.append(calls.switch("StopInstances", world.random.choice(world.developers[:7])))
        browse(world, session, seen + ([costs] if day.weekday() == 0 else []), start, address)
    if day.weekday() in (0, 3):
        start, address = world.morning(day), world.office()
        session = world.on_console("tomas", start, address)
        bill = calls.touch_object("GetObject", MAIN, "orchard-billing", f"2026-{day.month:02d}/{day.day:02d}.csv.gz")
        update = calls.change("ce", "UpdateCostCategoryDefinition", "ce:UpdateCostCategoryDefinition", "*")
        browse(world, session, [costs, costs, bill] + ([update] if day.day > 20 else []), start, address)


def operate(world: World, day: datetime) -> None:
    """Keep the servers: liam with scripts and keys, mirela on the console, nadia with MFA on the command line."""
    choose = world.random.choice
    address = world.anywhere()
    for time in world.times(day, world.random.randrange(2, 5)):
        call = pick(
            world,
            [
                (3, calls.describe_instances),
                (4, lambda: calls.switch("StopInstances", choose(world.servers))),
                (4, lambda: calls.switch("StartInstances", choose(world.servers))),
                (2, lambda: calls.create_snapshot(choose(world.servers), f"snap-0{world.log.hex(16)}")),
                (1, lambda: calls.switch("TerminateInstances", choose(world.servers[4:]))),
            ],
        )
        world.log.call(world.with_keys("liam"), call, time, "eu-west-1", address, f"{CLI} liam-scripts/3")
    start, address = world.morning(day), world.anywhere()
    alarm = calls.change(
        "monitoring", "PutMetricAlarm", "cloudwatch:PutMetricAlarm", HOME.arn("cloudwatch", "alarm:load")
    )
    seen = [calls.describe_instances(), calls.switch("RebootInstances", choose(world.servers))]
    seen += [alarm] if day.weekday() == 1 else [calls.switch("StopInstances", choose(world.servers))]
    browse(world, world.on_console("mirela", start, address), seen, start, address)
    if world.random.random() < 0.55:
        time, address = world.later(start, 300), world.anywhere()
        nadia = world.with_token("nadia", time)
        shop = world.assume(nadia, world.role(PRODUCTION, "operator"), "nadia", world.later(time, 5), address, CLI)
        if shop:
            for call in (calls.describe_instances(*world.shop), calls.switch("RebootInstances", choose(world.shop))):
                time = world.later(time, 25)
                world.log.call(shop, call, world.later(time, 20), "eu-west-1", address, CLI)
    elif world.random.random() < 0.3:  # forgot the code: the role asks for MFA
        role = world.role(PRODUCTION, "operator")
        world.assume(world.with_keys("nadia"), role, "nadia", world.later(start, 300), world.office(), CLI)


def stand_by(world: World, day: datetime) -> None:
    """Be on call at the weekend; on the last one a freeze forbids to stop anything."""
    for time in world.times(day, 2):
        call = calls.switch(
            world.random.choice(("StopInstances", "StartInstances")), world.random.choice(world.servers)
        )
        world.log.call(world.with_keys("liam"), calls.describe_instances(), time, "eu-west-1", world.away(), CLI)
        world.log.call(world.with_keys("liam"), call, world.later(time, 5), "eu-west-1", world.away(), CLI)


def analyse(world: World, day: datetime) -> None:
    """Ask the lake, read reports, and run into what is personal."""
    for name in ("oskar", "priya", "quentin"):
        if world.random.random() < 0.2:
            continue
        start, address = world.morning(day), world.anywhere()
        session = world.with_keys(name)
        week = f"weekly/2026-{world.random.randrange(36, 44)}"
        for call in (
            calls.list_objects(MAIN, "orchard-reports", world.random.choice(("weekly/", "monthly/", "weekly/2026-4"))),
            calls.touch_object("GetObject", MAIN, "orchard-reports", f"{week}.csv"),
            calls.query_athena(HOME, "analysts", world.log.uuid()),
        )[: world.random.randrange(1, 4)]:
            world.log.call(session, call, world.later(start, 120), "eu-west-1", address, CLI)
        start = world.later(start, 240)
        lake = world.assume(session, world.role(DATA, "analyst"), name, start, address, CLI)
        for _ in range(world.random.randrange(1, 4) if lake else 0):
            call = pick(
                world,
                [
                    (4, lambda: calls.query_athena(LAKE, "analysts", world.log.uuid())),
                    (
                        3,
                        lambda: calls.touch_object(
                            "GetObject", DATA, "orchard-lake", f"curated/sales/{world.log.hex(4)}.parquet"
                        ),
                    ),
                    (
                        1,
                        lambda: calls.touch_object(
                            "GetObject", DATA, "orchard-lake", f"personal/{world.log.hex(4)}.parquet"
                        ),
                    ),
                    (1, lambda: calls.query_athena(LAKE, "pipeline", world.log.uuid())),
                ],
            )
            world.log.call(lake or session, call, world.later(start, 50), "eu-west-1", address, CLI)


def audit(world: World, day: datetime) -> None:
    """Review keys and trails; on Wednesdays audit the other accounts, where some doors are still closed."""
    name = "rosa" if day.weekday() % 2 else "samir"
    start, address = world.morning(day), world.office()
    session = world.on_console(name, start, address)
    seen = [
        calls.look("iam", "ListUsers", "iam:ListUsers", f"arn:aws:iam::{MAIN}:user/", {"maxItems": 100}),
        calls.look("cloudtrail", "LookupEvents", "cloudtrail:LookupEvents"),
        calls.read_bucket("GetBucketPolicy", "s3:GetBucketPolicy", "orchard-reports"),
    ]
    browse(world, session, seen[: world.random.randrange(1, 4)], start, address)
    if day.weekday() != 2:
        return
    token = world.with_token(name, start)
    for account, buckets in (
        (PRODUCTION, ("orchard-web-assets", "orchard-shop-logs")),
        (DATA, ("orchard-lake", "orchard-vault")),
    ):
        start = world.later(start, 60)
        auditor = world.assume(token, world.role(account, "auditor"), name, start, address, CLI)
        if auditor is None:
            continue
        asked = [calls.look("iam", "ListRoles", "iam:ListRoles", f"arn:aws:iam::{account}:role/"), calls.list_buckets()]
        asked += [calls.read_bucket("GetBucketPolicy", "s3:GetBucketPolicy", bucket) for bucket in buckets]
        asked += [calls.read_bucket("GetBucketAcl", "s3:GetBucketAcl", bucket) for bucket in buckets]
        asked.append(calls.look("secretsmanager", "ListSecrets", "secretsmanager:ListSecrets"))
        for call in asked:
            start = world.later(start, 4)
            world.log.call(auditor, call, start, "eu-west-1", address, CLI)


def support(world: World, day: datetime) -> None:
    """Answer customers from the office; until 12 October support could restart servers."""
    for name in ("ulla", "viktor"):
        if world.random.random() < 0.25:
            continue
        start, address = world.morning(day), world.office() if world.random.random() < 0.8 else world.away()
        seen = [calls.describe_instances(), calls.describe("DescribeInstanceStatus")]
        if world.random.random() < 0.3:
            seen.append(calls.switch("RebootInstances", world.random.choice(world.servers[:4])))
        if world.random.random() < 0.3:
            seen.append(calls.look("support", "DescribeCases", "support:DescribeCases"))
        browse(world, world.on_console(name, start, address), seen, start, address)


def administrate(world: World, day: datetime) -> None:
    """Administer a little; on the 12th take the restart permission away from Support, at night break the glass."""
    if day.weekday() in (0, 4):
        name = "wanda" if day.weekday() == 0 else "yusuf"
        start = day + timedelta(hours=11, minutes=50)
        address = world.office()
        session = world.on_console(name, start, address)
        people = calls.look("iam", "ListUsers", "iam:ListUsers", f"arn:aws:iam::{MAIN}:user/", {"maxItems": 100})
        report = calls.change("iam", "GenerateCredentialReport", "iam:GenerateCredentialReport", "*")
        browse(world, session, [people, report], start, address)
        if day.day == 12:
            group = f"arn:aws:iam::{MAIN}:group/Support"
            parameters = {"groupName": "Support", "policyName": "RestartInstances"}
            call = calls.change("iam", "DeleteGroupPolicy", "iam:DeleteGroupPolicy", group, parameters)
            world.log.call(session, call, datetime(2026, 10, 12, 12, 5, tzinfo=UTC), "us-east-1", address, BROWSER)
        if day.day == 16:  # with long-term keys, hence without MFA
            keys = calls.look(
                "iam", "ListAccessKeys", "iam:ListAccessKeys", f"arn:aws:iam::{MAIN}:user/farid", {"userName": "farid"}
            )
            world.log.call(world.with_keys(name), keys, world.later(start, 90), "us-east-1", address, CLI)
    if day.day == 13:
        night = day + timedelta(hours=2, minutes=11)
        address = "198.51.100.44"
        mirela = world.with_token("mirela", night)
        glass = world.assume(
            mirela, world.role(PRODUCTION, "break-glass"), "mirela", world.later(night, 4), address, CLI
        )
        if glass:
            for call in (
                calls.describe_instances(*world.shop),
                calls.switch("StopInstances", world.shop[3]),
                calls.switch("StartInstances", world.shop[3]),
                calls.get_secret(SHOP, "prod/payments-Zk9Rt3"),
            ):
                night = world.later(night, 9)
                world.log.call(glass, call, world.later(night, 5), "eu-west-1", address, CLI)

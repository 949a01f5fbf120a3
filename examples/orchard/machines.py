"""What the machines of Orchard do: nightly jobs, builds, servers, partners, and AWS services themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from . import calls
from .calls import Instance
from .outcome import Error
from .sessions import WEB_IDENTITY_PROVIDER, Session, stamp
from .store import DATA, MAIN, PRODUCTION, VENDOR
from .world import DAYS, GROUP, HOME, IMAGE, LAKE, LAMBDA, SDK, SHOP, SUBNET, WORKDAYS, World

LAMBDA_ADDRESSES = ("192.0.2.176", "192.0.2.177", "192.0.2.178")
RUNNER = "192.0.2.200"
STREAM_EXISTS: Error = ("ResourceAlreadyExistsException", "The specified log stream already exists")


def run(world: World) -> None:
    """Record the month of everything that runs by itself."""
    for day in DAYS:
        stop_at_night(world, day)
        back_up(world, day)
        fill_the_lake(world, day)
        serve(world, day)
        watch(world, day)
        serve_partners(world, day)
        notice(world, day)
    for day in WORKDAYS:
        build(world, day)
        build_the_old_way(world, day)
        if day.day % 2 or day.weekday() == 4:
            deploy(world, day)


def start_function(world: World, account: str, role: str, function: str, time: datetime) -> Session:
    """Start a Lambda function: Lambda assumes its role, the function opens a log stream."""
    session = world.assumed_by_service("lambda", world.role(account, f"service-role/{role}"), function, time)
    place = {MAIN: HOME, PRODUCTION: SHOP, DATA: LAKE}[account]
    stream = f"{time:%Y/%m/%d}/[$LATEST]{world.log.hex(16)}"
    call = calls.create_log_stream(place, f"/aws/lambda/{function}", stream)
    then = STREAM_EXISTS if world.random.random() < 0.03 else None
    world.log.call(session, call, world.later(time, 1), "eu-west-1", lambda_address(world), LAMBDA, then=then)
    return session


def lambda_address(world: World) -> str:
    """Return where Lambda calls come from."""
    return world.random.choice(LAMBDA_ADDRESSES)


def stop_at_night(world: World, day: datetime) -> None:
    """Stop the development machines at nine in the evening; the bastion is tagged to stay."""
    time = day + timedelta(hours=19, seconds=3)
    session = start_function(world, MAIN, "nightly-stop", "nightly-stop", time)
    world.log.call(
        session, calls.describe_instances(), world.later(time, 1), "eu-west-1", lambda_address(world), LAMBDA
    )
    running = world.random.sample(world.press[:7] + world.cellar[:7], 3)
    stops = [calls.switch("StopInstances", *running)] + (
        [calls.switch("StopInstances", world.bastion)] if day.day == 5 else []
    )
    for call in stops:
        world.log.call(session, call, world.later(time, 2), "eu-west-1", lambda_address(world), LAMBDA)


def back_up(world: World, day: datetime) -> None:
    """Snapshot the shop's disks, drop old snapshots, copy the database on Sundays, and write to the vault."""
    time = day + timedelta(hours=1, minutes=30, seconds=5)
    session = start_function(world, PRODUCTION, "backup", "nightly-backup", time)
    old = {"kept-by": "backup"} if day.day != 17 else {"kept-by": "hand"}
    jobs = [calls.describe("DescribeVolumes")]
    jobs += [calls.create_snapshot(instance, f"snap-0{world.log.hex(16)}") for instance in world.shop[:3]]
    jobs.append(calls.delete_snapshot(SHOP, f"snap-0{world.log.hex(16)}", old))
    for call in jobs:
        time = world.later(time, 1)
        world.log.call(session, call, time, "eu-west-1", lambda_address(world), LAMBDA)
    vault = world.role(DATA, "backup-vault")
    writer = world.assume(session, vault, "nightly-backup", world.later(time, 2), lambda_address(world), LAMBDA)
    if writer:
        names = [f"manifest/{day:%Y-%m-%d}.json", f"orders/{day:%Y-%m-%d}.dump"]
        puts = [calls.touch_object("PutObject", DATA, "orchard-vault", name) for name in names]
        if day.weekday() == 6:
            puts.append(calls.touch_object("DeleteObject", DATA, "orchard-vault", f"orders/2025-{day:%m-%d}.dump"))
        for call in puts:
            world.log.call(writer, call, world.later(time, 4), "eu-west-1", lambda_address(world), LAMBDA)


def fill_the_lake(world: World, day: datetime) -> None:
    """Load the night's data, then write the reports."""
    time = day + timedelta(hours=4, seconds=2)
    session = start_function(world, DATA, "pipeline", "fill-the-lake", time)
    job = LAKE.arn("glue", "job/orchard-orders")
    jobs = [
        calls.list_objects(DATA, "orchard-lake", f"raw/{day:%Y/%m/%d}/"),
        calls.touch_object("GetObject", DATA, "orchard-lake", f"raw/{day:%Y/%m/%d}/orders.json"),
        calls.touch_object("PutObject", DATA, "orchard-lake", f"staging/{day:%Y%m%d}.parquet"),
        calls.change(
            "glue",
            "StartJobRun",
            "glue:StartJobRun",
            job,
            {"jobName": "orchard-orders"},
            {"jobRunId": f"jr_{world.log.hex(32)}"},
        ),
        calls.query_athena(LAKE, "pipeline", world.log.uuid()),
        calls.touch_object("DeleteObject", DATA, "orchard-lake", f"staging/{day - timedelta(days=1):%Y%m%d}.parquet"),
    ]
    if day.day % 7 == 0:  # the boundary keeps the role from deleting anything but staging
        jobs.append(
            calls.touch_object(
                "DeleteObject", DATA, "orchard-lake", f"raw/{day - timedelta(days=90):%Y/%m/%d}/orders.json"
            )
        )
    for call in jobs:
        time = world.later(time, 1)
        world.log.call(session, call, time, "eu-west-1", lambda_address(world), LAMBDA)
    time = day + timedelta(hours=5, minutes=30, seconds=1)
    session = start_function(world, DATA, "report-writer", "write-reports", time)
    report = calls.touch_object("PutObject", DATA, "orchard-lake", f"curated/reports/{day:%Y-%m-%d}.csv")
    world.log.call(session, report, world.later(time, 2), "eu-west-1", lambda_address(world), LAMBDA)


def serve(world: World, day: datetime) -> None:
    """Serve the shop: the instances with their role, the order function with its own."""
    web = world.role(PRODUCTION, "web")
    for instance in world.random.sample(world.shop, 2):
        time = day + timedelta(seconds=world.random.randrange(80_000))
        session = world.as_role(web, instance.id, time - timedelta(minutes=40), delivery="2.0")
        for call in (
            calls.touch_item(world.random.choice(("GetItem", "PutItem")), SHOP, "orders", world.log.hex(8)),
            calls.get_parameter(SHOP, world.random.choice(("/prod/web/flags", "/prod/web/theme"))),
        ):
            world.log.call(session, call, world.later(time, 10), "eu-west-1", "192.0.2.161", SDK)
    time = day + timedelta(seconds=world.random.randrange(80_000))
    session = start_function(world, PRODUCTION, "order-handler", "order-created", time)
    world.log.call(
        session,
        calls.get_secret(SHOP, "prod/payments-Zk9Rt3"),
        world.later(time, 1),
        "eu-west-1",
        lambda_address(world),
        LAMBDA,
    )
    bastion = world.as_role(world.role(MAIN, "bastion"), world.bastion.id, day, delivery="2.0")
    arn = world.bastion.arn
    ping = calls.change(
        "ssm", "UpdateInstanceInformation", "ssm:UpdateInstanceInformation", arn, {"instanceId": world.bastion.id}
    )
    world.log.call(
        bastion, ping, day + timedelta(hours=3, minutes=7), "eu-west-1", "192.0.2.160", "amazon-ssm-agent/3.3"
    )


def watch(world: World, day: datetime) -> None:
    """Watch the instances with a tool of 2012; on two days somebody runs it by hand with another user agent."""
    monitor = world.with_keys("service/monitor")
    for hour in (0, 6, 12, 18):
        time = day + timedelta(hours=hour, minutes=2, seconds=world.random.randrange(20))
        agent = "Python-urllib/2.7" if day.day in (8, 22) and hour == 12 else "orchard-monitor/1.4 (perl 5.14)"
        world.log.call(monitor, calls.describe("DescribeInstanceStatus"), time, "eu-west-1", "198.51.100.196", agent)
    hugo = world.with_keys("hugo")  # left in September; a cron job on a forgotten machine did not
    time = day + timedelta(hours=23, minutes=15, seconds=1)
    world.log.call(hugo, calls.describe_instances(), time, "eu-west-1", "198.51.100.171", SDK)
    fixtures = calls.touch_object("GetObject", MAIN, "orchard-dev-fixtures", "seed/1.json")
    world.log.call(hugo, fixtures, time + timedelta(seconds=2), "eu-west-1", "198.51.100.171", SDK)


def serve_partners(world: World, day: datetime) -> None:
    """Let the vendor read metrics through its role, and the partner drop files."""
    time = day + timedelta(hours=23, minutes=45, seconds=world.random.randrange(50))
    session = world.as_role(world.role(PRODUCTION, "vendor-metrics"), "collector", time)
    address = f"192.0.2.{world.random.randrange(70, 100)}"
    arrival = world.assume_call(session, "orchard-7F2C")
    world.seen_by_owner(VENDOR, f"AROAVENDORMETRICSEXAMPLE:{day.day}", arrival, time, address, SDK, world.log.uuid())
    read = calls.look("monitoring", "ListMetrics", "cloudwatch:ListMetrics", parameters={"namespace": "AWS/EC2"})
    world.log.call(session, read, world.later(time, 4), "eu-west-1", address, SDK)
    if day.weekday() < 5:
        partner = world.with_keys("service/partner-upload")
        source = "2001:db8:77::5" if day.day % 5 == 0 else f"192.0.2.{world.random.randrange(2, 12)}"
        put = calls.touch_object("PutObject", MAIN, "orchard-partner-drop", f"incoming/{day:%Y-%m-%d}.csv")
        world.log.call(partner, put, day + timedelta(hours=21, seconds=9), "eu-west-1", source, SDK)
        if day.day % 10 == 1:  # the policy would let them, the boundary does not
            get = calls.touch_object("GetObject", MAIN, "orchard-partner-drop", f"incoming/{day:%Y-%m-%d}.csv")
            world.log.call(partner, get, day + timedelta(hours=21, minutes=1), "eu-west-1", source, SDK)


def build(world: World, day: datetime) -> None:
    """Run a build machine that launches another and clears up; without the right tag it may not."""
    session = world.as_role(
        world.role(MAIN, "build-runner"), world.servers[4].id, day + timedelta(hours=5), delivery="2.0"
    )
    time = world.later(day + timedelta(hours=8), 400)
    tags = {"purpose": "build" if world.random.random() < 0.85 else "test"}
    worker = Instance(f"i-0{world.log.hex(16)}", HOME, tags, "")
    target = worker if world.random.random() < 0.9 else world.servers[0]
    for call in (
        calls.run_instances(HOME, worker, IMAGE, "c7i.xlarge", SUBNET, GROUP),
        calls.touch_object("GetObject", MAIN, "orchard-build-cache", "press/main.tar.zst"),
        calls.touch_object("PutObject", MAIN, "orchard-build-cache", "press/main.tar.zst"),
        calls.switch("TerminateInstances", target),
    ):
        time = world.later(time, 9)
        world.log.call(session, call, time, "eu-west-1", "192.0.2.162", SDK)


def build_the_old_way(world: World, day: datetime) -> None:
    """Push images with the keys of the old pipeline: its permission ends on 19 October, the job does not."""
    session = world.with_keys("service/ci-legacy")
    time = day + timedelta(hours=20, seconds=30)
    repository = HOME.arn("ecr", "repository/press/legacy")
    parameters = {"repositoryName": "press/legacy", "imageTag": f"{day:%Y%m%d}"}
    image = {"image": {"repositoryName": "press/legacy", "imageId": {"imageTag": f"{day:%Y%m%d}"}}}
    for call in (
        calls.look("ecr", "GetAuthorizationToken", "ecr:GetAuthorizationToken"),
        calls.change(
            "ecr", "InitiateLayerUpload", "ecr:InitiateLayerUpload", repository, {"repositoryName": "press/legacy"}
        ),
        calls.change("ecr", "PutImage", "ecr:PutImage", repository, parameters, image),
    ):
        time += timedelta(seconds=7)
        world.log.call(session, call, time, "eu-west-1", "192.0.2.163", SDK)


def deploy(world: World, day: datetime) -> None:
    """Deploy: the workflow signs in with a web identity, pushes an image, and hands over to production."""
    time = world.later(day + timedelta(hours=9), 390)
    role = world.role(MAIN, "deploy-ci")
    session = Session(role, world.log.access_key(), time, name=f"press-{world.log.hex(8)}", is_web_identity=True)
    subject = "repo:orchard-example/press:ref:refs/heads/main"
    arrival = {
        "type": "WebIdentityUser",
        "principalId": f"arn:aws:iam::{MAIN}:oidc-provider/{WEB_IDENTITY_PROVIDER}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": f"arn:aws:iam::{MAIN}:oidc-provider/{WEB_IDENTITY_PROVIDER}",
    }
    call = world.assume_call(session)
    call = calls.Call("sts", "AssumeRoleWithWebIdentity", (), call.parameters, call.response, call.resources)
    record = world.log.begin(arrival, "sts", call.name, time, "eu-west-1", RUNNER, SDK)
    world.log.finish(record, call, MAIN)

    repository = HOME.arn("ecr", "repository/press/shop")
    tag = world.log.hex(12)
    steps = [calls.look("ecr", "GetAuthorizationToken", "ecr:GetAuthorizationToken")]
    for name in ("BatchCheckLayerAvailability", "InitiateLayerUpload", "PutImage"):
        steps.append(
            calls.change("ecr", name, f"ecr:{name}", repository, {"repositoryName": "press/shop", "imageTag": tag})
        )
    if day.day in (9, 23):  # somebody tried to rebuild a base image
        base = HOME.arn("ecr", "repository/base/python")
        steps.append(
            calls.change("ecr", "PutImage", "ecr:PutImage", base, {"repositoryName": "base/python", "imageTag": tag})
        )
    for step in steps:
        time += timedelta(seconds=world.random.randrange(4, 40))
        world.log.call(session, step, time, "eu-west-1", RUNNER, SDK)
    deployer = world.assume(
        session, world.role(PRODUCTION, "deployer"), session.name, world.later(time, 2), RUNNER, SDK
    )
    if deployer is None:
        return
    stack = SHOP.arn("cloudformation", "stack/shop-web/6d0f2a40-77aa-11f0-9c3e-0a58a9feac02")
    service = SHOP.arn("ecs", "service/shop/web")
    function = SHOP.arn("lambda", "function:order-created")
    named = {"stackName": stack}
    steps = [
        calls.look("cloudformation", "DescribeStacks", "cloudformation:DescribeStacks", stack, named),
        calls.change("cloudformation", "UpdateStack", "cloudformation:UpdateStack", stack, named, {"stackId": stack}),
        calls.change("ecs", "UpdateService", "ecs:UpdateService", service, {"cluster": "shop", "service": "web"}),
        calls.change(
            "lambda",
            "UpdateFunctionCode20150331v2",
            "lambda:UpdateFunctionCode",
            function,
            {"functionName": function, "publish": True},
        ),
    ]
    if day.weekday() == 4:  # a clean-up step that the boundary stops
        removal = {"functionName": function.replace("created", "draft")}
        steps.append(
            calls.change("lambda", "DeleteFunction20150331", "lambda:DeleteFunction", removal["functionName"], removal)
        )
    for step in steps:
        time = world.later(time, 2)
        world.log.call(deployer, step, time, "eu-west-1", RUNNER, SDK)


def notice(world: World, day: datetime) -> None:
    """Record what AWS services do of themselves."""
    if day.day % 6 == 2:
        details = {"keyId": f"arn:aws:kms:eu-west-1:{DATA}:key/3f0c7d8e-1a52-4b96-8e07-5d2c9fb4a613"}
        world.log.service_event("kms", "RotateKey", day + timedelta(hours=7, seconds=4), "eu-west-1", DATA, details)
    if day.day % 5 == 0:
        secret = {"SecretARN": SHOP.arn("secretsmanager", "secret:prod/web-Xq2Lp8")}
        for minute, name in ((0, "RotationStarted"), (1, "RotationSucceeded")):
            time = day + timedelta(hours=2, minutes=40 + minute)
            world.log.service_event(
                "secretsmanager", name, time, "eu-west-1", PRODUCTION, {"additionalEventData": secret}
            )
    if day.weekday() == 0:
        details = {"state": "COMPLETED", "completedAt": stamp(day + timedelta(hours=2, minutes=5))}
        world.log.service_event(
            "backup", "BackupJobCompleted", day + timedelta(hours=2, minutes=5), "eu-west-1", DATA, details
        )

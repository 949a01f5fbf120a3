"""The stage: places, instances, addresses, user agents, keys, and the days of October 2026."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .calls import Call, Instance, Place, assume_role
from .log import Log
from .sessions import Session, stamp
from .store import DATA, MAIN, PRODUCTION, Principal

HOME = Place(MAIN, "eu-west-1")
OVERSEAS = Place(MAIN, "us-east-1")
SHOP = Place(PRODUCTION, "eu-west-1")
LAKE = Place(DATA, "eu-west-1")

CLI = "aws-cli/2.31.9 md/awscrt#0.28.1 os/linux#6.12 md/arch#x86_64 lang/python#3.13.7 md/prompt#off"
SDK = "Boto3/1.40.55 md/Botocore#1.40.55 os/linux#6.12 md/arch#x86_64 lang/python#3.13.7"
LAMBDA = f"{SDK} exec-env/AWS_Lambda_python3.13"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
IMAGE, SUBNET, GROUP = "ami-0f3c9a51d27be8640", "subnet-0b6a41c90d3e7f25a", "sg-07d2e8f13a9c4b605"

FIRST = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = [FIRST + timedelta(days=day) for day in range(31)]
WORKDAYS = [day for day in DAYS if day.weekday() < 5]


class World:
    """Holds the log and everything that the actors share."""

    def __init__(self, principals: dict[str, Principal], seed: int) -> None:
        self.principals = principals
        self.log = Log(seed)
        self.random = self.log.random
        self.keys: dict[str, str] = {}
        self.developers = [
            self.instance(place, team, "dev") for team in ("press", "cellar") for place in [HOME] * 7 + [OVERSEAS]
        ]
        self.press = [instance for instance in self.developers if instance.tags["team"] == "press"]
        self.cellar = [instance for instance in self.developers if instance.tags["team"] == "cellar"]
        self.servers = [
            self.instance(HOME, "operators", "internal", tier=tier)
            for tier in ("web", "web", "web", "mail", "build", "build")
        ]
        self.bastion = self.instance(HOME, "operators", "internal", **{"always-on": "yes"})
        self.shop = [self.instance(SHOP, "press", "production", tier="web") for _ in range(6)]

    def instance(self, place: Place, team: str, environment: str, **tags: str) -> Instance:
        """Invent an instance."""
        tags = {"team": team, "environment": environment} | tags
        return Instance(f"i-0{self.log.hex(16)}", place, tags, f"vol-0{self.log.hex(16)}")

    # --- who ----------------------------------------------------------------------------------------------------------

    def user(self, name: str) -> Principal:
        """Find a user of the main account."""
        arn = f"arn:aws:iam::{MAIN}:user/{name}"
        return self.principals[arn]

    def role(self, account: str, name: str) -> Principal:
        """Find a role; the name may hold its path."""
        return self.principals[f"arn:aws:iam::{account}:role/{name}"]

    def with_keys(self, name: str) -> Session:
        """Return the long-term keys of a user: the same all month."""
        user = self.user(name)
        if name not in self.keys:
            self.keys[name] = self.log.access_key("AKIA")
        return Session(user, self.keys[name])

    def with_token(self, name: str, started: datetime) -> Session:
        """Return temporary keys of a user who gave an MFA code to the command line."""
        return Session(self.user(name), self.log.access_key(), started, mfa=True)

    def on_console(self, name: str, started: datetime, address: str) -> Session:
        """Sign a user in to the console, with MFA."""
        user = self.user(name)
        identity = {"type": "IAMUser", "principalId": user.unique_id, "arn": user.arn, "accountId": user.account}
        identity["userName"] = user.name
        if self.random.random() < 0.06:
            self.log.sign_in(identity, started - timedelta(seconds=40), address, BROWSER, failed=True)
        self.log.sign_in(identity, started, address, BROWSER)
        return Session(user, self.log.access_key(), started, mfa=True, is_console=True)

    def as_role(
        self, role: Principal, name: str, started: datetime, *, mfa: bool = False, delivery: str | None = None
    ) -> Session:
        """Return a session of a role, without a record of how it came about."""
        return Session(role, self.log.access_key(), started, mfa, name, delivery=delivery)

    def assume(
        self, session: Session, role: Principal, name: str, time: datetime, address: str, agent: str
    ) -> Session | None:
        """Let a session assume a role and record it: across accounts in both of them. None if it was refused."""
        assumed = self.as_role(role, name, time, mfa=session.mfa)
        call = self.assume_call(assumed)
        if not self.log.call(session, call, time, "eu-west-1", address, agent):
            return None
        if role.account != session.principal.account:
            shared = self.log.uuid()
            record = self.log.records[-1]
            record["sharedEventID"] = shared
            self.seen_by_owner(session.principal.account, session.unique_id, call, time, address, agent, shared)
        return assumed

    def assume_call(self, assumed: Session, external: str = "") -> Call:
        """Write the call that led to a role session."""
        role, started = assumed.principal, assumed.started or FIRST
        until = stamp(started + timedelta(hours=1))
        return assume_role(role.arn, assumed.name, assumed.access_key, role.unique_id, until, external)

    def seen_by_owner(
        self, account: str, unique_id: str, call: Call, time: datetime, address: str, agent: str, shared: str
    ) -> None:
        """Record an AssumeRole from elsewhere as the role's account sees it: of the caller only the account and id."""
        identity = {"type": "AWSAccount", "principalId": unique_id, "accountId": account}
        record = self.log.begin(identity, "sts", "AssumeRole", time, "eu-west-1", address, agent)
        self.log.finish(record, call, call.resources[0]["accountId"])
        record["sharedEventID"] = shared

    def assumed_by_service(self, service: str, role: Principal, name: str, time: datetime) -> Session:
        """Let an AWS service assume a role of ours: the service is the caller, no policy of the store is asked."""
        assumed = self.as_role(role, name, time)
        origin = f"{service}.amazonaws.com"
        identity = {"type": "AWSService", "invokedBy": origin}
        record = self.log.begin(identity, "sts", "AssumeRole", time, "eu-west-1", origin, origin)
        self.log.finish(record, self.assume_call(assumed), role.account)
        record["sharedEventID"] = self.log.uuid()
        return assumed

    # --- where from, and when -----------------------------------------------------------------------------------------

    def office(self) -> str:
        """Return an address in the office: now and then an IPv6 one."""
        if self.random.random() < 0.12:
            return f"2001:db8:10::{self.random.randrange(16, 4096):x}"
        return f"203.0.113.{self.random.randrange(10, 60)}"

    def away(self) -> str:
        """Return an address on the VPN, or, one time in six, of a home without it."""
        if self.random.random() < 1 / 6:
            return f"198.51.100.{self.random.randrange(130, 180)}"
        return f"198.51.100.{self.random.randrange(5, 120)}"

    def anywhere(self) -> str:
        """Return where a person works from today."""
        return self.office() if self.random.random() < 0.7 else self.away()

    def morning(self, day: datetime) -> datetime:
        """Return when a person begins: office hours in Central Europe, in UTC."""
        return day + timedelta(hours=6, minutes=self.random.randrange(20, 150), seconds=self.random.randrange(60))

    def later(self, time: datetime, minutes: int) -> datetime:
        """Return a moment within the next minutes."""
        return time + timedelta(seconds=self.random.randrange(20, 60 * minutes))

    def times(self, day: datetime, count: int) -> Iterator[datetime]:
        """Spread some moments over a working day, in order."""
        start = self.morning(day)
        moments = sorted(self.random.randrange(30, 9 * 3600) for _ in range(count))
        yield from (start + timedelta(seconds=moment) for moment in moments)

"""A gateway in front of moto, both in processes of their own on loopback, and the people of the 2011 page."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gatewright.credentials import CredentialStore, MasterKeys, NewAccessKey

OURS, PARTNERS, STRANGERS = "111122223333", "444455556666", "777788889999"
REGION = "us-east-1"
PUBLIC, PRIVATE, SHARED = "ami-03cf127a", "ami-0b301ce3ce3475b4f", "ami-0b301ce3ce3475b4d"

ONCE = {"total_max_attempts": 1, "mode": "standard"}
"""For clients that try once."""

MOTO = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


def allow(*actions: str, **rest: object) -> dict[str, object]:
    """Return a statement that allows actions on everything."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **rest}


def deny(*actions: str, **rest: object) -> dict[str, object]:
    """Return a statement that denies actions on everything."""
    return {**allow(*actions, **rest), "Effect": "Deny"}


def details(account: str, users: dict[str, list[object]], roles: dict[str, tuple[object, list[object]]]) -> Any:
    """Return the details of an account, as `aws iam get-account-authorization-details` prints them."""

    def policy(statements: list[object]) -> list[object]:
        return [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}]

    return {
        "UserDetailList": [
            {
                "Path": "/", "UserName": name, "UserId": f"AIDA{name.upper()}",
                "Arn": f"arn:aws:iam::{account}:user/{name}", "UserPolicyList": policy(statements),
                "GroupList": [], "AttachedManagedPolicies": [],
            }
            for name, statements in users.items()
        ],
        "GroupDetailList": [],
        "RoleDetailList": [
            {
                "Path": "/", "RoleName": name, "RoleId": f"AROA{name.upper()}",
                "Arn": f"arn:aws:iam::{account}:role/{name}", "AssumeRolePolicyDocument": trust,
                "InstanceProfileList": [], "RolePolicyList": policy(statements), "AttachedManagedPolicies": [],
            }
            for name, (trust, statements) in roles.items()
        ],
        "Policies": [],
    }  # fmt: skip


LAUNCH = allow(
    "ec2:RunInstances", "ec2:CreateImage", "ec2:Describe*", "ec2:*ImageAttribute", "ec2:*SnapshotAttribute",
    "ec2:CreateSnapshot", "ec2:CreateVolume", "ec2:DeregisterImage", "sts:*",
)  # fmt: skip
CONDITIONS: dict[str, dict[str, dict[str, str]]] = {
    "time": {"DateGreaterThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}},
    "epoch": {"NumericLessThan": {"aws:EpochTime": "1000000000"}},
    "secure": {"Bool": {"aws:SecureTransport": "true"}},
    "address": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    "agent": {"StringLike": {"aws:UserAgent": "*trusted-tool*"}},
}
"""For each of the five keys of 2011 a condition that a plain request from here fails, by the name of a user."""


def write_store(folder: Path, developer: list[object] | None = None) -> None:
    """Write the policy store; `developer` replaces what the developer may do."""
    (folder / "accounts").mkdir(parents=True, exist_ok=True)
    users: dict[str, list[object]] = {
        "dev": [LAUNCH] if developer is None else developer,
        "manager": [allow("ec2:Describe*")],
        **{name: [allow("ec2:Describe*", Condition=condition)] for name, condition in CONDITIONS.items()},
        **{f"not-{name}": [allow("ec2:Describe*"), deny("ec2:Describe*", Condition=condition)]
           for name, condition in CONDITIONS.items()},
    }  # fmt: skip
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OURS}:user/dev"},
            "Action": "sts:AssumeRole",
        },
    }
    ours = details(OURS, users, {"auditor": (trust, [allow("ec2:Describe*", "ec2:StopInstances")])})
    partners = details(PARTNERS, {"pat": [LAUNCH]}, {})
    for name, value in (("ours", ours), ("partners", partners)):
        path = folder / "accounts" / f"{name}.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps(value))
        new.rename(path)


def images(public: str = PUBLIC, private: str = PRIVATE, shared: str = SHARED) -> tuple[Any, Any]:
    """Return what describes a public, a private and a shared image, and the permission of the last."""
    described = {
        "Images": [
            {"ImageId": public, "OwnerId": STRANGERS, "Public": True, "State": "available"},
            {"ImageId": private, "OwnerId": STRANGERS, "Public": False, "State": "available"},
            {"ImageId": shared, "OwnerId": PARTNERS, "Public": False, "State": "available"},
        ]
    }
    return described, {"ImageId": shared, "LaunchPermissions": [{"UserId": OURS}]}


class World:
    """The processes, and what is needed to speak to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.key_file = folder / "master.keys"
        self.database = folder / "credentials.db"
        self.log = folder / "decisions.log"
        self.upstream_keys = folder / "upstream.keys"
        self.said: list[str] = []
        self.moto_port = self.port = self.admin_port = 0
        self.process: subprocess.Popen[str] | None = None
        self.keys: dict[str, NewAccessKey] = {}

    def prepare(self) -> None:
        """Write store and credentials."""
        write_store(self.store)
        self.upstream_keys.touch(0o600)
        self.upstream_keys.write_text(json.dumps({"*": {"AccessKeyId": "AKIAUPSTREAM", "SecretAccessKey": "s"}}))
        master_keys = MasterKeys.generate()
        master_keys.save(self.key_file)
        with CredentialStore(self.database, master_keys, create=True) as store:
            names = ["dev", "manager", *CONDITIONS, *(f"not-{name}" for name in CONDITIONS)]
            for name in names:
                self.keys[name] = store.create(f"arn:aws:iam::{OURS}:user/{name}")
            self.keys["pat"] = store.create(f"arn:aws:iam::{PARTNERS}:user/pat")
        for name, value in zip(("images.json", "permission.json"), images(), strict=True):
            (self.folder / name).write_text(json.dumps(value))
        self.run(
            "sharing", "import", str(self.folder / "images.json"), str(self.folder / "permission.json"),
            "--store", str(self.database),
        )  # fmt: skip

    def run(self, *arguments: str) -> str:
        """Run a command of gatewright and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "gatewright", *arguments], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextlib.contextmanager
    def serving(self, *options: str, upstream: str | None = None) -> Iterator[None]:
        """Run the gateway."""
        arguments = [
            sys.executable, "-m", "gatewright", "serve", "ec2", "--store", str(self.store), "--credentials",
            str(self.database), "--key-file", str(self.key_file), "--upstream",
            upstream or f"http://127.0.0.1:{self.moto_port}", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
            "--log", str(self.log), "--upstream-keys", str(self.upstream_keys), *options,
        ]  # fmt: skip
        with (self.folder / "said").open("w") as said:
            process = subprocess.Popen(arguments, stderr=said, stdout=subprocess.DEVNULL, text=True)
        self.process = process
        try:
            ports = self.wait_for(r"on 127\.0\.0\.1:(\d+), admin on 127\.0\.0\.1:(\d+)")
            self.port, self.admin_port = int(ports[1]), int(ports[2])
            for _ in range(400):
                with contextlib.suppress(OSError):
                    if self.admin("/readyz")[0] == 200:
                        break
                time.sleep(0.05)
            yield
        finally:
            if process.poll() != -signal.SIGKILL:  # as a test may do
                process.terminate()
                assert process.wait(40) in (0, -signal.SIGTERM)

    def wait_for(self, pattern: str, seconds: float = 30) -> re.Match[str]:
        """Wait until the gateway has said something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            text = (self.folder / "said").read_text()
            if match := re.search(pattern, text):
                return match
            assert self.process is not None and self.process.poll() is None, text
            time.sleep(0.02)
        raise AssertionError(f"the gateway never said {pattern}: {text}")

    def admin(self, path: str) -> tuple[int, str]:
        """Ask the admin port."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=5) as response:
            return response.status, response.read().decode()

    @property
    def url(self) -> str:
        """Where the gateway is."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, name: str, service: str = "ec2", **config: Any) -> Any:
        """Return boto3's client of a user."""
        key = self.keys[name]
        return make_client(service, self.url, key.key.access_key_id, key.secret.reveal(), **config)

    def session_client(self, credentials: Any, service: str = "ec2") -> Any:
        """Return boto3's client with temporary credentials."""
        return make_client(
            service,
            self.url,
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            token=credentials["SessionToken"],
        )

    def decisions(self) -> list[dict[str, Any]]:
        """Return the lines of the decision log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@functools.cache
def _session() -> Any:
    """Return the session of all clients: it reads the API's models once."""
    import boto3

    return boto3.session.Session()


def make_client(
    service: str, url: str, key: str, secret: str, token: str | None = None, verify: str | None = None, **config: Any
) -> Any:
    """Return a client of boto3 that does not hide errors behind retries of minutes.

    `verify` is a file with the authorities that it trusts.
    """
    from botocore.config import Config

    settings = Config(**{"retries": {"max_attempts": 4, "mode": "standard"}, "read_timeout": 20, **config})
    return _session().client(
        service, region_name=REGION, endpoint_url=url, aws_access_key_id=key, aws_secret_access_key=secret,
        aws_session_token=token, config=settings, verify=verify,
    )  # fmt: skip


@contextlib.contextmanager
def moto() -> Iterator[int]:
    """Run moto's server and return its port."""
    process = subprocess.Popen(
        [sys.executable, "-c", MOTO],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

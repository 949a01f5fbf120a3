"""Kill a gateway while clients change whom images are shared with, again and again, and compare what it leaves.

Usage: PYTHONPATH=tests python -m gateway.kill_gateway ROUNDS [SEED].  Each round starts the gateway on the database
that the last one left, lets three clients send ModifyImageAttribute through it, and kills it without warning.  The
cloud behind it is here, so what it was told is known.  Prints rounds, changes that clients were told are done, and
items left in doubt.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import socketserver
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qsl

from gateway_world import OURS, REGION, World

from gatewright.ec2.sharing_changes import Change
from gatewright.ec2.sharing_state import SharingState
from gatewright.gateway.resign import FORM, Signer, UpstreamKey
from gatewright.gateway.upstream import write_form
from gatewright.sharing import SharedItem

ITEMS = [f"ami-{number:017x}" for number in range(4)]
GRANTEES = ["all", *(str(number) * 12 for number in range(2, 9))]
EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"


class Cloud:
    """Knows whom images are shared with; refuses some changes, and takes its time before and after others."""

    def __init__(self, seed: int) -> None:
        self.truth: dict[str, frozenset[str]] = dict.fromkeys(ITEMS, frozenset())
        self.chance = random.Random(seed)
        self.busy = 0
        self.lock = threading.Lock()

    def answer(self, parameters: dict[str, str]) -> tuple[int, str]:
        """Do what a call asks for."""
        name = parameters["ImageId"]
        if parameters["Action"] == "DescribeImageAttribute":
            with self.lock:
                shared = self.truth[name]
            items = "".join(
                "<item><group>all</group></item>" if one == "all" else f"<item><userId>{one}</userId></item>"
                for one in shared
            )
            return 200, f"<r xmlns='{EC2}'><imageId>{name}</imageId><launchPermission>{items}</launchPermission></r>"
        with self.lock:
            before, after, refuses = (self.chance.random() * 0.01 for _ in range(3))
        time.sleep(before)
        if refuses < 0.002:
            return 400, "<Response><Errors><Error><Code>OperationNotPermitted</Code></Error></Errors></Response>"
        told = {kind: tuple(v for k, v in parameters.items() if f".{kind}." in k) for kind in ("Add", "Remove")}
        with self.lock:
            self.truth[name] = Change("image", name, told["Add"], told["Remove"]).apply(self.truth[name])
        time.sleep(after)
        return 200, f"<r xmlns='{EC2}'><return>true</return></r>"

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        """Listen, and return the address."""
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                with cloud.lock:
                    cloud.busy += 1
                try:
                    with contextlib.suppress(ConnectionError):
                        super().handle()
                finally:
                    with cloud.lock:
                        cloud.busy -= 1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, text = cloud.answer(dict(parse_qsl(body)))
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 64

        with Server(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()
                thread.join()

    def wait(self) -> None:
        """Wait until nothing that a dead gateway sent is still to be done."""
        while self.busy:
            time.sleep(0.005)


class Client(threading.Thread):
    """Changes images through the gateway until it is gone."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__()
        key = world.keys["dev"]
        self.key = UpstreamKey(key.key.access_key_id, key.secret)
        self.port, self.chance = world.port, random.Random(seed)
        self.done = 0
        self.unexpected: list[tuple[int, bytes]] = []

    def change(self, number: int) -> dict[str, str]:
        """Return a call with several grantees at once: a half of it would show."""
        chosen = self.chance.sample(GRANTEES, self.chance.randint(2, 6))
        cut = self.chance.randint(0, len(chosen))
        parameters = {"Action": "ModifyImageAttribute", "Version": "2016-11-15", "ImageId": self.chance.choice(ITEMS)}
        for kind, grantees in (("Add", chosen[:cut]), ("Remove", chosen[cut:])):
            for at, grantee in enumerate(grantees, 1):
                member = "Group" if grantee == "all" else "UserId"
                parameters[f"LaunchPermission.{kind}.{at}.{member}"] = grantee
        return {**parameters, "Description.Value": f"{self.name} {number}"}  # else some were replays

    def run(self) -> None:
        signer, host = Signer(), f"127.0.0.1:{self.port}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.suppress(OSError, http.client.HTTPException):
            for number in range(1_000_000):
                body = write_form(self.change(number))
                headers = signer.sign(
                    self.key, host=host, path="/", body=body, region=REGION, service="ec2", now=datetime.now(UTC)
                )
                connection.request("POST", "/", body, {**headers, "Content-Type": FORM, "Host": host})
                response = connection.getresponse()
                answer = response.read()
                self.done += response.status == 200
                if response.status not in (200, 400, 503):  # refused by the cloud; another change is on its way
                    self.unexpected.append((response.status, answer))
        connection.close()


def check(world: World, truth: dict[str, frozenset[str]], settles: bool) -> int:
    """Compare what a dead gateway left with the cloud; return how many items were in doubt.

    A client is told of success when the change is in the database, so what it was told of is in what is compared.
    """
    doubts = 0
    with SharingState(world.database) as state:
        for name in ITEMS:
            known = state.find("image", name)
            assert known is not None
            if known.intent is None:
                assert known.grantees == truth[name], f"{name}: {sorted(known.grantees)} != {sorted(truth[name])}"
                continue
            doubts += 1
            assert truth[name] in (known.grantees, known.intent.change.apply(known.grantees)), f"{name} is half done"
            assert known.seen <= truth[name], f"{name} permits what the cloud does not"
            if settles:
                state.settle(known.intent, truth[name], True)
    return doubts


def play(folder: Path, rounds: int, seed: int) -> tuple[int, int]:
    """Kill a gateway so many times; return how many changes were done, and how many items were left in doubt."""
    chance, cloud, world = random.Random(seed), Cloud(seed), World(folder)
    world.prepare()
    with SharingState(world.database) as state:
        for name in ITEMS:
            state.register(SharedItem("image", name, OURS))
    options = ("--region", REGION, "--upstream-timeout", "1")
    done = doubts = 0
    with cloud.serving() as url:
        for number in range(rounds):
            with world.serving(*options, upstream=url):
                assert world.process is not None
                clients = [Client(world, seed + 1000 * number + one) for one in range(3)]
                for client in clients:
                    client.start()
                while not any(client.done for client in clients):
                    time.sleep(0.001)
                time.sleep(chance.uniform(0, 0.3))
                os.kill(world.process.pid, signal.SIGKILL)
                world.process.wait()
            for client in clients:
                client.join()
                assert not client.unexpected, client.unexpected
            cloud.wait()
            done += sum(client.done for client in clients)
            # What the last one leaves is settled by the gateway itself.
            doubts += check(world, cloud.truth, settles=number < rounds - 1)
        with world.serving(*options, upstream=url):
            deadline = time.monotonic() + 60
            while "gatewright_sharing_pending 0.0" not in world.admin("/metrics")[1] and time.monotonic() < deadline:
                time.sleep(0.2)
        assert check(world, cloud.truth, settles=False) == 0
    return done, doubts


def main() -> None:
    rounds, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 30)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(rounds, *play(Path(folder), rounds, seed))


if __name__ == "__main__":
    main()

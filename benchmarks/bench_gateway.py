"""What the gateway adds to the answer of the cloud behind it: the same signed requests, direct to moto and through it.

    python benchmarks/bench_gateway.py [--rounds 400]

Direct and proxied requests take turns on one connection each, so that a slow second is slow for both, and what is
added is the median of the differences within the pairs.  Prints the time of an answer (median, 99th percentile) both
ways, what is added, the gateway's own time by its log, and, on Linux, the processor time that it took for a request,
which other work on the machine cannot stretch by waiting.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import gateway_world

from gatewright.gateway.resign import FORM, Signer, UpstreamKey
from gatewright.gateway.upstream import write_form
from gatewright.signing import SecretKey

CALLS = {
    "DescribeRegions": {"Action": "DescribeRegions", "Version": "2016-11-15", "RegionName.1": "us-east-1"},
    "DescribeInstances": {"Action": "DescribeInstances", "Version": "2016-11-15"},
    "DescribeAvailabilityZones": {"Action": "DescribeAvailabilityZones", "Version": "2016-11-15"},
    "DryRun": {
        "Action": "RunInstances", "Version": "2016-11-15", "ImageId": gateway_world.PUBLIC, "MinCount": "1",
        "MaxCount": "1", "DryRun": "true",
    },
}  # fmt: skip


class Client:
    """A client that signs and sends, as little else as possible."""

    def __init__(self, port: int, key: UpstreamKey) -> None:
        self.port, self.key, self.signer = port, key, Signer()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.number = 0

    def ask(self, parameters: dict[str, str]) -> tuple[float, int]:
        """Send a call and return seconds and status; the signature is made before the clock runs."""
        self.number += 1
        # No two requests are the same, or the second one within a second would be a replay.
        body = write_form({**parameters, "ClientToken": str(self.number)})
        host = f"127.0.0.1:{self.port}"
        headers = self.signer.sign(
            self.key, host=host, path="/", body=body, region="us-east-1", service="ec2", now=datetime.now(UTC)
        )
        headers |= {"Content-Type": FORM, "Host": host}
        began = time.perf_counter()
        self.connection.request("POST", "/", body, headers)
        response = self.connection.getresponse()
        response.read()
        return time.perf_counter() - began, response.status


def processor_seconds(pid: int) -> float:
    """Return the processor time of all threads of a process so far; source: proc_pid_schedstat(5), first number."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) for file in files) / 1e9


def spread(seconds: list[float]) -> str:
    """Return median and 99th percentile in milliseconds."""
    return f"{statistics.median(seconds) * 1000:8.3f} {sorted(seconds)[int(len(seconds) * 0.99)] * 1000:8.3f}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=400)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, gateway_world.moto() as port:
        world = gateway_world.World(Path(folder))
        world.moto_port = port
        world.prepare()
        with world.serving("--region", "us-east-1"):
            key = world.keys["dev"]
            direct = Client(port, UpstreamKey("AKIAUPSTREAM", SecretKey("s")))
            through = Client(world.port, UpstreamKey(key.key.access_key_id, key.secret))
            heads = ("direct", "p99", "through", "p99", "added", "own", "cpu")
            print(f"{'milliseconds':28} {' '.join(f'{head:>8}' for head in heads)}")
            for name, parameters in CALLS.items():
                for client in (direct, through) * 20:
                    client.ask(parameters)
                skipped = len(world.decisions())
                times: dict[Client, list[float]] = {direct: [], through: []}
                assert world.process is not None
                used = processor_seconds(world.process.pid)
                for turn in range(rounds):
                    for client in (direct, through) if turn % 2 else (through, direct):
                        seconds, status = client.ask(parameters)
                        assert status in (200, 412), status
                        times[client].append(seconds)
                used = processor_seconds(world.process.pid) - used
                added = statistics.median(b - a for a, b in zip(times[direct], times[through], strict=True))
                own = statistics.median(line["ownMs"] for line in world.decisions()[skipped:])
                figures = f"{added * 1000:8.3f} {own:8.3f} {used / rounds * 1000:8.3f}"
                print(f"{name:28} {spread(times[direct])} {spread(times[through])} {figures}")


if __name__ == "__main__":
    main()

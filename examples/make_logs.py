"""Write the CloudTrail files of Orchard's October 2026, as AWS delivers them.

Every call is decided under ``store/`` by the reference of the tests (tests/reference.py) with all the context that AWS
would have, most of which the log does not show.  The same seed gives the same bytes.  Some records differ from what the
store says, on purpose: see README.md beside this file.

    python examples/make_logs.py [--output FOLDER] [--seed NUMBER]
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from orchard import incidents, machines, people  # noqa: E402
from orchard.log import Record  # noqa: E402
from orchard.store import DATA, MAIN, load_principals  # noqa: E402
from orchard.world import World  # noqa: E402

SEED = 2011
LAST_DAY = "2026-10-31"
"""The day whose files are damaged."""


def make_records(seed: int) -> list[Record]:
    """Let the month happen; records come in order of time."""
    world = World(load_principals(HERE / "store"), seed)
    people.work(world)
    machines.run(world)
    incidents.happen(world)
    return sorted(world.log.records, key=lambda record: record["eventTime"])


def pack(records: list[Record]) -> Iterator[tuple[str, bytes]]:
    """Yield the files that CloudTrail would deliver, one for each account, Region and day, with their paths."""
    batches: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        key = record["recipientAccountId"], record["awsRegion"], record["eventTime"][:10]
        batches.setdefault(key, []).append(record)
    for (account, region, day), batch in sorted(batches.items()):
        if (account, region, day) == (MAIN, "eu-west-1", LAST_DAY):
            yield from truncate(batch)
        elif (account, region, day) == (DATA, "eu-west-1", LAST_DAY):
            yield from spoil(batch)
        else:
            text = to_json({"Records": batch})
            yield file_name(account, region, day, "CloudTrail", text), compress(text.encode())


def truncate(batch: list[Record]) -> Iterator[tuple[str, bytes]]:
    """Yield the file of a day whose download broke off."""
    text = to_json({"Records": batch})
    data = compress(text.encode())
    yield file_name(MAIN, "eu-west-1", LAST_DAY, "CloudTrail", text), data[: len(data) * 3 // 5]


def spoil(batch: list[Record]) -> Iterator[tuple[str, bytes]]:
    """Yield the records of a day as a log forwarder wrote them, one on a line: one line is cut."""
    lines = [to_json(record) for record in batch]
    lines[3] = lines[3][: len(lines[3]) // 2]
    yield f"forwarded/{DATA}_{LAST_DAY}.jsonl.gz", compress(("\n".join(lines) + "\n").encode())


def digest() -> Iterator[tuple[str, bytes]]:
    """Yield a digest file: it lies beside the logs and holds no records."""
    content: dict[str, Any] = {
        "awsAccountId": MAIN,
        "digestStartTime": "2026-10-31T22:00:00Z",
        "digestEndTime": "2026-10-31T23:00:00Z",
        "digestS3Bucket": "orchard-trail",
        "digestPublicKeyFingerprint": hashlib.md5(b"orchard", usedforsecurity=False).hexdigest(),
        "digestSignatureAlgorithm": "SHA256withRSA",
        "previousDigestS3Object": None,
        "logFiles": [],
    }
    text = to_json(content)
    yield file_name(MAIN, "eu-west-1", LAST_DAY, "CloudTrail-Digest", text), compress(text.encode())


def file_name(account: str, region: str, day: str, kind: str, content: str) -> str:
    """Return where CloudTrail puts a file; the last part of its name comes from its content."""
    unique = hashlib.sha256(f"{account}{region}{day}{content}".encode()).hexdigest()[:16]
    time = f"{day.replace('-', '')}T2355Z"
    return (
        f"AWSLogs/{account}/{kind}/{region}/{day.replace('-', '/')}/{account}_{kind}_{region}_{time}_{unique}.json.gz"
    )


def to_json(value: object) -> str:
    """Write JSON as CloudTrail does: without blanks."""
    return json.dumps(value, separators=(",", ":"))


def compress(data: bytes) -> bytes:
    """Compress without a time or a name, so that the bytes depend on nothing but the data."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as file:
        file.write(data)
    return buffer.getvalue()


def write_logs(folder: Path, seed: int = SEED) -> int:
    """Write all files below a folder and return the number of records."""
    records = make_records(seed)
    for name, data in [*pack(records), *digest()]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return len(records)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Write the CloudTrail files of the example organisation.")
    parser.add_argument("--output", type=Path, default=HERE / "logs", help="folder to write to (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="another month (default: %(default)s)")
    arguments = parser.parse_args()
    count = write_logs(arguments.output, arguments.seed)
    print(f"{count} records below {arguments.output}")


if __name__ == "__main__":
    main()

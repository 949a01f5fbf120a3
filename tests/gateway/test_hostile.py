"""What no client of AWS sends, byte for byte over a socket: an answer or the end of the connection, and on it goes."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from gateway_world import REGION, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HEAD = b"POST / HTTP/1.1\r\nHost: ec2\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def target(moto_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A gateway that is done with slow clients soon."""
    world = World(tmp_path_factory.mktemp("hostile"))
    world.moto_port = moto_port
    world.prepare()
    with world.serving("--region", REGION, "--client-timeout", "2"):
        yield world


def speak(world: World, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send bytes and return what comes until the gateway closes, or has answered."""
    with socket.create_connection(("127.0.0.1", world.port), timeout=15) as client:
        try:
            for part in parts:
                client.sendall(part)
                time.sleep(pause)
        except OSError:
            pass  # nobody reads it any more
        answer = b""
        try:
            while True:
                head, blank, body = answer.partition(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                if blank and length and len(body) >= int(length):
                    return answer
                found = client.recv(65536)
                if not found:
                    return answer
                answer += found
        except ConnectionError:
            return answer


def code_of(answer: bytes) -> str:
    """Return the status of an answer, and EC2's code where it has one."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ")[1].decode() if head else "closed"
    if body.startswith(b"<?xml"):
        codes = [found.text or "" for found in ElementTree.fromstring(body).iter() if found.tag.endswith("Code")]
        status = f"{status} {codes[0]}"
    return status


def memory(world: World) -> int:
    """Return the bytes that the gateway has in memory."""
    assert world.process is not None
    text = Path(f"/proc/{world.process.pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) << 10


MANY = b"&".join(b"A.%d=x" % number for number in range(10_000))
CASES = {
    "no host": (b"GET /?Action=DescribeInstances HTTP/1.0\r\n\r\n", "400 InvalidRequest"),
    "old": (b"GET /?Action=DescribeInstances HTTP/1.0\r\nHost: x\r\n\r\n", "403 MissingAuthenticationToken"),
    "two hosts": (HEAD + b"Host: other\r\n\r\n", "400 InvalidRequest"),
    "two authorizations": (HEAD + b"Authorization: a\r\nAuthorization: b\r\n\r\n", "400 InvalidRequest"),
    "absolute": (b"GET http://other/?A=b HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
    "fragment": (b"GET /?A=b#c HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
    "host behind the body": (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: x\r\n\r\n", "400 InvalidRequest",
    ),
    "two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"),
    "length and chunks": (
        HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n", "400",
    ),
    "chunks twice": (HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "400"),
    "strange coding": (HEAD + b"Transfer-Encoding: gzip\r\n\r\nab", "400"),
    "zero byte": (b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
    "zero byte in a header": (HEAD + b"X: a\0b\r\n\r\n", "400"),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: x\n\n", "closed or 4"),
    "folded": (HEAD + b"X: a\r\n b\r\n\r\n", "4"),
    "latin": (b"GET /?A=\xe9 HTTP/1.1\r\nHost: x\r\nX: \xe9\r\n\r\n", "400"),
    "no http": (b"\x16\x03\x01\x00\x80\x01\x00", "400"),
    "many headers": (HEAD + b"".join(b"X%d: a\r\n" % n for n in range(1000)) + b"\r\n", "413 RequestEntityTooLarge"),
    "many parameters": (
        HEAD + FORM + b"Content-Length: %d\r\n\r\nAWSAccessKeyId=A&SignatureVersion=2&" % (len(MANY) + 36) + MANY,
        "400 IncompleteSignature",
    ),
    "deep name": (b"GET /?A" + b".1" * 5000 + b"=x HTTP/1.1\r\nHost: x\r\n\r\n", "403 MissingAuthenticationToken"),
    "method": (b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", "403 MissingAuthenticationToken"),
    "upgrade": (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "403 Missing"),
    "http 2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_request_that_nobody_sends_is_answered(target: World, name: str) -> None:
    """It gets a status of the client's fault, in EC2's words where it is HTTP at all, and reaches no policy."""
    text, expected = CASES[name]
    before = len(target.decisions())
    found = code_of(speak(target, text))
    assert any(found.startswith(one) for one in expected.split(" or ")), found
    assert not any("decision" in line for line in target.decisions()[before:])


def test_slow_clients_are_left(target: World) -> None:
    """A head or a body that comes byte by byte ends, and so does one that stops."""
    began = time.monotonic()
    assert code_of(speak(target, HEAD + b"Content-Length: 9\r\n\r\n", b"a=b")) == "408 RequestTimeout"
    assert code_of(speak(target, HEAD + b"Content-Length: 99\r\n\r\n", *[b"a"] * 15, pause=0.2)) == "408 RequestTimeout"
    assert code_of(speak(target, b"POST / HT")) == "408"
    assert code_of(speak(target, HEAD, *[b"X: y\r\n"] * 15, pause=0.2)) == "408"
    assert time.monotonic() - began < 30


def test_endless_bodies_are_cut_off(target: World) -> None:
    """A body without end, by its length or in chunks, is refused after a mebibyte, and its memory is given back."""
    speak(target, HEAD + FORM + b"Content-Length: 5\r\n\r\nAb=cd")
    before = memory(target)
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    for _ in range(5):
        answer = speak(target, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 400)
        assert code_of(answer) in ("413 RequestEntityTooLarge", "closed")
        answer = speak(target, HEAD + b"Content-Length: 99999999\r\n\r\n", *[b"a" * 100_000] * 200)
        assert code_of(answer) in ("413 RequestEntityTooLarge", "closed")
        answer = speak(target, HEAD + b"X: ", *[b"a" * 100_000] * 100)
        assert code_of(answer) in ("431", "400", "closed")
    assert memory(target) - before < 64 << 20


def test_what_stands_behind_a_body_fills_no_memory(target: World) -> None:
    """Trailers and extensions of chunks without end are cut off."""
    speak(target, HEAD + FORM + b"Content-Length: 5\r\n\r\nAb=cd")
    before = memory(target)
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    for begin in (b"0\r\nX: ", b"0\r\n" + b"X: y\r\n" * 1_000, b"1;a="):
        piece = b"X: y\r\n" * 15_000 if b"y" in begin else b"a" * 100_000
        answer = speak(target, chunked + begin, *[piece] * 400)
        assert code_of(answer) in ("400", "413", "closed")
        assert memory(target) - before < 32 << 20


def test_requests_that_wait_for_others_fill_no_memory(target: World) -> None:
    """A client that sends request after request and waits for no answer is left."""
    speak(target, HEAD + FORM + b"Content-Length: 5\r\n\r\nAb=cd")
    before, most = memory(target), 0
    with socket.create_connection(("127.0.0.1", target.port), timeout=15) as client:
        try:
            for _ in range(40):
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 5_000)
                most = max(most, memory(target))
        except OSError:
            pass
    assert most - before < 32 << 20


PIECES = (
    b"GET / HTTP/1.1\r\n", b"POST /?", b" HTTP/1.1\r\n", b"\r\n", b"\n", b"Host: x\r\n", b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"Authorization: AWS4-HMAC-SHA256 Credential=",
    b"A/20261126/us-east-1/ec2/aws4_request", b", SignedHeaders=host, Signature=", b"Action=DescribeInstances",
    b"&AWSAccessKeyId=A", b"&SignatureVersion=2", b"&Signature=%00", b"X-Amz-Date: ", b"\xff", b"\0", b"%", b"&" * 50,
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=5), max_size=14))
def test_any_bytes_are_answered_or_left(target: World, pieces: list[bytes]) -> None:
    """Whatever comes over a connection, nothing is decided for it, and no failure of the gateway's own is told."""
    before = len(target.decisions())
    with socket.create_connection(("127.0.0.1", target.port), timeout=15) as client:
        client.sendall(b"".join(pieces))
        client.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while found := client.recv(65536):
                answer += found
        except ConnectionError:
            pass
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:200]
    assert not any("decision" in line or line.get("code") == "InternalError" for line in target.decisions()[before:])


def test_after_all_of_it_the_gateway_serves(target: World) -> None:
    """Nothing of it was a failure of the gateway's, or is told to anybody but the operator."""
    assert target.admin("/healthz") == (200, "ok\n")
    assert "Reservations" in target.client("manager").describe_instances()
    said = (target.folder / "said").read_text()
    assert "Traceback" not in said and "rror" not in said, said
    assert not [line for line in target.decisions() if line.get("code") == "InternalError"]

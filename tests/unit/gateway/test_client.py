"""HTTP to the cloud, against servers that say whatever they like."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificates import issue
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.gateway.client import AnswerLostError, Client, ConnectError
from gatewright.gateway.settings import GatewayError
from gatewright.gateway.upstream import Upstream

Found = tuple[int, dict[str, str], bytes]


class Server:
    """Answers each request with the next of some texts; closes the connection where None follows."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.connections = 0
        self.asked: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self.answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.asked.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0)
                if answer is not None:
                    writer.write(answer)
                    await writer.drain()
                if answer is None or self.answers[:1] == [None]:
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def run(server: Server, use: Callable[[Client], Any], tls: tuple[ssl.SSLContext, ssl.SSLContext] | None = None) -> Any:
    """Use a client of a server."""

    async def main() -> Any:
        listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls and tls[0])
        port = listener.sockets[0].getsockname()[1]
        client = Client("127.0.0.1", port, tls and tls[1], 0.5)
        try:
            return await asyncio.wait_for(use(client), 20)
        finally:
            client.close()
            listener.close()

    return asyncio.run(main())


async def ask(client: Client) -> Found:
    """Ask and read the whole answer."""
    async with client.ask("/", {"Host": "cloud"}, b"a=b") as response:
        body = b"".join([part async for part in client.read(response)])
        return response.status, response.headers, body


XML = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5\r\n\r\n<ok/>"


@pytest.mark.parametrize(
    "answer",
    [
        [OK],
        [OK.replace(b"1.1", b"1.0")],
        [b"HTTP/1.1 100 Continue\r\n\r\n" + OK],
        [XML + b"\r\n<ok/>", None],
        [XML + b"Transfer-Encoding: chunked\r\n\r\n2\r\n<o\r\n3;x=y\r\nk/>\r\n0\r\n\r\n"],
    ],
    ids=["length", "old", "continued", "until the end", "chunks"],
)
def test_an_answer_is_read_whole(answer: list[bytes | None]) -> None:
    """However its end is told, the body is what was sent, and the first header of a name counts."""
    server = Server(*answer)
    status, headers, body = run(server, ask)
    assert (status, headers["content-type"], body) == (200, "text/xml", b"<ok/>")
    assert server.asked == [b"POST / HTTP/1.1\r\nHost: cloud\r\nContent-Length: 3\r\n\r\na=b"]


def test_connections_are_used_again() -> None:
    """One connection serves many requests, until it was idle for long."""

    async def three(client: Client) -> None:
        for _ in range(3):
            await ask(client)
        client._idle[0].idle_since -= 60
        await ask(client)

    server = Server(OK, OK, OK, OK)
    run(server, three)
    assert (len(server.asked), server.connections) == (4, 2)


@pytest.mark.parametrize(
    "first",
    [
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        OK + b"x",
        OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1),
        OK.replace(b"1.1", b"1.0"),
    ],
    ids=["a second answer", "more than its length", "closed", "old"],
)
def test_a_connection_with_more_to_say_is_not_used_again(first: bytes) -> None:
    """What a server sends beyond its answer is never taken for that of the next request."""

    async def two(client: Client) -> tuple[Found, Found]:
        one = await ask(client)
        await asyncio.sleep(0.01)
        return one, await ask(client)

    server = Server(first, OK)
    one, other = run(server, two)
    assert one[2] == other[2] == b"<ok/>"
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        [None],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<ok/>", None],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<ok/>\r\n", None],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 4\r\n\r\n<ok/>"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n<ok/>"],
        [b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000],
        [b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
        [b"SSH-2.0-x\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<ok/>"],
    ],
)
def test_what_is_no_answer_is_lost(answer: list[bytes | None]) -> None:
    """An answer that ends early, says two things of its length, is none or does not come is an error, in time."""
    with pytest.raises(AnswerLostError):
        run(Server(*answer), ask)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from(b"HTTP/1.1 |200 OK|\r\n|\n|Content-Length: |3|:|\0|abc".split(b"|"))).map(b"".join)
)
def test_any_answer_is_read_or_lost(answer: bytes) -> None:
    """Whatever a server says, it is an answer or an error of ours."""
    try:
        status, _, _ = run(Server(answer, None), ask)
    except AnswerLostError:
        return
    assert status >= 200


def test_a_slow_reader_slows_the_server() -> None:
    """Of an answer of any size only a part is held."""
    size = 32 << 20

    async def slowly(client: Client) -> tuple[int, int]:
        whole = most = 0
        async with client.ask("/", {"Host": "cloud"}, b"") as response:
            async for part in client.read(response):
                whole += len(part)
                await asyncio.sleep(0)
                most = max(most, response._held)
        return whole, most

    whole, most = run(Server(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)), slowly)
    assert whole == size and most < 2 << 20


def test_an_answer_that_nobody_read_ends_its_connection() -> None:
    """Who leaves in the middle of an answer leaves nothing of it to the next request."""
    size = 1 << 20

    async def leave(client: Client) -> Found:
        async with client.ask("/", {"Host": "cloud"}, b"") as response:
            while response._held < size // 4:
                await asyncio.sleep(0.001)
        return await ask(client)

    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size), OK)
    assert run(server, leave)[2] == b"<ok/>"
    assert server.connections == 2


def test_nothing_is_sent_where_nobody_listens() -> None:
    """A server that is not there is told apart from one that does not answer."""

    async def away(client: Client) -> None:
        client._port = 1
        await ask(client)

    with pytest.raises(ConnectError, match="ConnectionRefusedError"):
        run(Server(), away)


@pytest.mark.parametrize("name", ["X\r\nY", "X"])
def test_no_header_ends_a_line(name: str) -> None:
    """What is written into a request cannot be another request."""

    async def smuggle(client: Client) -> None:
        async with client.ask("/", {"Host": "cloud", name: "a\r\nb: c" if name == "X" else "a"}, b""):
            raise AssertionError

    with pytest.raises(ValueError, match="ends a line"):
        run(Server(OK), smuggle)


def test_the_cloud_is_who_it_says(tmp_path: Path) -> None:
    """Over TLS the certificate of the server is asked for, and its name."""
    issue(tmp_path, "server", issue(tmp_path, "authority"))
    issue(tmp_path, "stranger")
    mine = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    mine.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
    assert run(Server(OK), ask, (mine, trusting))[2] == b"<ok/>"
    with pytest.raises(ConnectError, match="SSLCertVerificationError"):
        run(Server(OK), ask, (mine, ssl.create_default_context(cafile=str(tmp_path / "stranger.pem"))))


@pytest.mark.parametrize(
    "url",
    ["", "cloud", "ftp://cloud", "http://", "http://a:b@cloud", "http://cloud?x", "http://cloud#x", "http://cloud:x",
     "http://[::1", "http://cloud/a b", "http://cloud/\r\nX: y", "http://clo\u00fcd"],
)  # fmt: skip
def test_addresses_that_are_none_are_refused(url: str) -> None:
    """A cloud is a host and a path, nothing else."""
    with pytest.raises(GatewayError, match="no address of a cloud"):
        Upstream(url, None)

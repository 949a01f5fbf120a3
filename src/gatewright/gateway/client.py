"""HTTP/1.1 to one server, over connections that are used again: the head and the body of an answer as they come.

A client for everybody (aiohttp) takes 120 us of processor time for a request and 340 with a new connection, as each one
is to servers that close them; this one takes a third (benchmarks/bench_gateway.py).  httptools reads the answers.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import httptools

HEAD_LIMIT = 1 << 16
"""Bytes of an answer's head."""
_BUFFER_LIMIT = 1 << 18  # bytes that are held for a reader; beyond, the server waits
_CONNECT_SECONDS = 5.0
# Servers close what is idle, some after two seconds; a call that meets that is neither done nor not done.
_IDLE_SECONDS = 1.5
_IDLE_LIMIT = 100


class ConnectError(Exception):
    """No connection: nothing was sent."""


class AnswerLostError(Exception):
    """The request was sent, or a part of it, and there is no whole answer."""


class Response(asyncio.Protocol):
    """A connection, and the answer that comes over it.

    Attributes
    ----------
    status
        After `begin`.
    headers
        By names in lower case; of those that are repeated the first.
    """

    def __init__(self) -> None:
        self.status: int = 0
        self.headers: dict[str, str] = {}
        self.is_reusable: bool = True
        self.idle_since: float = 0.0
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._is_waited_for = False
        self._reset()

    def _reset(self) -> None:
        self.status, self.headers = 0, {}
        self._parser: Any = httptools.HttpResponseParser(self)
        self._parts: deque[bytes] = deque()
        self._held = self._head_bytes = 0
        self._has_head = self._is_complete = self._is_paused = False
        self._error: str | None = None

    # --- what the client asks

    def send(self, request: bytes) -> None:
        """Send a request; the connection is idle."""
        assert self._transport is not None
        self._reset()
        self._is_waited_for = True
        self._transport.write(request)

    async def begin(self, seconds: float) -> None:
        """Wait for the head of the answer.

        Raises
        ------
        AnswerLostError
        """
        while not self._has_head:
            await self._wait(seconds)

    async def parts(self, seconds: float) -> AsyncIterator[bytes]:
        """Return the body as it comes; wait so many seconds for each part.

        Raises
        ------
        AnswerLostError
        """
        while True:
            while self._parts:
                part = self._parts.popleft()
                self._held -= len(part)
                if self._is_paused and self._held <= _BUFFER_LIMIT // 2:
                    self._pause(False)
                yield part
            if self._is_complete:
                return
            await self._wait(seconds)

    @property
    def length(self) -> int | None:
        """The length of the body, where the head tells it."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() and "transfer-encoding" not in self.headers else None

    def release(self) -> bool:
        """End the exchange; tell whether the connection may be used again, else it is closed."""
        self._is_waited_for = False
        if self._is_complete and self.is_reusable and not self._is_paused and self._transport is not None:
            self.idle_since = self._loop.time()
            return True
        self.close()
        return False

    def close(self) -> None:
        """Close the connection."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.close()

    def _pause(self, is_paused: bool) -> None:
        self._is_paused = is_paused
        if self._transport is not None and not self._transport.is_closing():
            (self._transport.pause_reading if is_paused else self._transport.resume_reading)()

    async def _wait(self, seconds: float) -> None:
        if self._error is not None:
            raise AnswerLostError(self._error)
        self._waiter = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._fail, f"nothing came for {seconds:g} s")
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None
        if self._error is not None:
            raise AnswerLostError(self._error)

    # --- what the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        if not self._is_waited_for or self._is_complete:
            self.close()  # nobody asked for this
            return
        if not self._has_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.is_reusable = False
            if not self._is_complete:
                self._fail(f"it is no HTTP: {type(error).__name__}")
        if not self._has_head and self._head_bytes > HEAD_LIMIT:
            self._fail(f"its head has more than {HEAD_LIMIT:,} bytes")
        if self._held > _BUFFER_LIMIT and not self._is_paused:
            self._pause(True)
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.is_reusable = False
        # Without a length the end of the connection is that of the body (RFC 9112, 6.3).
        is_told = "content-length" in self.headers or "transfer-encoding" in self.headers
        if exc is None and self._has_head and not is_told:
            self._is_complete = True
        if not self._is_complete:
            self._fail("the connection was closed")
        self._wake()

    def _fail(self, reason: str) -> None:
        self._error = self._error or reason
        self.close()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --- what the parser tells

    def on_message_begin(self) -> None:
        if self._is_complete:  # a second answer to one request
            self.is_reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_complete:
            self.headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        if self._is_complete:
            return
        self.status = self._parser.get_status_code()
        if self.status < 200:  # the answer is still to come
            self.headers = {}
            return
        self._has_head = True
        self.is_reusable = bool(self._parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        if not self._is_complete:
            self._parts.append(body)
            self._held += len(body)

    def on_message_complete(self) -> None:
        self._is_complete = self._has_head


class Client:
    """Sends requests to one server.

    Parameters
    ----------
    seconds
        For an answer to begin, and for each further part of it.
    tls
        None for plain HTTP.
    """

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, seconds: float) -> None:
        self._host, self._port, self._tls, self._seconds = host, port, tls, seconds
        self._idle: deque[Response] = deque()

    def close(self) -> None:
        """Close the connections that are idle."""
        while self._idle:
            self._idle.pop().close()

    @asynccontextmanager
    async def ask(self, path: str, headers: Mapping[str, str], body: bytes) -> AsyncIterator[Response]:
        """Send a POST and return the answer, whose head is there.

        Raises
        ------
        ConnectError
            Nothing was sent.
        AnswerLostError
            Something was; also raised by `Response.parts`.
        """
        head = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        if head.count("\n") != len(headers) or not (path.isascii() and path.isprintable()) or " " in path:
            raise ValueError("a header or the path holds what ends a line")
        whole = f"POST {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body
        response = self._take() or await self._connect()
        try:
            response.send(whole)
            await response.begin(self._seconds)
            yield response
        finally:
            if response.release() and len(self._idle) < _IDLE_LIMIT:
                self._idle.append(response)

    async def read(self, response: Response) -> AsyncIterator[bytes]:
        """Return the body of an answer as it comes."""
        async for part in response.parts(self._seconds):
            yield part

    def _take(self) -> Response | None:
        """Return an idle connection, the one used last: the others grow old and are closed."""
        oldest = asyncio.get_running_loop().time() - _IDLE_SECONDS
        while self._idle and (self._idle[0].idle_since < oldest or not self._idle[0].is_reusable):
            self._idle.popleft().close()
        while self._idle:
            response = self._idle.pop()
            if response.is_reusable:
                return response
        return None

    async def _connect(self) -> Response:
        loop = asyncio.get_running_loop()
        name = self._host if self._tls is not None else None
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, response = await loop.create_connection(
                    Response, self._host, self._port, ssl=self._tls, server_hostname=name
                )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            raise ConnectError(type(error).__name__) from None
        return response

"""HTTP/1.1 over one connection, with an end to what is kept of it and how long anybody is waited for."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT = 1 << 17
"""Bytes of a request line and headers; the same as the longest target that a signature is verified of."""
MESSAGE_LIMIT = 1 << 23
"""Bytes of a request; a body of the longest kind has as many where each of its bytes is a chunk."""
_CONNECTIONS = 1_000
# Requests of one connection that wait for the one before; no client of AWS sends any.
_PIPELINED = 8


class _TooMuchError(Exception):
    """Stops the parser: what it is given further is thrown away."""


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn reads it, but with an end to how much of it is kept, and how long anybody is waited for.

    Fields behind a body (trailers) are dropped: they come after those of a proxy, and would count in their place.
    A target that is no path is refused, as uvicorn would pass on the path alone (RFC 9112, 3.2).
    """

    seconds: float = 20.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._message_bytes = 0
        self._is_in_head = True
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _CONNECTIONS:
            transport.abort()
        else:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(self.seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        # Asked before this part is counted, which may hold what follows besides.
        if self._message_bytes > (HEAD_LIMIT if self._is_in_head else MESSAGE_LIMIT):
            self._end(b"431 Request Header Fields Too Large" if self._is_in_head else b"413 Content Too Large")
            return
        self._message_bytes += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= _PIPELINED:
            self.transport.abort()
            raise _TooMuchError
        self._is_in_head, self._message_bytes = True, 0
        self._wait_for_head()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
        if not self.url.startswith(b"/") or b"#" in self.url:
            raise _TooMuchError
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._end(b"400 Bad Request")

    def _wait_for_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        self._head_timer = self.loop.call_later(self.seconds, self._end_slow)

    def _stop_waiting(self) -> None:
        for timer in (self._head_timer, self._write_timer):
            if timer is not None:
                timer.cancel()

    def _end_slow(self) -> None:
        if self._is_in_head:
            self._end(b"408 Request Timeout")

    def _end(self, status: bytes) -> None:
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self.pipeline or (self.cycle is not None and self.cycle.response_started != self.cycle.response_complete):
            self.transport.abort()  # an answer is on its way, and nothing else may stand in it
            return
        self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

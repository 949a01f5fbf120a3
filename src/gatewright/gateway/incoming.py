"""ASGI requests -> requests as signatures are verified and parameters are read, within limits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from gatewright.signing import HttpRequest

from .reply import Receive, RefusedError, Scope

STS_VERSION = "2011-06-15"


class Readers:
    """The requests whose bodies are on their way; where there are too many, the one that is waited for longest ends.

    Nobody has to sign anything to send a body slowly; so who does takes no place from those whose bodies are there at
    once.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._timers: dict[asyncio.Timeout, None] = {}

    @contextmanager
    def admit(self, timer: asyncio.Timeout) -> Iterator[None]:
        """Read within the time of a timer, or less."""
        while len(self._timers) >= self._limit:
            oldest = next(iter(self._timers))
            del self._timers[oldest]
            if not oldest.expired():
                oldest.reschedule(0.0)
        self._timers[timer] = None
        try:
            yield
        finally:
            self._timers.pop(timer, None)


async def read_request(
    scope: Scope, receive: Receive, body_limit: int, seconds: float, readers: Readers
) -> HttpRequest:
    """Read a request whole.

    Raises
    ------
    RefusedError
        It is too large, too slow, or the client went away.
    """
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    target = (raw + b"?" + query if query else raw).decode("latin-1")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    try:
        async with asyncio.timeout(seconds) as timer:
            with readers.admit(timer):
                body = await _read_body(receive, body_limit)
    except TimeoutError:
        raise RefusedError(408, "RequestTimeout", "The request took too long to arrive.", "invalid") from None
    return HttpRequest(scope["method"], target, headers, body)


async def _read_body(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "InvalidRequest", "The request ended early.", "invalid")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise RefusedError(413, "RequestEntityTooLarge", "The request is too large.", "invalid")
        if not message.get("more_body", False):
            return b"".join(parts)


def seems_sts(request: HttpRequest) -> bool:
    """Tell whether a request that nobody has verified would be one to STS: for the form of errors alone."""
    for name, value in request.headers:
        if name == "authorization":
            return "/sts/aws4_request" in value
    if "%2Fsts%2Faws4_request" in request.target:
        return True
    return f"Version={STS_VERSION}" in request.target or f"Version={STS_VERSION}".encode() in request.body

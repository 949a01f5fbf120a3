"""What a gateway answers, and how it gets to the client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from .xml import CONTENT_TYPE, write_ec2_error, write_sts_error

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    content_type: str = CONTENT_TYPE


class RefusedError(Exception):
    """A request that is answered with an error of EC2's.

    Attributes
    ----------
    outcome
        For the log: ``unauthenticated``, ``invalid``, ``denied``, ``dry-run``, ``unavailable``.
    reason
        For the log; the client gets `message`.
    """

    def __init__(self, status: int, code: str, message: str, outcome: str, reason: str | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.outcome = outcome
        self.reason: str = message if reason is None else reason

    def reply(self, request_id: str, is_sts: bool) -> Reply:
        """Return the answer in the form of the service that was asked."""
        if is_sts:
            return Reply(self.status, write_sts_error(self.code, self.message, request_id, self.status), "text/xml")
        return Reply(self.status, write_ec2_error(self.code, self.message, request_id))


def unavailable(reason: str) -> RefusedError:
    """Return the error for what fails behind the gateway; the client learns nothing of it."""
    return RefusedError(
        503, "Unavailable", "The server is overloaded and can't handle the request.", "unavailable", reason
    )


def internal(reason: str) -> RefusedError:
    """Return the error for what fails in the gateway."""
    return RefusedError(500, "InternalError", "An internal error has occurred.", "unavailable", reason)


async def send_reply(reply: Reply, send: Send, request_id: str, *, close: bool = False) -> None:
    """Send a whole answer."""
    headers = [
        (b"content-type", reply.content_type.encode("latin-1")),
        (b"content-length", str(len(reply.body)).encode()),
        (b"x-amzn-requestid", request_id.encode()),
    ]
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})

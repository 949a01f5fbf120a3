"""The cloud behind the gateway: calls are sent to it as forms of their own, never as the client wrote them.

What is forwarded is written anew from the parameters that were judged, so no reader behind can see others.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from gatewright.credentials.master import read_private
from gatewright.signing.keys import SecretKey
from gatewright.signing.request import shown

from .client import AnswerLostError, Client, ConnectError, Response
from .resign import FORM, Signer, UpstreamKey
from .settings import GatewayError

ANSWER_LIMIT = 64 << 20
"""Bytes of an answer that has to be read whole before it is passed on."""


class UpstreamError(Exception):
    """The cloud gave no answer.

    `is_sent` says whether the request may have reached it.
    """

    def __init__(self, reason: str, is_sent: bool) -> None:
        super().__init__(reason)
        self.is_sent = is_sent


class Answer(NamedTuple):
    """An answer that was read whole."""

    status: int
    content_type: str
    body: bytes


class Upstream:
    """Sends calls to the cloud.

    Parameters
    ----------
    url
        Where it is; a path in it is kept.
    keys
        By account, ``*`` for all others; None: requests go unsigned.
    timeout
        Seconds for an answer to begin and for each further part of it.
    """

    def __init__(self, url: str, keys: Mapping[str, UpstreamKey] | None, *, timeout: float = 60.0) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:  # an address in brackets that is none, a port that is no number
            raise _no_cloud(url) from None
        is_plain = url.isascii() and url.isprintable() and not any(char in url for char in " ?#@\\")
        if host is None or parts.scheme not in ("http", "https") or not is_plain:
            raise _no_cloud(url)
        self._path = parts.path or "/"
        self._host = parts.netloc
        is_secure = parts.scheme == "https"
        tls = ssl.create_default_context() if is_secure else None
        self._client = Client(host, port or (443 if is_secure else 80), tls, timeout)
        self._keys = keys
        self._signer = Signer()

    async def __aenter__(self) -> Upstream:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._client.close()

    @asynccontextmanager
    async def open(self, parameters: Mapping[str, str], account: str, region: str) -> AsyncIterator[Response]:
        """Send a call and return the answer as it begins.

        Raises
        ------
        UpstreamError
            No answer, or the account has no key there.
        """
        body = write_form(parameters)
        headers = {"Host": self._host, "Content-Type": FORM, "User-Agent": "gatewright"}
        if self._keys is not None:
            key = self._keys.get(account) or self._keys.get("*")
            if key is None:
                raise UpstreamError(f"the account {account} has no key for the cloud", False)
            headers |= self._signer.sign(
                key,
                host=self._host,
                path=self._path,
                body=body,
                region=region,
                service="ec2",
                now=datetime.now(UTC),
            )
        try:
            async with self._client.ask(self._path, headers, body) as response:
                yield response
        except ConnectError as error:
            raise UpstreamError(f"the cloud cannot be reached: {error}", False) from None
        except AnswerLostError as error:
            raise UpstreamError(f"the cloud gave no answer: {error}", True) from None

    def read(self, response: Response) -> AsyncIterator[bytes]:
        """Return the body of an answer as it comes."""
        return self._client.read(response)

    async def fetch(self, parameters: Mapping[str, str], account: str, region: str) -> Answer:
        """Send a call and return the whole answer."""
        async with self.open(parameters, account, region) as response:
            parts, size = [], 0
            async for part in self.read(response):
                size += len(part)
                if size > ANSWER_LIMIT:
                    raise UpstreamError(f"the answer has more than {ANSWER_LIMIT >> 20} MiB", True)
                parts.append(part)
            return Answer(response.status, response.headers.get("content-type", "text/xml"), b"".join(parts))


def _no_cloud(url: str) -> GatewayError:
    return GatewayError(f"`{shown(url)}` is no address of a cloud; write `http://127.0.0.1:5000`")


def write_form(parameters: Mapping[str, str]) -> bytes:
    """Return parameters as a form, each once, everything encoded but unreserved characters."""
    return "&".join([f"{_quote(name)}={_quote(value)}" for name, value in parameters.items()]).encode()


def _quote(text: str) -> str:
    return text if text.isascii() and text.isalnum() else quote(text, safe="-_.~")


def read_keys(path: str) -> dict[str, UpstreamKey]:
    """Read ``{"<account>": {"AccessKeyId": ..., "SecretAccessKey": ...}, "*": ...}``.

    Raises
    ------
    GatewayError, CredentialError
        It is no such file, or others may read it.
    """
    try:
        value = json.loads(read_private(Path(path)))
        return {
            account: UpstreamKey(str(key["AccessKeyId"]), SecretKey(str(key["SecretAccessKey"])))
            for account, key in value.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        form = '{"<account or *>": {"AccessKeyId": "...", "SecretAccessKey": "..."}}'
        raise GatewayError(f"{path}: is no file of keys; write `{form}`") from None

"""The cloud behind the gateway: calls are sent to it as forms of their own, never as the client wrote them.

What is forwarded is written anew from the parameters that were judged, so no reader behind can see others.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import aiohttp
from yarl import URL

from gatewright.credentials.master import read_private
from gatewright.signing.keys import SecretKey

from .resign import FORM, Signer, UpstreamKey
from .settings import GatewayError

ANSWER_LIMIT = 64 << 20
"""Bytes of an answer that has to be read whole before it is passed on."""
_CHUNK = 1 << 16


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

    def __init__(
        self, url: str, keys: Mapping[str, UpstreamKey] | None, *, timeout: float = 60.0, connections: int = 100
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment or "@" in url:
            raise GatewayError(f"`{url}` is no address of a cloud; write `http://127.0.0.1:5000`")
        self._path = parts.path or "/"
        self._host = parts.netloc
        self._url = URL(f"{parts.scheme}://{parts.netloc}{self._path}", encoded=True)
        self._keys = keys
        self._signer = Signer()
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(total=None, connect=5.0, sock_connect=5.0, sock_read=timeout)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Upstream:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections),
            timeout=self._timeout,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            skip_auto_headers=("Accept-Encoding", "User-Agent"),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def open(
        self, parameters: Mapping[str, str], account: str, region: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a call and return the answer as it begins.

        Raises
        ------
        UpstreamError
            No answer, or the account has no key there.
        """
        assert self._session is not None
        body = write_form(parameters)
        headers = {"Content-Type": FORM, "Host": self._host, "User-Agent": "gatewright"}
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
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                yield response
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise UpstreamError(f"the cloud cannot be reached: {type(error).__name__}", False) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UpstreamError(f"the cloud gave no answer: {type(error).__name__}", True) from None

    async def fetch(self, parameters: Mapping[str, str], account: str, region: str) -> Answer:
        """Send a call and return the whole answer."""
        async with self.open(parameters, account, region) as response:
            parts, size = [], 0
            async for part in response.content.iter_chunked(_CHUNK):
                size += len(part)
                if size > ANSWER_LIMIT:
                    raise UpstreamError(f"the answer has more than {ANSWER_LIMIT >> 20} MiB", True)
                parts.append(part)
            return Answer(response.status, response.headers.get("Content-Type", "text/xml"), b"".join(parts))


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

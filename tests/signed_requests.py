"""Signed requests for tests: recorded ones of the shared data, and a signer written from AWS's documents."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gatewright.signing import HttpRequest, SecretKey
from gatewright.signing.settings import KeyLookup

ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime(2011, 7, 15, 12, 0, 0, tzinfo=UTC)


def one_key(access_key: str = ACCESS_KEY, secret: str = SECRET, token: str | None = None) -> KeyLookup:
    """Return a lookup that knows one key, which goes with one session token."""
    key = SecretKey(secret)
    return lambda found, given: key if (found, given) == (access_key, token) else None


def recorded(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file of recorded requests."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def request_of(row: dict[str, Any]) -> HttpRequest:
    """Return the request of a row, from its bytes."""
    return parse_request(base64.b64decode(row["raw_base64"]))


def parse_request(raw: bytes) -> HttpRequest:
    """Parse an HTTP/1.1 request as leniently as the suites need: spaces in the target, folded headers."""
    head, separator, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    method, _, rest = first.partition(" ")
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t"):
            name, value = headers.pop()
            headers.append((name, f"{value}\n{line}"))
        elif line:
            name, _, value = line.partition(":")
            headers.append((name, value.strip(" ")))
    return HttpRequest(method, rest.removesuffix(" HTTP/1.1"), headers, body if separator else b"")


def time_of(row: dict[str, Any]) -> datetime:
    """Return when a recorded request is to be verified."""
    form = "%Y%m%dT%H%M%SZ" if "-" not in row["time"] else "%Y-%m-%dT%H:%M:%SZ"
    time = datetime.strptime(row["time"], form).replace(tzinfo=UTC)
    return time + timedelta(minutes=40 if row.get("verify_at") else 0)


def sign_form(
    parameters: dict[str, str],
    *,
    method: str = "POST",
    host: str = "ec2.amazonaws.com",
    path: str = "/",
    secret: str = SECRET,
    timestamp: str | None = NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
    **overrides: str,
) -> HttpRequest:
    """Sign parameters by version 2."""
    full = {
        "AWSAccessKeyId": ACCESS_KEY,
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        **({} if timestamp is None else {"Timestamp": timestamp}),
        **parameters,
        **overrides,
    }
    text = "&".join(f"{quote(name, safe='-_.~')}={quote(full[name], safe='-_.~')}" for name in sorted(full))
    algorithm = hashlib.sha1 if full["SignatureMethod"] == "HmacSHA1" else hashlib.sha256
    signed = f"{method}\n{host}\n{path}\n{text}".encode()
    signature = base64.b64encode(hmac.new(secret.encode(), signed, algorithm).digest()).decode()
    text = f"{text}&Signature={quote(signature, safe='')}"
    if method == "GET":
        return HttpRequest("GET", f"{path}?{text}", [("Host", host)])
    headers = [("Host", host), ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
    return HttpRequest(method, path, headers, text.encode())


def sign_header(
    request: HttpRequest,
    *,
    time: datetime = NOW,
    region: str = "us-east-1",
    service: str = "ec2",
    secret: str = SECRET,
    access_key: str = ACCESS_KEY,
    payload: str | None = None,
    leave_out: tuple[str, ...] = (),
) -> HttpRequest:
    """Sign a request by version 4 in a header; path and query have to be canonical already."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ")
    headers = [*request.headers, ("X-Amz-Date", stamp)]
    names = sorted(name.lower() for name, _ in headers if name.lower() not in leave_out)
    values = {name.lower(): " ".join(value.split()) for name, value in headers}
    path, _, query = request.target.partition("?")
    query = "&".join("=".join(pair) for pair in sorted(part.partition("=")[::2] for part in query.split("&") if part))
    lines = "".join(f"{name}:{values[name]}\n" for name in names)
    hashed = payload or hashlib.sha256(request.body).hexdigest()
    canonical = f"{request.method}\n{path}\n{query}\n{lines}\n{';'.join(names)}\n{hashed}"
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode('latin-1')).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return HttpRequest(request.method, request.target, [*headers, ("Authorization", authorization)], request.body)

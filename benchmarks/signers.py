"""Requests as clients sign them: forms of version 2, forms and queries of version 4."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from gatewright.signing import HttpRequest, SecretKey

START = datetime(2011, 7, 15, 12, tzinfo=UTC)
HOST = "ec2.us-east-1.amazonaws.com"
REGION = "us-east-1"
SIGNERS = ("version 4", "version 4 presigned", "version 2")


class Clients:
    """Some principals and what they sign within a minute; calls of EC2 with two to twenty parameters."""

    def __init__(self, seed: int, principals: int = 50) -> None:
        self.random = random.Random(seed)
        self.secrets = {f"AKIABENCH{i:011}": f"secret/of+{i:030}" for i in range(principals)}
        self.keys = {name: SecretKey(secret) for name, secret in self.secrets.items()}

    def find_key(self, access_key_id: str, token: str | None) -> SecretKey | None:
        """Return a secret, as a store that keeps them in memory does."""
        return self.keys.get(access_key_id)

    def sign(self, signer: str) -> HttpRequest:
        """Return one more signed request."""
        name = self.random.choice(list(self.secrets))
        time = START + timedelta(seconds=self.random.randrange(60))
        parameters = {"Action": "DescribeInstances", "Version": "2016-11-15"}
        for i in range(1, self.random.choice((1, 1, 2, 4, 10))):
            parameters |= {f"Filter.{i}.Name": f"tag:Stack{i}", f"Filter.{i}.Value.1": f"web server/{i}"}
        sign = {"version 2": _sign_form, "version 4": _sign_header, "version 4 presigned": _presign}[signer]
        return sign(parameters, name, self.secrets[name], time)


def _write(parameters: dict[str, str]) -> str:
    pairs = [(quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in parameters.items()]
    return "&".join("=".join(pair) for pair in sorted(pairs))


def _sign_form(parameters: dict[str, str], name: str, secret: str, time: datetime) -> HttpRequest:
    own = {"AWSAccessKeyId": name, "SignatureVersion": "2", "SignatureMethod": "HmacSHA256"}
    text = _write({**parameters, **own, "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ")})
    digest = hmac.digest(secret.encode(), f"POST\n{HOST}\n/\n{text}".encode(), "sha256")
    body = f"{text}&Signature={quote(base64.b64encode(digest).decode(), safe='')}".encode()
    return HttpRequest("POST", "/", _headers(body), body)


def _headers(body: bytes) -> list[tuple[str, str]]:
    return [
        ("Host", HOST),
        ("Accept-Encoding", "identity"),
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("User-Agent", "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11.7"),
        ("Content-Length", str(len(body))),
    ]


def _sign_header(parameters: dict[str, str], name: str, secret: str, time: datetime) -> HttpRequest:
    body, stamp = _write(parameters).encode(), time.strftime("%Y%m%dT%H%M%SZ")
    headers = [*_headers(body), ("X-Amz-Date", stamp)]
    kept = {key.lower(): value for key, value in headers if key in ("Host", "Content-Type", "X-Amz-Date")}
    lines = "".join(f"{key}:{kept[key]}\n" for key in sorted(kept))
    scope, signature = _sign(f"POST\n/\n\n{lines}", sorted(kept), body, secret, stamp)
    text = f"Credential={name}/{scope}, SignedHeaders={';'.join(sorted(kept))}, Signature={signature}"
    return HttpRequest("POST", "/", [*headers, ("Authorization", f"AWS4-HMAC-SHA256 {text}")], body)


def _presign(parameters: dict[str, str], name: str, secret: str, time: datetime) -> HttpRequest:
    stamp = time.strftime("%Y%m%dT%H%M%SZ")
    own = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{name}/{stamp[:8]}/{REGION}/ec2/aws4_request",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": "900",
        "X-Amz-SignedHeaders": "host",
    }
    query = _write({**parameters, **own})
    _, signature = _sign(f"GET\n/\n{query}\nhost:{HOST}\n", ["host"], b"", secret, stamp)
    return HttpRequest("GET", f"/?{query}&X-Amz-Signature={signature}", [("Host", HOST), ("User-Agent", "curl/8")])


def _sign(head: str, names: list[str], body: bytes, secret: str, stamp: str) -> tuple[str, str]:
    canonical = f"{head}\n{';'.join(names)}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{stamp[:8]}/{REGION}/ec2/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return scope, hmac.digest(key, text.encode(), "sha256").hex()

"""Sign what is forwarded: version 4, in the header, over a form."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from gatewright.signing.keys import SecretKey, SigningKeys, derive_mac

FORM = "application/x-www-form-urlencoded; charset=utf-8"
_ALGORITHM = "AWS4-HMAC-SHA256"


class UpstreamKey(NamedTuple):
    """What the cloud knows the gateway, or one of its accounts, by."""

    access_key_id: str
    secret: SecretKey


class Signer:
    """Signs requests for the cloud."""

    def __init__(self) -> None:
        self._keys = SigningKeys(1024)

    def sign(
        self, key: UpstreamKey, *, host: str, path: str, body: bytes, region: str, service: str, now: datetime
    ) -> dict[str, str]:
        """Return the headers that sign a POST.

        Source: "Create a signed AWS API request" (IAM User Guide).
        """
        time = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = (time[:8], region, service)
        digest = hashlib.sha256(body).hexdigest()
        signed = {"content-type": FORM, "host": host, "x-amz-content-sha256": digest, "x-amz-date": time}
        names = ";".join(signed)
        lines = [
            "POST",
            quote(path, safe="/-_.~"),
            "",
            *(f"{name}:{value}" for name, value in signed.items()),
            "",
            names,
            digest,
        ]
        canonical = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        scope_text = "/".join((*scope, "aws4_request"))
        mac = self._keys.find(key.secret, scope)
        if mac is None:
            mac = derive_mac(key.secret, scope)
            self._keys.add(key.secret, scope, mac)
        signature = mac("\n".join((_ALGORITHM, time, scope_text, canonical)).encode()).hex()
        credential = f"Credential={key.access_key_id}/{scope_text}"
        return {
            "Authorization": f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}",
            "X-Amz-Content-Sha256": digest,
            "X-Amz-Date": time,
        }

"""Secret keys, and the signing keys that version 4 derives from them."""

from __future__ import annotations

import threading
from hmac import digest
from typing import NoReturn


class SecretKey:
    """The secret of an access key; it cannot be printed or pickled by mistake.

    Two are equal when they are the same object: comparing secrets with ``==`` takes a time that tells about them.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def reveal(self) -> str:
        """Return the secret."""
        return self._secret

    def __repr__(self) -> str:
        return "SecretKey(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret key cannot be pickled")


Scope = tuple[str, str, str]
"""Date as ``YYYYMMDD``, region, service."""


class SigningKeys:
    """The signing keys derived lately; bounded, thread-safe.

    Deriving one takes four HMACs, as long as everything else together.  A key enters only after a signature made with
    it was verified, so that nobody without a secret can push others out.
    """

    def __init__(self, capacity: int = 4096) -> None:
        if capacity < 1:
            raise ValueError("the capacity has to be positive")
        self._capacity = capacity
        self._keys: dict[tuple[str, Scope], bytes] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"SigningKeys({len(self)} of {self._capacity})"

    def find(self, secret: SecretKey, scope: Scope) -> bytes | None:
        """Return the signing key, or None where it is not at hand."""
        return self._keys.get((secret.reveal(), scope))

    def add(self, secret: SecretKey, scope: Scope, key: bytes) -> None:
        """Keep a signing key; the oldest one makes room."""
        with self._lock:
            if len(self._keys) >= self._capacity:
                del self._keys[next(iter(self._keys))]
            self._keys[secret.reveal(), scope] = key


def derive_signing_key(secret: SecretKey, scope: Scope) -> bytes:
    """Return the key that signs requests of one day, region and service.

    Source: "Create a signed AWS API request", step 3 (IAM User Guide).
    """
    key = b"AWS4" + secret.reveal().encode()
    for text in (*scope, "aws4_request"):
        key = digest(key, text.encode("latin-1"), "sha256")
    return key

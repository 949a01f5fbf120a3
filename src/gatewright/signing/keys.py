"""Secret keys, and the signing keys that version 4 derives from them."""

from __future__ import annotations

import threading
from typing import NoReturn

from gatewright.signing.mac import HashName, Mac, prepare_mac


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
    """The keys that signed lately, ready for use; bounded, thread-safe.

    Deriving one of version 4 takes four HMACs, as long as everything else together.  A key enters only after a
    signature made with it was verified, so that nobody without a secret can push others out.
    """

    def __init__(self, capacity: int = 4096) -> None:
        if capacity < 1:
            raise ValueError("the capacity has to be positive")
        self._capacity = capacity
        self._macs: dict[tuple[str, Scope | HashName], Mac] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._macs)

    def __repr__(self) -> str:
        return f"SigningKeys({len(self)} of {self._capacity})"

    def find(self, secret: SecretKey, use: Scope | HashName) -> Mac | None:
        """Return what signs with a secret, or None where it is not at hand.

        `use` is the scope of version 4, or the hash of version 2.
        """
        return self._macs.get((secret.reveal(), use))

    def add(self, secret: SecretKey, use: Scope | HashName, mac: Mac) -> None:
        """Keep what signs with a secret; the oldest one makes room."""
        with self._lock:
            if len(self._macs) >= self._capacity:
                del self._macs[next(iter(self._macs))]
            self._macs[secret.reveal(), use] = mac


def derive_mac(secret: SecretKey, use: Scope | HashName) -> Mac:
    """Return what signs with a secret.

    Source: "Create a signed AWS API request", step 3 (IAM User Guide).
    """
    if isinstance(use, str):
        return prepare_mac(secret.reveal().encode(), use)
    key = b"AWS4" + secret.reveal().encode()
    for text in (*use, "aws4_request"):
        key = prepare_mac(key)(text.encode("latin-1"))
    return prepare_mac(key)

"""Remember the signatures of a window, so that none is taken twice."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from gatewright.signing.errors import SignatureError
from gatewright.signing.settings import Verified

# Signatures are kept by the minute they were made in: what is too old goes minute by minute, not one by one.
BUCKET_SECONDS = 60


class ReplayGuard:
    """The signatures verified within the clock window; bounded, thread-safe.

    Only a request whose signature was verified is remembered, so only who holds a secret can fill it.  Presigned
    requests are not: they are made to be sent repeatedly until they expire.

    Parameters
    ----------
    capacity
        How many signatures are remembered (about 90 bytes each).  When it is reached, further requests are refused
        until old ones leave the window: a gateway with room for a window's requests never gets there.
    """

    def __init__(self, capacity: int = 1_000_000) -> None:
        if capacity < 1:
            raise ValueError("the capacity has to be positive")
        self._capacity = capacity
        self._buckets: dict[int, set[bytes]] = {}
        self._count = 0
        self._floor: int | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"ReplayGuard({self._count} of {self._capacity})"

    def admit_request(self, verified: Verified, now: datetime, window: timedelta) -> None:
        """Remember a request that was verified, unless it says itself until when it may be sent; see `admit`."""
        if verified.expires is None and verified.time is not None:
            self.admit(verified.digest, verified.time.timestamp(), now.timestamp(), window.total_seconds())

    def admit(self, signature: bytes, time: float, now: float, window: float) -> None:
        """Remember a signature.

        Parameters
        ----------
        signature
            The digest that was computed, not what the request holds: base64 has several spellings.
        time, now
            When it was signed, and now; seconds since 1970.  The time is signed, so a signature has only one.
        window
            How long after `time` a request is taken, in seconds.

        Raises
        ------
        SignatureError
            Seen before (`RequestReplayed`), or no room (`ServiceUnavailable`); nothing was remembered.
        """
        bucket = int(time // BUCKET_SECONDS)
        # 16 of 32 bytes: to find two requests of one minute with the same ones takes 2**64 signatures.
        mark = signature[:16]
        with self._lock:
            self._forget(int((now - window) // BUCKET_SECONDS))
            if self._floor is not None and bucket < self._floor:
                # The clock went back: what was forgotten may have been seen.
                raise SignatureError("RequestExpired", "the request is older than the signatures that are remembered")
            marks = self._buckets.get(bucket)
            if marks is not None and mark in marks:
                raise SignatureError("RequestReplayed", "the request was received before")
            if self._count >= self._capacity:
                raise SignatureError("ServiceUnavailable", "too many requests within the clock window")
            if marks is None:
                marks = self._buckets[bucket] = set()
            marks.add(mark)
            self._count += 1

    def _forget(self, floor: int) -> None:
        """Forget the signatures made before a minute."""
        if self._floor is not None and floor <= self._floor:
            return
        self._floor = floor
        for bucket in [bucket for bucket in self._buckets if bucket < floor]:
            self._count -= len(self._buckets.pop(bucket))

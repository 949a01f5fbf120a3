"""What is asked of a signature, and what is known once it is verified."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from enum import Enum
from typing import Any, Literal, NamedTuple

from gatewright.signing.deviations import Deviation
from gatewright.signing.errors import SignatureError
from gatewright.signing.keys import SecretKey, SigningKeys
from gatewright.signing.times import Instant

KeyLookup = Callable[[str, str | None], SecretKey | None]
"""Access key id and session token to secret; None where there is no such key.  May raise `SignatureError`."""


class PathForm(Enum):
    """How version 4 reads the path."""

    NORMALIZED = "dots and repeated slashes are resolved, and what was sent is encoded once more (all but S3)"
    DECODED = "the path is decoded and encoded anew, nothing is resolved (S3: names of objects may hold anything)"


class Settings(NamedTuple):
    """What is asked of a signature; see `verify_request`."""

    keys: KeyLookup
    now: float
    window: float
    lifetime: float
    tolerate: frozenset[Deviation]
    regions: Collection[str] | None
    services: Collection[str] | None
    path_form: PathForm
    allow_unsigned_payload: bool
    signing_keys: SigningKeys


class Verified(NamedTuple):
    """What a verified signature says.

    Attributes
    ----------
    access_key_id
        Who signed.
    version
        Signature version: ``"2"``, ``"4"`` or ``"4-query"`` (presigned).
    signed_headers
        Names in lower case; version 2 signs Host alone.
    time
        When it was signed; None for a request of version 2 that has Expires.
    expires
        Until when it may be used, where the request says so.
    token
        The session token; the lookup of the key has judged it.
    region, service
        The scope of version 4.
    is_payload_signed
        Whether the body is what was signed; False only where unsigned payloads are allowed.
    digest
        What the signature says in bytes, of which there is one spelling; for a `ReplayGuard`.
    """

    access_key_id: str
    version: Literal["2", "4", "4-query"]
    signed_headers: tuple[str, ...]
    time: datetime | None
    expires: datetime | None
    token: str | None
    region: str | None
    service: str | None
    is_payload_signed: bool
    digest: bytes

    def __repr__(self) -> str:  # a session token is no secret, but whoever reads one in a log wonders
        return f"Verified({self.access_key_id}, version {self.version}, {self.time or self.expires})"


def make_verified(members: tuple[Any, ...]) -> Verified:
    """Return a `Verified` of its members; its own constructor is Python code, which takes twice the time."""
    found: Verified = tuple.__new__(Verified, members)
    return found


def check_window(signed: Instant, settings: Settings) -> None:
    """Refuse a time that is more than the window away from now."""
    age = settings.now - signed.seconds
    if age > settings.window:
        raise SignatureError("RequestExpired", f"the request was signed {age:,.0f} s ago")
    if -age > settings.window:
        raise SignatureError("RequestExpired", f"the request was signed {-age:,.0f} s in the future")


def find_key(access_key_id: str, token: str | None, settings: Settings) -> SecretKey:
    """Return the secret of an access key."""
    secret = settings.keys(access_key_id, token)
    if secret is None:
        raise SignatureError("InvalidClientTokenId", "the access key id is not known, or needs another session token")
    return secret

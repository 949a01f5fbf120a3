"""Verify a request: find its signature, and hand it to the version that made it."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from gatewright.signing.deviations import TOLERATED, Deviation
from gatewright.signing.errors import SignatureError
from gatewright.signing.keys import SigningKeys
from gatewright.signing.replay import ReplayGuard
from gatewright.signing.request import HttpRequest, index_headers, shown, split_target
from gatewright.signing.settings import KeyLookup, PathForm, Settings, Verified
from gatewright.signing.sigv2 import find_parameters, verify_parameters
from gatewright.signing.sigv4 import verify_header, verify_query

WINDOW = timedelta(minutes=15)
LIFETIME = timedelta(days=7)
_WINDOW_SECONDS, _LIFETIME_SECONDS = WINDOW.total_seconds(), LIFETIME.total_seconds()
HOST_WITHOUT_PORT = Deviation.HOST_WITHOUT_PORT
_METHOD = re.compile(r"[A-Z]{1,20}")
_signing_keys = SigningKeys()


def verify_request(
    request: HttpRequest,
    *,
    keys: KeyLookup,
    now: datetime,
    window: timedelta = WINDOW,
    lifetime: timedelta = LIFETIME,
    tolerate: Collection[Deviation] = TOLERATED,
    regions: Collection[str] | None = None,
    services: Collection[str] | None = None,
    path_form: PathForm = PathForm.NORMALIZED,
    allow_unsigned_payload: bool = False,
    signing_keys: SigningKeys | None = None,
    replay: ReplayGuard | None = None,
) -> Verified:
    """Verify the signature of a request, of version 2 or 4.

    Parameters
    ----------
    keys
        Called once with access key id and session token, before anything is computed; returns the secret, or None.
        What it raises is passed on; a `SignatureError` says that a token is expired or forged.
    now
        With a time zone.
    window
        How far the time of a request may lie from `now`, in both directions, inclusive.
    lifetime
        How long a request that says itself when it expires may be used.
    tolerate
        What clients may do differently from the documents.
    regions, services
        Where a signature of version 4 may be made for; None stands for anywhere.  Version 2 says neither.
    path_form
        How version 4 reads paths.
    allow_unsigned_payload
        Whether a request may leave its body unsigned; only where something else protects it (S3 over TLS).
    signing_keys
        Signing keys derived lately; one for the process when omitted.
    replay
        Remembers what was verified and refuses it the second time.

    Raises
    ------
    SignatureError
        The request is not authentic, or cannot be shown to be.
    ValueError
        `now` has no time zone.

    Notes
    -----
    A signature of version 4 is over the bytes of the body: whether its parameters are well-formed is for their reader
    to say.  Those of version 2 are read here, because they are what is signed.
    """
    if now.tzinfo is None:
        raise ValueError("`now` has no time zone")
    # As a tuple: the constructor of a named one is Python code, which takes twice the time.
    settings: Settings = tuple.__new__(
        Settings,
        (
            keys,
            now.timestamp(),
            _WINDOW_SECONDS if window is WINDOW else window.total_seconds(),
            _LIFETIME_SECONDS if lifetime is LIFETIME else lifetime.total_seconds(),
            tolerate if isinstance(tolerate, frozenset) else frozenset(tolerate),
            regions,
            services,
            path_form,
            allow_unsigned_payload,
            _signing_keys if signing_keys is None else signing_keys,
        ),
    )
    verified = _verify(request, settings)
    if replay is not None:
        replay.admit_request(verified, now, window)
    return verified


def _verify(request: HttpRequest, settings: Settings) -> Verified:
    if request.method not in ("GET", "POST") and _METHOD.fullmatch(request.method) is None:
        raise SignatureError("InvalidRequest", f"`{shown(request.method)}` is no method")
    headers = index_headers(request, settings.tolerate)
    path, query = split_target(request, settings.tolerate)
    host = headers.get("host")
    if not host:
        raise SignatureError("InvalidRequest", "the header `Host` is missing")
    try:
        return _dispatch(request, headers, path, query, settings)
    except SignatureError as error:
        name, colon, _ = host.rpartition(":")
        if error.code != "SignatureDoesNotMatch" or not colon or HOST_WITHOUT_PORT not in settings.tolerate:
            raise
        return _dispatch(request, {**headers, "host": name}, path, query, settings)


def _dispatch(request: HttpRequest, headers: dict[str, str], path: str, query: str, settings: Settings) -> Verified:
    if "authorization" in headers:
        return verify_header(request, headers, path, query, settings)
    if "X-Amz-" in query:
        return verify_query(request, headers, path, query, settings)
    found = find_parameters(request, headers, query)
    if found is None:
        raise SignatureError("MissingAuthenticationToken", "the request is not signed")
    return verify_parameters(request, headers["host"].lower(), path, *found, settings)

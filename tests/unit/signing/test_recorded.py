"""Recorded requests of real clients verify; tampered ones are refused for their reason."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from shared import shared
from signed_requests import recorded, request_of, time_of

from gatewright.signing import SecretKey, SignatureError, verify_request
from gatewright.signing.settings import KeyLookup

FILES = ("requests-boto-2.0.jsonl", "requests-boto3.jsonl")


def lookup_of(rows: list[dict[str, Any]]) -> KeyLookup:
    """Return the lookup of the keys that are used in recorded requests."""
    keys = {(row["access_key"], row["session_token"]): SecretKey(row["secret_key"]) for row in rows}
    return lambda access_key, token: keys.get((access_key, token))


def keys_of_all() -> KeyLookup:
    """Return the lookup of all recorded principals, and of one who never signed anything."""
    rows = [row for name in FILES for row in recorded(shared(f"data/ec2-query/{name}"))]
    dave = {"access_key": "AKIDDAVEEXAMPLE00004", "session_token": None, "secret_key": "another/secret"}
    carol = next(row["session_token"] for row in rows if row["session_token"])
    return lookup_of([*rows, dave, {**dave, "session_token": carol}])


@pytest.mark.parametrize("name", FILES)
def test_every_recorded_request_verifies(name: str) -> None:
    """What boto 2.0 and boto3 sign is verified without any deviation, as the key, version and time that were used."""
    rows = list(recorded(shared(f"data/ec2-query/{name}")))
    keys = lookup_of(rows)
    for row in rows:
        verified = verify_request(
            request_of(row), keys=keys, now=time_of(row), tolerate=(), services=("ec2",), regions=(row["region"],)
        )
        assert (verified.access_key_id, verified.version) == (row["access_key"], row["signature_version"])
        assert (verified.time, verified.token) == (time_of(row), row["session_token"])
        assert verified.is_payload_signed and "host" in verified.signed_headers
    assert len(rows) > 100


@pytest.mark.parametrize("name", FILES)
def test_no_recorded_request_verifies_out_of_its_window(name: str) -> None:
    """Sixteen minutes later, and sixteen minutes before, a recorded request is refused; fifteen are in the window."""
    rows = list(recorded(shared(f"data/ec2-query/{name}")))
    keys = lookup_of(rows)
    for row in rows:
        for minutes in (-15, 15):
            verify_request(request_of(row), keys=keys, now=time_of(row) + timedelta(minutes=minutes))
        for seconds in (-901, 901):
            with pytest.raises(SignatureError) as caught:
                verify_request(request_of(row), keys=keys, now=time_of(row) + timedelta(seconds=seconds))
            assert caught.value.code == "RequestExpired"


def expected_code(row: dict[str, Any]) -> str:
    """Return the code for the reason of a tampered request."""
    why, version = row["why"], row["signature_version"]
    if why.startswith("replayed 40 minutes later"):
        return "RequestExpired"
    if why in ("unknown access key id", "session token replaced") or why.startswith("session token removed"):
        return "InvalidClientTokenId"
    if why == "second Action parameter appended" and version != "4":
        return "MalformedQueryString"
    if why == "Authorization header removed":
        return "MissingAuthenticationToken"
    if why == "signature removed":
        return "IncompleteSignature"
    return "SignatureDoesNotMatch"


def test_every_tampered_request_is_refused_for_its_reason() -> None:
    """Each mutation yields the code of what was done to the request."""
    rows = list(recorded(shared("data/ec2-query/requests-bad.jsonl")))
    keys = keys_of_all()
    seen: Counter[str] = Counter()
    for row in rows:
        with pytest.raises(SignatureError) as caught:
            verify_request(request_of(row), keys=keys, now=time_of(row))
        assert caught.value.code == expected_code(row), (row["why"], row["client"], caught.value)
        seen[caught.value.code] += 1
    assert len(seen) == 6 and sum(seen.values()) == len(rows) > 80


def test_a_replaced_token_fails_even_if_the_lookup_takes_it() -> None:
    """The token is signed: another one does not verify, whatever the lookup thinks of it."""
    rows = [row for row in recorded(shared("data/ec2-query/requests-bad.jsonl")) if "session token" in row["why"]]
    for row in rows:
        key = SecretKey(row["secret_key"])
        with pytest.raises(SignatureError) as caught:
            verify_request(request_of(row), keys=lambda *_, key=key: key, now=time_of(row))  # type: ignore[misc]
        assert caught.value.code == "SignatureDoesNotMatch"
    assert len(rows) > 5

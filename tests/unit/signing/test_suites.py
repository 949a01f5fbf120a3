"""AWS's own signature suites and its worked example."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from shared import shared
from signed_requests import one_key, parse_request

from gatewright.signing import Deviation, HttpRequest, PathForm, SecretKey, SignatureError, verify_request

V4 = "data/signing/aws-c-auth-v4/tests/aws-signing-test-suite/v4"
BOTOCORE = "data/signing/botocore/tests/unit/auth/aws4_testsuite"

# What the suites do that HTTP, or a careful reader, does not take.
DEVIATIONS = {
    "get-header-key-duplicate": {Deviation.REPEATED_HEADER},
    "get-header-value-multiline": {Deviation.FOLDED_HEADER},
    "get-header-value-order": {Deviation.REPEATED_HEADER},
    "get-space": {Deviation.UNENCODED_TARGET},
    "get-space-normalized": {Deviation.UNENCODED_TARGET},
    "get-space-unnormalized": {Deviation.UNENCODED_TARGET},
    "get-utf8": {Deviation.UNENCODED_TARGET},
    "get-vanilla-utf8-query": {Deviation.UNENCODED_TARGET},
    "get-vanilla-query-order-key": {Deviation.REPEATED_PARAMETER},
    "get-vanilla-query-order-value": {Deviation.REPEATED_PARAMETER},
    "post-sts-header-after": {Deviation.TOKEN_ADDED_AFTER_SIGNING},
}


TIME = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
BOTOCORE_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def tolerated(name: str) -> set[Deviation]:
    """Return the deviations that a case needs."""
    return DEVIATIONS.get(name, set())


@pytest.mark.parametrize("form", ["header", "query"])
def test_the_suite_of_aws_verifies(form: str) -> None:
    """Each signed request of the suite verifies with the deviations that are named for it, and no others."""
    folders = sorted(path for path in shared(V4).iterdir() if path.is_dir())
    for folder in folders:
        context = json.loads((folder / "context.json").read_text(encoding="utf-8"))
        credentials = context["credentials"]
        request = parse_request((folder / f"{form}-signed-request.txt").read_bytes())
        verified = verify_request(
            request,
            keys=lambda _, token, credentials=credentials: (  # type: ignore[misc]
                SecretKey(credentials["secret_access_key"]) if token == credentials.get("token") else None
            ),
            now=TIME,
            tolerate=tolerated(folder.name),
            path_form=PathForm.NORMALIZED if context["normalize"] else PathForm.DECODED,
        )
        assert (verified.access_key_id, verified.region, verified.service) == ("AKIDEXAMPLE", "us-east-1", "service")
        assert verified.version == {"header": "4", "query": "4-query"}[form] and verified.time == TIME
    assert len(folders) == 38


def test_the_suite_of_botocore_verifies() -> None:
    """Each signed request of the older suite verifies with the deviations that are named for it.

    One has a wrong signature: that of `get-vanilla`, although it signs the token too; AWS's suite has the right one.
    """
    paths = sorted(shared(BOTOCORE).rglob("*.sreq"))
    for path in paths:
        if path.stem == "get-vanilla-with-session-token":
            continue
        verified = verify_request(
            parse_request(path.read_bytes()),
            keys=lambda *_: SecretKey(BOTOCORE_SECRET),
            now=TIME,
            tolerate=tolerated(path.stem),
        )
        assert verified.access_key_id == "AKIDEXAMPLE"
    assert len(paths) == 34


@pytest.mark.parametrize("name", sorted(DEVIATIONS))
def test_a_case_with_a_deviation_is_refused_without_it(name: str) -> None:
    """Every deviation that is named for a case is needed for it."""
    folder = next((path for path in shared("data/signing").rglob(name) if path.is_dir()), None)
    if folder is None:
        pytest.skip("the case is not in the suites")
    path = next(path for path in folder.rglob("*") if path.name in ("header-signed-request.txt", f"{name}.sreq"))
    with pytest.raises(SignatureError):
        verify_request(
            parse_request(path.read_bytes()), keys=lambda *_: SecretKey(BOTOCORE_SECRET), now=TIME, tolerate=()
        )


def test_the_worked_example_of_version_2_verifies() -> None:
    """AWS's example, whose Timestamp has no zone, verifies because that deviation is tolerated."""
    example = json.loads(shared("data/signing/sigv2-aws-docs-example.json").read_text(encoding="utf-8"))
    query = urlencode({**example["params"], "Signature": example["signature"]})
    request = HttpRequest(example["method"], f"{example['path']}?{query}", [("Host", example["host"])])
    now = datetime(2011, 10, 3, 15, 19, 30, tzinfo=UTC)
    keys = one_key(example["access_key"], example["secret_key"])
    assert verify_request(request, keys=keys, now=now).time == now
    with pytest.raises(SignatureError, match="`Timestamp`"):
        verify_request(request, keys=keys, now=now, tolerate=())

"""A signature is taken once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from signed_requests import NOW, one_key, sign_form, sign_header

from gatewright.signing import HttpRequest, ReplayGuard, SignatureError, verify_request

WINDOW = 900.0


def mark(number: int) -> bytes:
    """Return the digest of some request."""
    return number.to_bytes(32, "little")


def admit(guard: ReplayGuard, number: int, time: float, now: float) -> str:
    """Return the code by which a signature is refused, or nothing."""
    try:
        guard.admit(mark(number), time, now, WINDOW)
    except SignatureError as error:
        return error.code
    return ""


def test_a_request_is_taken_once() -> None:
    """The second time a request is refused, within the window because it is known, after it because of its time."""
    guard = ReplayGuard()
    for request in (sign_form({"Action": "A"}), sign_header(HttpRequest("GET", "/", [("Host", "h")]))):
        verify_request(request, keys=one_key(), now=NOW, replay=guard)
        for seconds, code in ((0, "RequestReplayed"), (900, "RequestReplayed"), (901, "RequestExpired")):
            with pytest.raises(SignatureError) as caught:
                verify_request(request, keys=one_key(), now=NOW + timedelta(seconds=seconds), replay=guard)
            assert caught.value.code == code
    assert len(guard) == 2


def test_another_spelling_is_the_same_request() -> None:
    """Headers that are not signed, and escapes that need not be, make no new request."""
    guard = ReplayGuard()
    request = sign_form({"Action": "DescribeTags"})
    verify_request(request, keys=one_key(), now=NOW, replay=guard)
    other = HttpRequest(
        "POST",
        "/",
        [*request.headers, ("User-Agent", "other")],
        request.body.replace(b"DescribeTags", b"Describe%54ags"),
    )
    with pytest.raises(SignatureError, match="RequestReplayed"):
        verify_request(other, keys=one_key(), now=NOW, replay=guard)


def test_what_does_not_verify_is_not_remembered() -> None:
    """A forged request neither fills the guard nor blocks the true one."""
    guard = ReplayGuard(capacity=1)
    with pytest.raises(SignatureError, match="SignatureDoesNotMatch"):
        verify_request(sign_form({"Action": "A"}, secret="other"), keys=one_key(), now=NOW, replay=guard)
    verify_request(sign_form({"Action": "A"}), keys=one_key(), now=NOW, replay=guard)


def test_a_request_that_may_be_repeated_is() -> None:
    """A request with Expires is made to be sent until then."""
    guard = ReplayGuard()
    request = sign_form({"Expires": "2011-07-15T12:30:00Z"}, timestamp=None)
    for _ in range(2):
        verify_request(request, keys=one_key(), now=NOW, replay=guard)
    assert len(guard) == 0


def test_a_full_guard_refuses() -> None:
    """Without room nothing is taken, until what is old leaves the window; known requests stay refused."""
    guard = ReplayGuard(capacity=3)
    assert [admit(guard, i, 1000.0 + i, 1000.0) for i in range(4)] == ["", "", "", "ServiceUnavailable"]
    assert admit(guard, 0, 1000.0, 1900.0) == "RequestReplayed"
    assert admit(guard, 5, 2000.0, 2000.0) == "" and len(guard) == 1


def test_memory_is_bounded_whatever_the_times() -> None:
    """The count never passes the capacity, over hours of requests and with clocks ahead and behind."""
    guard = ReplayGuard(capacity=500)
    for i in range(20_000):
        now = 10_000.0 + i
        admit(guard, i, now + (i * 37) % 1800 - 900, now)
        assert len(guard) <= 500 and len(guard) == sum(map(len, guard._buckets.values()))


def test_a_clock_that_goes_back_opens_no_gap() -> None:
    """What was forgotten is not taken again when the clock is set back."""
    guard = ReplayGuard()
    assert admit(guard, 1, 1000.0, 1000.0) == ""
    assert admit(guard, 2, 5000.0, 5000.0) == ""
    assert admit(guard, 1, 1000.0, 1000.0) == "RequestExpired"


def test_a_guard_needs_room() -> None:
    """A guard without room would refuse everything."""
    with pytest.raises(ValueError, match="positive"):
        ReplayGuard(0)
    assert repr(ReplayGuard(5)) == "ReplayGuard(0 of 5)"

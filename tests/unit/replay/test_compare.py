"""Outcomes, agreement and classes of change."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from gatewright.replay.cloudtrail import Event
from gatewright.replay.compare import Agreement, Change, Decision, agreement_of, change_of, combine
from gatewright.replay.outcome import Outcome, Recorded, recorded_of

Make = Callable[..., Event]
NO, DENY, YES, OPEN = Decision.IMPLICIT_DENY, Decision.EXPLICIT_DENY, Decision.ALLOW, Decision.UNKNOWN


def test_the_table_of_changes() -> None:
    """The sixteen pairs of decisions fall into the documented classes; the kinds of denial are one."""
    expected = {
        (YES, YES): Change.UNCHANGED,
        (YES, NO): Change.REVOKED,
        (YES, DENY): Change.REVOKED,
        (YES, OPEN): Change.MAYBE_REVOKED,
        (OPEN, YES): Change.MAYBE_GAINED,
        (OPEN, NO): Change.MAYBE_REVOKED,
        (OPEN, DENY): Change.MAYBE_REVOKED,
        (OPEN, OPEN): Change.UNKNOWN,
    }
    for deny in (NO, DENY):
        expected |= {(deny, YES): Change.GAINED, (deny, OPEN): Change.MAYBE_GAINED}
        expected |= {(deny, NO): Change.UNCHANGED, (deny, DENY): Change.UNCHANGED}
    assert {pair: change_of(*pair) for pair in product(Decision, Decision)} == expected


def test_swapping_the_stores_swaps_revoked_and_gained() -> None:
    """What is revoked one way is gained the other way."""
    swapped = {Change.REVOKED: Change.GAINED, Change.GAINED: Change.REVOKED}
    for now, then in product((NO, DENY, YES), repeat=2):
        change = change_of(now, then)
        assert change_of(then, now) is swapped.get(change, change)


@pytest.mark.parametrize(
    ("decisions", "decided"),
    [
        ([YES], 0),
        ([YES, YES], 0),
        ([YES, NO], 1),
        ([NO, DENY], 1),
        ([OPEN, NO], 1),
        ([YES, OPEN], 1),
        ([OPEN, OPEN, DENY, DENY], 2),
    ],
)
def test_a_call_of_several_authorizations(decisions: list[Decision], decided: int) -> None:
    """A call is denied if one of its authorizations is, else unknown if one is, else allowed (R164, R167)."""
    assert combine(decisions) == decided


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (None, None, Recorded(Outcome.ALLOWED)),
        ("Client.DryRunOperation", "Request would have succeeded", Recorded(Outcome.ALLOWED)),
        ("NoSuchBucketPolicy", "none", Recorded(Outcome.NOT_TOLD)),
        ("Client.VcpuLimitExceeded", "quota", Recorded(Outcome.NOT_TOLD)),
        ("Client.UnauthorizedOperation", "Encoded authorization failure message: x", Recorded(Outcome.DENIED)),
        ("AccessDeniedException", None, Recorded(Outcome.DENIED)),
        ("NotAuthorized", "", Recorded(Outcome.DENIED)),
        ("VpceAccessDenied", "", Recorded(Outcome.DENIED, "vpc-endpoint")),
        ("AccessDenied", "IAM user access not activated", Recorded(Outcome.DENIED, "account-setting")),
        (
            "AccessDenied",
            "User: arn:aws:iam::1:user/x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k "
            "because no identity-based policy allows the s3:GetObject action",
            Recorded(Outcome.DENIED, "identity", False, "s3:GetObject", "arn:aws:s3:::b/k"),
        ),
        (
            "AccessDenied",
            "User: x is not authorized to perform: iam:PutRolePolicy on resource: role Some because no "
            "identity-based policy allows the iam:PutRolePolicy action",
            Recorded(Outcome.DENIED, "identity", False, "iam:PutRolePolicy", None),
        ),
        (
            "AccessDenied",
            "User: x is not authorized to perform: ec2:Run on resource: * with an explicit deny in a service control "
            "policy",
            Recorded(Outcome.DENIED, "scp", True, "ec2:Run", "*"),
        ),
    ],
)
def test_recorded_outcomes(event: Make, code: str | None, message: str | None, expected: Recorded) -> None:
    """An event proves an allowed call, a denied call with the layer that its message names, or nothing."""
    assert recorded_of(event(errorCode=code, errorMessage=message)) == expected


def test_a_message_of_any_length_is_read_in_bounded_time(event: Make) -> None:
    """A hostile message costs no more than its head."""
    hostile = event(errorCode="AccessDenied", errorMessage="is not authorized to perform: " * 8_000)
    assert recorded_of(hostile).outcome is Outcome.DENIED


def test_agreement_with_the_log() -> None:
    """Decisions agree, differ, cannot be compared, or differ because a policy outside of the store denied."""
    allowed, denied = Recorded(Outcome.ALLOWED), Recorded(Outcome.DENIED)
    assert agreement_of(YES, allowed) is Agreement.AGREES
    assert agreement_of(NO, denied) is agreement_of(DENY, denied) is Agreement.AGREES
    assert agreement_of(NO, allowed) is Agreement.DENIED_BUT_ALLOWED
    assert agreement_of(YES, denied) is Agreement.ALLOWED_BUT_DENIED
    assert agreement_of(YES, Recorded(Outcome.DENIED, "identity")) is Agreement.ALLOWED_BUT_DENIED
    assert agreement_of(YES, Recorded(Outcome.DENIED, "scp")) is Agreement.OTHER_POLICY
    assert agreement_of(NO, Recorded(Outcome.DENIED, "scp")) is Agreement.AGREES
    assert agreement_of(YES, Recorded(Outcome.DENIED, "scp"), frozenset({"scp"})) is Agreement.ALLOWED_BUT_DENIED
    assert agreement_of(OPEN, denied) is Agreement.UNDECIDED
    assert agreement_of(YES, Recorded(Outcome.NOT_TOLD)) is Agreement.NOT_TOLD

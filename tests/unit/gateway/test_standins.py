"""A resource whose name is unknown is named only where the name makes no difference."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from gateway_world import OURS, allow, deny, details
from globs import as_symbols, matches
from hypothesis import given
from hypothesis import strategies as st

from gatewright.ec2 import Ec2Settings, parse_request
from gatewright.gateway.policies import load_policies
from gatewright.gateway.standins import StandIns
from gatewright.runtime import Decision
from gatewright.signing import HttpRequest

PREFIX = "arn:aws:ec2:eu-west-1:111122223333:subnet/"


@pytest.mark.parametrize(
    ("pattern", "tells"),
    [
        ("*", False),
        ("arn:aws:ec2:*:*:subnet/*", False),
        ("arn:aws:ec2:*:*:*", False),
        ("arn:aws:ec2:*", True),  # in policies of some kinds nobody knows what it means
        ("arn:*:subnet/*", False),
        ("arn:*:*:*:*:subnet/*", False),
        ("arn:aws:ec2:eu-west-1:111122223333:sub?et/*", False),
        (f"{PREFIX}subnet-0123", True),
        (f"{PREFIX}subnet-*", True),
        (f"{PREFIX}?*", True),
        (PREFIX, False),
        ("arn:aws:ec2:eu-west-1:444455556666:subnet/subnet-0123", False),
        ("arn:aws:ec2:*:*:instance/i-0123", False),
        ("arn:aws:ec2:*:*:instance/*", False),
        ("arn:aws:ec2:*:*:*/x-${aws:username}", True),
        ("arn:aws:ec2:*:*:${aws:PrincipalTag/kind}/*", True),
        ("arn:aws:s3:::${aws:username}", False),
    ],
)
def test_patterns_that_tell_names_apart(pattern: str, tells: bool) -> None:
    """Those that match some names that begin so, and not all."""
    assert StandIns([pattern]).tell_apart(PREFIX) is tells


@given(
    st.text(st.sampled_from("a:/*?"), max_size=12),
    st.text(st.sampled_from("a:/"), max_size=6),
    st.lists(st.text(st.sampled_from("ab"), min_size=1, max_size=4), min_size=1),
)
def test_what_is_not_told_apart_is_the_same(pattern: str, prefix: str, names: list[str]) -> None:
    """Where a pattern is said not to tell names apart, it matches all of them, or none; fields left out are open."""
    if not StandIns([pattern]).tell_apart(prefix):
        completed = as_symbols(pattern + ":*" * (5 - pattern.count(":")) if pattern != "*" else pattern)
        assert len({matches(completed, f"{prefix}{name}") for name in names}) == 1


LAUNCHING = [
    f"arn:aws:ec2:*:{OURS}:{kind}/*" for kind in ("instance", "volume", "network-interface", "security-group", "subnet")
]


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([allow("ec2:RunInstances", Resource=[*LAUNCHING, "arn:aws:ec2:*::image/*"])], Decision.ALLOW),
        ([allow("ec2:RunInstances"), deny("ec2:RunInstances", Resource="arn:aws:ec2:*:*:key-pair/*")], Decision.ALLOW),
        ([allow("ec2:RunInstances", Resource=[*LAUNCHING[:-1], "arn:aws:ec2:*::image/*"])], Decision.IMPLICIT_DENY),
        ([allow("ec2:RunInstances"), deny("ec2:RunInstances", Resource=LAUNCHING[-1])], Decision.EXPLICIT_DENY),
        (
            [allow("ec2:RunInstances"), deny("ec2:RunInstances", Resource=f"{LAUNCHING[-1][:-1]}subnet-0123")],
            Decision.UNKNOWN,
        ),
        ([allow("ec2:RunInstances", Resource=[*LAUNCHING, "arn:aws:ec2:*::image/*"]),
          allow("ec2:RunInstances", Resource=f"arn:aws:ec2:*:{OURS}:subnet/subnet-0123")], Decision.UNKNOWN),
    ],
)  # fmt: skip
def test_a_launch_without_a_subnet_is_decided(
    tmp_path: Path, statements: list[dict[str, object]], decision: Decision
) -> None:
    """Policies on types decide it as they would for any subnet; a policy on one subnet leaves it unknown."""
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "a.json").write_text(json.dumps(details(OURS, {"dev": statements}, {})))
    policies = load_policies(tmp_path)
    body = b"Action=RunInstances&Version=2016-11-15&ImageId=ami-0123abcd&MinCount=1&MaxCount=1"
    request = HttpRequest("POST", "/", [("Host", "x")], body)
    settings = Ec2Settings(region="eu-west-1")
    call = parse_request(request, account=OURS, now=datetime.now(UTC), settings=settings)
    named = policies.find_stand_ins(None).name_unknown(call, OURS)
    assert named.authorize(policies.authorizer, f"arn:aws:iam::{OURS}:user/dev", {}).decision is decision

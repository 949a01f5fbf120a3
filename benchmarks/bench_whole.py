"""What the rest of the language costs: one feature at a time over the same policies and requests, and all together."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import gatewright as gw

from .conftest import Meter
from .contenders import Contender, split
from .whole import FEATURES, Call, Whole, make_whole
from .workloads import Workload, make_workload

sys.path.append(str(Path(__file__).parents[1] / "tests"))

SIZE, REQUESTS, COMPARED = "M", 5_000, 200
WITH: dict[str, tuple[str, ...]] = {"nothing": (), **{name: (name,) for name in FEATURES}, "all of them": FEATURES}
NAMES = {
    gw.Decision.ALLOW: "allow",
    gw.Decision.EXPLICIT_DENY: "explicit_deny",
    gw.Decision.IMPLICIT_DENY: "implicit_deny",
}


@cache
def _workload(size: str) -> Workload:
    return make_workload(size, REQUESTS)


def compile_and_compare(whole: Whole, count: int) -> gw.Authorizer:
    """Compile, and compare the first decisions with the reference, which is written from the rules."""
    from reference_kinds import decide_vector

    authorizer = gw.Authorizer(gw.compile(whole.policy_set()))
    for request in whole.requests[:count]:
        want = decide_vector(whole.vector(request)).effect
        got = NAMES[authorizer.authorize(*request).decision]
        assert got == str(want).lower(), (request, got, want)
    return authorizer


@pytest.fixture(scope="module")
def contenders(pytestconfig: pytest.Config) -> Callable[[str], tuple[Contender, dict[str, object]]]:
    """Return the requests over policies with a feature, and its share."""
    size, count = ("S", 300) if pytestconfig.getoption("--quick") else (SIZE, REQUESTS)

    @cache
    def make(name: str) -> tuple[Contender, dict[str, object]]:
        whole = make_whole(_workload(size), WITH[name], count)
        authorizer = compile_and_compare(whole, COMPARED)
        decide = authorizer.authorize

        def call_of(part: list[Call]) -> Callable[[], object]:
            return lambda: [decide(*request) for request in part]

        parts = [list(part) for part in split(whole.requests)]
        facts = {"share": sum(whole.shares.values()) / max(1, len(whole.shares)), "shares": whole.shares}
        return Contender([call_of(part) for part in parts], [len(part) for part in parts]), {
            **facts,
            "table_bytes": authorizer.table.byte_count,
        }

    return make


@pytest.mark.parametrize("contender", WITH)
def bench_whole(
    measure: Meter, contenders: Callable[[str], tuple[Contender, dict[str, object]]], turn: int, contender: str
) -> None:
    """`Authorizer.authorize`, one request at a time."""
    who, facts = contenders(contender)
    measure(who, size="whole", turn=turn, contender=contender, of="requests", **facts)

"""One request at a time: who decides the same sample how fast."""

from __future__ import annotations

import pytest

from .conftest import Meter
from .contenders import World


@pytest.mark.parametrize("contender", ["gatewright", "plain", "regex", "bit-set", "cedar", "cedar batch"])
def bench_single(measure: Meter, world: World, size: str, turn: int, contender: str) -> None:
    """Every contender decides the same sample; gatewright by `Authorizer.authorize`."""
    measure(world.single(contender), size=size, turn=turn, contender=contender, of="sample")


@pytest.mark.parametrize("contender", ["gatewright", "regex", "bit-set"])
def bench_trace(measure: Meter, world: World, size: str, turn: int, contender: str) -> None:
    """A long trace visits more principals than a processor's caches hold."""
    measure(world.trace_one_by_one(contender), size=size, turn=turn, contender=contender, of="trace")

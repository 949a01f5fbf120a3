"""Many requests in one call: the whole trace in each form that gatewright accepts, and by who else has such a call."""

from __future__ import annotations

import pytest

from .conftest import Meter, Worlds
from .peers.roster import contenders_of


@pytest.mark.parametrize(
    ("contender", "mode"), [pytest.param(peer.name, mode, id=label) for peer, mode, label in contenders_of("batch")]
)
def bench_batch(measure: Meter, worlds: Worlds, size: str, turn: int, contender: str, mode: str) -> None:
    """Ours has everything from the caller's objects to the arrays of decisions in it."""
    label = f"{contender}, {mode}"
    measure(worlds(size).contender(contender, mode), size=size, turn=turn, contender=label, of="batch")

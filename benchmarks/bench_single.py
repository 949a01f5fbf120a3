"""One request at a time: who decides the same sample how fast."""

from __future__ import annotations

import pytest

from .conftest import Meter, Worlds
from .peers.roster import contenders_of


def _parameters(bench: str) -> list[object]:
    return [pytest.param(peer.name, mode, label, id=label) for peer, mode, label in contenders_of(bench)]


@pytest.mark.parametrize(("contender", "mode", "label"), _parameters("single"))
def bench_single(measure: Meter, worlds: Worlds, size: str, turn: int, contender: str, mode: str, label: str) -> None:
    """Every contender decides the same sample."""
    measure(worlds(size).contender(contender, mode), size=size, turn=turn, contender=label, of="sample")


@pytest.mark.parametrize(("contender", "mode", "label"), _parameters("trace"))
def bench_trace(measure: Meter, worlds: Worlds, size: str, turn: int, contender: str, mode: str, label: str) -> None:
    """A long trace visits more principals than a processor's caches hold."""
    measure(worlds(size).contender(contender, mode), size=size, turn=turn, contender=label, of="trace")
